package longrunning

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"

	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/blob"
)

// Task is one run of an operation, for the work that is done in it. Several
// goroutines may call its methods at once.
type Task struct {
	blobs *blob.Store
	// row is the operation as it was when the run began.
	row *db.Operation

	mu      sync.Mutex
	counts  counts
	written counts
	// blob is where the file lies that was made.
	blob string
}

// counts are how much is done, and of how much.
type counts struct{ done, total int64 }

func newTask(blobs *blob.Store, row *db.Operation) *Task {
	c := counts{row.DoneCount, row.TotalCount}
	return &Task{blobs: blobs, row: row, counts: c, written: c}
}

// Request reads the request, as it was given to Start.
func (t *Task) Request(into proto.Message) error {
	if err := proto.Unmarshal(t.row.Request, into); err != nil {
		return fmt.Errorf("read the request: %w", err)
	}
	return nil
}

// Content opens the content of the request. Whoever calls it closes the reader.
func (t *Task) Content(ctx context.Context) (io.ReadSeekCloser, error) {
	if t.row.Input == "" {
		return nothing{bytes.NewReader(nil)}, nil
	}
	return t.blobs.Seek(ctx, t.row.Input)
}

// nothing is the content of a request without one.
type nothing struct{ *bytes.Reader }

// Close implements io.Closer.
func (nothing) Close() error { return nil }

// Progress says how much is done, and of how much. It costs nothing, however
// often it is called.
func (t *Task) Progress(done, total int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.counts = counts{done, total}
}

// progress answers the counts, and whether they are others than those written.
func (t *Task) progress() (counts, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts, t.counts != t.written
}

// wrote notes which counts were written.
func (t *Task) wrote(c counts) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.written = c
}

// File keeps the file that the work makes: what `write` writes, which is never in
// memory as a whole. The work answers it as its response. A run makes one file: a
// second one takes the place of the first.
func (t *Task) File(
	ctx context.Context, name, mediaType string, write func(io.Writer) error,
) (*placardv1.OperationFile, error) {
	w, err := t.blobs.Write(ctx, write)
	if err != nil {
		return nil, fmt.Errorf("make %s: %w", name, err)
	}
	t.mu.Lock()
	before := t.blob
	t.blob = w.Key
	t.mu.Unlock()
	if before != "" {
		if err := t.blobs.Remove(ctx, before); err != nil {
			return nil, err
		}
	}
	return &placardv1.OperationFile{DisplayName: name, MediaType: mediaType, SizeBytes: w.Size, Sha256: w.SHA256}, nil
}

// file is where the file lies, "" for none.
func (t *Task) file() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.blob
}
