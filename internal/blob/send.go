package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"

	"github.com/un-placard/placard/internal/download"
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
	out := download.NewWriter(stream, file.Name, file.Kind)
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
