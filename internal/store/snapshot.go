package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/un-placard/placard/ent/db"
)

// Snapshot reads several things as they were at one moment: fn sees nothing
// that commits after its first query. It holds a connection until it returns,
// so it writes nothing and never waits for a caller.
func (s *Store) Snapshot(ctx context.Context, fn func(ctx context.Context, client *db.Client) error) error {
	// SQLite's read transactions are snapshots whatever the level.
	tx, err := s.client.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return fmt.Errorf("begin snapshot: %w", busy(err))
	}
	defer func() { _ = tx.Rollback() }() // there is nothing to commit
	return fn(ctx, tx.Client())
}
