// Command migrationdiff makes the next version of the database's schema: what
// ent/schema has and ent/migrations has not, for both engines and with the same
// version number.
//
//	go generate ./ent
//	scripts/with-postgres go run ./internal/tool/migrationdiff add_badges
//
// It replays the migrations that are there on a scratch database of each
// engine; PLACARD_TEST_POSTGRES names the server for that of PostgreSQL.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/sqltool"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"

	tables "github.com/un-placard/placard/ent/db/migrate"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("migrationdiff: ")
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) != 2 || !nameForm.MatchString(os.Args[1]) {
		log.Fatal("usage: migrationdiff NAME (small letters and underscores: what the version brings)")
	}
	files, err := run(ctx, filepath.Join("ent", "migrations"), os.Args[1], time.Now())
	if err != nil {
		log.Fatal(err)
	}
	if len(files) == 0 {
		log.Print("ent/migrations has all of ent/schema")
	}
	for _, f := range files {
		fmt.Println(f)
	}
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

// run writes the next version into the folders of both engines under root, or
// into none where neither lacks anything.
func run(ctx context.Context, root, name string, now time.Time) ([]string, error) {
	version := now.UTC().Format("20060102150405")
	var written, without []string
	for _, engine := range []string{dialect.Postgres, dialect.SQLite} {
		folder := filepath.Join(root, folders[engine])
		ok, err := diff(ctx, engine, folder, version, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", engine, err)
		}
		if ok {
			written = append(written, filepath.Join(folder, fileName(version, name)))
		} else {
			without = append(without, folder)
		}
	}
	if len(written) == 0 {
		return nil, nil
	}
	// A version that changes one engine only is there for the other as well.
	for _, folder := range without {
		if err := writeEmpty(folder, fileName(version, name)); err != nil {
			return nil, err
		}
		written = append(written, filepath.Join(folder, fileName(version, name)))
	}
	return written, nil
}

var folders = map[string]string{dialect.Postgres: "postgres", dialect.SQLite: "sqlite"}

func fileName(version, name string) string { return version + "_" + name + ".up.sql" }

// diff writes what one engine lacks, and tells whether there was anything.
func diff(ctx context.Context, engine, folder, version, name string) (_ bool, err error) {
	scratch, drop, err := openScratch(ctx, engine)
	if err != nil {
		return false, fmt.Errorf("open scratch database: %w", err)
	}
	defer func() { err = errors.Join(err, drop()) }()
	dir, err := sqltool.NewGolangMigrateDir(folder)
	if err != nil {
		return false, fmt.Errorf("open folder: %w", err)
	}
	m, err := schema.NewMigrate(entsql.OpenDB(engine, scratch),
		schema.WithDir(dir),
		schema.WithMigrationMode(schema.ModeReplay),
		schema.WithFormatter(upOnly{version}),
		schema.WithDropColumn(true),
		schema.WithDropIndex(true),
		schema.WithErrNoPlan(true),
		schema.WithIndent("  "),
	)
	if err != nil {
		return false, fmt.Errorf("prepare: %w", err)
	}
	err = m.NamedDiff(ctx, name, collated(engine)...)
	if errors.Is(err, migrate.ErrNoPlan) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("compare: %w", err)
	}
	return true, nil
}

// collated is ent's tables with all text compared byte by byte on PostgreSQL
// too, as SQLite does it, whatever the collation of the database: lists then
// have one order on both engines, and no upgrade of a collation breaks an index.
func collated(engine string) []*schema.Table {
	collation := ""
	if engine == dialect.Postgres {
		collation = "C"
	}
	for _, t := range tables.Tables {
		for _, c := range t.Columns {
			if c.Type == field.TypeString {
				c.Collation = collation
			}
		}
	}
	return tables.Tables
}

// upOnly writes golang-migrate's files with a given version, and none that
// lead back: what is generated for SQLite would lose rows.
type upOnly struct{ version string }

// Format implements migrate.Formatter.
func (f upOnly) Format(plan *migrate.Plan) ([]migrate.File, error) {
	files, err := sqltool.GolangMigrateFormatter.Format(plan)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if strings.HasSuffix(file.Name(), ".up.sql") {
			return []migrate.File{migrate.NewLocalFile(fileName(f.version, plan.Name), file.Bytes())}, nil
		}
	}
	return nil, errors.New("no file that leads forward")
}

func writeEmpty(folder, file string) error {
	dir, err := sqltool.NewGolangMigrateDir(folder)
	if err != nil {
		return fmt.Errorf("open folder: %w", err)
	}
	if err := dir.WriteFile(file, []byte("-- Nothing changes on this engine.\nSELECT 1;\n")); err != nil {
		return fmt.Errorf("write empty migration: %w", err)
	}
	sum, err := dir.Checksum()
	if err != nil {
		return fmt.Errorf("sum up folder: %w", err)
	}
	if err := migrate.WriteSumFile(dir, sum); err != nil {
		return fmt.Errorf("write sum of folder: %w", err)
	}
	return nil
}

// openScratch makes an empty database; drop removes it.
func openScratch(ctx context.Context, engine string) (scratch *sql.DB, drop func() error, err error) {
	if engine == dialect.SQLite {
		folder, err := os.MkdirTemp("", "migrationdiff")
		if err != nil {
			return nil, nil, err
		}
		scratch, err := sql.Open("sqlite", filepath.Join(folder, "scratch.db")+"?_pragma=foreign_keys(1)")
		if err != nil {
			return nil, nil, errors.Join(err, os.RemoveAll(folder))
		}
		return scratch, func() error { return errors.Join(scratch.Close(), os.RemoveAll(folder)) }, nil
	}
	server := os.Getenv("PLACARD_TEST_POSTGRES")
	if server == "" {
		return nil, nil, errors.New("PLACARD_TEST_POSTGRES is not set: run this through scripts/with-postgres")
	}
	u, err := url.Parse(server)
	if err != nil {
		return nil, nil, errors.New("PLACARD_TEST_POSTGRES is not a URL")
	}
	admin, err := sql.Open("pgx", server)
	if err != nil {
		return nil, nil, err
	}
	name := fmt.Sprintf("migrationdiff_%d", os.Getpid())
	if _, err := admin.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return nil, nil, errors.Join(err, admin.Close())
	}
	u.Path = "/" + name
	scratch, err = sql.Open("pgx", u.String())
	if err != nil {
		return nil, nil, errors.Join(err, admin.Close())
	}
	return scratch, func() error {
		err := scratch.Close()
		// Also after an interrupt.
		_, dropErr := admin.ExecContext(context.WithoutCancel(ctx), "DROP DATABASE "+name)
		return errors.Join(err, dropErr, admin.Close())
	}, nil
}
