package seal

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"entgo.io/ent/dialect/sql"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/signingkey"
	"github.com/un-placard/placard/internal/store"
)

// jwk is a public key as a JSON Web Key (RFC 7517, RFC 8037). Its algorithm is
// named as RFC 9864 does.
type jwk struct {
	Algorithm string `json:"alg,omitempty"`
	Curve     string `json:"crv"`
	ID        string `json:"kid,omitempty"`
	Type      string `json:"kty"`
	Use       string `json:"use,omitempty"`
	X         string `json:"x"`
}

type jwks struct {
	Keys []jwk `json:"keys"`
}

const (
	keyType = "OKP"
	curve   = "Ed25519"
)

func jwkOf(public ed25519.PublicKey) jwk {
	return jwk{Type: keyType, Curve: curve, X: base64.RawURLEncoding.EncodeToString(public)}
}

// thumbprint is the id of a key: the SHA-256 of the members that make it, in
// canonical form (RFC 7638).
func thumbprint(public ed25519.PublicKey) string {
	k := jwkOf(public)
	hash := sha256.Sum256(fmt.Appendf(nil, `{"crv":%q,"kty":%q,"x":%q}`, k.Curve, k.Type, k.X))
	return base64.RawURLEncoding.EncodeToString(hash[:])
}

// set writes keys as a JSON Web Key Set.
func set(rows []*db.SigningKey) ([]byte, error) {
	out := jwks{Keys: make([]jwk, 0, len(rows))}
	for _, row := range rows {
		k := jwkOf(row.PublicKey)
		k.ID, k.Use, k.Algorithm = row.ID, "sig", curve
		out.Keys = append(out.Keys, k)
	}
	text, err := json.Marshal(out)
	if err != nil {
		return nil, fmt.Errorf("write keys: %w", err)
	}
	return text, nil
}

// Keys are public keys by their ids.
type Keys map[string]ed25519.PublicKey

// maxSet is how large a set of keys may be, in bytes.
const maxSet = 1 << 20

// ReadKeys reads a JSON Web Key Set. The id of a key is its thumbprint, whatever
// the set says; keys of other kinds are left out.
func ReadKeys(r io.Reader) (Keys, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxSet+1))
	if err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	if len(text) > maxSet {
		return nil, fmt.Errorf("read keys: more than %d bytes", maxSet)
	}
	var set jwks
	if err := json.Unmarshal(text, &set); err != nil {
		return nil, fmt.Errorf("read keys: not a JSON Web Key Set: %w", err)
	}
	if set.Keys == nil {
		return nil, errors.New("read keys: not a JSON Web Key Set: it has no `keys`")
	}
	keys := make(Keys, len(set.Keys))
	for _, k := range set.Keys {
		public, err := base64.RawURLEncoding.DecodeString(k.X)
		if k.Type != keyType || k.Curve != curve || err != nil || len(public) != ed25519.PublicKeySize {
			continue
		}
		keys[thumbprint(public)] = public
	}
	return keys, nil
}

// Published answers the set of the keys whose signatures are to be trusted: of
// all that were not revoked, the newest first. A key that was revoked is left
// out, so that whoever verifies with any program refuses what it signed.
func Published(ctx context.Context, s *store.Store) ([]byte, error) {
	rows, err := s.Client().SigningKey.Query().
		Where(signingkey.StateNEQ(placardv1.SigningKey_REVOKED.String())).
		Order(signingkey.ByCreateTime(sql.OrderDesc()), signingkey.ByID(sql.OrderDesc())).
		Select(signingkey.FieldID, signingkey.FieldPublicKey).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read signing keys: %w", err)
	}
	return set(rows)
}
