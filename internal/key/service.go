// Package key holds the keys of systems: it makes and revokes them, and tells
// from one who calls.
package key

import (
	"context"
	"fmt"
	"log/slog"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/key"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/store"
)

// Config is what the service needs.
type Config struct {
	// Store holds the keys.
	Store *store.Store
	// Pages makes the tokens of lists.
	Pages *page.Codec
	// Log gets what goes wrong in the background.
	Log *slog.Logger
}

// Service implements KeyService, and authenticates callers by their keys.
type Service struct {
	placardv1.UnimplementedKeyServiceServer
	store *store.Store
	pages *page.Codec
	log   *slog.Logger
	ring  *ring
}

// New makes the service. Run must run beside it.
func New(cfg Config) *Service {
	return &Service{store: cfg.Store, pages: cfg.Pages, log: cfg.Log, ring: newRing()}
}

// GetKey implements KeyService.
func (s *Service) GetKey(ctx context.Context, req *placardv1.GetKeyRequest) (*placardv1.Key, error) {
	return s.get(ctx, req.GetName())
}

func (s *Service) get(ctx context.Context, resource string) (*placardv1.Key, error) {
	row, err := s.store.Client().Key.Query().Where(key.ID(name.Last(resource))).WithMeetings().Only(ctx)
	if err != nil {
		return nil, readError(err, resource)
	}
	return keyFromRow(row), nil
}

func readError(err error, resource string) error {
	if db.IsNotFound(err) {
		return fault.NotFound(resource)
	}
	return fmt.Errorf("read key: %w", err)
}

// CreateKey implements KeyService.
func (s *Service) CreateKey(ctx context.Context, req *placardv1.CreateKeyRequest) (*placardv1.Key, error) {
	return store.Write(ctx, s.store,
		func(ctx context.Context, tx *store.Tx) (*placardv1.Key, error) {
			row, t, err := create(ctx, tx, req.GetKey())
			if err != nil {
				return nil, err
			}
			k := keyFromRow(row)
			k.Secret = t.text()
			return k, nil
		},
		func(ctx context.Context, done store.Done) (*placardv1.Key, error) {
			return s.get(ctx, done.Resource)
		})
}

// RevokeKey implements KeyService.
func (s *Service) RevokeKey(ctx context.Context, req *placardv1.RevokeKeyRequest) (*placardv1.Key, error) {
	// Whatever became of the write: the next use of the key reads it anew.
	defer s.ring.forget(name.Last(req.GetName()))
	return store.Write(ctx, s.store,
		func(ctx context.Context, tx *store.Tx) (*placardv1.Key, error) {
			row, err := revoke(ctx, tx, req)
			if err != nil {
				return nil, err
			}
			return keyFromRow(row), nil
		},
		func(ctx context.Context, _ store.Done) (*placardv1.Key, error) {
			return s.get(ctx, req.GetName())
		})
}
