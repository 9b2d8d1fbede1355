package app

import (
	"context"
	"io"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/delegation"
	"github.com/un-placard/placard/internal/entity"
)

func (c *Core) delegations() *delegation.Service {
	return delegation.New(delegation.Config{Store: c.Store, Pages: c.pages, Validator: c.validator})
}

// FindEntities reads the register.
func (c *Core) FindEntities(ctx context.Context) (*entity.Finder, error) {
	all, err := c.AllEntities(ctx)
	if err != nil {
		return nil, err
	}
	return entity.NewFinder(all), nil
}

// ImportDelegation imports the file of one delegation as the server itself, on
// behalf of the entity: see delegation.Service.ImportFile.
func (c *Core) ImportDelegation(
	ctx context.Context, file io.ReadSeeker, req *placardv1.ImportDelegationRequest,
) (*placardv1.ImportDelegationsResponse, error) {
	return c.delegations().ImportFile(access.AsSystem(ctx), file, req)
}

// SurveyDelegations finds the delegations in a file of many: see
// delegation.Service.Survey.
func (c *Core) SurveyDelegations(ctx context.Context, file io.ReadSeeker) (*delegation.Survey, error) {
	return c.delegations().Survey(access.AsSystem(ctx), file)
}

// ImportDelegations imports the delegations of a file that was surveyed as the
// server itself: see delegation.Service.ImportSurveyed.
func (c *Core) ImportDelegations(
	ctx context.Context, file io.ReadSeeker, found *delegation.Survey, req *placardv1.ImportDelegationsRequest,
	visit func(*delegation.Imported),
) (*placardv1.ImportDelegationsResponse, error) {
	return c.delegations().ImportSurveyed(access.AsSystem(ctx), file, found, req, visit)
}
