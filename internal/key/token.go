package key

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"strings"
)

// A token is `plc_<id>_<secret>`. The id finds the key and is no secret; the
// secret is 32 random bytes, so that a plain SHA-256 of it is enough to keep.
const (
	tokenPrefix = "plc_"
	idSize      = 12 // letters of base32: 60 bits
	secretSize  = 52 // letters of base32: 32 bytes
)

var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// token is what the holder of a key presents.
type token struct{ id, secret string }

// newToken makes a token.
func newToken() token {
	var id [8]byte
	var secret [32]byte
	_, _ = rand.Read(id[:]) // never fails (crypto/rand)
	_, _ = rand.Read(secret[:])
	return token{id: letters.EncodeToString(id[:])[:idSize], secret: letters.EncodeToString(secret[:])}
}

// parseToken reads a token, or tells that a text is not one.
func parseToken(text string) (token, bool) {
	rest, ok := strings.CutPrefix(text, tokenPrefix)
	if !ok {
		return token{}, false
	}
	id, secret, ok := strings.Cut(rest, "_")
	if !ok || !spelled(id, idSize) || !spelled(secret, secretSize) {
		return token{}, false
	}
	return token{id: id, secret: secret}, true
}

func spelled(s string, size int) bool {
	return len(s) == size && strings.IndexFunc(s, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '2' || r > '7')
	}) < 0
}

// text is the token as it is handed out.
func (t token) text() string { return tokenPrefix + t.id + "_" + t.secret }

// hash is what is kept of the secret.
func (t token) hash() []byte {
	sum := sha256.Sum256([]byte(t.secret))
	return sum[:]
}

// matches tells, in the same time for all, whether a hash is that of the token.
func (t token) matches(hash []byte) bool { return subtle.ConstantTimeCompare(t.hash(), hash) == 1 }
