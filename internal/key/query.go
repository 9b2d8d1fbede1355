package key

import (
	"context"
	"fmt"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db/key"
	"github.com/un-placard/placard/internal/page"
)

// ListKeys implements KeyService.
func (s *Service) ListKeys(ctx context.Context, req *placardv1.ListKeysRequest) (*placardv1.ListKeysResponse, error) {
	const method = placardv1.KeyService_ListKeys_FullMethodName
	q := s.store.Client().Key.Query().WithMeetings()
	var last string
	resumed, err := s.pages.Decode(ctx, req.GetPageToken(), &last, method)
	if err != nil {
		return nil, err
	}
	if resumed {
		q.Where(key.IDGT(last))
	}
	size := page.Size(req.GetPageSize())
	rows, err := q.Order(key.ByID()).Limit(size + 1).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list keys: %w", err)
	}
	resp := &placardv1.ListKeysResponse{}
	if len(rows) > size {
		rows = rows[:size]
		if resp.NextPageToken, err = s.pages.Encode(ctx, rows[size-1].ID, method); err != nil {
			return nil, fmt.Errorf("list keys: %w", err)
		}
	}
	for _, row := range rows {
		resp.Keys = append(resp.Keys, toProto(row))
	}
	return resp, nil
}
