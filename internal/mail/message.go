package mail

import (
	"bytes"
	"errors"
	"html"
	"mime"
	"net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/un-placard/placard/internal/calendar"
	"github.com/un-placard/placard/internal/prose"
)

// Message is a message to one recipient.
type Message struct {
	// ID is that of the delivery: the same at every attempt.
	ID string
	// To is the address, Name that of the person, if known.
	To, Name string
	// ReplyTo is whom an answer reaches; empty: the sender.
	ReplyTo  string
	Language string
	Text     prose.Text
	Date     time.Time
	// Unsubscribe is the address to which one writes to get no more of such
	// messages; empty where that is not in question.
	Unsubscribe string
	// Calendar is the meeting for the calendar (RFC 5545), if it is attached.
	Calendar []byte
}

// MessageID is the Message-ID of a delivery, without angle brackets.
func (r *Room) MessageID(delivery string) string { return delivery + "@" + r.domain }

// compose makes what is sent.
func (r *Room) compose(m Message) (*gomail.Msg, error) {
	to, err := ascii(m.To)
	if err != nil {
		return nil, err
	}
	// Of the letters of these languages base64 makes less than quoted-printable.
	encoding := gomail.EncodingQP
	switch m.Language {
	case "ar", "ru", "zh":
		encoding = gomail.EncodingB64
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithEncoding(encoding))
	if _, err := mail.ParseAddress("<" + to + ">"); err != nil {
		return nil, errors.New("the address of the recipient is none")
	}
	msg.SetGenHeaderPreformatted("From", mailbox(r.from.Name, r.from.Address))
	msg.SetGenHeaderPreformatted("To", mailbox(m.Name, to))
	if m.ReplyTo != "" {
		if reply, err := ascii(m.ReplyTo); err == nil && printable(reply) {
			msg.SetGenHeaderPreformatted("Reply-To", "<"+reply+">")
		}
	}
	msg.SetMessageIDWithValue(r.MessageID(m.ID))
	msg.SetDateWithValue(m.Date)
	msg.Subject(oneLine(m.Text.Subject))
	msg.SetGenHeader(gomail.HeaderContentLang, m.Language)
	msg.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834
	if m.Unsubscribe != "" {
		if address, err := ascii(m.Unsubscribe); err == nil && printable(address) {
			msg.SetGenHeaderPreformatted("List-Unsubscribe", "<mailto:"+address+"?subject=unsubscribe>") // RFC 2369
		}
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text.Plain())
	msg.AddAlternativeString(gomail.TypeTextHTML, Frame(m.Language, m.Text.Subject, m.Text.HTML()))
	if m.Calendar != nil {
		err := msg.AttachReader("meeting.ics", bytes.NewReader(m.Calendar),
			gomail.WithFileContentType(gomail.ContentType(calendar.ContentType+"; method=PUBLISH")))
		if err != nil {
			return nil, errors.New("the calendar cannot be attached")
		}
	}
	return msg, nil
}

// Frame is a whole page of HTML around what stands in a message, in the direction
// of its language. `inner` is HTML already.
func Frame(language, title, inner string) string {
	direction := "ltr"
	if language == "ar" {
		direction = "rtl"
	}
	language = html.EscapeString(language)
	// Many programs for mail drop the outer elements, so the inner one says the
	// language and the direction again.
	return `<!DOCTYPE html>
<html lang="` + language + `" dir="` + direction + `">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>` + html.EscapeString(title) + `</title>
</head>
<body style="margin:0;padding:1.5em;background:#fff;color:#1a1a1a">
<div lang="` + language + `" dir="` + direction + `" style="max-width:40em;margin:0 auto;font-family:'Noto Sans',Roboto,Arial,sans-serif;font-size:16px;line-height:1.5;overflow-wrap:break-word;word-break:break-word">
` + inner + `</div>
</body>
</html>
`
}

// mailbox is an address with a name, as a header has it. A name beyond ASCII is
// written in base64: go-mail and net/mail write quoted-printable, in which most names
// of other scripts need two words, which not every reader puts together again.
func mailbox(name, address string) string {
	name = oneLine(name)
	if name == "" {
		return "<" + address + ">"
	}
	if !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' }) {
		return (&mail.Address{Name: name, Address: address}).String()
	}
	words := mime.BEncoding.Encode("utf-8", name)
	return strings.ReplaceAll(words, "?= =?", "?=\r\n =?") + "\r\n <" + address + ">"
}

// oneLine leaves nothing in a text that ends a line of a header.
func oneLine(s string) string { return prose.Clean(s) }

// printable tells whether an address can stand in a header as it is.
func printable(address string) bool {
	return !strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune("<>?&%\"\\,", r) })
}
