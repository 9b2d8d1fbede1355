package photo

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/photo"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// BatchDecidePhotos implements the contract.
func (s *Service) BatchDecidePhotos(
	ctx context.Context, req *placardv1.BatchDecidePhotosRequest,
) (*placardv1.BatchDecidePhotosResponse, error) {
	if err := check(req); err != nil {
		return nil, err
	}
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.BatchDecidePhotosResponse, error) {
		return s.decideAll(ctx, tx, req.GetDecisions())
	}, func(ctx context.Context, _ store.Done) (*placardv1.BatchDecidePhotosResponse, error) {
		return s.decided(ctx, req.GetDecisions())
	})
}

// decideAll decides on photographs of one meeting, with as many statements
// however many they are. Whose photograph is rejected gets a new link.
func (s *Service) decideAll(
	ctx context.Context, tx *store.Tx, decisions []*placardv1.BatchDecidePhotosRequest_Decision,
) (*placardv1.BatchDecidePhotosResponse, error) {
	m, err := opened(ctx, tx, decisions[0].GetName())
	if err != nil {
		return nil, err
	}
	// Before the photographs, as uploads do it: no link goes to an address that a
	// composition takes away meanwhile.
	if err := lockDelegations(ctx, tx, namesOf(decisions)...); err != nil {
		return nil, err
	}
	q := tx.Client.Photo.Query().Order(db.Asc(photo.FieldID)) // two batches lock in one order
	q.Modify(tx.ForUpdate)
	rows, err := all(ctx, q, decisions)
	if err != nil {
		return nil, err
	}
	stands, err := standings(ctx, tx.Client, namesOf(decisions)...)
	if err != nil {
		return nil, err
	}
	out := &placardv1.BatchDecidePhotosResponse{}
	var changed, rejected []*db.Photo
	var changes []store.Change
	for _, d := range decisions {
		row := rows[d.GetName()]
		if row == nil && stands[d.GetName()] == unknown {
			return nil, fault.NotFound(d.GetName())
		}
		next, err := decide(row, d, tx.Now)
		if err != nil {
			return nil, err
		}
		out.Photos = append(out.Photos, photoFromRow(next))
		if next == row {
			continue
		}
		changed = append(changed, next)
		verb := "accept"
		if next.State == stateRejected {
			verb = "reject"
			rejected = append(rejected, next)
		}
		changes = append(changes, change(ctx, verb, photoFromRow(row), next, stands[d.GetName()]))
	}
	if err := save(ctx, tx, changed); err != nil {
		return nil, err
	}
	sent, err := s.renewRejected(ctx, tx, m, rejected)
	if err != nil {
		return nil, err
	}
	for _, c := range changes {
		if sent[name.ParticipantOf(c.Resource)] != nil {
			c.Paths = append(c.Paths, "linkExpireTime")
		}
		tx.Record(c)
	}
	return out, showLinks(ctx, tx.Client, tx.Now, out.GetPhotos()...)
}

// decided answers a repeated batch: the photographs as they are now.
func (s *Service) decided(
	ctx context.Context, decisions []*placardv1.BatchDecidePhotosRequest_Decision,
) (*placardv1.BatchDecidePhotosResponse, error) {
	rows, err := all(ctx, s.store.Client().Photo.Query(), decisions)
	if err != nil {
		return nil, err
	}
	out := &placardv1.BatchDecidePhotosResponse{}
	for _, d := range decisions {
		row := rows[d.GetName()]
		if row == nil {
			return nil, fault.NotFound(d.GetName())
		}
		out.Photos = append(out.Photos, photoFromRow(row))
	}
	return out, showLinks(ctx, s.store.Client(), s.store.Now(), out.GetPhotos()...)
}

// all reads the photographs that decisions are about, by their names.
func all(
	ctx context.Context, q *db.PhotoQuery, decisions []*placardv1.BatchDecidePhotosRequest_Decision,
) (map[string]*db.Photo, error) {
	ids := make([]string, 0, len(decisions))
	for _, d := range decisions {
		ids = append(ids, name.ParticipantOf(d.GetName()))
	}
	rows, err := q.Where(photo.MeetingID(name.MeetingOf(decisions[0].GetName())), photo.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read photographs: %w", err)
	}
	found := make(map[string]*db.Photo, len(rows))
	for _, row := range rows {
		found[nameOf(row)] = row
	}
	return found, nil
}

func namesOf(decisions []*placardv1.BatchDecidePhotosRequest_Decision) []string {
	names := make([]string, 0, len(decisions))
	for _, d := range decisions {
		names = append(names, d.GetName())
	}
	return names
}

// save writes what was decided on locked rows, in one statement.
func save(ctx context.Context, tx *store.Tx, rows []*db.Photo) error {
	if len(rows) == 0 {
		return nil
	}
	ids := make([]string, 0, len(rows))
	for _, row := range rows {
		ids = append(ids, row.ID)
	}
	// each is the value of a column for the row that it is of.
	each := func(value func(*db.Photo) string) sql.Querier {
		return sql.ExprFunc(func(b *sql.Builder) {
			b.WriteString("CASE ").Ident(photo.FieldID)
			for _, row := range rows {
				b.WriteString(" WHEN ").Arg(row.ID).WriteString(" THEN ").Arg(value(row))
			}
			b.WriteString(" END")
		})
	}
	n, err := tx.Client.Photo.Update().Where(photo.IDIn(ids...)).
		SetDecideTime(tx.Now).SetUpdateTime(tx.Now).AddRevision(1).
		Modify(func(u *sql.UpdateBuilder) {
			u.Set(photo.FieldState, each(func(p *db.Photo) string { return p.State }))
			u.Set(photo.FieldRejection, each(func(p *db.Photo) string { return p.Rejection }))
			u.Set(photo.FieldRejectionNote, each(func(p *db.Photo) string { return p.RejectionNote }))
		}).Save(ctx)
	if err != nil {
		return fmt.Errorf("decide on photographs: %w", err)
	}
	if n != len(rows) {
		return fmt.Errorf("decide on photographs: %d of %d rows were written", n, len(rows))
	}
	return nil
}
