package participantlist

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"entgo.io/ent/dialect/sql"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/listeddelegation"
	"github.com/un-placard/placard/ent/db/listedition"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/store"
)

// errOvertaken says that another edition was issued since the list was read.
var errOvertaken = errors.New("another edition was issued meanwhile")

// IssueParticipantList implements ParticipantListService. The list is read before
// the transaction, which only writes what it was.
func (s *Service) IssueParticipantList(
	ctx context.Context, req *placardv1.IssueParticipantListRequest,
) (*placardv1.ParticipantListEdition, error) {
	key, err := s.signer.Active(ctx)
	if err != nil {
		return nil, err
	}
	a := asked{
		resource: req.GetName(), meeting: name.MeetingOf(req.GetName()), language: locale.English, provisional: req.GetProvisional(),
	}
	for {
		l, err := s.list(ctx, a)
		if err != nil {
			return nil, err
		}
		edition, err := store.Write(ctx, s.store,
			func(ctx context.Context, tx *store.Tx) (*placardv1.ParticipantListEdition, error) {
				row, err := issue(ctx, tx, l, key)
				if err != nil {
					return nil, err
				}
				return showEdition(ctx, tx.Client, row)
			},
			func(ctx context.Context, done store.Done) (*placardv1.ParticipantListEdition, error) {
				return s.GetParticipantListEdition(ctx, &placardv1.GetParticipantListEditionRequest{Name: done.Resource})
			})
		if !errors.Is(err, errOvertaken) {
			return edition, err
		}
	}
}

// issue writes an edition, or answers the last one of the kind where that is the
// same list.
func issue(ctx context.Context, tx *store.Tx, l listing, key string) (*db.ListEdition, error) {
	if err := tx.LockMeeting(ctx, l.meeting); err != nil {
		return nil, err
	}
	of, err := tx.Client.Meeting.Query().Where(meeting.ID(l.meeting)).Select(meeting.FieldState).Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.NotFound(l.resource)
	}
	if err != nil {
		return nil, fmt.Errorf("read meeting: %w", err)
	}
	if l.persons() == 0 {
		return nil, fault.Precondition("LIST_EMPTY", "nobody is on the list")
	}
	last, err := tx.Client.ListEdition.Query().
		Where(listedition.MeetingID(l.meeting), listedition.Provisional(l.outline.provisional)).
		Order(listedition.BySequence(sql.OrderDesc())).First(ctx)
	if err != nil && !db.IsNotFound(err) {
		return nil, fmt.Errorf("read last edition: %w", err)
	}
	if last != nil {
		o, delegations, err := outlineFromEdition(ctx, tx.Client, last)
		if err != nil {
			return nil, err
		}
		if sameList(o.in(l.asked, delegations), l.outline) {
			return last, nil
		}
	}
	overtaken, err := tx.Client.ListEdition.Query().
		Where(listedition.MeetingID(l.meeting), listedition.SequenceGTE(l.sequence)).Exist(ctx)
	if err != nil {
		return nil, fmt.Errorf("look for later editions: %w", err)
	}
	if overtaken {
		return nil, errOvertaken
	}
	row, err := createEdition(ctx, tx, l, key)
	if err != nil {
		return nil, err
	}
	tx.Record(store.Change{
		Verb: "issue", Type: name.TypeParticipantListEdition, Resource: name.Edition(l.meeting, l.sequence), Revision: 1,
		Meeting: l.meeting, InForce: !l.outline.provisional && of.State != placardv1.Meeting_DRAFT.String(),
	})
	return row, nil
}

// createEdition writes the rows of an edition.
func createEdition(ctx context.Context, tx *store.Tx, l listing, key string) (*db.ListEdition, error) {
	content, err := toText(l.about)
	if err != nil {
		return nil, fmt.Errorf("write content of edition: %w", err)
	}
	row, err := tx.Client.ListEdition.Create().SetMeetingID(l.meeting).SetSequence(l.sequence).SetChangeTime(l.changed).
		SetProvisional(l.outline.provisional).SetContent(content).SetSigningKey(key).
		SetAuthor(access.From(ctx).Name()).SetCreateTime(tx.Now).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("write edition: %w", err)
	}
	rows := store.Rows{Table: listeddelegation.Table, Columns: []string{
		listeddelegation.FieldEditionID, listeddelegation.FieldMeetingID, listeddelegation.FieldEntityID,
		listeddelegation.FieldParticipationStatus, listeddelegation.FieldShortName, listeddelegation.FieldLate,
		listeddelegation.FieldRevisionID, listeddelegation.FieldPersons,
	}}
	for d := range l.delegations() {
		names, err := toText(d.names)
		if err != nil {
			return nil, fmt.Errorf("write name of %s: %w", d.entity, err)
		}
		rows.Values = append(rows.Values, []any{
			row.ID, l.meeting, d.entity, d.status.String(), names, d.late, d.revision, int32(d.persons),
		})
	}
	if _, err := tx.Insert(ctx, rows); err != nil {
		return nil, fmt.Errorf("write delegations of edition: %w", err)
	}
	return row, nil
}

// GetParticipantListEdition implements ParticipantListService.
func (s *Service) GetParticipantListEdition(
	ctx context.Context, req *placardv1.GetParticipantListEditionRequest,
) (*placardv1.ParticipantListEdition, error) {
	number, err := strconv.ParseInt(name.Last(req.GetName()), 10, 64)
	if err != nil {
		return nil, fault.NotFound(req.GetName())
	}
	if err := store.SeesMeeting(ctx, s.store.Client(), req.GetName()); err != nil {
		return nil, err
	}
	row, err := s.store.Client().ListEdition.Query().
		Where(listedition.MeetingID(name.MeetingOf(req.GetName())), listedition.Sequence(number)).Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.NotFound(req.GetName())
	}
	if err != nil {
		return nil, fmt.Errorf("read edition: %w", err)
	}
	return showEdition(ctx, s.store.Client(), row)
}

// editionFilters are the fields of a filter over editions.
func editionFilters() filter.Fields {
	return filter.Fields{"provisional": {Column: listedition.FieldProvisional, Bool: true}}
}

func bySequence(descending bool) page.Keyset[*db.ListEdition] {
	return page.Keyset[*db.ListEdition]{
		Columns:    []string{listedition.FieldSequence},
		Descending: descending,
		Key:        func(e *db.ListEdition) []any { return []any{e.Sequence} },
	}
}

var editionOrders = page.Orders[*db.ListEdition]{
	Unset: bySequence(true),
	Named: map[string]page.Keyset[*db.ListEdition]{"sequence": bySequence(false)},
}

// ListParticipantListEditions implements ParticipantListService.
func (s *Service) ListParticipantListEditions(
	ctx context.Context, req *placardv1.ListParticipantListEditionsRequest,
) (*placardv1.ListParticipantListEditionsResponse, error) {
	where, err := filter.Predicate(ctx, (*placardv1.ParticipantListEdition)(nil), editionFilters(), req.GetFilter())
	if err != nil {
		return nil, err
	}
	keys, err := editionOrders.By(req.GetOrderBy())
	if err != nil {
		return nil, err
	}
	if err := store.SeesMeeting(ctx, s.store.Client(), req.GetParent()); err != nil {
		return nil, err
	}
	q := s.store.Client().ListEdition.Query().Where(listedition.MeetingID(name.MeetingOf(req.GetParent())), where)
	rows, next, err := page.Fetch(ctx, s.pages, req, keys, []string{"ListParticipantListEditions", req.GetParent(), req.GetFilter()},
		func(after, order page.Narrow, limit int) ([]*db.ListEdition, error) {
			return q.Where(after).Order(order).Limit(limit).All(ctx)
		})
	if err != nil {
		return nil, err
	}
	editions, err := showEditions(ctx, s.store.Client(), rows)
	if err != nil {
		return nil, err
	}
	return &placardv1.ListParticipantListEditionsResponse{Editions: editions, NextPageToken: next}, nil
}

func showEdition(ctx context.Context, client *db.Client, row *db.ListEdition) (*placardv1.ParticipantListEdition, error) {
	shown, err := showEditions(ctx, client, []*db.ListEdition{row})
	if err != nil {
		return nil, err
	}
	return shown[0], nil
}

// showEditions counts what the caller sees on editions.
func showEditions(ctx context.Context, client *db.Client, rows []*db.ListEdition) ([]*placardv1.ParticipantListEdition, error) {
	ids := make([]int64, len(rows))
	for i, row := range rows {
		ids[i] = row.ID
	}
	var counts []listedCount
	err := client.ListedDelegation.Query().Where(listeddelegation.EditionIDIn(ids...)).
		GroupBy(listeddelegation.FieldEditionID).
		Aggregate(db.As(db.Count(), "delegations"), db.As(db.Sum(listeddelegation.FieldPersons), "people")).
		Scan(ctx, &counts)
	if err != nil {
		return nil, fmt.Errorf("count delegations of editions: %w", err)
	}
	of := make(map[int64]listedCount, len(counts))
	for _, count := range counts {
		of[count.Edition] = count
	}
	shown := make([]*placardv1.ParticipantListEdition, len(rows))
	for i, row := range rows {
		shown[i] = editionFromRow(row, of[row.ID])
	}
	return shown, nil
}

// listedCount is how much a caller sees on an edition.
type listedCount struct {
	Edition     int64 `json:"edition_id"`
	Delegations int32 `json:"delegations"`
	People      int32 `json:"people"`
}
