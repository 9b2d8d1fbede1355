package signingkey

import (
	"context"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/signingkey"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/page"
)

// filters are the fields of a filter over signing keys.
func filters() filter.Fields {
	return filter.Fields{
		"state": {Column: signingkey.FieldState, Enum: placardv1.SigningKey_State(0).Descriptor()},
	}
}

var (
	byTime = page.Keyset[*db.SigningKey]{
		Columns: []string{signingkey.FieldCreateTime, signingkey.FieldID},
		Key:     func(k *db.SigningKey) []any { return []any{k.CreateTime, k.ID} },
	}
	newest = page.Keyset[*db.SigningKey]{Columns: byTime.Columns, Descending: true, Key: byTime.Key}
	orders = page.Orders[*db.SigningKey]{
		Unset: newest, Named: map[string]page.Keyset[*db.SigningKey]{"create_time": byTime},
	}
)

// ListSigningKeys implements the contract: the newest first.
func (s *Service) ListSigningKeys(
	ctx context.Context, req *placardv1.ListSigningKeysRequest,
) (*placardv1.ListSigningKeysResponse, error) {
	where, err := filter.Predicate(ctx, (*placardv1.SigningKey)(nil), filters(), req.GetFilter())
	if err != nil {
		return nil, err
	}
	keys, err := orders.By(req.GetOrderBy())
	if err != nil {
		return nil, err
	}
	rows, next, err := page.Fetch(ctx, s.pages, req, keys, []string{"ListSigningKeys", req.GetFilter()},
		func(after, order page.Narrow, limit int) ([]*db.SigningKey, error) {
			return s.store.Client().SigningKey.Query().Where(where, after).Order(order).Limit(limit).All(ctx)
		})
	if err != nil {
		return nil, err
	}
	out := &placardv1.ListSigningKeysResponse{NextPageToken: next}
	for _, row := range rows {
		out.SigningKeys = append(out.SigningKeys, keyFromRow(row))
	}
	return out, nil
}
