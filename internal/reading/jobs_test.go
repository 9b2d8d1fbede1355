package reading_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/reading"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// TestForget: what is older than a year is deleted, in several transactions where it
// is much, and nothing else.
func TestForget(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const old = 2345
		ctx := storetest.System(t)
		err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			rows := store.Rows{Table: "readings", Columns: []string{
				"id", "meeting_id", "entity_id", "kind", "resource", "principal", "role", "key", "method", "create_time"}}
			year := tx.Now.AddDate(-1, 0, 0)
			add := func(id string, at time.Time) {
				rows.Values = append(rows.Values, []any{id, "m1", "AUT", "CONTACTS", "r", "p", "SECRETARIAT", "k", "m", at})
			}
			for i := range old {
				add("old-"+time.Duration(i).String(), year.Add(-time.Duration(i+1)*time.Minute))
			}
			add("young", year.Add(time.Hour))
			add("new", tx.Now)
			rows.Once = true // the ids are no numbers
			_, err := tx.Insert(ctx, rows)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		q, err := job.New(s, slog.New(slog.DiscardHandler), reading.Forget(s))
		if err != nil {
			t.Fatal(err)
		}
		if err := q.Start(ctx); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := q.Stop(context.WithoutCancel(ctx)); err != nil {
				t.Error(err)
			}
		})
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
			rows, err := s.Client().Reading.Query().All(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) == 2 && rows[0].ID != rows[1].ID && rows[0].ID[0] != 'o' && rows[1].ID[0] != 'o' {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("%d rows stay", len(rows))
			}
		}
	})
}
