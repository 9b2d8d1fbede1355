package entity

import (
	"context"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/entity"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/page"
)

// filters are the fields of a filter over entities.
func filters() filter.Fields {
	return filter.Fields{
		"kind":        {Column: entity.FieldKind, Enum: placardv1.Entity_Kind(0).Descriptor()},
		"region":      {Column: entity.FieldRegion, Enum: placardv1.Entity_Region(0).Descriptor()},
		"alpha2_code": {Column: entity.FieldAlpha2Code},
		"m49_code":    {Column: entity.FieldM49Code},
		"consultative_status": {
			Column: entity.FieldConsultativeStatus, Enum: placardv1.Entity_ConsultativeStatus(0).Descriptor(),
		},
		"language":   {Column: entity.FieldLanguage},
		"short_name": {Words: filter.WordsIn(entity.FieldSearchKey)},
	}
}

var byName = page.Keyset[*db.Entity]{
	Columns: []string{entity.FieldID},
	Key:     func(e *db.Entity) []any { return []any{e.ID} },
}

var orders = page.Orders[*db.Entity]{Unset: byName, Named: map[string]page.Keyset[*db.Entity]{"name": byName}}

// ListEntities implements the contract: ordered by code.
func (s *Service) ListEntities(
	ctx context.Context, req *placardv1.ListEntitiesRequest,
) (*placardv1.ListEntitiesResponse, error) {
	where, err := filter.Predicate(ctx, (*placardv1.Entity)(nil), filters(), req.GetFilter())
	if err != nil {
		return nil, err
	}
	keys, err := orders.By(req.GetOrderBy())
	if err != nil {
		return nil, err
	}
	rows, next, err := page.Fetch(ctx, s.pages, req, keys, []string{"ListEntities", req.GetFilter()},
		func(after, order page.Narrow, limit int) ([]*db.Entity, error) {
			return s.store.Client().Entity.Query().Where(where, after).Order(order).Limit(limit).All(ctx)
		})
	if err != nil {
		return nil, err
	}
	out := &placardv1.ListEntitiesResponse{NextPageToken: next}
	for _, row := range rows {
		e, err := entityFromRow(row)
		if err != nil {
			return nil, err
		}
		out.Entities = append(out.Entities, e)
	}
	return out, nil
}
