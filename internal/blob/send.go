package blob

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// partSize is how many bytes of a file go out at once.
const partSize = 128 << 10

// File is a file as it is sent.
type File struct {
	// Name is what it is called where it is saved.
	Name string
	// Kind is its media type.
	Kind string
	// Key is where its content lies, and SHA256 the checksum of that in
	// hexadecimal digits.
	Key, SHA256 string
}

// Send sends a file, to be saved and not to be shown. Where the content is not
// what was kept, the stream fails at its end.
func (s *Store) Send(ctx context.Context, file File, stream grpc.ServerStreamingServer[httpbody.HttpBody]) error {
	r, err := s.Read(ctx, file.Key)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // it was read
	out := NewWriter(stream, file.Name, file.Kind)
	if err := Copy(out, r, file.SHA256); err != nil {
		return err
	}
	return out.Flush()
}

// Copy copies a content and answers an error where its checksum is another.
func Copy(to io.Writer, content io.Reader, checksum string) error {
	sum := sha256.New()
	if _, err := io.CopyBuffer(plainWriter{to}, io.TeeReader(content, sum), make([]byte, partSize)); err != nil {
		return fmt.Errorf("send content: %w", err)
	}
	if hex.EncodeToString(sum.Sum(nil)) != checksum {
		return errors.New("the content is not what was kept: its checksum differs")
	}
	return nil
}

// plainWriter keeps io.Copy to the buffer that it was given.
type plainWriter struct{ io.Writer }

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
		if err := w.stream.SetHeader(metadata.Pairs("content-disposition", disposition(w.name))); err != nil {
			return fmt.Errorf("name the file: %w", err)
		}
	}
	return w.stream.Send(part)
}

// disposition is the header Content-Disposition (RFC 6266): the name in UTF-8,
// and for old programs in ASCII.
func disposition(name string) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || strings.ContainsRune(`"\%/`, r) {
			return '_'
		}
		return r
	}, name)
	encoded := strings.ReplaceAll(url.QueryEscape(name), "+", "%20")
	return fmt.Sprintf(`attachment; filename="%s"; filename*=UTF-8''%s`, plain, encoded)
}
