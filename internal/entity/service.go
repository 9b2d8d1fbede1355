// Package entity holds the register of entities: whoever may be represented at
// a meeting.
package entity

import (
	"context"
	"fmt"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/store"
)

// Config is what the service needs.
type Config struct {
	Store *store.Store
	Pages *page.Codec
}

// Service answers the EntityService of the contract.
type Service struct {
	placardv1.UnimplementedEntityServiceServer
	store *store.Store
	pages *page.Codec
}

// New makes the service.
func New(cfg Config) *Service { return &Service{store: cfg.Store, pages: cfg.Pages} }

// GetEntity implements the contract.
func (s *Service) GetEntity(ctx context.Context, req *placardv1.GetEntityRequest) (*placardv1.Entity, error) {
	row, err := s.store.Client().Entity.Get(ctx, name.EntityOf(req.GetName()))
	if db.IsNotFound(err) {
		return nil, fault.NotFound(req.GetName())
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", req.GetName(), err)
	}
	return entityFromRow(row)
}
