// Package blobtest gives tests stores of contents, of each kind.
package blobtest

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/un-placard/placard/internal/blob"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/store"
)

// Each runs a test with a folder and with a bucket of S3, as subtests `folder`
// and `s3`.
func Each(t *testing.T, fn func(t *testing.T, s *blob.Store)) {
	t.Helper()
	t.Run("folder", func(t *testing.T) { fn(t, Open(t, t.TempDir())) })
	t.Run("s3", func(t *testing.T) { fn(t, Open(t, Bucket(t))) })
}

// Open opens a store until the test ends.
func Open(t *testing.T, where string) *blob.Store {
	t.Helper()
	s, err := blob.Open(t.Context(), where)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the store of files: %v", err)
		}
	})
	return s
}

// Bucket is the URL of a fresh bucket of a service with S3's interface, which
// runs in the process until the test ends. The test cannot run beside others.
func Bucket(t *testing.T) string {
	t.Helper()
	backend := s3mem.New()
	if err := backend.CreateBucket("files"); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	return "s3://files?" + url.Values{
		"region": {"us-east-1"}, "endpoint": {server.URL}, "use_path_style": {"true"},
	}.Encode()
}

// Queue is a queue that holds jobs and does none.
func Queue(t *testing.T, rows *store.Store, blobs *blob.Store) *job.Queue {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	queue, err := job.New(rows, log, blobs.Workers(rows, log)...)
	if err != nil {
		t.Fatal(err)
	}
	return queue
}

// Stream is the server's end of a stream of a file: what is sent into it.
type Stream struct {
	grpc.ServerStream
	Ctx context.Context
	// Disposition is the header Content-Disposition.
	Disposition string
	// Kind is the media type.
	Kind    string
	Content []byte
}

// Context implements grpc.ServerStream.
func (s *Stream) Context() context.Context { return s.Ctx }

// SetHeader implements grpc.ServerStream.
func (s *Stream) SetHeader(md metadata.MD) error {
	s.Disposition = strings.Join(md.Get("content-disposition"), "")
	return nil
}

// Send implements grpc.ServerStreamingServer.
func (s *Stream) Send(part *httpbody.HttpBody) error {
	if part.GetContentType() != "" {
		s.Kind = part.GetContentType()
	}
	s.Content = append(s.Content, part.GetData()...)
	return nil
}
