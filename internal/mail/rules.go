package mail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"regexp"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/un-placard/placard/internal/prose"
)

// Refusal says that a message was not taken.
type Refusal struct {
	// Permanent says that this message is not taken at this address, also later.
	// Otherwise it is worth another attempt.
	Permanent bool
	// Code is the mail server's answer, 0 where there was none; Enhanced is the
	// second one (RFC 3463): "5.1.1".
	Code     int
	Enhanced string
	// Text is the reason for people, in one line: the words of the mail server, which
	// may hold the address of the recipient. It is for no log.
	Text string

	err error
}

// Error tells nothing that a log may not have.
func (r *Refusal) Error() string {
	what := "deferred"
	if r.Permanent {
		what = "refused"
	}
	if r.Code == 0 {
		return "message " + what
	}
	return strings.TrimSpace(fmt.Sprintf("message %s: %d %s", what, r.Code, r.Enhanced))
}

// Unwrap answers what made it.
func (r *Refusal) Unwrap() error { return r.err }

// maxReason is how many bytes of a reason are kept.
const maxReason = 500

// tokens are those of the links in messages, which filters for spam repeat when they
// refuse one.
var tokens = regexp.MustCompile(`pll_[\w-]+`)

// Reason is a reason as it is kept: one line, without control characters and tokens of
// links, and not longer than a screen.
func Reason(text string) string {
	text = tokens.ReplaceAllString(prose.Clean(strings.ToValidUTF8(text, "?")), "pll_…")
	if len(text) > maxReason {
		text = text[:maxReason]
		for !utf8.ValidString(text) {
			text = text[:len(text)-1]
		}
	}
	return text
}

var enhanced = regexp.MustCompile(`^([245])\.\d{1,3}\.\d{1,3}\b`)

// answered tells whether an error is an answer of the mail server that leaves the
// connection open.
func answered(err error) bool {
	var a *textproto.Error
	return errors.As(err, &a) && a.Code != 421
}

// refusalOf decides what an error says about a message that came so far.
func refusalOf(at step, err error) *Refusal {
	r := &Refusal{err: err}
	var answer *textproto.Error
	switch {
	case errors.Is(err, errCharacters):
		r.Permanent, r.Text = true, err.Error()
	case errors.As(err, &answer):
		r.Code, r.Enhanced = answer.Code, enhanced.FindString(answer.Msg)
		r.Text = Reason(fmt.Sprintf("%d %s", answer.Code, answer.Msg))
		r.Permanent = permanent(at, answer.Code, r.Enhanced, answer.Msg)
	default:
		r.Text = broken(at, err)
	}
	return r
}

// permanent decides whether an answer is the last word on a message. What is said of
// the whole installation is not: that it has to sign in, that its sender is not
// known, that it may not send elsewhere. Somebody will put that right, and nobody's
// address is wrong.
func permanent(at step, code int, enhanced, text string) bool {
	switch {
	case code < 500 || code > 599, at == connecting, at == greeting:
		return false
	case code == 530, code == 534, code == 535, code == 538: // authentication (RFC 4954)
		return false
	case code == 500, code == 501 && at == content, code == 502, code == 503: // the commands themselves
		return false
	}
	switch enhanced {
	case "5.7.8", "5.7.9", "5.7.11", "5.7.14": // authentication
		return false
	case "5.1.7", "5.1.8", "5.7.23", "5.7.24", "5.7.25", "5.7.26", "5.7.27": // the sender, and what its domain publishes
		return false
	}
	text = strings.ToLower(text)
	for _, general := range []string{"relay", "sender address rejected", "sender rejected", "authentication required", "not authenticated"} {
		if strings.Contains(text, general) {
			return false
		}
	}
	return true
}

// broken says what happened where the mail server gave no answer.
func broken(at step, err error) string {
	var timeout net.Error
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return "the name of the mail server is not known"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "the mail server refuses connections"
	case errors.Is(err, context.Canceled):
		return "the server is stopping"
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "the mail server did not answer in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the mail server closed the connection"
	case at == connecting:
		return Reason("no connection to the mail server: " + err.Error())
	default:
		return "the connection to the mail server broke"
	}
}
