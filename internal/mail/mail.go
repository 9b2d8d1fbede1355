// Package mail hands messages to a mail server, or writes them into a folder, and
// reads the reports of those that came back.
package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"
)

// Encryption is how a connection to the mail server is encrypted.
type Encryption string

const (
	// StartTLS begins in the clear and goes on encrypted, or not at all.
	StartTLS Encryption = "starttls"
	// TLS is encrypted from the beginning.
	TLS Encryption = "tls"
	// Plaintext is not encrypted.
	Plaintext Encryption = "none"
)

// Config says how messages leave.
type Config struct {
	// Server is the mail server, HOST:PORT. Where it is empty, messages are written
	// into the folder Outbox.
	Server string
	// Encryption is that of the connections.
	Encryption Encryption
	// User and Password, where the mail server asks for them.
	User, Password string
	// Timeout is how long the mail server may take for one message.
	Timeout time.Duration
	// Retry is the time between the first two attempts; the later ones grow with it.
	Retry time.Duration
	// From is the sender: `Name <address>`.
	From string
	// Outbox is the folder into which messages are written where no mail server is set.
	Outbox string
	// Bounces is the folder of the reports about messages that came back; empty: none.
	Bounces string
	// Connections is how many connections to the mail server are open at once.
	Connections int
}

// Room sends messages.
type Room struct {
	cfg  Config
	from *mail.Address
	// domain is that of the sender, in the Message-ID.
	domain string
	pool   *pool
}

// Open makes a room. It connects when the first message is sent.
func Open(cfg Config) (*Room, error) {
	from, err := ParseSender(cfg.From)
	if err != nil {
		return nil, err
	}
	r := &Room{cfg: cfg, from: from, domain: from.Address[strings.LastIndexByte(from.Address, '@')+1:]}
	if cfg.Server == "" {
		return r, nil
	}
	client, err := newClient(cfg)
	if err != nil {
		return nil, fmt.Errorf("mail server: %w", err)
	}
	r.pool = newPool(client, from.Address, max(cfg.Connections, 1), cfg.Timeout)
	return r, nil
}

// ParseSender reads the address of a sender, with or without a name.
func ParseSender(text string) (*mail.Address, error) {
	from, err := mail.ParseAddress(text)
	if err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	from.Address, err = ascii(from.Address)
	if err != nil {
		return nil, fmt.Errorf("sender: %w", err)
	}
	return from, nil
}

// ascii writes the domain of an address as the mail server knows it (IDNA).
func ascii(address string) (string, error) {
	i := strings.LastIndexByte(address, '@')
	if i < 1 {
		return "", errors.New("an address has no domain")
	}
	domain, err := idna.Lookup.ToASCII(address[i+1:])
	if err != nil {
		return "", errors.New("the domain of an address cannot be written in ASCII")
	}
	return address[:i+1] + domain, nil
}

func newClient(cfg Config) (*gomail.Client, error) {
	host, port, err := net.SplitHostPort(cfg.Server)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	encrypted := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	options := []gomail.Option{
		gomail.WithPort(number), gomail.WithTimeout(cfg.Timeout), gomail.WithTLSConfig(encrypted),
		gomail.WithTLSPolicy(gomail.NoTLS),
	}
	switch cfg.Encryption {
	case TLS:
		// With a dialer of ours go-mail would not know that a password may be sent.
		options = append(options, gomail.WithSSL(), gomail.WithPort(number))
	case Plaintext:
		options = append(options, gomail.WithDialContextFunc(dial))
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithDialContextFunc(dial))
	}
	if cfg.User != "" {
		// Which way is the server's choice. Without encryption nobody's password is
		// sent as it is.
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(cfg.User), gomail.WithPassword(cfg.Password))
	}
	return gomail.NewClient(host, options...)
}

// Send hands a message over. An error is always a *Refusal.
func (r *Room) Send(ctx context.Context, m Message) error {
	composed, err := r.compose(m)
	if err != nil {
		return &Refusal{Permanent: true, Text: err.Error()}
	}
	if r.pool == nil {
		if err := r.write(m.ID, composed); err != nil {
			return &Refusal{Text: "the folder of messages cannot be written", err: err}
		}
		return nil
	}
	to, err := ascii(m.To)
	if err != nil {
		return &Refusal{Permanent: true, Text: err.Error()}
	}
	return r.pool.send(ctx, to, composed)
}

// Close ends the connections to the mail server.
func (r *Room) Close() {
	if r.pool != nil {
		r.pool.close()
	}
}
