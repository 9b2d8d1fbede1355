// Package entity holds the register of entities: whoever may be represented at
// a meeting.
package entity

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/entity"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/patch"
	"github.com/un-placard/placard/internal/store"
)

// Config is what the service needs.
type Config struct {
	Store     *store.Store
	Pages     *page.Codec
	Validator *access.Validator
}

// Service answers the EntityService of the contract.
type Service struct {
	placardv1.UnimplementedEntityServiceServer
	store     *store.Store
	pages     *page.Codec
	validator *access.Validator
}

// New makes the service.
func New(cfg Config) *Service {
	return &Service{store: cfg.Store, pages: cfg.Pages, validator: cfg.Validator}
}

// GetEntity implements the contract.
func (s *Service) GetEntity(ctx context.Context, req *placardv1.GetEntityRequest) (*placardv1.Entity, error) {
	return s.get(ctx, req.GetName())
}

func (s *Service) get(ctx context.Context, resource string) (*placardv1.Entity, error) {
	row, err := one(ctx, s.store.Client(), resource)
	if err != nil {
		return nil, err
	}
	return entityFromRow(row)
}

// one reads the entity of a name.
func one(ctx context.Context, client *db.Client, resource string) (*db.Entity, error) {
	row, err := client.Entity.Get(ctx, name.EntityOf(resource))
	if db.IsNotFound(err) {
		return nil, fault.NotFound(resource)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", resource, err)
	}
	return row, nil
}

// again answers a repeated write: the entity as it is now.
func (s *Service) again(resource string) func(context.Context, store.Done) (*placardv1.Entity, error) {
	return func(ctx context.Context, _ store.Done) (*placardv1.Entity, error) { return s.get(ctx, resource) }
}

// CreateEntity implements the contract.
func (s *Service) CreateEntity(ctx context.Context, req *placardv1.CreateEntityRequest) (*placardv1.Entity, error) {
	if err := unbound(ctx); err != nil {
		return nil, err
	}
	e := proto.CloneOf(req.GetEntity())
	e.Name, e.Code = name.Entity(req.GetEntityId()), req.GetEntityId()
	e = complete(e)
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.Entity, error) {
		if err := lock(ctx, tx); err != nil {
			return nil, err
		}
		taken, err := takenCodes(ctx, tx.Client)
		if err != nil {
			return nil, err
		}
		if err := fault.Invalid(check("entity", "entity_id", e, taken)...); err != nil {
			return nil, err
		}
		rows, err := insert(ctx, tx, []*placardv1.Entity{e}, true)
		if err != nil {
			return nil, err
		}
		return entityFromRow(rows[0])
	}, s.again(e.GetName()))
}

// UpdateEntity implements the contract.
func (s *Service) UpdateEntity(ctx context.Context, req *placardv1.UpdateEntityRequest) (*placardv1.Entity, error) {
	if err := unbound(ctx); err != nil {
		return nil, err
	}
	wish := req.GetEntity()
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.Entity, error) {
		if err := lock(ctx, tx); err != nil {
			return nil, err
		}
		row, err := one(ctx, tx.Client, wish.GetName())
		if err != nil {
			return nil, err
		}
		if etag := wish.GetEtag(); etag != "" && etag != store.Etag(row.Revision) {
			return nil, fault.Stale(wish.GetName())
		}
		before, err := entityFromRow(row)
		if err != nil {
			return nil, err
		}
		after, err := patch.Apply("entity", before, wish, req.GetUpdateMask())
		if err != nil {
			return nil, err
		}
		after, wrong := renamed(before, complete(after), req.GetNamesValidFrom())
		more, err := s.violations(ctx, tx.Client, after)
		if err != nil {
			return nil, err
		}
		if err := fault.Invalid(append(wrong, more...)...); err != nil {
			return nil, err
		}
		if len(patch.Changed(before, after)) == 0 {
			return before, nil
		}
		next, err := replace(ctx, tx, row, before, after, true)
		if err != nil {
			return nil, err
		}
		return entityFromRow(next)
	}, s.again(wish.GetName()))
}

// violations answers everything that is wrong with an entity as it would become.
func (s *Service) violations(ctx context.Context, client *db.Client, e *placardv1.Entity) ([]fault.Violation, error) {
	wrong, err := violationsOf(s.validator.Validate(e, "entity"))
	if err != nil {
		return nil, err
	}
	taken, err := takenCodes(ctx, client)
	if err != nil {
		return nil, err
	}
	return append(wrong, check("entity", "entity.kind", e, taken)...), nil
}

// violationsOf answers the violations of a fault, or the error that is none.
func violationsOf(err error) ([]fault.Violation, error) {
	if f, ok := fault.As(err); ok {
		return f.Violations, nil
	}
	return nil, err
}

// takenCodes answers the codes of ISO 3166-1 and of M49 that entities have.
func takenCodes(ctx context.Context, client *db.Client) (codes, error) {
	rows, err := client.Entity.Query().
		Where(entity.Or(entity.Alpha2CodeNEQ(""), entity.M49CodeNEQ(""))).
		Select(entity.FieldID, entity.FieldAlpha2Code, entity.FieldM49Code).All(ctx)
	if err != nil {
		return codes{}, fmt.Errorf("read codes of entities: %w", err)
	}
	taken := newCodes()
	for _, row := range rows {
		taken.add(row.ID, row.Alpha2Code, row.M49Code)
	}
	return taken, nil
}
