package web

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/un-placard/placard/internal/secret"
)

const (
	sessionCookie = "placard_session"
	// sessionLife is how long somebody stays signed in at the most.
	sessionLife = 8 * time.Hour
)

// session is that somebody is signed in. It lives in a cookie of the browser,
// sealed, and holds the key: so every request authenticates as any call does,
// and a key that is revoked ends the session at once.
type session struct {
	// ID tells one session from another of the same key.
	ID string `json:"i"`
	// Key is the secret of the key.
	Key string `json:"k"`
	// Account is as whom the key acts: `accounts/secretariat`.
	Account string `json:"a,omitempty"`
	// Participant is for whom a link stands, whose token is the key then.
	Participant string `json:"p,omitempty"`
	// Expires is when the session ends, in Unix seconds.
	Expires int64 `json:"e"`
}

func (s session) expires() time.Time { return time.Unix(s.Expires, 0) }

// sealer seals sessions, so that they can be neither read nor made elsewhere.
type sealer struct{ aead cipher.AEAD }

func newSealer(s secret.Secret) (*sealer, error) {
	key, err := s.Key("web session")
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("sessions: %w", err)
	}
	return &sealer{aead}, nil
}

// seal makes the value of a cookie of a session. That of one cookie is none of
// another.
func (c *sealer) seal(cookie string, s session) (string, error) {
	plain, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("seal session: %w", err)
	}
	nonce := make([]byte, c.aead.NonceSize(), c.aead.NonceSize()+len(plain)+c.aead.Overhead())
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	return base64.RawURLEncoding.EncodeToString(c.aead.Seal(nonce, nonce, plain, []byte(cookie))), nil
}

var errNoSession = errors.New("there is no session")

// session reads the session of a request in a cookie.
func (c *sealer) session(r *http.Request, name string, now time.Time) (session, error) {
	cookie, err := r.Cookie(name)
	if err != nil {
		return session{}, errNoSession
	}
	sealed, err := base64.RawURLEncoding.DecodeString(cookie.Value)
	if err != nil || len(sealed) < c.aead.NonceSize() {
		return session{}, errNoSession
	}
	nonce, sealed := sealed[:c.aead.NonceSize()], sealed[c.aead.NonceSize():]
	plain, err := c.aead.Open(nil, nonce, sealed, []byte(name))
	if err != nil {
		return session{}, errNoSession
	}
	var s session
	if err := json.Unmarshal(plain, &s); err != nil {
		return session{}, fmt.Errorf("read session: %w", err)
	}
	if !now.Before(s.expires()) {
		return session{}, errNoSession
	}
	return s, nil
}

// removed is the life of a cookie that is to go.
const removed = -time.Second

// setCookie sets a cookie that scripts do not read and that no other site sends
// along with its forms.
func setCookie(w http.ResponseWriter, r *http.Request, name, value string, life time.Duration) {
	setCookieUnder(w, r, "/", name, value, life)
}

// setCookieUnder sets a cookie that is sent with requests under a path.
func setCookieUnder(w http.ResponseWriter, r *http.Request, under, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever the request came by TLS
		Name: name, Value: value, Path: under, MaxAge: int(life.Seconds()),
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: byTLS(r),
	})
}

// byTLS tells whether a request came by TLS, to this server or to a proxy in
// front of it. Whoever lies about that only makes the own cookie unusable.
func byTLS(r *http.Request) bool {
	first, _, _ := strings.Cut(r.Header.Get("X-Forwarded-Proto"), ",") // of several proxies
	return r.TLS != nil || strings.EqualFold(strings.TrimSpace(first), "https")
}
