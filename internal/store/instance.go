package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/un-placard/placard/ent/db/instance"
)

// RenewEpoch begins another life of the database, after it was restored from a
// copy, and answers its epoch. Cursors of the change log are bound to the epoch:
// every one given out before is refused from then on.
func (s *Store) RenewEpoch(ctx context.Context) (string, error) {
	epoch := newEpoch()
	err := s.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		return tx.Client.Instance.UpdateOneID(theRow).SetEpoch(epoch).Exec(ctx)
	})
	if err != nil {
		return "", fmt.Errorf("renew epoch of the database: %w", err)
	}
	return epoch, nil
}

// ErrOtherSecret is answered by BindSecret for a secret that is not the
// database's.
var ErrOtherSecret = errors.New("this is not the secret that the database was first used with")

// BindSecret ties the database to the secret of the installation: it keeps the
// fingerprint of the first and answers ErrOtherSecret for any other. With
// another secret cursors, page tokens and remembered requests would be refused
// or, worse, taken for new.
func (s *Store) BindSecret(ctx context.Context, fingerprint string) error {
	if fingerprint == "" {
		return errors.New("bind secret to the database: it has no fingerprint")
	}
	err := s.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		// The condition lets only one of two that start at once set it.
		_, err := tx.Client.Instance.Update().
			Where(instance.ID(theRow), instance.SecretFingerprint("")).
			SetSecretFingerprint(fingerprint).Save(ctx)
		if err != nil {
			return err
		}
		row, err := tx.Client.Instance.Get(ctx, theRow)
		if err != nil {
			return err
		}
		if row.SecretFingerprint != fingerprint {
			return fmt.Errorf("%w: start with that one (its fingerprint is %s, this one's %s)",
				ErrOtherSecret, row.SecretFingerprint, fingerprint)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("bind secret to the database: %w", err)
	}
	return nil
}
