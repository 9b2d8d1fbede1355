package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	entsql "entgo.io/ent/dialect/sql"
	"github.com/gofrs/flock"
	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	migratepgx "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	migratesqlite "github.com/golang-migrate/migrate/v4/database/sqlite"
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// What CheckSchema finds; its error says what to do about it.
var (
	// ErrSchemaOlder: the database lacks what this program needs.
	ErrSchemaOlder = errors.New("the schema of the database is older than this program")
	// ErrSchemaNewer: a newer program has used the database.
	ErrSchemaNewer = errors.New("the schema of the database is newer than this program")
	// ErrSchemaDirty: a migration of the database did not end.
	ErrSchemaDirty = errors.New("the last migration of the database did not end")
)

// schemaTable is where golang-migrate keeps the version of our tables, and
// jobsTable where River keeps that of its own.
const (
	schemaTable = "schema_migrations"
	jobsTable   = "river_migration"
)

// CheckSchema answers nil where the schema of the database is the one that this
// program was built for, and otherwise an error that says what to do.
func (s *Store) CheckSchema(ctx context.Context) error {
	known, err := s.schemaVersions()
	if err != nil {
		return err
	}
	have, dirty, err := s.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	want := known[len(known)-1]
	switch {
	case dirty:
		return fmt.Errorf("%w (version %d): %s", ErrSchemaDirty, have, repair(known, have))
	case have > want:
		return fmt.Errorf("%w (version %d, the program knows %d): use a newer placard", ErrSchemaNewer, have, want)
	case have < want:
		return fmt.Errorf("%w (version %d of %d): run `placard migrate`", ErrSchemaOlder, have, want)
	}
	jobs, err := s.jobVersion(ctx)
	if err != nil {
		return err
	}
	wantJobs, err := s.knownJobVersion()
	switch {
	case err != nil:
		return err
	case jobs > wantJobs:
		return fmt.Errorf("%w (jobs: version %d, the program knows %d): use a newer placard", ErrSchemaNewer, jobs, wantJobs)
	case jobs < wantJobs:
		return fmt.Errorf("%w (jobs: version %d of %d): run `placard migrate`", ErrSchemaOlder, jobs, wantJobs)
	}
	return nil
}

// repair says what to do about a migration that did not end. Each is one
// transaction on both engines, so as a rule the one before is what is there.
func repair(known []int64, dirty int64) string {
	statement := "DELETE FROM " + schemaTable
	if i := slices.Index(known, dirty); i > 0 {
		statement = fmt.Sprintf("UPDATE %s SET version = %d, dirty = false", schemaTable, known[i-1])
	}
	return "restore the copy of the database from before; or, where nothing of that version is there," +
		" remove what stopped it, run in the database `" + statement + "`, and then `placard migrate`"
}

// SchemaVersion is the version of the tables in the database, 0 where there are
// none; dirty says that the migration to it did not end.
func (s *Store) SchemaVersion(ctx context.Context) (version int64, dirty bool, err error) {
	there, err := s.hasTable(ctx, schemaTable)
	if err != nil || !there {
		return 0, false, err
	}
	err = s.reader.QueryRowContext(ctx, "SELECT version, dirty FROM "+schemaTable).Scan(&version, &dirty)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, false, fmt.Errorf("read version of the schema: %w", err)
	}
	return version, dirty, nil
}

// jobVersion is the version of River's tables, 0 where there are none.
func (s *Store) jobVersion(ctx context.Context) (int, error) {
	there, err := s.hasTable(ctx, jobsTable)
	if err != nil || !there {
		return 0, err
	}
	var version sql.NullInt64
	if err := s.reader.QueryRowContext(ctx, "SELECT MAX(version) FROM "+jobsTable).Scan(&version); err != nil {
		return 0, fmt.Errorf("read version of the job tables: %w", err)
	}
	return int(version.Int64), nil
}

func (s *Store) hasTable(ctx context.Context, name string) (bool, error) {
	query := "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = $1"
	if s.Postgres() {
		query = "SELECT COUNT(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema() AND tablename = $1"
	}
	var n int
	if err := s.reader.QueryRowContext(ctx, query, name).Scan(&n); err != nil {
		return false, fmt.Errorf("look for table %s: %w", name, err)
	}
	return n > 0, nil
}

func (s *Store) schemaFolder() string {
	if s.Postgres() {
		return "postgres"
	}
	return "sqlite"
}

// schemaVersions are the versions that this program knows, in order.
func (s *Store) schemaVersions() ([]int64, error) {
	files, err := fs.Glob(s.migrations, s.schemaFolder()+"/*.up.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	var versions []int64
	for _, f := range files {
		number, _, _ := strings.Cut(f[strings.LastIndexByte(f, '/')+1:], "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("version of migration %s: %w", f, err)
		}
		versions = append(versions, version)
	}
	slices.Sort(versions)
	return versions, nil
}

// Migrate brings the schema of the database up to date, with the tables of the
// jobs, and makes the rows that every database has. Where several processes do
// it at once, one does and the others wait. A schema that is newer or that a
// migration left halfway is not touched: the error is that of CheckSchema.
func (s *Store) Migrate(ctx context.Context) (err error) {
	unlock, err := s.lockSchema(ctx)
	if err != nil {
		return fmt.Errorf("migrate: wait for others that migrate: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := s.CheckSchema(ctx); err != nil && !errors.Is(err, ErrSchemaOlder) {
		return err
	}
	if err := s.migrateTables(ctx); err != nil {
		return fmt.Errorf("migrate tables: %w", err)
	}
	if s.Postgres() {
		err = migrateJobs(ctx, riverdatabasesql.New(s.writer))
	} else {
		err = migrateJobs(ctx, riversqlite.New(s.writer))
	}
	if err != nil {
		return fmt.Errorf("migrate job tables: %w", err)
	}
	if err := s.checkForeignKeys(ctx); err != nil {
		return fmt.Errorf("after migration: %w: restore the copy of the database from before", err)
	}
	return s.seed(ctx)
}

// migrateTables gives golang-migrate a handle of its own, which it closes.
func (s *Store) migrateTables(ctx context.Context) (err error) {
	source, err := iofs.New(s.migrations, s.schemaFolder())
	if err != nil {
		return err
	}
	var driver database.Driver
	var handle *sql.DB
	if s.Postgres() {
		if handle, err = sql.Open("pgx", s.cfg.URL); err == nil {
			driver, err = migratepgx.WithInstance(handle, &migratepgx.Config{MigrationsTable: schemaTable})
		}
	} else {
		// To rebuild a table SQLite drops it, and with foreign keys on takes
		// the rows along that refer to it. In the transaction that a migration
		// runs in they can no more be put off.
		if handle, err = sql.Open("sqlite", sqliteDSN(sqlitePath(s.cfg.URL), "foreign_keys(0)")); err == nil {
			driver, err = migratesqlite.WithInstance(handle, &migratesqlite.Config{MigrationsTable: schemaTable})
		}
	}
	if err != nil {
		if handle != nil {
			_ = handle.Close()
		}
		return errors.Join(err, source.Close())
	}
	m, err := migrate.NewWithInstance("iofs", source, s.dialect, driver)
	if err != nil {
		return errors.Join(err, source.Close(), driver.Close())
	}
	defer func() {
		sourceErr, databaseErr := m.Close()
		err = errors.Join(err, sourceErr, databaseErr)
	}()
	// It knows no context: it stops between two versions.
	defer context.AfterFunc(ctx, func() { m.GracefulStop <- true })()
	if err := m.Up(); err != nil && !errors.Is(err, migrate.ErrNoChange) {
		return err
	}
	return ctx.Err()
}

func migrateJobs[T any](ctx context.Context, driver riverdriver.Driver[T]) error {
	m, err := jobMigrator(driver)
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

func jobMigrator[T any](driver riverdriver.Driver[T]) (*rivermigrate.Migrator[T], error) {
	return rivermigrate.New(driver, &rivermigrate.Config{Logger: slog.New(slog.DiscardHandler)})
}

// knownJobVersion is the version of River's tables that this program knows.
func (s *Store) knownJobVersion() (int, error) {
	if s.Postgres() {
		return lastJobVersion(riverdatabasesql.New(nil))
	}
	return lastJobVersion(riversqlite.New(nil))
}

func lastJobVersion[T any](driver riverdriver.Driver[T]) (int, error) {
	m, err := jobMigrator(driver)
	if err != nil {
		return 0, err
	}
	return slices.MaxFunc(m.AllVersions(), func(a, b rivermigrate.Migration) int {
		return cmp.Compare(a.Version, b.Version)
	}).Version, nil
}

// schemaLock is the key of PostgreSQL's advisory lock: "placard" in ASCII.
const schemaLock = 0x706c6163617264

// lockSchema waits until no other process migrates. On PostgreSQL the lock is
// that of a connection; on SQLite that of a file beside the database, because
// golang-migrate's own holds within one process only.
func (s *Store) lockSchema(ctx context.Context) (unlock func() error, err error) {
	if !s.Postgres() {
		return lockFile(ctx, sqlitePath(s.cfg.URL))
	}
	handle, err := sql.Open("pgx", s.cfg.URL)
	if err != nil {
		return nil, err
	}
	handle.SetMaxOpenConns(1)
	if _, err := handle.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(schemaLock)); err != nil {
		return nil, errors.Join(err, handle.Close())
	}
	return handle.Close, nil
}

// lockFile waits until no other process makes or migrates a SQLite database.
func lockFile(ctx context.Context, path string) (unlock func() error, err error) {
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	if _, err := lock.TryLockContext(ctx, 20*time.Millisecond); err != nil {
		return nil, err
	}
	return lock.Unlock, nil
}

// The one row of each of the tables instances and change_counters.
const theRow = 1

// seed makes the rows that every database has, where they are not there.
func (s *Store) seed(ctx context.Context) error {
	b := entsql.Dialect(s.dialect)
	for _, insert := range []*entsql.InsertBuilder{
		b.Insert("instances").Columns("id", "epoch", "secret_fingerprint").Values(theRow, newEpoch(), ""),
		b.Insert("change_counters").Columns("id", "value").Values(theRow, 0),
	} {
		query, args := insert.OnConflict(entsql.ConflictColumns("id"), entsql.DoNothing()).Query()
		if _, err := s.writer.ExecContext(ctx, query, args...); err != nil {
			return fmt.Errorf("make first rows: %w", err)
		}
	}
	return nil
}

func newEpoch() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return hex.EncodeToString(b)
}

// Check looks whether the database is whole: its schema, its foreign keys, and
// the change log, whose numbers run from its first to the counter without a
// gap. All that is wrong is in the error.
func (s *Store) Check(ctx context.Context) error {
	if err := s.CheckSchema(ctx); err != nil {
		return err
	}
	return errors.Join(s.checkForeignKeys(ctx), s.checkCounter(ctx))
}

// checkForeignKeys finds on SQLite the rows that refer to none. PostgreSQL
// cannot have such.
func (s *Store) checkForeignKeys(ctx context.Context) error {
	if s.Postgres() {
		return nil
	}
	rows, err := s.reader.QueryContext(ctx,
		`SELECT "table", parent, COUNT(*) FROM pragma_foreign_key_check GROUP BY "table", parent ORDER BY "table", parent`)
	if err != nil {
		return fmt.Errorf("check foreign keys: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err tells
	var broken []error
	for rows.Next() {
		var table, parent string
		var n int
		if err := rows.Scan(&table, &parent, &n); err != nil {
			return fmt.Errorf("check foreign keys: %w", err)
		}
		broken = append(broken, fmt.Errorf("%d rows of %s refer to rows of %s that are not there", n, table, parent))
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("check foreign keys: %w", err)
	}
	return errors.Join(broken...)
}

func (s *Store) checkCounter(ctx context.Context) error {
	var counter sql.NullInt64
	var first, last, n int64
	err := s.reader.QueryRowContext(ctx, `
		SELECT (SELECT value FROM change_counters WHERE id = 1),
			COALESCE(MIN(id), 0), COALESCE(MAX(id), 0), COUNT(*) FROM changes`).Scan(&counter, &first, &last, &n)
	switch {
	case err != nil:
		return fmt.Errorf("check change log: %w", err)
	case !counter.Valid:
		return errors.New("the change log has no counter: restore the database from a copy")
	case n > 0 && counter.Int64 != last:
		return fmt.Errorf("the change log ends with %d, its counter stands at %d: restore the database from a copy", last, counter.Int64)
	case n > 0 && n != last-first+1:
		return fmt.Errorf("the change log has %d entries from %d to %d: %d are missing", n, first, last, last-first+1-n)
	}
	return nil
}
