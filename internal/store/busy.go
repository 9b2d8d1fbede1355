package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/un-placard/placard/ent/db"
)

// ErrBusy is answered where the database cannot do now what it can do a moment
// later: it is locked, restarts, or has too many connections.
var ErrBusy = errors.New("the database is busy")

// busy marks an error as ErrBusy where it is one.
func busy(err error) error {
	var pg *pgconn.PgError
	var lite *sqlite.Error
	passing := errors.As(err, &pg) && passes(pg.Code) ||
		errors.As(err, &lite) && lite.Code()&0xff == sqlite3.SQLITE_BUSY
	if !passing || errors.Is(err, ErrBusy) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrBusy, err)
}

// passes tells of a code of PostgreSQL whether it says that the connection was
// lost (class 08), that there are too many, or that the server stops or starts.
func passes(code string) bool {
	return strings.HasPrefix(code, "08") || slices.Contains([]string{"53300", "57P01", "57P02", "57P03"}, code)
}

// busyReads lets what a client reads fail with ErrBusy.
func busyReads(next db.Querier) db.Querier {
	return db.QuerierFunc(func(ctx context.Context, q db.Query) (db.Value, error) {
		v, err := next.Query(ctx, q)
		return v, busy(err)
	})
}
