package app

import (
	"context"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/instrument"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"

	"google.golang.org/protobuf/types/known/fieldmaskpb"
)

func (c *Core) entities() *entity.Service {
	return entity.New(entity.Config{Store: c.Store, Pages: c.pages, Validator: c.validator})
}

func (c *Core) instruments() *instrument.Service {
	return instrument.New(instrument.Config{Store: c.Store, Pages: c.pages, Validator: c.validator})
}

// AllEntities lists the register.
func (c *Core) AllEntities(ctx context.Context) ([]*placardv1.Entity, error) {
	var out []*placardv1.Entity
	service, req := c.entities(), &placardv1.ListEntitiesRequest{PageSize: page.MaxSize}
	for {
		part, err := service.ListEntities(access.AsSystem(ctx), req)
		if err != nil {
			return nil, err
		}
		out = append(out, part.GetEntities()...)
		if req.PageToken = part.GetNextPageToken(); req.PageToken == "" {
			return out, nil
		}
	}
}

// ImportEntities writes entities as the server itself: see entity.Service.Import.
func (c *Core) ImportEntities(
	ctx context.Context, entities []*placardv1.Entity, mask *fieldmaskpb.FieldMask, dryRun bool,
) ([]entity.Outcome, error) {
	return c.entities().Import(access.AsSystem(ctx), entities, mask, dryRun)
}

// Instrument reads an instrument by its id.
func (c *Core) Instrument(ctx context.Context, id string) (*placardv1.Instrument, error) {
	return c.instruments().GetInstrument(access.AsSystem(ctx), &placardv1.GetInstrumentRequest{Name: name.Instrument(id)})
}

// ImportInstrument writes an instrument as the server itself: see
// instrument.Service.Import.
func (c *Core) ImportInstrument(
	ctx context.Context, wish *placardv1.Instrument, mask *fieldmaskpb.FieldMask, dryRun bool,
) (before, after *placardv1.Instrument, err error) {
	return c.instruments().Import(access.AsSystem(ctx), wish, mask, dryRun)
}
