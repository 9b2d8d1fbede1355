// Package blob keeps the contents of files: in a folder, or in a bucket of S3.
// A content lies under a key that nobody can guess; which file it is of, a row
// of the database says. It also knows what a content is, and how it is sent.
package blob

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	gcblob "gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/s3blob" // the scheme s3://
	"gocloud.dev/gcerrors"
)

// ErrNone is answered where a key has no content.
var ErrNone = errors.New("there is no such content")

// Store keeps contents.
type Store struct {
	bucket *gcblob.Bucket
	// folder is where they lie; empty for S3.
	folder string
}

// IsBucket tells whether contents lie in a bucket of S3 (`s3://…`), and not in
// a folder.
func IsBucket(where string) bool { return strings.HasPrefix(where, "s3://") }

// Open opens a bucket by its URL (`s3://bucket?region=eu-central-1`), or a
// folder, which is made where it is missing. It answers an error where the
// store cannot be reached.
func Open(ctx context.Context, where string) (*Store, error) {
	s := &Store{}
	var err error
	switch {
	case IsBucket(where):
		s.bucket, err = gcblob.OpenBucket(ctx, where)
	default:
		s.folder = where
		// Unfinished files lie beside the finished ones: a rename does not leave
		// the file system, and Sweep finds those of a server that was killed.
		s.bucket, err = fileblob.OpenBucket(where, &fileblob.Options{
			CreateDir: true, DirFileMode: 0o700, NoTempDir: true, Metadata: fileblob.MetadataDontWrite,
		})
	}
	if err != nil {
		return nil, fmt.Errorf("open the store of files %s: %w", where, err)
	}
	reached, err := s.bucket.IsAccessible(ctx)
	if err == nil && !reached {
		err = errors.New("it does not exist, or access is denied")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("reach the store of files %s: %w", where, err), s.bucket.Close())
	}
	return s, nil
}

// Close closes the store.
func (s *Store) Close() error { return s.bucket.Close() }

// Put keeps a content and answers its key. When it returns, the content
// survives a power failure.
func (s *Store) Put(ctx context.Context, content []byte) (string, error) {
	key := newKey()
	err := s.bucket.Upload(ctx, key, bytes.NewReader(content), written())
	if err == nil && s.folder != "" {
		err = s.sync(key)
	}
	if err != nil {
		return "", errors.Join(fmt.Errorf("keep a content of %d bytes: %w", len(content), err), s.Remove(ctx, key))
	}
	return key, nil
}

func newKey() string { return strings.ToLower(rand.Text()) }

// written is how contents are written: one part at a time, because parts that go
// out together are copied.
func written() *gcblob.WriterOptions {
	return &gcblob.WriterOptions{ContentType: "application/octet-stream", MaxConcurrency: 1}
}

// Written is a content that was written.
type Written struct {
	// Key is where it lies.
	Key string
	// Size in bytes.
	Size int64
	// SHA256 is its checksum in hexadecimal digits.
	SHA256 string
}

// Write keeps the content that fn writes, as Put does, and never has all of it in
// memory. Where fn fails nothing is kept.
func (s *Store) Write(ctx context.Context, fn func(io.Writer) error) (Written, error) {
	out := Written{Key: newKey()}
	sum := sha256.New()
	if err := s.write(ctx, out.Key, func(w io.Writer) error {
		part := bufio.NewWriterSize(io.MultiWriter(w, sum, (*counter)(&out.Size)), partSize)
		if err := fn(part); err != nil {
			return err
		}
		return part.Flush()
	}); err != nil {
		return Written{}, errors.Join(err, s.Remove(ctx, out.Key))
	}
	out.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return out, nil
}

func (s *Store) write(ctx context.Context, key string, fn func(io.Writer) error) error {
	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	w, err := s.bucket.NewWriter(ctx, key, written())
	if err != nil {
		return fmt.Errorf("keep a content: %w", err)
	}
	if err := fn(w); err != nil {
		giveUp()
		_ = w.Close() // answers that it was given up
		return err
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("keep a content: %w", err)
	}
	if s.folder == "" {
		return nil
	}
	if err := s.sync(key); err != nil {
		return fmt.Errorf("keep a content: %w", err)
	}
	return nil
}

// counter counts bytes.
type counter int64

// Write implements io.Writer.
func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

// sync writes a file and its name to the disk, which the folder's driver leaves
// to the system.
func (s *Store) sync(key string) error {
	for _, path := range []string{filepath.Join(s.folder, key), s.folder} {
		f, err := os.Open(path) //nolint:gosec // the key is our own
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// Read opens a content, or answers ErrNone. Whoever calls it closes the reader.
func (s *Store) Read(ctx context.Context, key string) (io.ReadCloser, error) {
	r, err := s.bucket.NewReader(ctx, key, nil)
	if gcerrors.Code(err) == gcerrors.NotFound {
		return nil, fmt.Errorf("content %s: %w", key, ErrNone)
	}
	if err != nil {
		return nil, fmt.Errorf("read content %s: %w", key, err)
	}
	return r, nil
}

// Seek opens a content to be read from any place, or answers ErrNone: of a bucket
// a copy in a temporary file. Whoever calls it closes the reader.
func (s *Store) Seek(ctx context.Context, key string) (io.ReadSeekCloser, error) {
	if s.folder == "" {
		return s.copied(ctx, key)
	}
	f, err := os.Open(filepath.Join(s.folder, key)) //nolint:gosec // the key is our own
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("content %s: %w", key, ErrNone)
	}
	if err != nil {
		return nil, fmt.Errorf("read content %s: %w", key, err)
	}
	return f, nil
}

// copied is a content as a temporary file, which is removed when it is closed.
func (s *Store) copied(ctx context.Context, key string) (_ io.ReadSeekCloser, err error) {
	r, err := s.Read(ctx, key)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }() // it was read
	file, err := os.CreateTemp("", "placard-*")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file: %w", err)
	}
	out := temporary{file}
	if _, err := io.Copy(file, r); err != nil {
		return nil, errors.Join(fmt.Errorf("copy content %s: %w", key, err), out.Close())
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, errors.Join(fmt.Errorf("copy content %s: %w", key, err), out.Close())
	}
	return out, nil
}

type temporary struct{ *os.File }

// Close implements io.Closer.
func (t temporary) Close() error { return errors.Join(t.File.Close(), os.Remove(t.Name())) }

// Remove removes a content. That it is not there is no error.
func (s *Store) Remove(ctx context.Context, key string) error {
	// Also after the caller went away.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeLimit)
	defer cancel()
	err := s.bucket.Delete(ctx, key)
	if err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("remove content %s: %w", key, err)
	}
	return nil
}

// removeLimit is how long a removal may take.
const removeLimit = 30 * time.Second

// pageSize is how many keys are looked at together.
const pageSize = 1000

// Each calls fn with the keys of what was kept before a time, some at once,
// until it answers an error.
func (s *Store) Each(ctx context.Context, before time.Time, fn func(keys []string) error) error {
	for token := gcblob.FirstPageToken; token != nil; {
		page, next, err := s.bucket.ListPage(ctx, token, pageSize, nil)
		if err != nil {
			return fmt.Errorf("list contents: %w", err)
		}
		var keys []string
		for _, o := range page {
			if !o.IsDir && o.ModTime.Before(before) {
				keys = append(keys, o.Key)
			}
		}
		if len(keys) > 0 {
			if err := fn(keys); err != nil {
				return err
			}
		}
		token = next
	}
	return nil
}
