// Package download sends files: with a name, and large ones in parts.
package download

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strings"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// partSize is how many bytes of a file go out at once.
const partSize = 128 << 10

// Disposition says what is to become of a file (RFC 6266).
type Disposition string

const (
	// Attachment is saved.
	Attachment Disposition = "attachment"
	// Inline may be shown in a page.
	Inline Disposition = "inline"
)

// SetName names the file that a call answers, before it is answered: on REST in
// the header Content-Disposition.
func SetName(ctx context.Context, d Disposition, name string) error {
	if err := grpc.SetHeader(ctx, metadata.Pairs("content-disposition", d.header(name))); err != nil {
		return fmt.Errorf("name the file: %w", err)
	}
	return nil
}

// SetKept lets a browser, and nothing on the way to it, keep the file that a call
// answers, before it is answered: on REST in the headers Cache-Control and ETag. It
// asks before it shows it again, with the same key, and is answered 304 where the
// checksum is the same.
func SetKept(ctx context.Context, checksum string) error {
	err := grpc.SetHeader(ctx, metadata.Pairs("cache-control", "private, max-age=0, must-revalidate", "etag", `"`+checksum+`"`))
	if err != nil {
		return fmt.Errorf("let the file be kept: %w", err)
	}
	return nil
}

// header has the name in ASCII and, where that is not the same, in UTF-8.
func (d Disposition) header(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\%/`, r) {
			return '_'
		}
		return r
	}, name)
	if plain == name {
		return fmt.Sprintf(`%s; filename="%s"`, d, plain)
	}
	encoded := strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	return fmt.Sprintf(`%s; filename="%s"; filename*=UTF-8''%s`, d, plain, encoded)
}

// Writer sends what is written into it as a file, in parts.
type Writer struct {
	stream grpc.ServerStreamingServer[httpbody.HttpBody]
	name   string
	kind   string
	part   bytes.Buffer
	begun  bool
}

// NewWriter makes a writer of a file with a name and a media type.
func NewWriter(stream grpc.ServerStreamingServer[httpbody.HttpBody], name, kind string) *Writer {
	return &Writer{stream: stream, name: name, kind: kind}
}

// Write implements io.Writer.
func (w *Writer) Write(b []byte) (int, error) {
	w.part.Write(b)
	if w.part.Len() < partSize {
		return len(b), nil
	}
	return len(b), w.send()
}

// Flush sends what has not been sent.
func (w *Writer) Flush() error {
	if w.begun && w.part.Len() == 0 {
		return nil
	}
	return w.send()
}

// send gives a part away: who receives it in the process keeps it.
func (w *Writer) send() error {
	part := &httpbody.HttpBody{Data: bytes.Clone(w.part.Bytes())}
	w.part.Reset()
	if !w.begun {
		w.begun = true
		part.ContentType = w.kind
		if err := w.stream.SetHeader(metadata.Pairs("content-disposition", Attachment.header(w.name))); err != nil {
			return fmt.Errorf("name the file: %w", err)
		}
	}
	if err := w.stream.Send(part); err != nil {
		return fmt.Errorf("send file: %w", err)
	}
	return nil
}
