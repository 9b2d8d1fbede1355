// Package page makes the tokens of lists (AIP-158). A token holds the sort key
// of the last row (keyset paging: a page stays right while rows come and go),
// encrypted, and bound to the caller and to the other arguments of the list.
package page

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/secret"
)

const (
	// DefaultSize is the size of a page where none is asked for.
	DefaultSize = 100
	// MaxSize is the size of the largest page; a larger wish is lowered.
	MaxSize = 1000
)

// Size is the size of a page for a wish, which the contract keeps from being
// negative.
func Size(wish int32) int {
	if wish <= 0 {
		return DefaultSize
	}
	return min(int(wish), MaxSize)
}

// Codec makes and reads tokens.
type Codec struct{ aead cipher.AEAD }

// NewCodec makes a codec with a key of its own.
func NewCodec(s secret.Secret) (*Codec, error) {
	key, err := s.Key("page token")
	if err != nil {
		return nil, fmt.Errorf("page tokens: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("page tokens: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("page tokens: %w", err)
	}
	return &Codec{aead}, nil
}

// Encode makes the token of a page whose last row has the sort key `last`.
// `binding` names the list and all its other arguments.
func (c *Codec) Encode(ctx context.Context, last any, binding ...string) (string, error) {
	plain, err := json.Marshal(last)
	if err != nil {
		return "", fmt.Errorf("page token: %w", err)
	}
	nonce := make([]byte, c.aead.NonceSize(), c.aead.NonceSize()+len(plain)+c.aead.Overhead())
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	sealed := c.aead.Seal(nonce, nonce, plain, bound(ctx, binding))
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// Decode reads a token into `last` and answers whether there was one. A token
// of another list, other arguments or another caller is a fault.
func (c *Codec) Decode(ctx context.Context, token string, last any, binding ...string) (bool, error) {
	if token == "" {
		return false, nil
	}
	invalid := fault.Invalid(fault.Violation{
		Field: "page_token", Reason: "PAGE_TOKEN_INVALID",
		Message: "is not a token of this list with these arguments and this caller",
	})
	sealed, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(sealed) < c.aead.NonceSize() {
		return false, invalid
	}
	nonce, sealed := sealed[:c.aead.NonceSize()], sealed[c.aead.NonceSize():]
	plain, err := c.aead.Open(nil, nonce, sealed, bound(ctx, binding))
	if err != nil || json.Unmarshal(plain, last) != nil {
		return false, invalid
	}
	return true, nil
}

// bound is what a token is bound to: who calls, within which scope, and for
// which list.
func bound(ctx context.Context, binding []string) []byte {
	p := access.From(ctx)
	text, _ := json.Marshal([]any{p.Name(), p.Role, p.Meetings, binding}) // strings and numbers only
	sum := sha256.Sum256(text)
	return sum[:]
}
