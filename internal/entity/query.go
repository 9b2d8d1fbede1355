package entity

import (
	"context"
	"fmt"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/entity"
	"github.com/un-placard/placard/internal/page"
)

// ListEntities implements the contract: ordered by code.
func (s *Service) ListEntities(
	ctx context.Context, req *placardv1.ListEntitiesRequest,
) (*placardv1.ListEntitiesResponse, error) {
	const list = "ListEntities"
	var last string
	more, err := s.pages.Decode(ctx, req.GetPageToken(), &last, list)
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	q := s.store.Client().Entity.Query().Order(db.Asc(entity.FieldID)).Limit(size + 1)
	if more {
		q.Where(entity.IDGT(last))
	}
	rows, err := q.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list entities: %w", err)
	}
	out := &placardv1.ListEntitiesResponse{}
	if len(rows) > size {
		rows = rows[:size]
		if out.NextPageToken, err = s.pages.Encode(ctx, rows[size-1].ID, list); err != nil {
			return nil, err
		}
	}
	for _, row := range rows {
		e, err := entityFromRow(row)
		if err != nil {
			return nil, err
		}
		out.Entities = append(out.Entities, e)
	}
	return out, nil
}
