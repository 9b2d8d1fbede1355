package reading

import (
	"context"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/reading"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/store"
)

// filters are the fields of a filter over readings.
func filters() filter.Fields {
	return filter.Fields{
		"kind":        {Column: reading.FieldKind, Enum: placardv1.Reading_Kind(0).Descriptor()},
		"principal":   {Column: reading.FieldPrincipal},
		"entity":      {Column: reading.FieldEntityID, Resource: "entities"},
		"create_time": {Column: reading.FieldCreateTime, Time: true},
	}
}

// byName is the order of time: ids begin with it.
var byName = page.Keyset[*db.Reading]{
	Columns: []string{reading.FieldID},
	Key:     func(r *db.Reading) []any { return []any{r.ID} },
}

var orders = page.Orders[*db.Reading]{Unset: byName, Named: map[string]page.Keyset[*db.Reading]{"name": byName}}

// ListReadings implements the contract: the first ones first, unless they are asked
// for the other way round.
func (s *Service) ListReadings(ctx context.Context, req *placardv1.ListReadingsRequest) (*placardv1.ListReadingsResponse, error) {
	where, err := filter.Predicate(ctx, (*placardv1.Reading)(nil), filters(), req.GetFilter())
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
	q := s.store.Client().Reading.Query().Where(where)
	if id := name.MeetingOf(req.GetParent()); id != name.Wildcard {
		q.Where(reading.MeetingID(id))
	}
	rows, next, err := page.Fetch(ctx, s.pages, req, keys, []string{"ListReadings", req.GetParent(), req.GetFilter()},
		func(after, order page.Narrow, limit int) ([]*db.Reading, error) {
			return q.Where(after).Order(order).Limit(limit).All(ctx)
		})
	if err != nil {
		return nil, err
	}
	out := &placardv1.ListReadingsResponse{NextPageToken: next}
	for _, row := range rows {
		out.Readings = append(out.Readings, readingFromRow(row))
	}
	return out, nil
}
