package store_test

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"testing"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

func TestBusy(t *testing.T) {
	broken := errors.New("broken")
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, tt := range []struct {
			name  string
			err   error
			tries int
			busy  bool
		}{
			{"deadlock", &pgconn.PgError{Code: "40P01"}, 5, true},
			{"serialization failure", &pgconn.PgError{Code: "40001"}, 5, true},
			{"the server stops", &pgconn.PgError{Code: "57P01"}, 1, true},
			{"the server starts", &pgconn.PgError{Code: "57P03"}, 1, true},
			{"too many connections", &pgconn.PgError{Code: "53300"}, 1, true},
			{"the connection is lost", &pgconn.PgError{Code: "08006"}, 1, true},
			{"a SQLite file is locked", lockedSQLite(t), 1, true},
			{"a value twice", &pgconn.PgError{Code: "23505"}, 1, false},
			{"a defect", broken, 1, false},
		} {
			tries := 0
			err := s.InTx(storetest.System(t), func(context.Context, *store.Tx) error { tries++; return tt.err })
			if tries != tt.tries || errors.Is(err, store.ErrBusy) != tt.busy || !errors.Is(err, tt.err) {
				t.Errorf("%s: after %d tries %v", tt.name, tries, err)
			}
		}
	})
}

// lockedSQLite is what SQLite answers to the second of two that write.
func lockedSQLite(t *testing.T) error {
	t.Helper()
	dsn := "file:" + (&url.URL{Path: filepath.Join(t.TempDir(), "locked.db")}).EscapedPath() + "?_txlock=immediate"
	var err error
	for range 2 {
		handle, openErr := sql.Open("sqlite", dsn)
		if openErr != nil {
			t.Fatal(openErr)
		}
		t.Cleanup(func() { _ = handle.Close() })
		_, err = handle.BeginTx(context.WithoutCancel(t.Context()), nil)
	}
	if err == nil {
		t.Fatal("two write into one SQLite file")
	}
	return err
}

// TestBusyRead ends the connection of a read, as a server does that stops.
func TestBusyRead(t *testing.T) {
	s := storetest.Open(t, storetest.Postgres)
	q := s.Client().Instance.Query()
	q.Modify(func(sel *entsql.Selector) { sel.Where(entsql.ExprP("pg_terminate_backend(pg_backend_pid())")) })
	if _, err := q.All(storetest.System(t)); !errors.Is(err, store.ErrBusy) {
		t.Errorf("a read that the server ended: %v", err)
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("the next one: %v", err)
	}
}
