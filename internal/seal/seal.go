// Package seal signs what the server publishes, and verifies it: Ed25519 keys
// (RFC 8032), of which one at a time is active, the canonical form of JSON
// (RFC 8785), and the set of the public keys (RFC 7517, RFC 8037).
package seal

import (
	"context"
	"crypto/cipher"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"sync"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/signingkey"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store"
)

// Config is what the signer needs.
type Config struct {
	// Store holds the keys.
	Store *store.Store
	// Secret encrypts their private parts.
	Secret secret.Secret
}

// Signer seals with the signing keys of the installation.
type Signer struct {
	store *store.Store
	aead  cipher.AEAD

	mu sync.Mutex
	// private holds the keys that were decrypted, by id.
	private map[string]ed25519.PrivateKey
}

// New makes the signer.
func New(cfg Config) (*Signer, error) {
	aead, err := aeadOf(cfg.Secret)
	if err != nil {
		return nil, err
	}
	return &Signer{store: cfg.Store, aead: aead, private: make(map[string]ed25519.PrivateKey)}, nil
}

// Active answers the id of the key that signs now, and makes the first one where
// there is none. It may write, so it must not be called within a transaction.
func (s *Signer) Active(ctx context.Context) (key string, err error) {
	id, err := active(ctx, s.store.Client())
	if !db.IsNotFound(err) {
		return id, err
	}
	// Nobody asked for this key: it is no result of the request, and the server
	// itself makes it.
	ctx = access.AsSystem(store.WithoutRequest(ctx))
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := Lock(ctx, tx); err != nil {
			return err
		}
		if id, err = active(ctx, tx.Client); !db.IsNotFound(err) {
			return err
		}
		row, err := s.Make(ctx, tx)
		if err != nil {
			return err
		}
		id = row.ID
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("make the first signing key: %w", err)
	}
	return id, nil
}

func active(ctx context.Context, client *db.Client) (string, error) {
	id, err := client.SigningKey.Query().
		Where(signingkey.State(placardv1.SigningKey_ACTIVE.String())).OnlyID(ctx)
	if err != nil {
		return "", fmt.Errorf("read active signing key: %w", err)
	}
	return id, nil
}

// sealing reads the key that seals what was published under a key: that key,
// retired or not; where it was revoked, the next one, in the order in which they
// were made, that was not.
func (s *Signer) sealing(ctx context.Context, key string) (*db.SigningKey, error) {
	row, err := s.store.Client().SigningKey.Get(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("read signing key %s: %w", key, err)
	}
	revoked := placardv1.SigningKey_REVOKED.String()
	if row.State != revoked {
		return row, nil
	}
	row, err = s.store.Client().SigningKey.Query().
		Where(signingkey.StateNEQ(revoked), signingkey.CreateTimeGTE(row.CreateTime)).
		Order(signingkey.ByCreateTime(), signingkey.ByID()).First(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the signing key after %s: %w", key, err)
	}
	return row, nil
}

// Sign seals what has a SHA-256, by the key under which it was published, also
// once that is retired; where it was revoked, by the next one, in the order in
// which they were made, that was not. So the same key and hash give the same
// seal until the key is revoked, and who fetches a file anew after that gets one
// that is to be trusted.
func (s *Signer) Sign(ctx context.Context, key string, sha256 []byte) (*placardv1.ParticipantList_Seal, error) {
	row, err := s.sealing(ctx, key)
	if err != nil {
		return nil, err
	}
	private, err := s.open(row)
	if err != nil {
		return nil, err
	}
	seal := &placardv1.ParticipantList_Seal{SigningKey: name.SigningKey(row.ID), Sha256: hex.EncodeToString(sha256)}
	seal.Signature = ed25519.Sign(private, signed(seal))
	return seal, nil
}

// open decrypts the private part of a key, once.
func (s *Signer) open(row *db.SigningKey) (ed25519.PrivateKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if private, ok := s.private[row.ID]; ok {
		return private, nil
	}
	private, err := decrypt(s.aead, row)
	if err != nil {
		return nil, err
	}
	s.private[row.ID] = private
	return private, nil
}
