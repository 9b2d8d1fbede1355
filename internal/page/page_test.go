package page_test

import (
	"context"
	"encoding/base64"
	"slices"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/secret"
)

func codec(t *testing.T) *page.Codec {
	t.Helper()
	c, err := page.NewCodec(secret.New())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mission(t *testing.T, entity string) context.Context {
	t.Helper()
	return access.With(t.Context(), access.Principal{Role: placardv1.Access_MISSION, Entity: entity})
}

func TestSize(t *testing.T) {
	for wish, want := range map[int32]int{0: 100, 1: 1, 1000: 1000, 1001: 1000} {
		if got := page.Size(wish); got != want {
			t.Errorf("%d: %d, want %d", wish, got, want)
		}
	}
}

// flipped is a token of which one bit is another.
func flipped(t *testing.T, token string) string {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	return base64.RawURLEncoding.EncodeToString(b)
}

func TestToken(t *testing.T) {
	c := codec(t)
	ctx := mission(t, "AUT")
	token, err := c.Encode(ctx, "last", "list", "filter")
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		codec   *page.Codec
		ctx     context.Context
		token   string
		binding []string
		ok      bool
	}{
		"the same list":   {c, ctx, token, []string{"list", "filter"}, true},
		"another filter":  {c, ctx, token, []string{"list", "other"}, false},
		"run together":    {c, ctx, token, []string{"listfilter"}, false},
		"another list":    {c, ctx, token, []string{"other", "filter"}, false},
		"another mission": {c, mission(t, "MEX"), token, []string{"list", "filter"}, false},
		"another server":  {codec(t), ctx, token, []string{"list", "filter"}, false},
		"changed":         {c, ctx, flipped(t, token), []string{"list", "filter"}, false},
		"nonsense":        {c, ctx, "!", []string{"list", "filter"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var last string
			resumed, err := x.codec.Decode(x.ctx, x.token, &last, x.binding...)
			f, _ := fault.As(err)
			if x.ok && (err != nil || !resumed || last != "last") || !x.ok && (f == nil || f.Reason != "PAGE_TOKEN_INVALID") {
				t.Errorf("resumed %v at %q: %v", resumed, last, err)
			}
		})
	}
}

// TestFetch pages through rows as a database would answer them.
func TestFetch(t *testing.T) {
	type row struct {
		at time.Time
		id int64
	}
	day := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	all := []row{{day, 1}, {day, 1 << 60}, {day.Add(time.Microsecond), 3}, {day.Add(time.Hour), 4}, {day.Add(time.Hour), 5}}
	keys := page.Keyset[row]{Columns: []string{"at", "id"}, Key: func(r row) []any { return []any{r.at, r.id} }}
	c, ctx := codec(t), mission(t, "AUT")
	var got []row
	req := &placardv1.ListKeysRequest{PageSize: 2}
	for range all {
		rows, next, err := page.Fetch(ctx, c, req, keys, []string{"list"}, func(after, order page.Narrow, limit int) ([]row, error) {
			s := sql.Dialect(dialect.Postgres).Select("*").From(sql.Table("t"))
			after(s)
			order(s)
			query, args := s.Query()
			want := `SELECT * FROM "t" ORDER BY "t"."at", "t"."id"`
			rest := all
			if len(args) > 0 {
				want = `SELECT * FROM "t" WHERE ("t"."at", "t"."id") > ($1, $2) ORDER BY "t"."at", "t"."id"`
				at := slices.Index(all, row{args[0].(time.Time), args[1].(int64)})
				rest = all[at+1:]
			}
			if query != want {
				t.Errorf("query %s, want %s", query, want)
			}
			return rest[:min(limit, len(rest))], nil
		})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, rows...)
		if req.PageToken = next; next == "" {
			break
		}
	}
	if !slices.Equal(got, all) {
		t.Errorf("got %v", got)
	}
}

// TestFetchOfAnotherOrder: a token goes on in the order that it was made for.
func TestFetchOfAnotherOrder(t *testing.T) {
	c, ctx := codec(t), mission(t, "AUT")
	ascending := page.Keyset[string]{Columns: []string{"name"}, Key: func(r string) []any { return []any{r} }}
	descending := ascending
	descending.Descending = true
	other := page.Keyset[string]{Columns: []string{"title"}, Key: ascending.Key}
	rows := func(_, _ page.Narrow, _ int) ([]string, error) { return []string{"a", "b"}, nil }
	_, token, err := page.Fetch(ctx, c, &placardv1.ListKeysRequest{PageSize: 1}, ascending, []string{"list"}, rows)
	if err != nil || token == "" {
		t.Fatal(token, err)
	}
	for _, keys := range []page.Keyset[string]{descending, other} {
		_, _, err := page.Fetch(ctx, c, &placardv1.ListKeysRequest{PageToken: token}, keys, []string{"list"}, rows)
		if f, _ := fault.As(err); f == nil || f.Reason != "PAGE_TOKEN_INVALID" {
			t.Errorf("order by %v, descending %v: %v", keys.Columns, keys.Descending, err)
		}
	}
}
