// Package blob keeps the contents of files: in a folder, or in a bucket of S3.
// A content lies under a key that nobody can guess; which file it is of, a row
// of the database says. It also knows what a content is, and how it is sent.
package blob

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"time"
)

// ErrNone is answered where a key has no content.
var ErrNone = errors.New("there is no such content")

// Store keeps contents.
type Store struct{ place place }

// place is where contents lie: a folder or a bucket. Not an interface, because of
// the size of the binary: see docs/code.md.
type place struct {
	// put and write keep a content. When they return, it survives a power
	// failure; where they fail, it may be there or not.
	put   func(ctx context.Context, key string, content []byte) error
	write func(ctx context.Context, key string, fn func(io.Writer) error) error
	// read answers ErrNone where there is none.
	read func(ctx context.Context, key string) (io.ReadCloser, error)
	// remove removes what may not be there.
	remove func(ctx context.Context, key string) error
	// list gives all there are.
	list  func(ctx context.Context) iter.Seq2[kept, error]
	close func() error
}

// kept is a content that a place has.
type kept struct {
	key string
	// at is when it was kept.
	at time.Time
}

// IsBucket tells whether contents lie in a bucket of S3 (`s3://…`), and not in
// a folder.
func IsBucket(where string) bool { return strings.HasPrefix(where, "s3://") }

// Open opens a bucket by its URL (`s3://bucket?region=eu-central-1`), or a
// folder, which is made where it is missing. It answers an error where the
// store cannot be reached.
func Open(ctx context.Context, where string) (*Store, error) {
	var at place
	var err error
	if IsBucket(where) {
		at, err = openBucket(ctx, where)
	} else {
		at, err = openFolder(where)
	}
	if err != nil {
		return nil, fmt.Errorf("open the store of files %s: %w", where, err)
	}
	return &Store{at}, nil
}

// Close closes the store.
func (s *Store) Close() error { return s.place.close() }

// Put keeps a content and answers its key. When it returns, the content
// survives a power failure.
func (s *Store) Put(ctx context.Context, content []byte) (string, error) {
	key := newKey()
	if err := s.place.put(ctx, key, content); err != nil {
		return "", errors.Join(fmt.Errorf("keep a content of %d bytes: %w", len(content), err), s.Remove(ctx, key))
	}
	return key, nil
}

func newKey() string { return strings.ToLower(rand.Text()) }

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
	if err := s.place.write(ctx, out.Key, func(w io.Writer) error {
		part := bufio.NewWriterSize(io.MultiWriter(w, sum, (*counter)(&out.Size)), partSize)
		if err := fn(part); err != nil {
			return err
		}
		return part.Flush()
	}); err != nil {
		return Written{}, errors.Join(fmt.Errorf("keep a content: %w", err), s.Remove(ctx, out.Key))
	}
	out.SHA256 = hex.EncodeToString(sum.Sum(nil))
	return out, nil
}

// counter counts bytes.
type counter int64

// Write implements io.Writer.
func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}

// Read opens a content, or answers ErrNone. Whoever calls it closes the reader.
func (s *Store) Read(ctx context.Context, key string) (io.ReadCloser, error) {
	r, err := s.place.read(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("read content %s: %w", key, err)
	}
	return r, nil
}

// Seek opens a content to be read from any place, or answers ErrNone: of a bucket
// a copy in a temporary file. Whoever calls it closes the reader.
func (s *Store) Seek(ctx context.Context, key string) (io.ReadSeekCloser, error) {
	r, err := s.Read(ctx, key)
	if err != nil {
		return nil, err
	}
	if file, ok := r.(*os.File); ok {
		return file, nil
	}
	defer func() { _ = r.Close() }() // it was read
	return copied(key, r)
}

// copied is a content as a temporary file, which is removed when it is closed.
func copied(key string, r io.Reader) (io.ReadSeekCloser, error) {
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
	if err := s.place.remove(ctx, key); err != nil {
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
	var keys []string
	for content, err := range s.place.list(ctx) {
		if err != nil {
			return fmt.Errorf("list contents: %w", err)
		}
		if content.at.Before(before) {
			keys = append(keys, content.key)
		}
		if len(keys) == pageSize {
			if err := fn(keys); err != nil {
				return err
			}
			keys = nil
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return fn(keys)
}
