package key

import (
	"context"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/key"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/page"
)

// filters are the fields of a filter over keys.
func filters() filter.Fields {
	return filter.Fields{
		"role":    {Column: key.FieldRole, Enum: placardv1.Access_Role(0).Descriptor()},
		"entity":  {Column: key.FieldEntityID, Resource: "entities"},
		"account": {Column: key.FieldAccount},
	}
}

var byName = page.Keyset[*db.Key]{
	Columns: []string{key.FieldID},
	Key:     func(k *db.Key) []any { return []any{k.ID} },
}

var orders = page.Orders[*db.Key]{Unset: byName, Named: map[string]page.Keyset[*db.Key]{
	"name": byName,
	"create_time": {
		Columns: []string{key.FieldCreateTime, key.FieldID},
		Key:     func(k *db.Key) []any { return []any{k.CreateTime, k.ID} },
	},
}}

// ListKeys implements KeyService.
func (s *Service) ListKeys(ctx context.Context, req *placardv1.ListKeysRequest) (*placardv1.ListKeysResponse, error) {
	where, err := filter.Predicate(ctx, (*placardv1.Key)(nil), filters(), req.GetFilter())
	if err != nil {
		return nil, err
	}
	keys, err := orders.By(req.GetOrderBy())
	if err != nil {
		return nil, err
	}
	rows, next, err := page.Fetch(ctx, s.pages, req, keys, []string{"ListKeys", req.GetFilter()},
		func(after, order page.Narrow, limit int) ([]*db.Key, error) {
			return s.store.Client().Key.Query().WithMeetings().Where(where, after).Order(order).Limit(limit).All(ctx)
		})
	if err != nil {
		return nil, err
	}
	resp := &placardv1.ListKeysResponse{NextPageToken: next}
	for _, row := range rows {
		resp.Keys = append(resp.Keys, keyFromRow(row))
	}
	return resp, nil
}
