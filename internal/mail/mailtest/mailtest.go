// Package mailtest is a mail server for tests, which can be made to behave as bad ones
// do.
package mailtest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// Message is a message that the server took.
type Message struct {
	From, To string
	// ID is the Message-ID, as it stands in the message.
	ID   string
	Data []byte
}

// Conduct is what the server does with one message, by its recipient. Nil fields
// mean that it takes it.
type Conduct struct {
	// Mail, Rcpt and Data are what it answers to the commands.
	Mail, Rcpt, Data *smtp.SMTPError
	// Close ends the connection in the middle of the message.
	Close bool
	// Hang does not answer any more until the server stops.
	Hang bool
	// Late takes the message and ends the connection without an answer.
	Late bool
}

// Server is a mail server that runs until the test ends, or Stop.
type Server struct {
	Addr string

	server  *smtp.Server
	conduct func(to string) Conduct
	stopped chan struct{}
	stop    sync.Once

	mu    sync.Mutex
	taken []Message
	conns int
}

// Start starts a server. `conduct` says what it does with each message, in the order
// in which they come; nil: it takes all.
func Start(t testing.TB, conduct func(to string) Conduct) *Server {
	t.Helper()
	return On(t, "127.0.0.1:0", conduct)
}

// On is Start on an address.
func On(t testing.TB, address string, conduct func(to string) Conduct) *Server {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	if conduct == nil {
		conduct = func(string) Conduct { return Conduct{} }
	}
	s := &Server{Addr: l.Addr().String(), conduct: conduct, stopped: make(chan struct{})}
	s.server = smtp.NewServer(s)
	s.server.Domain = "mail.test"
	s.server.EnableSMTPUTF8 = true
	s.server.AllowInsecureAuth = true
	s.server.ErrorLog = quiet{}
	go func() { _ = s.server.Serve(l) }() // ends with Close
	t.Cleanup(s.Stop)
	return s
}

// Stop ends all connections, and takes no more.
func (s *Server) Stop() {
	s.stop.Do(func() {
		close(s.stopped)
		_ = s.server.Close() // nobody listens any more
	})
}

// Messages are those that were taken.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.taken...)
}

// Connections is how many there have been.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns
}

// Wait waits until at least n messages were taken.
func (s *Server) Wait(t testing.TB, n int) []Message {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if got := s.Messages(); len(got) >= n {
			return got
		} else if time.Now().After(end) {
			t.Fatalf("%d messages came, want %d", len(got), n)
		}
	}
}

// NewSession implements smtp.Backend.
func (s *Server) NewSession(c *smtp.Conn) (smtp.Session, error) {
	s.mu.Lock()
	s.conns++
	s.mu.Unlock()
	return &session{server: s, conn: c}, nil
}

type session struct {
	server  *Server
	conn    *smtp.Conn
	from    string
	to      string
	conduct Conduct
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to, s.conduct = to, s.server.conduct(to)
	switch {
	case s.conduct.Hang:
		<-s.server.stopped
		return errors.New("stopped")
	case s.conduct.Mail != nil:
		return s.conduct.Mail
	case s.conduct.Rcpt != nil:
		return s.conduct.Rcpt
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	if s.conduct.Close {
		_, _ = io.CopyN(io.Discard, r, 100) // some of it
		_ = s.conn.Conn().Close()           // as it is meant
		return errors.New("closed")
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.conduct.Data != nil {
		return s.conduct.Data
	}
	id := ""
	if m, err := mail.ReadMessage(bytes.NewReader(data)); err == nil {
		id = strings.TrimSpace(m.Header.Get("Message-Id"))
	}
	s.server.mu.Lock()
	s.server.taken = append(s.server.taken, Message{From: s.from, To: s.to, ID: id, Data: data})
	s.server.mu.Unlock()
	if s.conduct.Late {
		_ = s.conn.Conn().Close() // as it is meant
	}
	return nil
}

func (*session) Reset() {}

func (*session) Logout() error { return nil }

type quiet struct{}

func (quiet) Printf(string, ...any) {}

func (quiet) Println(...any) {}
