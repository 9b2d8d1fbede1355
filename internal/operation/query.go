package operation

import (
	"context"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/operation"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/longrunning"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/store"
)

// filters are the fields of a filter over operations.
func filters() filter.Fields {
	return filter.Fields{
		"done":   {Column: operation.FieldDone, Bool: true},
		"method": {Column: operation.FieldMethod},
	}
}

// byTime is the order by the start, the oldest first; newest is the other way
// round.
var (
	byTime = page.Keyset[*db.Operation]{
		Columns: []string{operation.FieldCreateTime, operation.FieldID},
		Key:     func(o *db.Operation) []any { return []any{o.CreateTime, o.ID} },
	}
	newest = page.Keyset[*db.Operation]{Columns: byTime.Columns, Descending: true, Key: byTime.Key}
	orders = page.Orders[*db.Operation]{Unset: newest, Named: map[string]page.Keyset[*db.Operation]{"create_time": byTime}}
)

// ListOperations implements the contract.
func (s *Service) ListOperations(
	ctx context.Context, req *placardv1.ListOperationsRequest,
) (*placardv1.ListOperationsResponse, error) {
	where, err := filter.Predicate(ctx, (*longrunningpb.Operation)(nil), filters(), req.GetFilter())
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
	q := s.store.Client().Operation.Query().Where(where)
	if meeting := name.MeetingOf(req.GetParent()); meeting != name.Wildcard {
		q.Where(operation.MeetingID(meeting))
	}
	rows, next, err := page.Fetch(ctx, s.pages, req, keys, []string{"ListOperations", req.GetParent(), req.GetFilter()},
		func(after, order page.Narrow, limit int) ([]*db.Operation, error) {
			return longrunning.Brief(q.Where(after).Order(order).Limit(limit)).All(ctx)
		})
	if err != nil {
		return nil, err
	}
	out := &placardv1.ListOperationsResponse{NextPageToken: next}
	for _, row := range rows {
		op, err := longrunning.Summary(row)
		if err != nil {
			return nil, err
		}
		// A hundred violations of each would be too much for one answer.
		if op.GetError() != nil {
			op.GetError().Details = nil
		}
		out.Operations = append(out.Operations, op)
	}
	return out, nil
}
