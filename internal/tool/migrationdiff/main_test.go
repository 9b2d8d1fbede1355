package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect/sql/schema"
	"entgo.io/ent/schema/field"

	tables "github.com/un-placard/placard/ent/db/migrate"
)

var now = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)

// copied is a copy of ent/migrations that a test may write into.
func copied(t *testing.T) string {
	t.Helper()
	if os.Getenv("PLACARD_TEST_POSTGRES") == "" {
		t.Fatal("PLACARD_TEST_POSTGRES is not set: run the tests with `make test`")
	}
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS(filepath.Join("..", "..", "..", "ent", "migrations"))); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestMigrationsHaveAllOfTheSchema(t *testing.T) {
	root := copied(t)
	files, err := run(t.Context(), root, "missing", now)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		content, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		t.Errorf("%s is missing; make it with `scripts/with-postgres go run ./internal/tool/migrationdiff NAME`:\n%s",
			strings.TrimPrefix(f, root), content)
	}
}

func TestNextVersion(t *testing.T) {
	root := copied(t)
	column := &schema.Column{Name: "remark", Type: field.TypeString, Default: ""}
	whole := tables.MeetingsTable.Columns
	tables.MeetingsTable.Columns = append(whole[:len(whole):len(whole)], column)
	t.Cleanup(func() { tables.MeetingsTable.Columns = whole })

	files, err := run(t.Context(), root, "add_remark", now)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"postgres": `ADD COLUMN "remark" character varying NOT NULL DEFAULT '' COLLATE "C"`,
		"sqlite":   "`remark` text NOT NULL DEFAULT ('')",
	}
	if len(files) != len(want) {
		t.Fatalf("files = %q", files)
	}
	for engine, statement := range want {
		content, err := os.ReadFile(filepath.Join(root, engine, "21000101000000_add_remark.up.sql"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(content), statement) {
			t.Errorf("%s has no %s:\n%s", engine, statement, content)
		}
	}
	again, err := run(t.Context(), root, "again", now.Add(time.Hour))
	if err != nil || len(again) != 0 {
		t.Errorf("the next version after it = %q, %v", again, err)
	}
}

func TestVersionOfOneEngine(t *testing.T) {
	root := copied(t)
	// Lengths are of no meaning to SQLite.
	column := tables.MeetingsColumns[len(tables.MeetingsColumns)-1]
	column.SchemaType = map[string]string{"postgres": "varchar(100000)"}
	t.Cleanup(func() { column.SchemaType = nil })

	files, err := run(t.Context(), root, "shorter", now)
	if err != nil || len(files) != 2 {
		t.Fatalf("files = %q, %v", files, err)
	}
	content, err := os.ReadFile(filepath.Join(root, "sqlite", "21000101000000_shorter.up.sql"))
	if err != nil || !strings.HasPrefix(string(content), "-- Nothing changes") {
		t.Errorf("sqlite: %q, %v", content, err)
	}
	again, err := run(t.Context(), root, "again", now.Add(time.Hour))
	if err != nil || len(again) != 0 {
		t.Errorf("the next version after it = %q, %v", again, err)
	}
}
