package photo

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/ent/db/photo"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/store"
)

// filters are the fields of a filter over photographs.
func filters() filter.Fields {
	return filter.Fields{
		"entity": {Column: photo.FieldEntityID, Resource: "entities"},
		"state":  {Column: photo.FieldState, Enum: placardv1.Photo_State(0).Descriptor()},
		"late":   {Column: photo.FieldLate, Bool: true},
	}
}

var byName = page.Keyset[*db.Photo]{
	Columns: []string{photo.FieldMeetingID, photo.FieldEntityID, photo.FieldID},
	Key:     func(p *db.Photo) []any { return []any{p.MeetingID, p.EntityID, p.ID} },
}

var orders = page.Orders[*db.Photo]{Unset: byName, Named: map[string]page.Keyset[*db.Photo]{
	"name": byName,
	"upload_time": {
		Columns: []string{photo.FieldUploadTime, photo.FieldID},
		Key:     func(p *db.Photo) []any { return []any{p.UploadTime, p.ID} },
	},
}}

// ListPhotos implements the contract: ordered by name, unless another order is
// asked for.
func (s *Service) ListPhotos(ctx context.Context, req *placardv1.ListPhotosRequest) (*placardv1.ListPhotosResponse, error) {
	where, err := filter.Predicate(ctx, (*placardv1.Photo)(nil), filters(), req.GetFilter())
	if err != nil {
		return nil, err
	}
	keys, err := orders.By(req.GetOrderBy())
	if err != nil {
		return nil, err
	}
	if err := store.SeesMeeting(ctx, s.store.Client(), req.GetParent()); err != nil {
		return nil, err
	}
	q := s.store.Client().Photo.Query().Where(where)
	if id := name.MeetingOf(req.GetParent()); id != name.Wildcard {
		q.Where(photo.MeetingID(id))
	}
	if code := name.EntityOf(req.GetParent()); code != name.Wildcard {
		q.Where(photo.EntityID(code))
	}
	rows, next, err := page.Fetch(ctx, s.pages, req, keys, []string{"ListPhotos", req.GetParent(), req.GetFilter()},
		func(after, order page.Narrow, limit int) ([]*db.Photo, error) {
			return q.Where(after).Order(order).Limit(limit).All(ctx)
		})
	if err != nil {
		return nil, err
	}
	out := &placardv1.ListPhotosResponse{NextPageToken: next}
	for _, row := range rows {
		out.Photos = append(out.Photos, photoFromRow(row))
	}
	return out, showLinks(ctx, s.store.Client(), s.store.Now(), out.GetPhotos()...)
}

// standings tells where the participants of some photographs of one meeting
// stand, by the names of the photographs.
func standings(ctx context.Context, client *db.Client, photos ...string) (map[string]standing, error) {
	found := make(map[string]standing, len(photos))
	// The condition as the partial index has it, which is by meeting and entity.
	present := func(s *sql.Selector) {
		s.Where(sql.ExprP(fmt.Sprintf("(%s > 0 OR %s > 0)",
			s.C(participantversion.FieldLatestOrder), s.C(participantversion.FieldAcceptedOrder))))
	}
	read := func(wanted []string, where func(*sql.Selector)) error {
		var ids, entities []string
		for _, n := range wanted {
			ids, entities = append(ids, name.ParticipantOf(n)), append(entities, name.EntityOf(n))
		}
		versions, err := client.ParticipantVersion.Query().Where(
			participantversion.MeetingID(name.MeetingOf(wanted[0])), participantversion.EntityIDIn(entities...),
			participantversion.ParticipantIDIn(ids...), where,
		).Select(participantversion.FieldMeetingID, participantversion.FieldEntityID, participantversion.FieldParticipantID,
			participantversion.FieldLatestOrder, participantversion.FieldAcceptedOrder).All(ctx)
		if err != nil {
			return fmt.Errorf("read who the photographs are of: %w", err)
		}
		for _, v := range versions {
			n := name.Photo(v.MeetingID, v.EntityID, v.ParticipantID)
			found[n] = max(found[n], standingOf(v))
		}
		return nil
	}
	if err := read(photos, present); err != nil {
		return nil, err
	}
	var others []string
	for _, n := range photos {
		if found[n] == unknown {
			others = append(others, n)
		}
	}
	if len(others) == 0 {
		return found, nil
	}
	return found, read(others, participantversion.Newest(true))
}

// standingOf is where a person stands by one version.
func standingOf(v *db.ParticipantVersion) standing {
	switch {
	case v.AcceptedOrder > 0:
		return attending
	case v.LatestOrder > 0:
		return waiting
	default:
		return gone
	}
}
