// Package storetest gives every test a fresh store of its own, on each engine.
package storetest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"

	"github.com/un-placard/placard/ent/migrations"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/store"
)

// The engines.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Engines are all engines that Placard runs on.
func Engines() []string { return []string{SQLite, Postgres} }

// Option changes how a store is opened.
type Option func(*store.Config)

// Clock gives the store another clock than the system's.
func Clock(now func() time.Time) Option {
	return func(cfg *store.Config) { cfg.Now = now }
}

// At stops the clock of the store at a time.
func At(now time.Time) Option {
	return Clock(func() time.Time { return now })
}

// Each runs a test once for each engine, as subtests `sqlite` and `postgres`.
func Each(t *testing.T, fn func(t *testing.T, s *store.Store), opts ...Option) {
	t.Helper()
	for _, engine := range Engines() {
		t.Run(engine, func(t *testing.T) { fn(t, Open(t, engine, opts...)) })
	}
}

// Open opens a fresh store, with the schema in place, until the test ends.
func Open(t *testing.T, engine string, opts ...Option) *store.Store {
	t.Helper()
	return OpenURL(t, URL(t, engine), opts...)
}

// OpenURL opens the database of a URL until the test ends: once more, or one
// that is not a test's own.
func OpenURL(t *testing.T, u string, opts ...Option) *store.Store {
	t.Helper()
	// All tests together stay under the limit of the server.
	cfg := store.Config{URL: u, MaxConns: 10}
	for _, opt := range opts {
		opt(&cfg)
	}
	s, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	return s
}

// System is the context of the server itself, which reaches everything.
func System(t *testing.T) context.Context {
	t.Helper()
	return access.With(t.Context(), access.System())
}

// URL is that of a fresh database with the schema in place. It is removed when
// the test has ended.
func URL(t *testing.T, engine string) string {
	t.Helper()
	switch engine {
	case SQLite:
		content, err := sqliteTemplate()
		if err != nil {
			t.Fatalf("prepare SQLite: %v", err)
		}
		path := filepath.Join(t.TempDir(), "placard.db")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	case Postgres:
		template, err := postgresTemplate(server(t))
		if err != nil {
			t.Fatalf("prepare PostgreSQL: %v", err)
		}
		return database(t, " TEMPLATE "+template)
	}
	t.Fatalf("no engine %q", engine)
	return ""
}

// Empty is the URL of a fresh database without a schema.
func Empty(t *testing.T, engine string) string {
	t.Helper()
	if engine == Postgres {
		return database(t, "")
	}
	return filepath.Join(t.TempDir(), "placard.db")
}

// server is the URL of the PostgreSQL to test with. A test that cannot run on
// both engines has failed.
func server(t *testing.T) string {
	t.Helper()
	u := os.Getenv("PLACARD_TEST_POSTGRES")
	if u == "" {
		t.Fatal("PLACARD_TEST_POSTGRES is not set: run the tests with `make test`, or one package with" +
			" `scripts/with-postgres go test ./internal/store/...`")
	}
	return u
}

// database makes a database on the server and answers its URL.
func database(t *testing.T, clause string) string {
	t.Helper()
	admin := server(t)
	b := make([]byte, 8)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	name := "placard_test_" + hex.EncodeToString(b)
	if err := execute(admin, "CREATE DATABASE "+name+clause); err != nil {
		t.Fatalf("make database: %v", err)
	}
	t.Cleanup(func() {
		if err := execute(admin, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop database: %v", err)
		}
	})
	u, err := at(admin, name)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// at is the URL of another database on the same server.
func at(server, database string) (string, error) {
	u, err := url.Parse(server)
	if err != nil {
		return "", errors.New("PLACARD_TEST_POSTGRES is not a URL")
	}
	u.Path = "/" + database
	return u.String(), nil
}

func execute(server string, statements ...string) error {
	db, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1) // locks are those of one connection
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			return errors.Join(err, db.Close())
		}
	}
	return db.Close()
}

// sqliteTemplate is the content of a migrated database: migrating takes longer
// than most tests.
var sqliteTemplate = sync.OnceValues(func() (_ []byte, err error) {
	folder, err := os.MkdirTemp("", "placard")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "template.db")
	if err := migrate(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path) //nolint:gosec // made above
})

var postgres struct {
	sync.Mutex
	template string
}

// postgresTemplate is the name of a migrated database, which is copied. It is
// named after the schema, and the packages whose tests run at once share it.
func postgresTemplate(server string) (string, error) {
	postgres.Lock()
	defer postgres.Unlock()
	if postgres.template != "" {
		return postgres.template, nil
	}
	version, err := schemaHash()
	if err != nil {
		return "", err
	}
	name := "placard_template_" + version
	admin, err := sql.Open("pgx", server)
	if err != nil {
		return "", err
	}
	// The lock below ends with the connection.
	defer func() { _ = admin.Close() }()
	admin.SetMaxOpenConns(1)
	if _, err := admin.Exec("SELECT pg_advisory_lock(hashtext($1))", name); err != nil {
		return "", err
	}
	var n int
	if err := admin.QueryRow("SELECT COUNT(*) FROM pg_database WHERE datname = $1", name).Scan(&n); err != nil {
		return "", err
	}
	if n == 0 {
		// Under another name until it is whole.
		draft := name + "_draft"
		u, err := at(server, draft)
		if err != nil {
			return "", err
		}
		if _, err := admin.Exec("DROP DATABASE IF EXISTS " + draft + " WITH (FORCE)"); err != nil {
			return "", err
		}
		if _, err := admin.Exec("CREATE DATABASE " + draft); err != nil {
			return "", err
		}
		if err := migrate(u); err != nil {
			return "", err
		}
		if _, err := admin.Exec("ALTER DATABASE " + draft + " RENAME TO " + name); err != nil {
			return "", err
		}
	}
	postgres.template = name
	return name, nil
}

func migrate(u string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s, err := store.Open(ctx, store.Config{URL: u})
	if err != nil {
		return err
	}
	return errors.Join(s.Migrate(ctx), s.Close())
}

// schemaHash stands for everything that Migrate makes.
func schemaHash() (string, error) {
	h := sha256.New()
	jobs := riverdatabasesql.New(nil).GetMigrationFS(riverdriver.MigrationLineMain)
	for _, folder := range []fs.FS{migrations.Files, jobs} {
		err := fs.WalkDir(folder, ".", func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := fs.ReadFile(folder, path)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(h, "%s %d\n%s", path, len(content), content)
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:6]), nil
}
