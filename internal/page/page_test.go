package page_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"testing"

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
		name string
		id   int64
	}
	all := []row{{"a", 1}, {"a", 1 << 60}, {"b", 3}, {"c", 4}, {"c", 5}}
	keys := page.Keyset[row]{Columns: []string{"name", "id"}, Key: func(r row) []any { return []any{r.name, r.id} }}
	c, ctx := codec(t), mission(t, "AUT")
	var got []row
	req := &placardv1.ListKeysRequest{PageSize: 2}
	for range all {
		rows, next, err := page.Fetch(ctx, c, req, keys, []string{"list"}, func(after, order page.Narrow, limit int) ([]row, error) {
			s := sql.Dialect(dialect.Postgres).Select("*").From(sql.Table("t"))
			after(s)
			order(s)
			query, args := s.Query()
			want := `SELECT * FROM "t" ORDER BY "t"."name", "t"."id"`
			rest := all
			if len(args) > 0 {
				want = `SELECT * FROM "t" WHERE ("t"."name", "t"."id") > ($1, $2) ORDER BY "t"."name", "t"."id"`
				at := slices.Index(all, row{fmt.Sprint(args[0]), args[1].(int64)})
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
