package entity

import (
	"context"
	"fmt"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db/entity"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/page"
)

var fields = filter.Fields{
	"kind":        {Column: entity.FieldKind, Enum: placardv1.Entity_Kind(0).Descriptor()},
	"region":      {Column: entity.FieldRegion, Enum: placardv1.Entity_Region(0).Descriptor()},
	"alpha2_code": {Column: entity.FieldAlpha2Code},
	"m49_code":    {Column: entity.FieldM49Code},
}

// ListEntities implements the contract: ordered by code.
func (s *Service) ListEntities(
	ctx context.Context, req *placardv1.ListEntitiesRequest,
) (*placardv1.ListEntitiesResponse, error) {
	binding := []string{"ListEntities", req.GetFilter()}
	var last string
	more, err := s.pages.Decode(ctx, req.GetPageToken(), &last, binding...)
	if err != nil {
		return nil, err
	}
	where, err := filter.Predicate(ctx, (*placardv1.Entity)(nil), fields, req.GetFilter())
	if err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	q := s.store.Client().Entity.Query().Order(page.Order(entity.FieldID)).Limit(size + 1)
	if where != nil {
		q.Where(where)
	}
	if more {
		q.Where(entity.IDGT(last))
	}
	rows, err := q.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list entities: %w", err)
	}
	out := &placardv1.ListEntitiesResponse{}
	rows, more = page.Cut(rows, size)
	if more {
		if out.NextPageToken, err = s.pages.Encode(ctx, rows[len(rows)-1].ID, binding...); err != nil {
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
