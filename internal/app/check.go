package app

import (
	"context"
	"fmt"
	"os"

	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/store"
)

// Finding is what Check found of one thing.
type Finding struct {
	// What was looked at.
	What string
	// Err is what is wrong with it; nil: nothing.
	Err error
}

// Check looks whether a server could start with the settings, and whether its
// database is whole. It changes nothing. What cannot be looked at because of
// something before it is left out.
func Check(ctx context.Context, cfg config.Config) []Finding {
	findings := []Finding{{"settings", cfg.Validate()}}
	found := func(what string, err error) bool {
		findings = append(findings, Finding{what, err})
		return err == nil
	}
	database := "database " + store.Redact(cfg.Database())
	if err := FindDatabase(cfg); err != nil {
		found(database, err)
		return findings
	}
	s, err := OpenStore(ctx, cfg)
	if !found(database, err) {
		return findings
	}
	if found("schema", s.CheckSchema(ctx)) {
		found("rows and change log", s.Check(ctx))
		found("secret", checkSecret(ctx, s, cfg))
	}
	if err := s.Close(); err != nil {
		found("closing the database", err)
	}
	return findings
}

// FindDatabase answers an error where there is no database and opening it would
// make one: for what only looks at a database, or changes what is in it.
func FindDatabase(cfg config.Config) error {
	if err := store.Find(cfg.Database()); err != nil {
		return fmt.Errorf("%w (`placard serve` makes it)", err)
	}
	return nil
}

// checkSecret tells whether the secret of the settings is the database's. It
// does not make one where there is none.
func checkSecret(ctx context.Context, s *store.Store, cfg config.Config) error {
	instance, err := s.Client().Instance.Query().Only(access.AsSystem(ctx))
	if err != nil {
		return fmt.Errorf("read fingerprint of the secret: %w", err)
	}
	if instance.SecretFingerprint == "" {
		return nil // the next start binds the database to one
	}
	if path := cfg.SecretPath(); path != "" {
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("%s is not there and would be made anew: %w", path, store.ErrOtherSecret)
		}
	}
	have, err := cfg.OpenSecret()
	if err != nil {
		return err
	}
	fingerprint, err := have.Fingerprint()
	if err != nil {
		return err
	}
	if fingerprint != instance.SecretFingerprint {
		return store.ErrOtherSecret
	}
	return nil
}
