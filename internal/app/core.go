// Package app wires the house: it opens what a server needs, runs it, and stops
// it in reverse order. Nothing else knows all rooms.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/key"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store"
)

// Core is what commands need that serve nothing, and every server as well: the
// open database and what belongs to it.
type Core struct {
	Store *store.Store
	Keys  *key.Service

	secret    secret.Secret
	contract  *access.Contract
	validator *access.Validator
	pages     *page.Codec
}

// OpenCore opens the database of the settings, with its schema up to date, the
// register of entities in it, and bound to the secret.
func OpenCore(ctx context.Context, cfg config.Config, log *slog.Logger) (_ *Core, err error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("settings:\n%w", err)
	}
	c := &Core{}
	if c.Store, err = OpenStore(ctx, cfg); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Store.Close())
		}
	}()
	if cfg.Migrate || !cfg.Postgres() {
		err = c.Store.Migrate(ctx)
	} else {
		err = c.Store.CheckSchema(ctx)
	}
	if err != nil {
		return nil, err
	}
	// Before a new one is made in the wrong place.
	if err := checkSecret(ctx, c.Store, cfg); err != nil {
		return nil, err
	}
	if c.secret, err = cfg.OpenSecret(); err != nil {
		return nil, err
	}
	system := access.AsSystem(ctx)
	fingerprint, err := c.secret.Fingerprint()
	if err != nil {
		return nil, err
	}
	if err := c.Store.BindSecret(system, fingerprint); err != nil {
		return nil, err
	}
	if err := entity.Seed(system, c.Store); err != nil {
		return nil, fmt.Errorf("seed register of entities: %w", err)
	}
	if c.contract, err = access.ReadContract(); err != nil {
		return nil, err
	}
	if c.validator, err = access.NewValidator(c.contract); err != nil {
		return nil, err
	}
	if c.pages, err = page.NewCodec(c.secret); err != nil {
		return nil, err
	}
	c.Keys = key.New(key.Config{Store: c.Store, Pages: c.pages, Log: log})
	return c, nil
}

// OpenStore opens the database of the settings as it is.
func OpenStore(ctx context.Context, cfg config.Config) (*store.Store, error) {
	return store.Open(ctx, store.Config{URL: cfg.Database(), MaxConns: cfg.DBConns})
}

// Close closes the database.
func (c *Core) Close() error { return c.Store.Close() }

// CreateKey makes a key as the server itself, which may make any. It holds the
// request to the rules of the contract, as the server's interceptor does.
func (c *Core) CreateKey(ctx context.Context, k *placardv1.Key) (*placardv1.Key, error) {
	req := &placardv1.CreateKeyRequest{Key: k}
	if err := c.validator.ValidateRequest(req); err != nil {
		return nil, err
	}
	return c.Keys.CreateKey(access.AsSystem(ctx), req)
}

// RevokeKey revokes a key as the server itself.
func (c *Core) RevokeKey(ctx context.Context, name string) (*placardv1.Key, error) {
	req := &placardv1.RevokeKeyRequest{Name: name}
	if err := c.validator.ValidateRequest(req); err != nil {
		return nil, err
	}
	return c.Keys.RevokeKey(access.AsSystem(ctx), req)
}

// AllKeys lists all keys, without their secrets.
func (c *Core) AllKeys(ctx context.Context) ([]*placardv1.Key, error) {
	var out []*placardv1.Key
	req := &placardv1.ListKeysRequest{PageSize: page.MaxSize}
	for {
		part, err := c.Keys.ListKeys(access.AsSystem(ctx), req)
		if err != nil {
			return nil, err
		}
		out = append(out, part.GetKeys()...)
		if req.PageToken = part.GetNextPageToken(); req.PageToken == "" {
			return out, nil
		}
	}
}
