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
	"email":       {Column: "email"},
	"external_id": {Column: "external_id"},
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
	return strings.TrimPrefix(strings.TrimPrefix(query, "SELECT `id` FROM `t`"), " WHERE "), args, nil
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
		{`start_date <= "a" OR start_date > "b"`, "`t`.`start_date` <= ? OR `t`.`start_date` > ?", []any{"a", "b"}},
		{`NOT role = HEAD`, "NOT (`t`.`role` = ?)", []any{"HEAD"}},
		{`-role = HEAD`, "NOT (`t`.`role` = ?)", []any{"HEAD"}},
		{`role = HEAD AND (late = true OR entity = "MEX")`,
			"`t`.`role` = ? AND (`t`.`late` OR `t`.`entity_id` = ?)", []any{"HEAD", "MEX"}},
		// OR binds more strongly than AND (AIP-160).
		{`role = HEAD AND role = EXPERT OR role = ADVISER`,
			"`t`.`role` = ? AND (`t`.`role` = ? OR `t`.`role` = ?)", []any{"HEAD", "EXPERT", "ADVISER"}},
		{`startDate = "x"`, "", nil}, // not a field of a participant
		{`externalId = "7"`, "`t`.`external_id` = ?", []any{"7"}},
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
		`name = "x"`:                          "knows the fields email, entity, external_id, late, role, start_date",
		`role`:                                "needs comparisons",
		`"role"`:                              "needs comparisons",
		`role = BOSS`:                         `"BOSS", which is not one of HEAD, ALTERNATE_HEAD`,
		`role = ROLE_UNSPECIFIED`:             "is not one of",
		`role > HEAD`:                         "with = and != only",
		`late = maybe`:                        "true or false",
		`late < true`:                         "with = and != only",
		`external_id = 7`:                     "quotes",
		`role = HEAD late = true`:             "needs AND or OR",
		`role = `:                             "cannot be read",
		`role = HEAD)`:                        "cannot be read",
		`(role = HEAD`:                        "cannot be read",
		`role = "HEAD`:                        "unterminated",
		`role == HEAD`:                        "cannot be read",
		`role = role = role`:                  "cannot be read",
		`role:HEAD`:                           "does not know",
		`f(role)`:                             "does not know",
		`role = f(x)`:                         "not a value",
		`role.x = HEAD`:                       "knows the fields",
		`email = "a" ; DROP TABLE t`:          "needs AND",
		"email = \"\xff\"":                    "UTF-8",
		`1 = 1`:                               "knows the fields",
		`"email" = email`:                     "knows the fields",
		strings.Repeat("(", 21) + "late=true": "deeper than 20",
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
