// Package mailbox shows the messages of a folder as a page, in the demo, where they
// are sent to nobody.
package mailbox

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"html/template"
	"io"
	"log/slog"
	"mime"
	"mime/multipart"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	mailroom "github.com/un-placard/placard/internal/mail"
)

// Path is where the page is.
const Path = "/demo/outbox"

// What the page shows at the most.
const (
	maxShown = 100
	maxSize  = 1 << 20
	maxParts = 20
)

// Handler shows the messages of a folder, the newest first.
func Handler(folder string, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET")
			http.Error(w, "only GET", http.StatusMethodNotAllowed)
			return
		}
		shown, more, err := read(folder)
		if err != nil {
			log.ErrorContext(r.Context(), "outbox cannot be read", "error", err)
			http.Error(w, "the messages cannot be read", http.StatusInternalServerError)
			return
		}
		var page bytes.Buffer
		if err := outbox.Execute(&page, map[string]any{"Messages": shown, "More": more, "Style": template.CSS(style)}); err != nil { //nolint:gosec // our own style
			log.ErrorContext(r.Context(), "outbox cannot be written", "error", err)
			http.Error(w, "the messages cannot be shown", http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", policy)
		h.Set("Cache-Control", "no-store")
		_, _ = w.Write(page.Bytes()) // whoever asked is gone
	})
}

// message is a message as the page shows it.
type message struct {
	From, To, Subject, Language, Date string
	Lines                             []line
	Attachments                       []string
	// Direction is that of the language.
	Direction string
}

// line is a line of the text: an address of the web is a link.
type line struct{ Text, Link string }

// read reads the newest messages of a folder.
func read(folder string) (shown []message, more int, err error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) {
		return nil, 0, nil // none was written yet
	}
	if err != nil {
		return nil, 0, err
	}
	entries = slices.DeleteFunc(entries, func(e os.DirEntry) bool {
		return !e.Type().IsRegular() || filepath.Ext(e.Name()) != mailroom.Suffix || strings.HasPrefix(e.Name(), ".")
	})
	// The names are those of the deliveries, in the order of time.
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return cmp.Compare(b.Name(), a.Name()) })
	if more = len(entries) - maxShown; more > 0 {
		entries = entries[:maxShown]
	}
	for _, e := range entries {
		m, err := open(filepath.Join(folder, e.Name()))
		if err != nil {
			continue // replaced meanwhile, or no message
		}
		shown = append(shown, m)
	}
	return shown, max(more, 0), nil
}

func open(path string) (message, error) {
	f, err := os.Open(path) //nolint:gosec // a file in the folder of the demo
	if err != nil {
		return message{}, err
	}
	defer func() { _ = f.Close() }() // it was read
	m, err := mail.ReadMessage(io.LimitReader(f, maxSize))
	if err != nil {
		return message{}, err
	}
	word := new(mime.WordDecoder)
	decoded := func(name string) string {
		v := m.Header.Get(name)
		if text, err := word.DecodeHeader(v); err == nil {
			return text
		}
		return v
	}
	out := message{
		From: decoded("From"), To: decoded("To"), Subject: decoded("Subject"), Language: m.Header.Get("Content-Language"), Direction: "ltr",
	}
	if out.Language == "ar" {
		out.Direction = "rtl"
	}
	if at, err := m.Header.Date(); err == nil {
		out.Date = at.UTC().Format(time.DateTime) + " UTC"
	}
	parts := maxParts
	out.part(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), "", m.Body, &parts)
	return out, nil
}

// part reads the plain text of a part, or of the parts in it, and the names of what
// is attached.
func (m *message) part(contentType, encoding, file string, body io.Reader, left *int) {
	kind, params, err := mime.ParseMediaType(contentType)
	if *left--; err != nil || *left < 0 {
		return
	}
	switch {
	case file != "":
		m.Attachments = append(m.Attachments, file)
	case strings.HasPrefix(kind, "multipart/"):
		for parts := multipart.NewReader(body, params["boundary"]); ; {
			p, err := parts.NextPart() // decodes quoted-printable
			if err != nil {
				return
			}
			m.part(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p.FileName(), p, left)
		}
	case kind == "text/plain" && m.Lines == nil:
		if strings.EqualFold(encoding, "base64") {
			body = base64.NewDecoder(base64.StdEncoding, body)
		}
		text, err := io.ReadAll(io.LimitReader(body, maxSize))
		if err != nil && len(text) == 0 {
			return
		}
		for s := range strings.Lines(string(text)) {
			l := line{Text: strings.TrimRight(s, "\r\n")}
			if strings.HasPrefix(l.Text, "http://") || strings.HasPrefix(l.Text, "https://") {
				l.Link = l.Text
			}
			m.Lines = append(m.Lines, l)
		}
	}
}

const style = `
body { margin: 0 auto; padding: 1rem; max-width: 50rem; font: 1rem/1.5 system-ui, sans-serif; color: #1a1a1a; background: #f4f5f7; }
article { background: #fff; border: 1px solid #c9ced6; border-radius: 4px; margin: 1rem 0; padding: 1rem; }
h2 { margin: 0 0 .5rem; font-size: 1.15rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; margin: 0 0 1rem; color: #444; }
dd { margin: 0; overflow-wrap: anywhere; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; }
`

var policy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

var outbox = template.Must(template.New("outbox").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Outbox of the demo</title>
<style>{{.Style}}</style>
</head>
<body>
<main>
<h1>Outbox of the demo</h1>
<p>These messages would have been sent. The demo sends nothing to anybody. Load the page again to see new ones.</p>
{{range .Messages}}<article>
<h2 lang="{{.Language}}" dir="{{.Direction}}">{{.Subject}}</h2>
<dl>
<dt>To</dt><dd dir="auto">{{.To}}</dd>
<dt>From</dt><dd dir="auto">{{.From}}</dd>
<dt>Date</dt><dd>{{.Date}}</dd>
{{with .Attachments}}<dt>Attached</dt><dd>{{range .}}{{.}} {{end}}</dd>{{end}}
</dl>
<div class="text" lang="{{.Language}}" dir="{{.Direction}}">{{range .Lines}}{{if .Link}}<a href="{{.Link}}">{{.Text}}</a>{{else}}{{.Text}}{{end}}
{{end}}</div>
</article>
{{else}}<p>No message has been written yet.</p>
{{end}}{{if .More}}<p>{{.More}} older ones are not shown.</p>
{{end}}</main>
</body>
</html>
`))
