package key

import (
	"context"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/key"
	"github.com/un-placard/placard/internal/page"
)

var keys = page.Keyset[*db.Key]{
	Columns: []string{key.FieldID},
	Key:     func(k *db.Key) []any { return []any{k.ID} },
}

// ListKeys implements KeyService.
func (s *Service) ListKeys(ctx context.Context, req *placardv1.ListKeysRequest) (*placardv1.ListKeysResponse, error) {
	rows, next, err := page.Fetch(ctx, s.pages, req, keys, []string{"ListKeys"},
		func(after, order page.Narrow, limit int) ([]*db.Key, error) {
			return s.store.Client().Key.Query().WithMeetings().Where(after).Order(order).Limit(limit).All(ctx)
		})
	if err != nil {
		return nil, err
	}
	resp := &placardv1.ListKeysResponse{NextPageToken: next}
	for _, row := range rows {
		resp.Keys = append(resp.Keys, toProto(row))
	}
	return resp, nil
}
