package blob

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/un-placard/placard/ent/db/documentversion"
	"github.com/un-placard/placard/ent/db/file"
	"github.com/un-placard/placard/ent/db/operation"
	"github.com/un-placard/placard/ent/db/photo"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/store"
)

// Workers do what is left to do with contents after a write.
func (s *Store) Workers(rows *store.Store, log *slog.Logger) []job.Worker {
	return []job.Worker{
		job.On(func(ctx context.Context, args job.RemoveBlob) error { return s.Remove(ctx, args.Blob) }),
		job.Every(sweepInterval, func(ctx context.Context, _ job.SweepBlobs) error {
			n, err := s.Sweep(ctx, rows, rows.Now().Add(-unnamedLife))
			if n > 0 {
				log.InfoContext(ctx, "contents removed that no file had", "count", n)
			}
			return err
		}),
	}
}

const (
	// sweepInterval is the time between two sweeps.
	sweepInterval = 24 * time.Hour
	// unnamedLife is how long a content may lie without a row that names it: far
	// longer than any write takes.
	unnamedLife = 24 * time.Hour
	// maxSwept is how many contents one sweep removes; the next one goes on.
	maxSwept = 10_000
)

// Sweep removes contents that were kept before a time and that no row names:
// of a server that ended between the two, and of writes of which it is not
// known whether they happened. It answers how many it removed.
func (s *Store) Sweep(ctx context.Context, rows *store.Store, before time.Time) (removed int, err error) {
	err = s.Each(ctx, before, func(keys []string) error {
		named, err := namedIn(ctx, rows, keys)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if named[key] || removed >= maxSwept {
				continue
			}
			if err := s.Remove(ctx, key); err != nil {
				return err
			}
			removed++
		}
		return nil
	})
	if err != nil {
		return removed, fmt.Errorf("sweep contents: %w", err)
	}
	return removed, nil
}

// namedIn answers which keys rows name.
func namedIn(ctx context.Context, rows *store.Store, keys []string) (map[string]bool, error) {
	var files, versions, photos, inputs, results []string
	if err := rows.Client().File.Query().Where(file.BlobIn(keys...)).Select(file.FieldBlob).Scan(ctx, &files); err != nil {
		return nil, fmt.Errorf("look for files: %w", err)
	}
	err := rows.Client().DocumentVersion.Query().Where(documentversion.BlobIn(keys...)).
		Select(documentversion.FieldBlob).Scan(ctx, &versions)
	if err != nil {
		return nil, fmt.Errorf("look for documents: %w", err)
	}
	if err := rows.Client().Photo.Query().Where(photo.BlobIn(keys...)).Select(photo.FieldBlob).Scan(ctx, &photos); err != nil {
		return nil, fmt.Errorf("look for photographs: %w", err)
	}
	q := rows.Client().Operation.Query()
	if err := q.Clone().Where(operation.InputIn(keys...)).Select(operation.FieldInput).Scan(ctx, &inputs); err != nil {
		return nil, fmt.Errorf("look for requests: %w", err)
	}
	if err := q.Clone().Where(operation.BlobIn(keys...)).Select(operation.FieldBlob).Scan(ctx, &results); err != nil {
		return nil, fmt.Errorf("look for results: %w", err)
	}
	named := make(map[string]bool, len(keys))
	for _, key := range slices.Concat(files, versions, photos, inputs, results) {
		named[key] = true
	}
	return named, nil
}
