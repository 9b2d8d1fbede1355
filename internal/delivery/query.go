package delivery

import (
	"context"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/delivery"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/store"
)

// filters are the fields of a filter over deliveries. Of what a message is about only
// announcements have a name; no other source has letters at its beginning.
func filters() filter.Fields {
	return filter.Fields{
		"state":        {Column: delivery.FieldState, Enum: placardv1.Delivery_State(0).Descriptor()},
		"kind":         {Column: delivery.FieldKind, Enum: placardv1.Delivery_Kind(0).Descriptor()},
		"announcement": {Column: delivery.FieldSource, Resource: "announcements"},
		"entity":       {Column: delivery.FieldEntityID, Resource: "entities"},
	}
}

// byName is the order of creation: that of the ids.
var byName = page.Keyset[*db.Delivery]{
	Columns: []string{delivery.FieldID},
	Key:     func(d *db.Delivery) []any { return []any{d.ID} },
}

var orders = page.Orders[*db.Delivery]{Unset: byName, Named: map[string]page.Keyset[*db.Delivery]{"name": byName}}

// ListDeliveries implements the contract.
func (s *Service) ListDeliveries(ctx context.Context, req *placardv1.ListDeliveriesRequest) (*placardv1.ListDeliveriesResponse, error) {
	where, err := filter.Predicate(ctx, (*placardv1.Delivery)(nil), filters(), req.GetFilter())
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
	q := s.store.Client().Delivery.Query().Where(where)
	if id := name.MeetingOf(req.GetParent()); id != name.Wildcard {
		q.Where(delivery.MeetingID(id))
	}
	if code := name.EntityOf(req.GetParent()); code != name.Wildcard {
		q.Where(delivery.EntityID(code))
	}
	rows, next, err := page.Fetch(ctx, s.pages, req, keys, []string{"ListDeliveries", req.GetParent(), req.GetFilter()},
		func(after, order page.Narrow, limit int) ([]*db.Delivery, error) {
			return q.Where(after).Order(order).Limit(limit).All(ctx)
		})
	if err != nil {
		return nil, err
	}
	out := &placardv1.ListDeliveriesResponse{NextPageToken: next}
	for _, row := range rows {
		out.Deliveries = append(out.Deliveries, s.deliveryFromRow(row))
	}
	return out, nil
}
