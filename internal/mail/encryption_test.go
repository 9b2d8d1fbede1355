package mail_test

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	mailroom "github.com/un-placard/placard/internal/mail"
)

// strict is a mail server that takes messages from who has signed in, by a connection
// that is encrypted.
type strict struct{ taken atomic.Int32 }

func (s *strict) NewSession(*smtp.Conn) (smtp.Session, error) { return &strictSession{server: s}, nil }

type strictSession struct {
	server *strict
	signed bool
}

func (*strictSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *strictSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "placard" || password != "correct" {
			return smtp.ErrAuthFailed
		}
		s.signed = true
		return nil
	}), nil
}

func (s *strictSession) Mail(string, *smtp.MailOptions) error {
	if !s.signed {
		return smtp.ErrAuthRequired
	}
	return nil
}

func (*strictSession) Rcpt(string, *smtp.RcptOptions) error { return nil }

func (s *strictSession) Data(r io.Reader) error {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return err
	}
	s.server.taken.Add(1)
	return nil
}

func (*strictSession) Reset() {}

func (*strictSession) Logout() error { return nil }

// TestEncryptedAndSignedIn: both ways of encryption, with a certificate that is known
// and one that is for another name, and with the right password and a wrong one.
func TestEncryptedAndSignedIn(t *testing.T) {
	known := httptest.NewUnstartedServer(nil)
	known.StartTLS()
	t.Cleanup(known.Close)
	file := filepath.Join(t.TempDir(), "roots.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: known.Certificate().Raw})
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	// The roots of the system are read once, when the first certificate is verified:
	// here, in this package.
	t.Setenv("SSL_CERT_FILE", file)

	serve := func(encryption mailroom.Encryption) (peer *strict, address string) {
		peer = &strict{}
		server := smtp.NewServer(peer)
		server.Domain, server.TLSConfig = "localhost", &tls.Config{Certificates: known.TLS.Certificates}
		server.ReadTimeout, server.WriteTimeout = 5*time.Second, 5*time.Second
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if encryption == mailroom.TLS {
			listener = tls.NewListener(listener, server.TLSConfig)
		}
		done := make(chan error, 1)
		go func() { done <- server.Serve(listener) }()
		t.Cleanup(func() {
			if err := errors.Join(server.Close(), <-done); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
				t.Error(err)
			}
		})
		return peer, listener.Addr().String()
	}
	for _, encryption := range []mailroom.Encryption{mailroom.StartTLS, mailroom.TLS} {
		t.Run(string(encryption), func(t *testing.T) {
			peer, address := serve(encryption)
			room := func(user, password, address string) *mailroom.Room {
				return open(t, func(c *mailroom.Config) {
					c.Server, c.Encryption, c.User, c.Password = address, encryption, user, password
				})
			}
			if err := room("placard", "correct", address).Send(t.Context(), message("1", "ana@b.example")); err != nil || peer.taken.Load() != 1 {
				t.Errorf("Send = %v (%v), %d taken", err, errors.Unwrap(err), peer.taken.Load())
			}
			_, port, _ := net.SplitHostPort(address)
			for what, r := range map[string]*mailroom.Room{
				"a wrong password":               room("placard", "wrong", address),
				"nobody":                         room("", "", address),
				"a certificate for another name": room("placard", "correct", net.JoinHostPort("localhost", port)),
			} {
				if got := refusal(t, r, "aa@b.example"); got.Permanent {
					t.Errorf("%s: %q is permanent", what, got.Text)
				}
			}
			if n := peer.taken.Load(); n != 1 {
				t.Errorf("%d messages were taken", n)
			}
		})
	}
}
