package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/un-placard/placard/ent/db/participantname"
	"github.com/un-placard/placard/ent/scope"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// words are rows of participants' names, in the meetings and of the entities given.
func words(n int, meeting, entity string) store.Rows {
	r := store.Rows{Table: participantname.Table, Columns: []string{
		participantname.FieldWord, participantname.FieldMeetingID, participantname.FieldEntityID, participantname.FieldParticipantID,
	}}
	for i := range n {
		r.Values = append(r.Values, []any{fmt.Sprintf("w%03d", n-i), meeting, entity, "p"})
	}
	return r
}

func TestInsert(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := storetest.System(t)
		insert := func(ctx context.Context, r store.Rows) (ids []int64, err error) {
			err = s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
				ids, err = tx.Insert(ctx, r)
				return err
			})
			return ids, err
		}
		r := words(300, "m1", "AUT")
		ids, err := insert(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, row := range r.Values {
			want = append(want, fmt.Sprint(row[0]))
		}
		var got []string
		for _, id := range ids {
			row, err := s.Client().ParticipantName.Get(ctx, id)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, row.Word)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("the rows of the ids (-want +got):\n%s", diff)
		}

		if _, err := insert(ctx, words(301, "m1", "AUT")); err == nil {
			t.Error("rows twice: no error")
		}
		r = words(301, "m1", "AUT")
		r.Once = true
		if ids, err := insert(ctx, r); err != nil || ids != nil {
			t.Errorf("once: %v, %v", ids, err)
		}
		if n, err := s.Client().ParticipantName.Query().Count(ctx); err != nil || n != 301 {
			t.Errorf("%d rows, want 301: %v", n, err)
		}
		if ids, err := insert(ctx, store.Rows{Table: "none"}); err != nil || ids != nil {
			t.Errorf("no rows: %v, %v", ids, err)
		}

		mission := scope.With(ctx, scope.Scope{AnyMeeting: true, Entity: "AUT"})
		bound := scope.With(ctx, scope.Scope{Meetings: []string{"m1"}})
		for _, x := range []struct {
			who     string
			ctx     context.Context
			rows    store.Rows
			outside bool
		}{
			{"a mission its own", mission, words(1, "m2", "AUT"), false},
			{"a mission another's", mission, words(1, "m3", "MEX"), true},
			{"who is bound to a meeting in it", bound, words(1, "m1", "MEX"), false},
			{"who is bound to a meeting in another", bound, words(1, "m4", "MEX"), true},
			{"a participant its own", scope.With(ctx, scope.Scope{Meetings: []string{"m5"}, Entity: "AUT", Participant: "p"}), words(1, "m5", "AUT"), false},
			{"a participant another's", scope.With(ctx, scope.Scope{Meetings: []string{"m6"}, Entity: "AUT", Participant: "q"}), words(1, "m6", "AUT"), true},
		} {
			if _, err := insert(x.ctx, x.rows); errors.Is(err, scope.ErrOutside) != x.outside || err != nil && !x.outside {
				t.Errorf("%s: %v", x.who, err)
			}
		}
		if _, err := insert(scope.With(t.Context(), scope.Scope{}), words(1, "m1", "AUT")); !errors.Is(err, scope.ErrOutside) {
			t.Errorf("with an empty scope: %v", err)
		}
		if _, err := insert(t.Context(), words(1, "m1", "AUT")); !errors.Is(err, scope.ErrNone) {
			t.Errorf("without a scope: %v", err)
		}
	})
}
