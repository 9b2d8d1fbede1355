package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/un-placard/placard/internal/secret"
)

func TestSession(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	own, err := newSealer(secret.New())
	if err != nil {
		t.Fatal(err)
	}
	other, err := newSealer(secret.New())
	if err != nil {
		t.Fatal(err)
	}
	s := session{ID: "1", Key: "plc_a_b", Account: "accounts/a", Expires: now.Add(sessionLife).Unix()}
	sealed, err := own.seal(sessionCookie, s)
	if err != nil {
		t.Fatal(err)
	}
	changed := []byte(sealed)
	changed[len(changed)/2] ^= 1
	for name, tt := range map[string]struct {
		sealer *sealer
		value  string
		now    time.Time
		ok     bool
	}{
		"as it was set":    {own, sealed, now, true},
		"a moment before":  {own, sealed, now.Add(sessionLife - time.Second), true},
		"when it is over":  {own, sealed, now.Add(sessionLife), false},
		"changed":          {own, string(changed), now, false},
		"of another house": {other, sealed, now, false},
		"nonsense":         {own, "!", now, false},
		"empty":            {own, "", now, false},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.AddCookie(&http.Cookie{Name: sessionCookie, Value: tt.value})
			got, err := tt.sealer.session(r, sessionCookie, tt.now)
			if (err == nil) != tt.ok || tt.ok && got != s {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
	if _, err := own.session(httptest.NewRequest(http.MethodGet, "/", nil), sessionCookie, now); err == nil {
		t.Error("a session without a cookie")
	}
}

func TestByTLS(t *testing.T) {
	for forwarded, want := range map[string]bool{"": false, "http": false, "http, https": false, "https": true, "HTTPS": true, "https, http": true} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("X-Forwarded-Proto", forwarded)
		if byTLS(r) != want {
			t.Errorf("%q: %v", forwarded, !want)
		}
	}
}
