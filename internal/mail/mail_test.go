package mail_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	mailroom "github.com/un-placard/placard/internal/mail"
	"github.com/un-placard/placard/internal/mail/mailtest"
	"github.com/un-placard/placard/internal/prose"
)

func open(t *testing.T, change func(*mailroom.Config)) *mailroom.Room {
	t.Helper()
	cfg := mailroom.Config{
		Encryption: mailroom.Plaintext, Timeout: 2 * time.Second, From: "Секретариат Placard <placard@placard.example>",
		Outbox: t.TempDir(), Connections: 2,
	}
	change(&cfg)
	r, err := mailroom.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func message(id, to string) mailroom.Message {
	return mailroom.Message{
		ID: id, To: to, Name: "Ana Ejemplo", Language: "es", Date: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		ReplyTo: "secretariat@placard.example",
		Text:    prose.Text{Subject: "Fotografía", Blocks: []prose.Block{{Text: "Estimada señora <Ana> & Cía:"}, {Kind: prose.Item, Text: "uno"}}},
	}
}

// refusal sends a message that is not taken.
func refusal(t *testing.T, r *mailroom.Room, to string) *mailroom.Refusal {
	t.Helper()
	err := r.Send(t.Context(), message("id-"+to[:2], to))
	var refused *mailroom.Refusal
	if !errors.As(err, &refused) {
		t.Fatalf("Send = %v", err)
	}
	if strings.Contains(refused.Error(), "@") {
		t.Errorf("a log would have %q", refused)
	}
	return refused
}

func TestFaults(t *testing.T) {
	say := func(code int, enhanced smtp.EnhancedCode, text string) *smtp.SMTPError {
		return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
	}
	for _, tt := range []struct {
		name      string
		conduct   mailtest.Conduct
		permanent bool
		text      string
	}{
		{"unknown recipient", mailtest.Conduct{Rcpt: say(550, smtp.EnhancedCode{5, 1, 1}, "<aa@b.example>: user unknown")}, true, "550 5.1.1 <aa@b.example>: user unknown"},
		{"full mailbox", mailtest.Conduct{Rcpt: say(452, smtp.EnhancedCode{4, 2, 2}, "mailbox full")}, false, "452 4.2.2 mailbox full"},
		{"greylisted after DATA", mailtest.Conduct{Data: say(451, smtp.EnhancedCode{4, 7, 1}, "try later")}, false, "451 4.7.1 try later"},
		{"refused after DATA", mailtest.Conduct{Data: say(554, smtp.EnhancedCode{5, 6, 0}, "not wanted")}, true, "554 5.6.0 not wanted"},
		{"to sign in", mailtest.Conduct{Rcpt: say(530, smtp.EnhancedCode{5, 7, 0}, "authentication required")}, false, "530 5.7.0 authentication required"},
		{"no relay", mailtest.Conduct{Rcpt: say(554, smtp.EnhancedCode{5, 7, 1}, "Relay access denied")}, false, "554 5.7.1 Relay access denied"},
		{"sender refused", mailtest.Conduct{Rcpt: say(550, smtp.EnhancedCode{5, 1, 8}, "Sender address rejected")}, false, "550 5.1.8 Sender address rejected"},
		{"going down", mailtest.Conduct{Rcpt: say(421, smtp.EnhancedCode{4, 3, 2}, "shutting down")}, false, "421 4.3.2 shutting down"},
		{"closed in DATA", mailtest.Conduct{Close: true}, false, "the mail server closed the connection"},
		{"hangs", mailtest.Conduct{Hang: true}, false, "the mail server did not answer in time"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			peer := mailtest.Start(t, func(to string) mailtest.Conduct {
				if to == "good@b.example" {
					return mailtest.Conduct{}
				}
				return tt.conduct
			})
			r := open(t, func(c *mailroom.Config) { c.Server, c.Timeout = peer.Addr, time.Second })
			got := refusal(t, r, "aa@b.example")
			if got.Permanent != tt.permanent || got.Text != tt.text {
				t.Errorf("permanent %v, %q; want %v, %q", got.Permanent, got.Text, tt.permanent, tt.text)
			}
			if err := r.Send(t.Context(), message("next", "good@b.example")); err != nil {
				t.Errorf("the next message: %v", err)
			}
			if n := len(peer.Messages()); n != 1 {
				t.Errorf("%d messages were taken", n)
			}
		})
	}
}

func TestNoServer(t *testing.T) {
	peer := mailtest.Start(t, nil)
	r := open(t, func(c *mailroom.Config) { c.Server = peer.Addr })
	if err := r.Send(t.Context(), message("a", "a@b.example")); err != nil {
		t.Fatal(err)
	}
	peer.Stop()
	if got := refusal(t, r, "aa@b.example"); got.Permanent || got.Text != "the mail server refuses connections" {
		t.Errorf("%v, %q", got.Permanent, got.Text)
	}
	// It is up again: a connection that was kept is no obstacle.
	again := mailtest.On(t, peer.Addr, nil)
	if err := r.Send(t.Context(), message("b", "b@b.example")); err != nil {
		t.Fatal(err)
	}
	if n := len(again.Messages()); n != 1 {
		t.Errorf("%d messages were taken", n)
	}
}

// TestEncryptionIsRequired: without STARTTLS nothing is sent.
func TestEncryptionIsRequired(t *testing.T) {
	peer := mailtest.Start(t, nil)
	for _, encryption := range []mailroom.Encryption{mailroom.StartTLS, mailroom.TLS} {
		r := open(t, func(c *mailroom.Config) { c.Server, c.Encryption = peer.Addr, encryption })
		if got := refusal(t, r, "aa@b.example"); got.Permanent {
			t.Errorf("%s: %q is permanent", encryption, got.Text)
		}
	}
	if n := len(peer.Messages()); n != 0 {
		t.Errorf("%d messages were sent in the clear", n)
	}
}

func TestConnectionsAreKept(t *testing.T) {
	peer := mailtest.Start(t, nil)
	r := open(t, func(c *mailroom.Config) { c.Server = peer.Addr })
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 20 {
				if err := r.Send(t.Context(), message(fmt.Sprint(w, "-", i), "a@b.example")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if messages, connections := len(peer.Messages()), peer.Connections(); messages != 80 || connections > 2 {
		t.Errorf("%d messages on %d connections", messages, connections)
	}
}

// TestHostileHeaders: nothing that a person wrote ends a line of a header.
func TestHostileHeaders(t *testing.T) {
	peer := mailtest.Start(t, nil)
	r := open(t, func(c *mailroom.Config) { c.Server = peer.Addr })
	m := message("hostile", "ana@b.example")
	m.Name = "Ana\r\nBcc: other@b.example\r\n\r\nbody"
	m.Text.Subject = "Hola\r\nBcc: other@b.example\u2028X: y"
	m.ReplyTo = "a@b.example\r\nBcc: other@b.example"
	m.Unsubscribe = "a@b.example>\r\nBcc: <other@b.example"
	if err := r.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	got := peer.Messages()[0]
	parsed, err := mail.ReadMessage(bytes.NewReader(got.Data))
	if err != nil {
		t.Fatal(err)
	}
	for _, header := range []string{"Bcc", "Cc", "X", "Reply-To", "List-Unsubscribe"} {
		if v := parsed.Header.Get(header); v != "" {
			t.Errorf("%s: %q", header, v)
		}
	}
	to, err := parsed.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Address != "ana@b.example" || got.To != "ana@b.example" {
		t.Errorf("To: %v, %v, sent to %s", to, err, got.To)
	}
	for _, address := range []string{"a@b.example\r\nRCPT TO:<x@y.example>", "nobody", "a b@c.example", ""} {
		if err := r.Send(t.Context(), message("none", address)); err == nil {
			t.Errorf("sent to %q", address)
		}
	}
}

func TestFolder(t *testing.T) {
	dir := t.TempDir()
	r := open(t, func(c *mailroom.Config) { c.Outbox = dir })
	for range 2 { // a second attempt takes the place of the first
		if err := r.Send(t.Context(), message("0197", "ana@bücher.example")); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != "0197.eml" {
		t.Fatalf("%v, %v", entries, err)
	}
	content, err := os.ReadFile(filepath.Join(dir, "0197.eml"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != "Fotografía" {
		t.Errorf("Subject: %q, %v", subject, err)
	}
	for header, want := range map[string]string{
		"Message-Id": "<0197@placard.example>", "Content-Language": "es", "Auto-Submitted": "auto-generated",
		"Reply-To": "<secretariat@placard.example>", "Date": "Fri, 02 Jan 2026 03:04:05 +0000",
	} {
		if got := m.Header.Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	if to, err := m.Header.AddressList("To"); err != nil || to[0].Address != "ana@xn--bcher-kva.example" {
		t.Errorf("To: %v, %v", to, err)
	}
	body, err := io.ReadAll(m.Body)
	if err != nil || !bytes.Contains(body, []byte("text/plain")) || !bytes.Contains(body, []byte("text/html")) {
		t.Errorf("body: %s", body)
	}
}
