package instrument

import (
	"context"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/instrument"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/page"
)

// filters are the fields of a filter over instruments.
func filters() filter.Fields {
	return filter.Fields{
		"adoption_date": {Column: instrument.FieldAdoptionDate},
		"in_force_date": {Column: instrument.FieldInForceDate},
	}
}

var byName = page.Keyset[*db.Instrument]{
	Columns: []string{instrument.FieldID},
	Key:     func(i *db.Instrument) []any { return []any{i.ID} },
}

var orders = page.Orders[*db.Instrument]{Unset: byName, Named: map[string]page.Keyset[*db.Instrument]{"name": byName}}

// ListInstruments implements the contract: ordered by name.
func (s *Service) ListInstruments(
	ctx context.Context, req *placardv1.ListInstrumentsRequest,
) (*placardv1.ListInstrumentsResponse, error) {
	where, err := filter.Predicate(ctx, (*placardv1.Instrument)(nil), filters(), req.GetFilter())
	if err != nil {
		return nil, err
	}
	keys, err := orders.By(req.GetOrderBy())
	if err != nil {
		return nil, err
	}
	rows, next, err := page.Fetch(ctx, s.pages, req, keys, []string{"ListInstruments", req.GetFilter()},
		func(after, order page.Narrow, limit int) ([]*db.Instrument, error) {
			return s.store.Client().Instrument.Query().Where(where, after).Order(order).Limit(limit).All(ctx)
		})
	if err != nil {
		return nil, err
	}
	out := &placardv1.ListInstrumentsResponse{NextPageToken: next}
	for _, row := range rows {
		i, err := FromRow(row)
		if err != nil {
			return nil, err
		}
		out.Instruments = append(out.Instruments, i)
	}
	return out, nil
}
