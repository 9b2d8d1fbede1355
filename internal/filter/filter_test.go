package filter_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/filter"
)

var fields = filter.Fields{
	"entity":      {Column: "entity_id", Resource: "entities"},
	"role":        {Column: "role", Enum: placardv1.Participant_Role(0).Descriptor()},
	"late":        {Column: "late", Bool: true},
	"start_date":  {Column: "start_date"},
	"create_time": {Column: "create_time", Time: true},
	"email":       {Column: "email"},
	// Of another table.
	"photo_missing": {Bool: true, Is: func(s *sql.Selector, missing any) *sql.Predicate {
		return sql.ExprP("missing("+s.C("id")+", ?)", missing)
	}},
	"external_id": {Column: "external_id", Narrow: true, Sparse: true},
	// With two columns, as names in two scripts have.
	"display_name": {Words: filter.WordsIn("search_key", "latin_key")},
}

func as(role access.Role) context.Context {
	return access.With(context.Background(), access.Principal{Role: role, Entity: "AUT"})
}

func predicate(ctx context.Context, text string) (string, []any, error) {
	p, err := filter.Predicate(ctx, &placardv1.Participant{}, fields, text)
	if err != nil {
		return "", nil, err
	}
	s := sql.Dialect(dialect.SQLite).Select("id").From(sql.Table("t"))
	p(s)
	query, args := s.Query()
	query = strings.TrimPrefix(query, "SELECT `id` FROM `t`")
	if condition, ok := strings.CutPrefix(query, " WHERE ("); ok {
		query = strings.TrimSuffix(condition, ")")
	}
	return query, args, nil
}

func TestPredicate(t *testing.T) {
	for _, tt := range []struct {
		text string
		sql  string
		args []any
	}{
		{"", "", nil},
		{"  ", "", nil},
		{`role = HEAD`, "`t`.`role` = ?", []any{"HEAD"}},
		{`role = "HEAD"`, "`t`.`role` = ?", []any{"HEAD"}},
		{`role != HEAD`, "`t`.`role` <> ?", []any{"HEAD"}},
		{`entity = "AUT"`, "`t`.`entity_id` = ?", []any{"AUT"}},
		{`entity = "entities/AUT"`, "`t`.`entity_id` = ?", []any{"AUT"}},
		{`entity=AUT`, "`t`.`entity_id` = ?", []any{"AUT"}},
		{`late = true`, "`t`.`late`", nil},
		{`late = false`, "NOT `t`.`late`", nil},
		{`start_date >= "2026-01-01" AND start_date < "2027-01-01"`,
			"`t`.`start_date` >= ? AND `t`.`start_date` < ?", []any{"2026-01-01", "2027-01-01"}},
		{`create_time > "2026-01-31T01:00:00.5+01:00"`, "`t`.`create_time` > ?",
			[]any{time.Date(2026, 1, 31, 0, 0, 0, 500_000_000, time.UTC)}},
		{`photo_missing = true`, "missing(`t`.`id`, ?)", []any{true}},
		{`photo_missing != true OR role = HEAD`, "(NOT (missing(`t`.`id`, ?))) OR `t`.`role` = ?", []any{true, "HEAD"}},
		{`start_date <= "a" OR start_date > "b"`, "`t`.`start_date` <= ? OR `t`.`start_date` > ?", []any{"a", "b"}},
		{`NOT role = HEAD`, "NOT (`t`.`role` = ?)", []any{"HEAD"}},
		{`-role = HEAD`, "NOT (`t`.`role` = ?)", []any{"HEAD"}},
		{`role = HEAD AND (late = true OR entity = "MEX")`,
			"`t`.`role` = ? AND (`t`.`late` OR `t`.`entity_id` = ?)", []any{"HEAD", "MEX"}},
		// OR binds more strongly than AND (AIP-160).
		{`role = HEAD AND role = EXPERT OR role = ADVISER`,
			"`t`.`role` = ? AND (`t`.`role` = ? OR `t`.`role` = ?)", []any{"HEAD", "EXPERT", "ADVISER"}},
		{`startDate = "x"`, "", nil}, // not a field of a participant
		{`externalId = "7"`, "`t`.`external_id` = ? AND `t`.`external_id` <> ''", []any{"7"}},
		{`externalId = ""`, "`t`.`external_id` = ?", []any{""}},
		{`displayName : "Gar"`, "((' ' || `t`.`search_key` LIKE ? OR ' ' || `t`.`latin_key` LIKE ?))", []any{"% gar%", "% gar%"}},
		{`display_name:"Ana-L%" AND role = HEAD`,
			"((' ' || `t`.`search_key` LIKE ? OR ' ' || `t`.`latin_key` LIKE ?) AND" +
				" (' ' || `t`.`search_key` LIKE ? OR ' ' || `t`.`latin_key` LIKE ?)) AND `t`.`role` = ?",
			[]any{"% ana%", "% ana%", "% l%", "% l%", "HEAD"}},
		// What looks like SQL is a value like any other.
		{`email = "' OR 1=1 --"`, "`t`.`email` = ?", []any{"' OR 1=1 --"}},
		{`email = "x\"); DROP TABLE t; --"`, "`t`.`email` = ?", []any{`x"); DROP TABLE t; --`}},
		{`email = '%_'`, "`t`.`email` = ?", []any{"%_"}},
		{`email = "用户@例子.公司"`, "`t`.`email` = ?", []any{"用户@例子.公司"}},
	} {
		t.Run(tt.text, func(t *testing.T) {
			query, args, err := predicate(as(placardv1.Access_MISSION), tt.text)
			if tt.text == `startDate = "x"` {
				if err == nil {
					t.Fatal("a name in JSON of another message is taken")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if query != tt.sql {
				t.Errorf("got  %s\nwant %s", query, tt.sql)
			}
			if diff := cmp.Diff(tt.args, args); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPredicateInvalid(t *testing.T) {
	for text, says := range map[string]string{
		`name = "x"`:                             "knows the fields create_time, display_name, email, entity, external_id, late, photo_missing, role, start_date",
		`role`:                                   "needs comparisons",
		`"role"`:                                 "needs comparisons",
		`role = BOSS`:                            `"BOSS", which is not one of HEAD, ALTERNATE_HEAD`,
		`role = ROLE_UNSPECIFIED`:                "is not one of",
		`role > HEAD`:                            "with = and != only",
		`late = maybe`:                           "true or false",
		`late < true`:                            "with = and != only",
		`photo_missing > true`:                   "with = and != only",
		`photo_missing = maybe`:                  "true or false",
		`create_time > "yesterday"`:              `a time such as "2026-01-31T00:00:00Z", not "yesterday"`,
		`create_time > "2026-01-31"`:             "a time such as",
		`external_id = 7`:                        "quotes",
		`role = HEAD late = true`:                "needs AND or OR",
		`role = `:                                "cannot be read",
		`role = HEAD)`:                           "cannot be read",
		`(role = HEAD`:                           "cannot be read",
		`role = "HEAD`:                           "unterminated",
		`role == HEAD`:                           "cannot be read",
		`role = role = role`:                     "cannot be read",
		`role:HEAD`:                              "uses : for names only",
		`display_name = "ana"`:                   "with : only",
		`display_name : "-"`:                     "without a letter",
		`display_name : *`:                       "without a letter",
		`display_name : "a b c d e f g h i j k"`: "more than 10 words",
		`f(role)`:                                "does not know",
		`role = f(x)`:                            "not a value",
		`role.x = HEAD`:                          "knows the fields",
		`email = "a" ; DROP TABLE t`:             "needs AND",
		"email = \"\xff\"":                       "UTF-8",
		`1 = 1`:                                  "knows the fields",
		`"email" = email`:                        "knows the fields",
		strings.Repeat("(", 21) + "late=true":    "deeper than 20",
		`email = "` + strings.Repeat("é", 2000) + `"`: "longer than 2000",
	} {
		t.Run(text[:min(len(text), 40)], func(t *testing.T) {
			_, _, err := predicate(as(placardv1.Access_ADMIN), text)
			f, ok := fault.As(err)
			if !ok || f.Code != codes.InvalidArgument || f.Reason != "FILTER_INVALID" || f.Violations[0].Field != "filter" {
				t.Fatalf("Predicate(%q) = %v", text, err)
			}
			if !strings.Contains(f.Message, says) {
				t.Errorf("Predicate(%q) says %q, want %q", text, f.Message, says)
			}
		})
	}
}

// TestWhereStandsAlone: what a caller asks for does not loosen what else is
// asked of the rows.
func TestWhereStandsAlone(t *testing.T) {
	for _, text := range []string{`role = HEAD OR late = true`, `display_name : "ana"`, `NOT role = HEAD OR NOT late = true`} {
		f, err := filter.Read(as(placardv1.Access_ADMIN), &placardv1.Participant{}, fields, text)
		if err != nil {
			t.Fatal(err)
		}
		s := sql.Dialect(dialect.SQLite).Select("id").From(sql.Table("t"))
		f.Where(s)
		s.Where(sql.EQ("entity_id", "AUT"))
		query, _ := s.Query()
		_, condition, _ := strings.Cut(query, " WHERE ")
		if !strings.HasPrefix(condition, "(") || !strings.HasSuffix(condition, ") AND `entity_id` = ?") {
			t.Errorf("%s: %s", text, condition)
		}
	}
}

func TestNarrow(t *testing.T) {
	for text, want := range map[string]bool{
		``:                                      false,
		`external_id = "7"`:                     true,
		`external_id = ""`:                      false,
		`external_id != "7"`:                    false,
		`external_id > "7"`:                     false,
		`NOT external_id = "7"`:                 false,
		`role = HEAD`:                           false,
		`role = HEAD AND external_id = "7"`:     true,
		`role = HEAD OR external_id = "7"`:      false,
		`display_name:"ana" OR external_id="7"`: true,
		`display_name : "gar"`:                  true,
		`display_name : "a ga"`:                 false,
		`display_name : "ём"`:                   true,
		`display_name : "王"`:                    true,
		`(role = HEAD OR late = true) AND NOT display_name : "gar"`: false,
	} {
		f, err := filter.Read(as(placardv1.Access_ADMIN), &placardv1.Participant{}, fields, text)
		if err != nil || f.Narrow() != want {
			t.Errorf("%s: narrow %v, %v", text, f.Narrow(), err)
		}
	}
}

// TestUnion: what is searched in another table is not joined with anything else
// by an OR that no index could answer.
func TestUnion(t *testing.T) {
	apart := filter.Fields{
		"external_id":  {Column: "external_id", Narrow: true},
		"role":         {Column: "role"},
		"display_name": {Words: filter.WordsIn("search_key"), Apart: true},
	}
	for text, selects := range map[string]int{
		`display_name : "ana"`:                            1,
		`external_id = "7" OR external_id = "8"`:          1,
		`display_name : "ana" OR role = "HEAD"`:           1,
		`display_name : "ana" OR external_id = "7"`:       3,
		`NOT (display_name : "ana" OR external_id = "7")`: 3,
		`external_id = "7" OR display_name : "ana" OR display_name : "bea" OR (role = "HEAD" AND display_name : "eva")`: 5,
	} {
		f, err := filter.Read(as(placardv1.Access_ADMIN), &placardv1.Participant{}, apart, text)
		if err != nil {
			t.Fatal(err)
		}
		s := sql.Dialect(dialect.Postgres).Select("id").From(sql.Dialect(dialect.Postgres).Table("t"))
		f.Where(s)
		query, args := s.Query()
		if got := strings.Count(query, "SELECT"); got != selects || strings.Count(query, "$") != len(args) || strings.Contains(query, "`") {
			t.Errorf("%s: %s %v", text, query, args)
		}
	}
}

func TestPredicateHidden(t *testing.T) {
	for _, text := range []string{`email = "a@example.org"`, `late = true OR (NOT externalId = "7")`} {
		_, _, err := predicate(as(placardv1.Access_PASS_OFFICE), text)
		f, ok := fault.As(err)
		if !ok || f.Code != codes.PermissionDenied || f.Reason != "FIELD_NOT_READABLE" {
			t.Errorf("Predicate(%q) = %v", text, err)
		}
	}
}

// Filters that are made to be expensive are answered quickly.
func TestPredicateTime(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("(", 20) + strings.Repeat("late=true OR ", 140) + "late=true" + strings.Repeat(")", 20),
		strings.Repeat("f(", 20) + strings.Repeat(")", 20),
		strings.Repeat("(f(", 10) + "x",
		strings.Repeat("NOT ", 500) + "late=true",
		strings.Repeat("-", 1990),
		strings.Repeat("a.", 999) + "a",
		strings.Repeat("late=(", 20) + "x",
	} {
		start := time.Now()
		_, _, _ = predicate(as(placardv1.Access_ADMIN), text)
		if took := time.Since(start); took > time.Second {
			t.Errorf("%.40q took %v", text, took)
		}
	}
}

func FuzzPredicate(f *testing.F) {
	f.Add(`role = HEAD AND (late = true OR NOT entity = "MEX")`)
	f.Fuzz(func(_ *testing.T, text string) {
		_, _, _ = predicate(as(placardv1.Access_ADMIN), text)
	})
}
