package mail

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// maxIdle is how long a connection is kept that sends nothing. Mail servers end
// them after some minutes.
const maxIdle = 30 * time.Second

// maxMessages is how many messages go through one connection: some mail servers
// refuse more.
const maxMessages = 100

// pool keeps connections to the mail server.
type pool struct {
	client  *gomail.Client
	from    string
	timeout time.Duration
	// slots are as many as connections may be open at once.
	slots chan struct{}

	mu     sync.Mutex
	idle   []*line
	closed bool
}

// line is one connection.
type line struct {
	conn *smtp.Client
	sent int
	used time.Time
}

func newPool(client *gomail.Client, from string, size int, timeout time.Duration) *pool {
	return &pool{client: client, from: from, timeout: timeout, slots: make(chan struct{}, size)}
}

// send hands a message over; nil says that the mail server took it.
func (p *pool) send(ctx context.Context, to string, msg *gomail.Msg) error {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return refusalOf(connecting, ctx.Err())
	}
	l, kept, err := p.line(ctx)
	if err != nil {
		return refusalOf(connecting, err)
	}
	at, err := p.transfer(l, to, msg)
	if err != nil && kept && at == greeting && !answered(err) {
		// The mail server had ended a connection that was kept, and has heard
		// nothing of the message.
		if l, err = p.dial(ctx); err != nil {
			return refusalOf(connecting, err)
		}
		at, err = p.transfer(l, to, msg)
	}
	if err != nil {
		return refusalOf(at, err)
	}
	return nil
}

// step is how far a message came.
type step int

const (
	connecting step = iota
	greeting        // of the sender: MAIL
	addressing      // of the recipient: RCPT
	content         // DATA, and what follows
)

// errCharacters says that the mail server knows no addresses beyond ASCII.
var errCharacters = errors.New("the mail server takes no address with such characters (SMTPUTF8, RFC 6531)")

// transfer sends a message on a connection, and keeps or ends that.
func (p *pool) transfer(l *line, to string, msg *gomail.Msg) (step, error) {
	at, err := p.speak(l.conn, to, msg)
	l.sent++
	l.used = time.Now()
	usable := err == nil
	if err != nil && answered(err) && at != content {
		usable = l.conn.Reset() == nil
	}
	if usable && l.sent < maxMessages && p.keep(l) {
		return at, err
	}
	p.end(l)
	return at, err
}

func (p *pool) speak(conn *smtp.Client, to string, msg *gomail.Msg) (step, error) {
	if err := conn.UpdateDeadline(p.timeout); err != nil {
		return greeting, err
	}
	if utf8, _ := conn.Extension("SMTPUTF8"); !utf8 && strings.ContainsFunc(to, func(r rune) bool { return r >= 0x80 }) {
		return addressing, errCharacters
	}
	if err := conn.Mail(p.from); err != nil {
		return greeting, err
	}
	if err := conn.Rcpt(to); err != nil {
		return addressing, err
	}
	w, err := conn.Data()
	if err != nil {
		return content, err
	}
	if _, err := msg.WriteTo(w); err != nil {
		return content, err
	}
	return content, w.Close()
}

// keep puts a connection back, unless the room was closed.
func (p *pool) keep(l *line) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.idle = append(p.idle, l)
	return true
}

// line answers a connection that is free, or a new one.
func (p *pool) line(ctx context.Context) (l *line, kept bool, err error) {
	for {
		p.mu.Lock()
		n := len(p.idle)
		if n == 0 {
			p.mu.Unlock()
			l, err := p.dial(ctx)
			return l, false, err
		}
		l = p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		if time.Since(l.used) < maxIdle {
			return l, true, nil
		}
		p.end(l)
	}
}

// connKey is where the dialer leaves the connection that it made: go-mail does not
// close one on which the greeting fails.
type connKey struct{}

// dial makes a connection.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if made, ok := ctx.Value(connKey{}).(*net.Conn); ok && err == nil {
		*made = conn
	}
	return conn, err
}

func (p *pool) dial(ctx context.Context) (*line, error) {
	var made net.Conn
	conn, err := p.client.DialToSMTPClientWithContext(context.WithValue(ctx, connKey{}, &made))
	if err != nil {
		if made != nil {
			_ = made.Close() // what failed is told already
		}
		return nil, err
	}
	return &line{conn: conn, used: time.Now()}, nil
}

// end says goodbye where the other side still listens.
func (p *pool) end(l *line) {
	_ = l.conn.UpdateDeadline(min(p.timeout, time.Second)) // then it is closed without
	if l.conn.Quit() != nil {
		_ = l.conn.Close() // it is of no more use
	}
}

func (p *pool) close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, l := range idle {
		p.end(l)
	}
}
