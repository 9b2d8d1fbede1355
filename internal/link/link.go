// Package link makes and reads the tokens of links that are sent to people. A token
// is computed of what it is for and of the secret of the installation: no row and
// no job holds one.
package link

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/un-placard/placard/internal/secret"
)

// Purpose is what a link is for. A token of one purpose is none of another.
type Purpose string

const (
	// Photo lets a participant send a photograph.
	Photo Purpose = "photo"
	// Calendar lets the calendar of a participant read the meeting.
	Calendar Purpose = "calendar"
)

// Lasting is the generation of the tokens that are not renewed: of those for
// calendars, which ask by the same address for as long as there is something to tell.
const Lasting = 0

// Prefix is how every token begins.
const Prefix = "pll_"

// Signer makes and reads tokens.
type Signer struct{ key []byte }

// New makes a signer with the secret of the installation.
func New(s secret.Secret) (*Signer, error) {
	key, err := s.Key("link")
	if err != nil {
		return nil, fmt.Errorf("links: %w", err)
	}
	return &Signer{key}, nil
}

// Token is `pll_<id>_<generation>_<signature>`. The id has no underscore.
func (s *Signer) Token(purpose Purpose, id string, generation int) string {
	text := id + "_" + strconv.Itoa(generation)
	return Prefix + text + "_" + base64.RawURLEncoding.EncodeToString(s.sign(purpose, text))
}

// Read answers what a token of a purpose is for, and whether it is one. It does not
// tell whether it still works: the generation may be an earlier one.
func (s *Signer) Read(purpose Purpose, token string) (id string, generation int, ok bool) {
	parts := strings.SplitN(strings.TrimPrefix(token, Prefix), "_", 3)
	if !strings.HasPrefix(token, Prefix) || len(parts) != 3 {
		return "", 0, false
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || !hmac.Equal(signature, s.sign(purpose, parts[0]+"_"+parts[1])) {
		return "", 0, false
	}
	if generation, err = strconv.Atoi(parts[1]); err != nil {
		return "", 0, false
	}
	return parts[0], generation, true
}

func (s *Signer) sign(purpose Purpose, text string) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(string(purpose) + "|" + text))
	return mac.Sum(nil)
}
