package store_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/ent/scope"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

func TestOpenRefuses(t *testing.T) {
	for _, u := range []string{"", ":memory:", "mysql://root:secret@localhost/placard", "postgres://user:sec%ret@host/x"} {
		s, err := store.Open(t.Context(), store.Config{URL: u})
		if err == nil {
			t.Errorf("Open(%q): no error", u)
			_ = s.Close()
			continue
		}
		if strings.Contains(err.Error(), "sec") {
			t.Errorf("Open(%q) tells the password: %v", u, err)
		}
	}
}

func TestRedact(t *testing.T) {
	tests := map[string]string{
		"placard.db":                                                "placard.db",
		"postgres://placard:secret@db/placard":                      "postgres://placard:xxxxx@db/placard",
		"postgres://db/placard?password=secret":                     "postgres://db/placard?password=xxxxx",
		"postgres://placard:sec%ret@db/placard":                     "(not a URL)",
		"postgres://placard@127.0.0.1:5432/placard?sslmode=disable": "postgres://placard@127.0.0.1:5432/placard?sslmode=disable",
	}
	for u, want := range tests {
		if got := store.Redact(u); got != want {
			t.Errorf("Redact(%q) = %q, want %q", u, got, want)
		}
	}
}

func TestSQLiteFiles(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new folder", "größe 50%?#")
	s := storetest.OpenURL(t, filepath.Join(folder, "placard.db"))
	ctx := storetest.System(t)
	if err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) < 2 {
		t.Fatalf("files = %v", entries)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s may be read by others: %v", e.Name(), info.Mode())
		}
	}
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("folder: %v, %v", info.Mode(), err)
	}
}

func TestSQLiteSettings(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite)
	// 2: FULL.
	for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000"} {
		var got string
		if err := s.Writer().QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %q, %v; want %q", pragma, got, err, want)
		}
	}
	ctx := storetest.System(t)
	if err := newMeeting(s.Client(), "m1", s.Now()).Exec(ctx); err == nil {
		t.Error("a write outside of InTx went through")
	}
}

func TestQueryWithoutScopeFails(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		addMeetings(t, s, "m1")
		ctx := t.Context()
		checkNone := func(what string, err error) {
			t.Helper()
			if !errors.Is(err, scope.ErrNone) {
				t.Errorf("%s: %v, want %v", what, err, scope.ErrNone)
			}
		}
		_, err := s.Client().Meeting.Query().All(ctx)
		checkNone("query", err)
		_, err = s.Client().Meeting.Get(ctx, "m1")
		checkNone("get", err)
		_, err = s.Client().Meeting.Query().Count(ctx)
		checkNone("count", err)
		_ = s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Client.Meeting.Query().Exist(ctx)
			checkNone("exist in a transaction", err)
			_, err = tx.Client.Meeting.Update().SetState("CLOSED").Save(ctx)
			checkNone("update", err)
			_, err = tx.Client.Meeting.Delete().Exec(ctx)
			checkNone("delete", err)
			checkNone("create", newMeeting(tx.Client, "m2", tx.Now).Exec(ctx))
			return errors.New("roll back")
		})
	})
}

func TestWriteOutsideScopeTouchesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		addMeetings(t, s, "m1", "m2")
		bound := access.With(t.Context(), access.Principal{
			Role: placardv1.Access_SECRETARIAT, Account: "accounts/m1", Meetings: []string{"m1"},
		})
		err := s.InTx(bound, func(ctx context.Context, tx *store.Tx) error {
			n, err := tx.Client.Meeting.Update().Where(meeting.ID("m2")).SetState("CLOSED").Save(ctx)
			if err != nil || n != 0 {
				t.Errorf("update outside: %d rows, %v", n, err)
			}
			if n, err = tx.Client.Meeting.Delete().Where(meeting.ID("m2")).Exec(ctx); err != nil || n != 0 {
				t.Errorf("delete outside: %d rows, %v", n, err)
			}
			if err := tx.Client.Meeting.UpdateOneID("m2").SetState("CLOSED").Exec(ctx); !db.IsNotFound(err) {
				t.Errorf("update of one outside: %v, want not found", err)
			}
			if n, err = tx.Client.Meeting.Update().SetState("CLOSED").Save(ctx); err != nil || n != 1 {
				t.Errorf("update of all: %d rows, %v; want 1", n, err)
			}
			err = tx.Client.Invitation.Create().SetMeetingID("m2").SetEntityID("AUT").SetParticipationStatus("STATE_PARTY").
				SetLanguage("de").SetChannel("EMAIL").SetState("DRAFT").SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
			if !errors.Is(err, scope.ErrOutside) {
				t.Errorf("create outside: %v, want %v", err, scope.ErrOutside)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		states := map[string]string{}
		for _, m := range s.Client().Meeting.Query().AllX(storetest.System(t)) {
			states[m.ID] = m.State
		}
		if diff := cmp.Diff(map[string]string{"m1": "CLOSED", "m2": "OPEN"}, states); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTimesComeBackEqual(t *testing.T) {
	zone := time.FixedZone("somewhere", -7*3600)
	// The clock gives more than is kept; a time may come in any zone.
	clock := time.Date(2010, 1, 27, 23, 59, 59, 123456789, zone)
	kept := time.Date(2010, 1, 28, 6, 59, 59, 123456000, time.UTC)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		if !s.Now().Equal(kept) || s.Now().Location() != time.UTC {
			t.Errorf("Now = %v, want %v", s.Now(), kept)
		}
		deadlines := []time.Time{
			kept, kept.In(zone), kept.Truncate(time.Second), kept.Add(time.Microsecond), kept.Add(44 * time.Microsecond),
			time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC),
		}
		ctx := storetest.System(t)
		for _, deadline := range deadlines {
			err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
				if !tx.Now.Equal(kept) {
					t.Errorf("tx.Now = %v, want %v", tx.Now, kept)
				}
				tx.Client.Meeting.Delete().ExecX(ctx)
				return newMeeting(tx.Client, "m1", tx.Now).SetDeadlineTime(deadline).Exec(ctx)
			})
			if err != nil {
				t.Fatal(err)
			}
			m, err := s.Client().Meeting.Query().Where(meeting.DeadlineTime(deadline), meeting.CreateTimeEQ(kept.In(zone))).Only(ctx)
			if err != nil {
				t.Errorf("looked for %v: %v", deadline, err)
				continue
			}
			if !m.DeadlineTime.Equal(deadline) || !m.CreateTime.Equal(kept) {
				t.Errorf("deadline %v, made %v; want %v, %v", m.DeadlineTime, m.CreateTime, deadline, kept)
			}
			if m.CloseTime != nil {
				t.Errorf("no time came back as %v", m.CloseTime)
			}
		}
	}, storetest.At(clock))
}

func TestTimesAreOrdered(t *testing.T) {
	start := time.Date(2010, 1, 15, 0, 0, 0, 0, time.UTC)
	// In order, with all numbers of digits.
	times := []time.Time{
		start, start.Add(time.Microsecond), start.Add(10 * time.Microsecond), start.Add(time.Millisecond),
		start.Add(1500 * time.Microsecond), start.Add(100 * time.Millisecond), start.Add(120 * time.Millisecond),
		start.Add(time.Second), start.Add(24 * time.Hour),
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := storetest.System(t)
		err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			for i := range times {
				j := len(times) - 1 - i
				if err := newMeeting(tx.Client, string(rune('a'+j)), tx.Now).SetDeadlineTime(times[j]).Exec(ctx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		ids, err := s.Client().Meeting.Query().Order(meeting.ByDeadlineTime()).IDs(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(ids, ""); got != "abcdefghi" {
			t.Errorf("order = %s", got)
		}
		for i, at := range times {
			if n := s.Client().Meeting.Query().Where(meeting.DeadlineTimeLT(at)).CountX(ctx); n != i {
				t.Errorf("%d before %v, want %d", n, at, i)
			}
		}
	})
}

// Whatever the collation of the database.
func TestTextIsOrderedByItsBytes(t *testing.T) {
	want := []string{"A", "Z", "a", "a-b", "ab", "z", "Ä", "é", "Я", "中"}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		addMeetings(t, s, "é", "a", "中", "Z", "Я", "ab", "A", "a-b", "z", "Ä")
		ids, err := s.Client().Meeting.Query().Order(meeting.ByID()).IDs(storetest.System(t))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, ids); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSnapshot(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := storetest.System(t)
		addMeetings(t, s, "m1")
		err := s.Snapshot(ctx, func(ctx context.Context, client *db.Client) error {
			before, err := client.Meeting.Query().Count(ctx)
			if err != nil {
				return err
			}
			addMeetings(t, s, "m2")
			after, err := client.Meeting.Query().Count(ctx)
			if before != 1 || after != 1 {
				t.Errorf("saw %d, then %d meetings; want 1 and 1", before, after)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if n := s.Client().Meeting.Query().CountX(ctx); n != 2 {
			t.Errorf("%d meetings afterwards, want 2", n)
		}
	})
}

func newMeeting(client *db.Client, id string, now time.Time) *db.MeetingCreate {
	return client.Meeting.Create().SetID(id).SetState("OPEN").SetStartDate("2010-01-27").SetEndDate("2010-01-29").
		SetTimeZone("Europe/Vienna").SetLatePolicy("ACCEPT").SetModality("IN_PERSON").SetContent("{}").
		SetCreateTime(now).SetUpdateTime(now)
}

func addMeetings(t *testing.T, s *store.Store, ids ...string) {
	t.Helper()
	err := s.InTx(storetest.System(t), func(ctx context.Context, tx *store.Tx) error {
		for _, id := range ids {
			if err := newMeeting(tx.Client, id, tx.Now).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
