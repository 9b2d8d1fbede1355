package store_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/un-placard/placard/ent/migrations"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

func TestMigrationsHaveTheSameVersionsOnBothEngines(t *testing.T) {
	names := func(folder string) []string {
		entries, err := fs.ReadDir(migrations.Files, folder)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".up.sql") {
				t.Errorf("%s/%s does not lead forward", folder, e.Name())
			}
			out = append(out, e.Name())
		}
		return out
	}
	if diff := cmp.Diff(names("postgres"), names("sqlite")); diff != "" {
		t.Errorf("postgres (-), sqlite (+):\n%s", diff)
	}
}

func TestMigrate(t *testing.T) {
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			s := storetest.OpenURL(t, storetest.Empty(t, engine))
			ctx := storetest.System(t)

			err := s.CheckSchema(ctx)
			if !errors.Is(err, store.ErrSchemaOlder) || !strings.Contains(err.Error(), "placard migrate") {
				t.Fatalf("CheckSchema of an empty database: %v", err)
			}
			if err := s.Migrate(ctx); err != nil {
				t.Fatal(err)
			}
			if err := s.Check(ctx); err != nil {
				t.Errorf("Check after Migrate: %v", err)
			}
			epoch, err := epochOf(ctx, s)
			if err != nil || len(epoch) != 32 {
				t.Errorf("Epoch = %q, %v", epoch, err)
			}
			record(ctx, t, s, "meetings/m1")

			if err := s.Migrate(ctx); err != nil {
				t.Fatalf("a second time: %v", err)
			}
			if again, err := epochOf(ctx, s); err != nil || again != epoch {
				t.Errorf("a second Migrate changed the epoch from %q to %q, %v", epoch, again, err)
			}
			if err := s.Check(ctx); err != nil {
				t.Errorf("a second Migrate moved the counter: %v", err)
			}
		})
	}
}

// Ends with the process of a test that calls itself; see TestMigrateAtOnce.
const migrateURL = "STORE_TEST_MIGRATE_URL"

func TestMigrateAtOnce(t *testing.T) {
	if u := os.Getenv(migrateURL); u != "" {
		if err := storetest.OpenURL(t, u).Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			u := storetest.Empty(t, engine)
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMigrateAtOnce$", "-test.count=1")
					cmd.Env = append(os.Environ(), migrateURL+"="+u)
					if out, err := cmd.CombinedOutput(); err != nil {
						t.Errorf("another process: %v\n%s", err, out)
					}
				})
				wg.Go(func() {
					if err := storetest.OpenURL(t, u).Migrate(t.Context()); err != nil {
						t.Errorf("this process: %v", err)
					}
				})
			}
			wg.Wait()
			if err := storetest.OpenURL(t, u).Check(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCheckSchema(t *testing.T) {
	tests := []struct {
		name      string
		statement string
		want      error
		says      string
	}{
		{"newer", "UPDATE schema_migrations SET version = 99990101000000", store.ErrSchemaNewer, "use a newer placard"},
		{"dirty", "UPDATE schema_migrations SET dirty = true", store.ErrSchemaDirty, "schema_migrations"},
		{"older", "DELETE FROM schema_migrations", store.ErrSchemaOlder, "placard migrate"},
		{"older jobs", "DELETE FROM river_migration WHERE version = (SELECT MAX(version) FROM river_migration)",
			store.ErrSchemaOlder, "placard migrate"},
		{"newer jobs", "UPDATE river_migration SET version = 999 WHERE version = (SELECT MAX(version) FROM river_migration)",
			store.ErrSchemaNewer, "use a newer placard"},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if err := s.CheckSchema(t.Context()); err != nil {
			t.Fatal(err)
		}
		engine := storetest.SQLite
		if s.Postgres() {
			engine = storetest.Postgres
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				s := storetest.Open(t, engine)
				execSQL(t, s, tt.statement)
				err := s.CheckSchema(t.Context())
				if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("CheckSchema = %v, want %v saying %q", err, tt.want, tt.says)
				}
				if errors.Is(tt.want, store.ErrSchemaOlder) {
					return
				}
				if err := s.Migrate(t.Context()); !errors.Is(err, tt.want) {
					t.Errorf("Migrate = %v, want %v", err, tt.want)
				}
			})
		}
	})
}

// Follows the advice of ErrSchemaDirty after a migration that failed.
func TestMigrateAfterRepair(t *testing.T) {
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			s := storetest.OpenURL(t, storetest.Empty(t, engine))
			execSQL(t, s, "CREATE TABLE requests (in_the_way INTEGER)")
			if err := s.Migrate(t.Context()); err == nil {
				t.Fatal("Migrate over a table that is in the way: no error")
			}
			if err := s.Migrate(t.Context()); !errors.Is(err, store.ErrSchemaDirty) {
				t.Fatalf("Migrate = %v, want %v", err, store.ErrSchemaDirty)
			}
			execSQL(t, s, "DROP TABLE requests")
			execSQL(t, s, "DELETE FROM schema_migrations")
			if err := s.Migrate(t.Context()); err != nil {
				t.Fatalf("Migrate after the repair: %v", err)
			}
			if err := s.Check(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	const change = `INSERT INTO changes (id, create_time, principal, verb, resource_type, resource, revision, in_force)
		VALUES (7, CURRENT_TIMESTAMP, 'system', 'create', 't', 'r', 1, true)`
	tests := []struct{ name, statement, says string }{
		{"no counter", "DELETE FROM change_counters", "no counter"},
		{"an entry beyond the counter", change, "counter stands at 2"},
		{"a missing entry", "DELETE FROM changes WHERE id = 2", "ends with 1"},
	}
	for _, engine := range storetest.Engines() {
		for _, tt := range tests {
			t.Run(engine+"/"+tt.name, func(t *testing.T) {
				s := storetest.Open(t, engine)
				ctx := storetest.System(t)
				record(ctx, t, s, "meetings/m1")
				record(ctx, t, s, "meetings/m2")
				execSQL(t, s, tt.statement)
				if err := s.Check(ctx); err == nil || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("Check = %v, want it to say %q", err, tt.says)
				}
			})
		}
	}
	t.Run("sqlite/a row that refers to none", func(t *testing.T) {
		s := storetest.Open(t, storetest.SQLite)
		execSQL(t, s, "PRAGMA foreign_keys = OFF")
		execSQL(t, s, "INSERT INTO key_meetings (key_id, meeting_id) VALUES ('k', 'm')")
		err := s.Check(t.Context())
		if err == nil || !strings.Contains(err.Error(), "1 rows of key_meetings refer to rows of meetings") {
			t.Errorf("Check = %v", err)
		}
	})
}

func TestBindSecret(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := storetest.System(t)
		for range 2 {
			if err := s.BindSecret(ctx, "aaaa"); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.BindSecret(ctx, "bbbb"); !errors.Is(err, store.ErrOtherSecret) {
			t.Errorf("BindSecret of another = %v, want %v", err, store.ErrOtherSecret)
		}
		if err := s.BindSecret(ctx, ""); err == nil {
			t.Error("BindSecret of nothing: no error")
		}
	})
}

func TestRenewEpoch(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := storetest.System(t)
		before, err := epochOf(ctx, s)
		if err != nil {
			t.Fatal(err)
		}
		renewed, err := s.RenewEpoch(ctx)
		if err != nil {
			t.Fatal(err)
		}
		after, err := epochOf(ctx, s)
		if err != nil {
			t.Fatal(err)
		}
		if renewed == before || renewed != after {
			t.Errorf("before %q, renewed %q, after %q", before, renewed, after)
		}
	})
}

func epochOf(ctx context.Context, s *store.Store) (string, error) {
	row, err := s.Client().Instance.Query().Only(ctx)
	if err != nil {
		return "", err
	}
	return row.Epoch, nil
}

func execSQL(t *testing.T, s *store.Store, statement string) {
	t.Helper()
	if _, err := s.Writer().ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// A rebuilt table keeps the rows that refer to its rows, although SQLite would
// take them along.
func TestMigrateRebuildsTable(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite)
	execSQL(t, s, `INSERT INTO meetings
		(id, create_time, update_time, state, start_date, end_date, time_zone, late_policy, modality, content)
		VALUES ('m1', '', '', '', '', '', '', '', '', '')`)
	execSQL(t, s, `INSERT INTO keys (id, create_time, update_time, role, account, hash) VALUES ('k1', '', '', '', '', '')`)
	execSQL(t, s, `INSERT INTO key_meetings (key_id, meeting_id) VALUES ('k1', 'm1')`)

	// As Atlas writes it, but with rows that follow their parent.
	s.AddMigration(t, "29990101000000_cascade.up.sql", `
		PRAGMA foreign_keys = off;
		CREATE TABLE new_key_meetings (
			id integer NOT NULL PRIMARY KEY AUTOINCREMENT, key_id text NOT NULL,
			meeting_id text NOT NULL REFERENCES meetings (id) ON DELETE CASCADE);
		INSERT INTO new_key_meetings SELECT id, key_id, meeting_id FROM key_meetings;
		DROP TABLE key_meetings;
		ALTER TABLE new_key_meetings RENAME TO key_meetings;
		PRAGMA foreign_keys = on;`)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.AddMigration(t, "29990102000000_rebuild.up.sql", `
		PRAGMA foreign_keys = off;
		CREATE TABLE new_meetings (id text NOT NULL, PRIMARY KEY (id));
		INSERT INTO new_meetings SELECT id FROM meetings;
		DROP TABLE meetings;
		ALTER TABLE new_meetings RENAME TO meetings;
		PRAGMA foreign_keys = on;`)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := s.Writer().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM key_meetings").Scan(&n); err != nil || n != 1 {
		t.Errorf("key_meetings has %d rows, %v; want 1", n, err)
	}

	s.AddMigration(t, "29990103000000_orphan.up.sql", "DELETE FROM meetings;")
	err := s.Migrate(t.Context())
	if err == nil || !strings.Contains(err.Error(), "refer to rows of meetings that are not there") {
		t.Errorf("Migrate that leaves rows without their parent = %v", err)
	}
}

// record does a write that changes nothing but the change log.
func record(ctx context.Context, t *testing.T, s *store.Store, resource string) {
	t.Helper()
	err := s.InTx(ctx, func(_ context.Context, tx *store.Tx) error {
		tx.Record(store.Change{Verb: "create", Type: "placard.un.org/Meeting", Resource: resource, Revision: 1})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
