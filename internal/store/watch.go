package store

import (
	"context"
	"database/sql"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
)

// watched tells who watches each statement that is read with.
func watched(d *entsql.Driver, watch watcher) dialect.Driver {
	if watch == nil {
		return d
	}
	return watchedDriver{d, watch}
}

// watcher is who is told; nil for nobody.
type watcher func(statement string, args []any)

func (w watcher) tell(statement string, args any) {
	if values, ok := args.([]any); ok && w != nil {
		w(statement, values)
	}
}

type watchedDriver struct {
	*entsql.Driver
	watch watcher
}

func (d watchedDriver) Query(ctx context.Context, statement string, args, rows any) error {
	d.watch.tell(statement, args)
	return d.Driver.Query(ctx, statement, args, rows)
}

func (d watchedDriver) BeginTx(ctx context.Context, opts *sql.TxOptions) (dialect.Tx, error) {
	tx, err := d.Driver.BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return watchedTx{tx, d.watch}, nil
}

type watchedTx struct {
	dialect.Tx
	watch watcher
}

func (t watchedTx) Query(ctx context.Context, statement string, args, rows any) error {
	t.watch.tell(statement, args)
	return t.Tx.Query(ctx, statement, args, rows)
}
