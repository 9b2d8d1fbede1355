package seal

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store"
)

// Lock keeps others from making or changing signing keys until the transaction
// ends. It comes before they are read: the first key has no row to lock.
func Lock(ctx context.Context, tx *store.Tx) error {
	q := tx.Client.Instance.Query()
	q.Modify(tx.ForUpdate)
	if _, err := q.Only(ctx); err != nil {
		return fmt.Errorf("lock signing keys: %w", err)
	}
	return nil
}

// Make writes a new key, which is the active one from then on, and its change.
// Another must not be active any more.
func (s *Signer) Make(ctx context.Context, tx *store.Tx) (*db.SigningKey, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	id := thumbprint(public)
	encrypted := s.aead.Seal(nil, nil, private.Seed(), []byte(id)) //nolint:gosec // it takes a random nonce itself
	row, err := tx.Client.SigningKey.Create().SetID(id).SetPublicKey(public).SetPrivateKey(encrypted).
		SetState(placardv1.SigningKey_ACTIVE.String()).
		SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Save(ctx)
	if err != nil {
		return nil, fmt.Errorf("write signing key: %w", err)
	}
	tx.Record(store.Change{
		Verb: "create", Type: name.TypeSigningKey, Resource: name.SigningKey(id), Revision: row.Revision,
	})
	return row, nil
}

// aeadOf makes what encrypts private keys: AES-256-GCM, with the id of the key
// as additional data, so that a private part fits its own row only.
func aeadOf(s secret.Secret) (cipher.AEAD, error) {
	k, err := s.Key("signing-keys")
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(k)
	if err != nil {
		return nil, fmt.Errorf("encrypt signing keys: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("encrypt signing keys: %w", err)
	}
	return aead, nil
}

func decrypt(aead cipher.AEAD, row *db.SigningKey) (ed25519.PrivateKey, error) {
	seed, err := aead.Open(nil, nil, row.PrivateKey, []byte(row.ID))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("decrypt signing key %s: it was encrypted under another secret, or changed", row.ID)
	}
	private := ed25519.NewKeyFromSeed(seed)
	if !private.Public().(ed25519.PublicKey).Equal(ed25519.PublicKey(row.PublicKey)) {
		return nil, fmt.Errorf("signing key %s: its public part is that of another", row.ID)
	}
	return private, nil
}
