// Package secret holds the one secret of an installation and derives from it
// a key for each purpose (HKDF, RFC 5869), so that no two uses share a key.
package secret

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// size is the length of the secret in bytes.
const size = 32

// Secret is the secret of an installation. All instances in front of one
// database have the same.
type Secret struct{ material []byte }

// Parse reads a secret from its text: 32 bytes in base64.
func Parse(text string) (Secret, error) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) != size {
		return Secret{}, fmt.Errorf("secret: want %d bytes in base64 (for example from: openssl rand -base64 %d)", size, size)
	}
	return Secret{b}, nil
}

// Open reads the secret from a file, which it makes, readable by its owner
// only, where there is none.
func Open(path string) (Secret, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the path is the operator's own
	if err == nil {
		return Parse(string(text))
	}
	if !errors.Is(err, os.ErrNotExist) {
		return Secret{}, fmt.Errorf("read secret: %w", err)
	}
	s := New()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return Secret{}, fmt.Errorf("make folder of the secret: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // as above
	if err != nil {
		return Secret{}, fmt.Errorf("write secret: %w", err)
	}
	if _, err := f.WriteString(base64.StdEncoding.EncodeToString(s.material) + "\n"); err != nil {
		_ = f.Close()
		return Secret{}, fmt.Errorf("write secret: %w", err)
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return Secret{}, fmt.Errorf("write secret: %w", err)
	}
	return s, nil
}

// New makes a secret.
func New() Secret {
	b := make([]byte, size)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return Secret{b}
}

// Key derives the 32-byte key of a purpose. There is none without a secret.
func (s Secret) Key(purpose string) ([]byte, error) {
	if len(s.material) != size {
		return nil, fmt.Errorf("derive key of %s: there is no secret", purpose)
	}
	k, err := hkdf.Key(sha256.New, s.material, nil, "placard/"+purpose, size)
	if err != nil {
		return nil, fmt.Errorf("derive key of %s: %w", purpose, err)
	}
	return k, nil
}

// Fingerprint tells one secret from another without telling anything of it.
func (s Secret) Fingerprint() (string, error) {
	k, err := s.Key("fingerprint")
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(k[:8]), nil
}
