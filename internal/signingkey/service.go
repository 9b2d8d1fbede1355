// Package signingkey publishes the keys with which the server signs, and
// replaces them. See package seal for what they sign.
package signingkey

import (
	"context"
	"fmt"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/signingkey"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/seal"
	"github.com/un-placard/placard/internal/store"
)

// Config is what the service needs.
type Config struct {
	// Store holds the keys.
	Store *store.Store
	// Pages makes the tokens of lists.
	Pages *page.Codec
	// Signer makes keys.
	Signer *seal.Signer
}

// Service implements SigningKeyService.
type Service struct {
	placardv1.UnimplementedSigningKeyServiceServer
	store  *store.Store
	pages  *page.Codec
	signer *seal.Signer
}

// New makes the service.
func New(cfg Config) *Service {
	return &Service{store: cfg.Store, pages: cfg.Pages, signer: cfg.Signer}
}

// GetSigningKey implements the contract.
func (s *Service) GetSigningKey(
	ctx context.Context, req *placardv1.GetSigningKeyRequest,
) (*placardv1.SigningKey, error) {
	return s.get(ctx, req.GetName())
}

func (s *Service) get(ctx context.Context, resource string) (*placardv1.SigningKey, error) {
	row, err := one(ctx, s.store.Client(), resource)
	if err != nil {
		return nil, err
	}
	return keyFromRow(row), nil
}

func one(ctx context.Context, client *db.Client, resource string) (*db.SigningKey, error) {
	row, err := client.SigningKey.Get(ctx, name.Last(resource))
	if db.IsNotFound(err) {
		return nil, fault.NotFound(resource)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", resource, err)
	}
	return row, nil
}

// RotateSigningKey implements the contract.
func (s *Service) RotateSigningKey(
	ctx context.Context, _ *placardv1.RotateSigningKeyRequest,
) (*placardv1.SigningKey, error) {
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.SigningKey, error) {
		if err := seal.Lock(ctx, tx); err != nil {
			return nil, err
		}
		old, err := retire(ctx, tx)
		if err != nil {
			return nil, err
		}
		row, err := s.signer.Make(ctx, tx)
		if err != nil {
			return nil, err
		}
		// The new key is the result, so its change is the first.
		if old != nil {
			record(tx, "rotate", old, "state", "retireTime")
		}
		return keyFromRow(row), nil
	}, func(ctx context.Context, done store.Done) (*placardv1.SigningKey, error) {
		return s.get(ctx, done.Resource)
	})
}

// retire ends the work of the active key, and answers it: nil where there is
// none yet.
func retire(ctx context.Context, tx *store.Tx) (*db.SigningKey, error) {
	row, err := tx.Client.SigningKey.Query().
		Where(signingkey.State(placardv1.SigningKey_ACTIVE.String())).Only(ctx)
	if db.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read active signing key: %w", err)
	}
	row = retired(row, tx.Now)
	return row, save(ctx, tx, row)
}

// RevokeSigningKey implements the contract.
func (s *Service) RevokeSigningKey(
	ctx context.Context, req *placardv1.RevokeSigningKeyRequest,
) (*placardv1.SigningKey, error) {
	return store.Write(ctx, s.store, func(ctx context.Context, tx *store.Tx) (*placardv1.SigningKey, error) {
		if err := seal.Lock(ctx, tx); err != nil {
			return nil, err
		}
		before, err := one(ctx, tx.Client, req.GetName())
		if err != nil {
			return nil, err
		}
		if req.GetEtag() != "" && req.GetEtag() != store.Etag(before.Revision) {
			return nil, fault.Stale(req.GetName())
		}
		row, err := revoked(before, tx.Now)
		if err != nil {
			return nil, err
		}
		if err := save(ctx, tx, row); err != nil {
			return nil, err
		}
		if stateOf(before) != placardv1.SigningKey_ACTIVE {
			record(tx, "revoke", row, "state", "revokeTime")
			return keyFromRow(row), nil
		}
		record(tx, "revoke", row, "state", "retireTime", "revokeTime")
		if _, err := s.signer.Make(ctx, tx); err != nil {
			return nil, err
		}
		return keyFromRow(row), nil
	}, func(ctx context.Context, _ store.Done) (*placardv1.SigningKey, error) {
		return s.get(ctx, req.GetName())
	})
}

// save writes what became of a key.
func save(ctx context.Context, tx *store.Tx, row *db.SigningKey) error {
	n, err := tx.Client.SigningKey.Update().
		Where(signingkey.ID(row.ID), signingkey.Revision(row.Revision-1)).
		SetState(row.State).SetNillableRetireTime(row.RetireTime).SetNillableRevokeTime(row.RevokeTime).
		SetUpdateTime(row.UpdateTime).AddRevision(1).Save(ctx)
	if err != nil {
		return fmt.Errorf("write %s: %w", name.SigningKey(row.ID), err)
	}
	if n == 0 {
		return fault.Stale(name.SigningKey(row.ID))
	}
	return nil
}

// record leaves the change of a key.
func record(tx *store.Tx, verb string, row *db.SigningKey, paths ...string) {
	tx.Record(store.Change{
		Verb: verb, Type: name.TypeSigningKey, Resource: name.SigningKey(row.ID), Revision: row.Revision, Paths: paths,
	})
}
