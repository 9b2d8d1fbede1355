package store

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestKeptStatements(t *testing.T) {
	db, err := openKeeping(sqliteDSN(filepath.Join(t.TempDir(), "x.db"), "foreign_keys(1)"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	db.SetMaxOpenConns(1)
	exec := func(text string, args ...any) error {
		_, err := db.ExecContext(t.Context(), text, args...)
		return err
	}
	if err := exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT UNIQUE)"); err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		if err := exec("INSERT INTO t (v) VALUES (?)", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("an error does not spoil the next", func(t *testing.T) {
		if err := exec("INSERT INTO t (v) VALUES (?)", "7"); err == nil {
			t.Error("a value twice")
		}
		if err := exec("INSERT INTO t (v) VALUES (?)", "new"); err != nil {
			t.Error(err)
		}
	})
	count := func(q interface {
		QueryRow(string, ...any) *sql.Row
	}, v string) (n int) {
		if err := q.QueryRow("SELECT COUNT(*) FROM t WHERE v = ?", v).Scan(&n); err != nil {
			t.Error(err)
		}
		return n
	}
	t.Run("arguments are not kept", func(t *testing.T) {
		if count(db, "7") != 1 || count(db, "nothing") != 0 || count(db, "8") != 1 {
			t.Error("counted by an earlier argument")
		}
	})
	t.Run("the same text while its rows are read", func(t *testing.T) {
		tx, err := db.BeginTx(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = tx.Rollback() }()
		outer, err := tx.QueryContext(t.Context(), "SELECT v FROM t ORDER BY id LIMIT ?", 3)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = outer.Close() }()
		var seen []string
		for outer.Next() {
			var v string
			if err := outer.Scan(&v); err != nil {
				t.Fatal(err)
			}
			var inner string
			if err := tx.QueryRow("SELECT v FROM t ORDER BY id LIMIT ?", 1).Scan(&inner); err != nil || inner != "0" {
				t.Errorf("inner %q: %v", inner, err)
			}
			seen = append(seen, v)
		}
		if strings.Join(seen, " ") != "0 1 2" || outer.Err() != nil {
			t.Errorf("outer %v: %v", seen, outer.Err())
		}
	})
	t.Run("the schema changes", func(t *testing.T) {
		count(db, "7")
		if err := exec("ALTER TABLE t ADD COLUMN w TEXT"); err != nil {
			t.Fatal(err)
		}
		if count(db, "7") != 1 {
			t.Error("not found after the change")
		}
	})
	t.Run("more texts than are kept, from many at once", func(t *testing.T) {
		db.SetMaxOpenConns(4)
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				for i := range 300 {
					var n int
					if err := db.QueryRowContext(t.Context(), fmt.Sprintf("SELECT COUNT(*) + %d FROM t WHERE v = ?", i), fmt.Sprint(w)).Scan(&n); err != nil || n != i+1 {
						t.Errorf("%d: %v", n, err)
						return
					}
				}
			})
		}
		wg.Wait()
	})
}
