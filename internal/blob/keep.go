package blob

import (
	"context"

	"github.com/un-placard/placard/internal/store"
)

// Keep does a write (see store.Write) that names a content, once that is kept:
// so nothing names what is not there. Where the write is refused, or was done
// before, the content is removed again. Where it is not known whether the write
// happened, because the database was lost at its commit, the content stays: if
// no row names it, Sweep removes it.
func Keep[T any](
	ctx context.Context, s *Store, rows *store.Store, content []byte,
	do func(ctx context.Context, tx *store.Tx, key string) (T, error),
	again func(ctx context.Context, done store.Done) (T, error),
) (T, error) {
	var none T
	key, err := s.Put(ctx, content)
	if err != nil {
		return none, err
	}
	named := false
	out, err := store.Write(ctx, rows, func(ctx context.Context, tx *store.Tx) (T, error) {
		out, err := do(ctx, tx, key)
		named = err == nil
		return out, err
	}, func(ctx context.Context, done store.Done) (T, error) {
		named = false
		return again(ctx, done)
	})
	if !named {
		_ = s.Remove(ctx, key) // if it fails, Sweep removes it
	}
	return out, err
}
