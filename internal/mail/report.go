package mail

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"slices"
	"strings"
)

// ErrNoReport is answered for what is no report about a message (RFC 3464).
var ErrNoReport = errors.New("this is no report about the delivery of a message (multipart/report, RFC 3464)")

// Report is what a mail server says became of a message.
type Report struct {
	// Failed says that it will not be delivered. Otherwise it was only delayed, or
	// was delivered after all.
	Failed bool
	// Reason is in the words of the mail server.
	Reason string
	// Deliveries are the ids in the Message-IDs of ours that it names.
	Deliveries []string
}

// What is read of a report at the most. An honest one has three parts, one of them
// with parts of its own.
const (
	// MaxReport is the size of a whole report in bytes.
	MaxReport = 1 << 20
	maxDepth  = 6
	maxParts  = 50
	maxFields = 64 << 10
	maxGroups = 20
)

// ReadReport reads a report of a mail server. Where it is none, the error is
// ErrNoReport.
func (r *Room) ReadReport(content []byte) (Report, error) {
	if len(content) > MaxReport {
		return Report{}, ErrNoReport
	}
	m, err := mail.ReadMessage(bytes.NewReader(content))
	if err != nil {
		return Report{}, ErrNoReport
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/report" {
		return Report{}, ErrNoReport
	}
	if of := params["report-type"]; of != "" && !strings.EqualFold(of, "delivery-status") && !strings.EqualFold(of, "global-delivery-status") {
		return Report{}, ErrNoReport
	}
	reader := reportReader{domain: r.domain}
	reader.parts(m.Body, params["boundary"], 1)
	if !reader.status {
		return Report{}, ErrNoReport
	}
	return reader.report, nil
}

// reportReader walks through the parts of a report.
type reportReader struct {
	domain string
	report Report
	// status tells whether the part was found that makes it a report.
	status bool
	read   int
}

// parts reads the parts of a multipart body. What is broken ends it: what came
// before counts.
func (r *reportReader) parts(body io.Reader, boundary string, depth int) {
	if boundary == "" || depth > maxDepth {
		return
	}
	for reader := multipart.NewReader(body, boundary); ; {
		part, err := reader.NextRawPart()
		if r.read++; err != nil || r.read > maxParts {
			return
		}
		r.part(part, depth)
	}
}

func (r *reportReader) part(part *multipart.Part, depth int) {
	kind, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil {
		return
	}
	var body io.Reader = part
	switch strings.ToLower(strings.TrimSpace(part.Header.Get("Content-Transfer-Encoding"))) {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, part)
	case "quoted-printable":
		body = quotedprintable.NewReader(part)
	}
	switch {
	case kind == "message/delivery-status", kind == "message/global-delivery-status":
		r.groups(body)
	case kind == "message/rfc822", kind == "message/global", kind == "text/rfc822-headers", kind == "message/global-headers":
		header, _ := fieldsOf(bufio.NewReader(io.LimitReader(body, maxFields)))
		r.named(header.Get("Message-Id"))
	case strings.HasPrefix(kind, "multipart/"):
		r.parts(body, params["boundary"], depth+1)
	}
}

// groups reads the fields of a delivery status: those of the message, and those of
// each recipient.
func (r *reportReader) groups(body io.Reader) {
	in := bufio.NewReader(io.LimitReader(body, maxFields))
	for range maxGroups {
		fields, err := fieldsOf(in)
		r.named(fields.Get("Original-Message-Id"))
		if action := fields.Get("Action"); action != "" {
			r.status = true
			if strings.EqualFold(strings.TrimSpace(action), "failed") && !r.report.Failed {
				r.report.Failed, r.report.Reason = true, reasonOf(fields)
			}
		}
		if err != nil {
			return
		}
	}
}

// fieldsOf reads fields up to an empty line. At the end, or where it can be read no
// further, there is an error; what was read is answered with it.
func fieldsOf(in *bufio.Reader) (textproto.MIMEHeader, error) {
	header, err := textproto.NewReader(in).ReadMIMEHeader()
	if header == nil {
		header = textproto.MIMEHeader{}
	}
	return header, err
}

// reasonOf is the reason in the fields of a recipient: what the mail server said, else
// the status.
func reasonOf(fields textproto.MIMEHeader) string {
	said := fields.Get("Diagnostic-Code")
	if kind, text, ok := strings.Cut(said, ";"); ok && strings.EqualFold(strings.TrimSpace(kind), "smtp") {
		said = text
	}
	if said = Reason(said); said != "" {
		return said
	}
	return Reason(fields.Get("Status"))
}

// named notes a Message-ID, if it is one of ours.
func (r *reportReader) named(id string) {
	id = strings.TrimSpace(id)
	id = strings.TrimSuffix(strings.TrimPrefix(id, "<"), ">")
	delivery, domain, ok := strings.Cut(id, "@")
	if !ok || !strings.EqualFold(domain, r.domain) || delivery == "" || len(delivery) > 64 || slices.Contains(r.report.Deliveries, delivery) {
		return
	}
	r.report.Deliveries = append(r.report.Deliveries, delivery)
}
