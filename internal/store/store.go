// Package store opens the database, brings its schema up to date and runs
// writes. Everything that is written goes through InTx: rows, their changes,
// the memory of the request and its jobs commit together or not at all.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	"github.com/un-placard/placard/ent/db"
	_ "github.com/un-placard/placard/ent/db/runtime" // the hooks of the schema
	"github.com/un-placard/placard/ent/migrations"
)

// Config says which database to open.
type Config struct {
	// URL is `postgres://…`, or the path of a SQLite file.
	URL string
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// MaxConns limits the connections to PostgreSQL, and the reading ones to
	// SQLite. 0: 20, or for SQLite 2 for each processor.
	MaxConns int
	// Watch is told each statement that Client and Visit read with, before it is
	// sent; nil for nobody. It is for tests that look at plans.
	Watch func(statement string, args []any)
}

// Store is an open database.
type Store struct {
	cfg        Config
	dialect    string
	writer     *sql.DB
	reader     *sql.DB
	client     *db.Client
	now        func() time.Time
	migrations fs.FS
}

// Open opens a database. It neither makes nor changes the schema: see Migrate
// and CheckSchema. A SQLite file that does not exist is made.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s := &Store{cfg: cfg, now: cfg.Now, migrations: migrations.Files}
	if s.now == nil {
		s.now = time.Now
	}
	var err error
	switch {
	case IsPostgres(cfg.URL):
		s.dialect = dialect.Postgres
		if s.writer, err = sql.Open("pgx", cfg.URL); err != nil {
			return nil, fmt.Errorf("open database: %w", err)
		}
		n := cfg.MaxConns
		if n == 0 {
			n = 20
		}
		s.writer.SetMaxOpenConns(n)
		s.writer.SetMaxIdleConns(n)
		s.reader = s.writer
	case cfg.URL == "" || strings.HasPrefix(cfg.URL, ":") || strings.Contains(sqlitePath(cfg.URL), "://"):
		// Databases in memory too: each connection would have its own.
		return nil, fmt.Errorf("open database %q: want postgres://… or the path of a file", Redact(cfg.URL))
	default:
		s.dialect = dialect.SQLite
		if s.writer, s.reader, err = openSQLite(ctx, cfg); err != nil {
			return nil, err
		}
	}
	if err := s.reader.PingContext(ctx); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("reach database %s: %w", Redact(cfg.URL), err)
	}
	s.client = db.NewClient(db.Driver(watched(entsql.OpenDB(s.dialect, s.reader), cfg.Watch)))
	s.client.Intercept(db.InterceptFunc(busyReads))
	return s, nil
}

// Find answers an error where there is no database that Open would find: where
// it would make a SQLite file. It does not reach for a server.
func Find(u string) error {
	if IsPostgres(u) {
		return nil
	}
	_, err := os.Stat(sqlitePath(u))
	return err
}

// IsPostgres tells whether a database URL names a PostgreSQL database.
func IsPostgres(u string) bool {
	return strings.HasPrefix(u, "postgres://") || strings.HasPrefix(u, "postgresql://")
}

// Redact makes a database URL fit for a log: without its password.
func Redact(u string) string {
	if !strings.Contains(u, "://") {
		return u
	}
	parsed, err := url.Parse(u)
	if err != nil {
		return "(not a URL)"
	}
	if q := parsed.Query(); q.Has("password") {
		q.Set("password", "xxxxx")
		parsed.RawQuery = q.Encode()
	}
	return parsed.Redacted()
}

// SQLite has one writing connection, which takes the lock when it begins, and
// a pool of reading ones, which never wait for it (write-ahead log). With
// synchronous=FULL no acknowledged write is lost when the power fails.
func openSQLite(ctx context.Context, cfg Config) (writer, reader *sql.DB, err error) {
	path := sqlitePath(cfg.URL)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, nil, fmt.Errorf("make folder of the database: %w", err)
	}
	// SQLite gives its other files the permissions of this one.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // the path is the operator's own
	if err != nil {
		return nil, nil, fmt.Errorf("open database: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, nil, fmt.Errorf("open database %s: %w", path, err)
	}
	// A large submission touches a thousand pages, all over the indexes: more than
	// the 500 that SQLite holds in memory by itself, and as many as it lets the log
	// have before it copies them. So 32 MB here, and 16 MB of log.
	if writer, err = openKeeping(sqliteDSN(path, "foreign_keys(1)", "cache_size(-32000)", "wal_autocheckpoint(4000)")); err != nil {
		return nil, nil, fmt.Errorf("open database: %w", err)
	}
	writer.SetMaxOpenConns(1)
	// The write-ahead log is there before the first reader opens. Of several
	// processes one makes it: SQLite does not sort that out by itself.
	unlock, err := lockFile(ctx, path)
	if err == nil {
		err = errors.Join(writer.PingContext(ctx), unlock())
	}
	if err != nil {
		_ = writer.Close()
		return nil, nil, fmt.Errorf("open database %s: %w", path, err)
	}
	if reader, err = openKeeping(sqliteDSN(path, "query_only(1)")); err != nil {
		_ = writer.Close()
		return nil, nil, fmt.Errorf("open database: %w", err)
	}
	n := cfg.MaxConns
	if n == 0 {
		n = 2 * max(2, runtime.NumCPU())
	}
	reader.SetMaxOpenConns(n)
	reader.SetMaxIdleConns(n)
	return writer, reader, nil
}

func sqlitePath(u string) string { return strings.TrimPrefix(u, "sqlite://") }

// Times are written in UTC with the same digits in front, so that their order
// as text is their order in time.
func sqliteDSN(path string, pragmas ...string) string {
	q := url.Values{"_txlock": {"immediate"}, "_time_format": {"sqlite"}, "_timezone": {"UTC"}}
	q["_pragma"] = append([]string{"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)"}, pragmas...)
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// Client reads. What it reads is narrowed to the scope in the context.
func (s *Store) Client() *db.Client { return s.client }

// inside is a client whose every statement is part of a transaction.
func (s *Store) inside(tx *sql.Tx) *db.Client {
	return db.NewClient(db.Driver(txDriver{entsql.NewDriver(s.dialect, entsql.Conn{ExecQuerier: tx})}))
}

// Postgres tells whether the database is PostgreSQL.
func (s *Store) Postgres() bool { return s.dialect == dialect.Postgres }

// Writer is the connection pool that writes, for what keeps tables of its own
// (the job queue).
func (s *Store) Writer() *sql.DB { return s.writer }

// Now is the time of the store's clock as it is stored: UTC, to the microsecond.
func (s *Store) Now() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.reader.PingContext(ctx) }

// Close closes the database.
func (s *Store) Close() error {
	if s.reader == s.writer {
		return s.writer.Close()
	}
	return errors.Join(s.writer.Close(), s.reader.Close())
}
