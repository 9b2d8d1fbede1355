// Package filter turns the filters of lists (AIP-160) into conditions of the
// database: AND, OR, NOT, parentheses, = != < <= > >= on texts, times, enums
// and booleans, and : on names. Values are always arguments of the query, never part of it.
package filter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"
	"go.einride.tech/aip/filtering"
	expr "google.golang.org/genproto/googleapis/api/expr/v1alpha1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/locale"
)

const (
	// maxLength is the longest filter, in characters.
	maxLength = 2000
	// maxDepth is how deep parentheses may stand in one another.
	maxDepth = 20
	// maxWords is how many words a search has at the most.
	maxWords = 10
	// selective is the length in bytes from which on the beginning of a word
	// finds few of many names: three Latin letters, two Arabic or Cyrillic, one
	// Chinese character.
	selective = 3
)

// Fields are what a list can be filtered by, by the names of the contract.
type Fields map[string]Field

// Field is one field that a list can be filtered by. Without Enum, Bool, Time and
// Resource it is a text.
type Field struct {
	// Column holds the value. It is never NULL.
	Column string
	// Enum is the enum of which the column holds a name.
	Enum protoreflect.EnumDescriptor
	// Bool says that the column is a boolean.
	Bool bool
	// Time says that the column is a time, which is written as in RFC 3339.
	Time bool
	// Resource is the collection of which the column holds the last part of a
	// name: with "entities", both "AUT" and "entities/AUT" are found.
	Resource string
	// Narrow says that `=` finds few rows of a large table.
	Narrow bool
	// Sparse says that the column's index leaves out empty texts.
	Sparse bool
	// Words makes the field one of names, which is only searched (`:`): it
	// answers the condition that a name has, for each word, a word that begins
	// with it. The words are those of locale.SearchWords, at least one.
	Words func(s *sql.Selector, words []string) *sql.Predicate
	// Apart says that Words looks into another table, so that no index serves it
	// beside what it is joined with by OR.
	Apart bool
	// Is makes the field one that is no column of the table: it answers the
	// condition that the field equals a value. It is compared with = and != only.
	Is func(s *sql.Selector, value any) *sql.Predicate
}

// WordsIn searches names in columns that hold their keys (locale.SearchKey).
// Each word may be found in any of the columns.
func WordsIn(columns ...string) func(*sql.Selector, []string) *sql.Predicate {
	return func(s *sql.Selector, words []string) *sql.Predicate {
		return sql.P(func(b *sql.Builder) {
			b.Wrap(func(b *sql.Builder) {
				for i, word := range words {
					if i > 0 {
						b.WriteString(" AND ")
					}
					b.Wrap(func(b *sql.Builder) {
						for j, column := range columns {
							if j > 0 {
								b.WriteString(" OR ")
							}
							b.WriteString("' ' || ").Ident(s.C(column)).WriteString(" LIKE ").Arg("% " + word + "%")
						}
					})
				}
			})
		})
	}
}

// Filter is a filter that was read.
type Filter struct {
	condition condition
	narrow    bool
	// apart tells whether a search in it is.
	apart bool
	// either are the conditions that an OR joins.
	either []condition
}

// Where adds the condition to a query. It stands in parentheses, whatever is in
// it, so that no OR of a caller reaches past the conditions of its scope.
func (f Filter) Where(s *sql.Selector) {
	if f.condition != nil {
		s.Where(sql.P(func(b *sql.Builder) { b.Wrap(func(b *sql.Builder) { b.Join(f.condition(s)) }) }))
	}
}

// Narrow tells whether the filter finds few rows of a large table: whether
// among what it joins with AND is a field that is Narrow, or a search.
func (f Filter) Narrow() bool { return f.narrow }

// Predicate is the condition of a filter (see Read).
func Predicate(ctx context.Context, of proto.Message, fields Fields, text string) (func(*sql.Selector), error) {
	f, err := Read(ctx, of, fields, text)
	return f.Where, err
}

// Read reads a filter; an empty one means any. `of` is the resource that is
// listed: a field of it that the caller may not read cannot be asked for in a
// filter either.
//
// An invalid filter is a fault on the field `filter` that says what is wrong.
func Read(ctx context.Context, of proto.Message, fields Fields, text string) (Filter, error) {
	if strings.TrimSpace(text) == "" {
		return Filter{}, nil
	}
	if utf8.RuneCountInString(text) > maxLength {
		return Filter{}, invalid("is longer than %d characters", maxLength)
	}
	if depth(text) > maxDepth {
		return Filter{}, invalid("has parentheses deeper than %d", maxDepth)
	}
	var p filtering.Parser
	p.Init(text)
	parsed, err := p.Parse()
	if err != nil {
		return Filter{}, invalid("cannot be read: %s", innermost(err))
	}
	b := builder{role: access.From(ctx).Role, of: of.ProtoReflect().Descriptor(), fields: fields}
	return b.filter(parsed.GetExpr())
}

func invalid(format string, args ...any) error {
	return fault.Invalid(fault.Violation{Field: "filter", Reason: "FILTER_INVALID", Message: fmt.Sprintf(format, args...)})
}

// depth is how deep the parentheses of a filter go, those in texts left aside.
func depth(text string) int {
	deepest, open := 0, 0
	var quote rune
	escaped := false
	for _, r := range text {
		switch {
		case escaped:
			escaped = false
		case quote != 0:
			escaped = r == '\\'
			if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'':
			quote = r
		case r == '(':
			open++
			deepest = max(deepest, open)
		case r == ')':
			open--
		}
	}
	return deepest
}

// innermost is the part of a parse error that says what is wrong; those around
// it repeat where in the grammar.
func innermost(err error) string {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err.Error()
}

// condition makes the condition for a query. The columns of a query are only
// known in it.
type condition func(*sql.Selector) *sql.Predicate

type builder struct {
	role   access.Role
	of     protoreflect.MessageDescriptor
	fields Fields
}

func (b builder) filter(e *expr.Expr) (Filter, error) {
	call := e.GetCallExpr()
	if call == nil {
		return Filter{}, invalid("needs comparisons, such as field = \"value\"")
	}
	switch call.GetFunction() {
	case filtering.FunctionAnd, filtering.FunctionOr, filtering.FunctionNot:
		return b.combined(call)
	case filtering.FunctionFuzzyAnd:
		return Filter{}, invalid("needs AND or OR between comparisons, and quotes around values with spaces")
	case filtering.FunctionEquals, filtering.FunctionNotEquals, filtering.FunctionLessThan,
		filtering.FunctionLessEquals, filtering.FunctionGreaterThan, filtering.FunctionGreaterEquals,
		filtering.FunctionHas:
		return b.comparison(call)
	default:
		return Filter{}, invalid("does not know %q", call.GetFunction())
	}
}

func (b builder) combined(call *expr.Expr_Call) (Filter, error) {
	var parts, either []condition
	narrow, apart := 0, false
	for _, arg := range call.GetArgs() {
		part, err := b.filter(arg)
		if err != nil {
			return Filter{}, err
		}
		parts = append(parts, part.condition)
		if len(part.either) > 0 {
			either = append(either, part.either...)
		} else {
			either = append(either, part.condition)
		}
		apart = apart || part.apart
		if part.narrow {
			narrow++
		}
	}
	joined := func(join func(...*sql.Predicate) *sql.Predicate) condition {
		return func(s *sql.Selector) *sql.Predicate {
			predicates := make([]*sql.Predicate, len(parts))
			for i, part := range parts {
				predicates[i] = part(s)
			}
			return join(predicates...)
		}
	}
	switch call.GetFunction() {
	case filtering.FunctionNot:
		return Filter{apart: apart, condition: joined(func(p ...*sql.Predicate) *sql.Predicate { return sql.Not(p[0]) })}, nil
	case filtering.FunctionOr:
		f := Filter{narrow: narrow == len(parts), apart: apart, either: either, condition: joined(sql.Or)}
		if f.narrow && f.apart {
			f.condition = func(s *sql.Selector) *sql.Predicate { return union(s, either) }
		}
		return f, nil
	default:
		return Filter{narrow: narrow > 0, apart: apart, condition: joined(sql.And)}, nil
	}
}

// union is an OR as the union of what each condition finds, each by an index of
// its own.
func union(s *sql.Selector, either []condition) *sql.Predicate {
	var all *sql.Selector
	in := sql.Dialect(s.Dialect())
	for _, one := range either {
		t := in.Table(s.TableName())
		found := in.Select(t.C("id")).From(t)
		found.Where(one(found))
		if all == nil {
			all = found
		} else {
			all.Union(found)
		}
	}
	return sql.In(s.C("id"), all)
}

func (b builder) comparison(call *expr.Expr_Call) (Filter, error) {
	name := call.GetArgs()[0].GetIdentExpr().GetName()
	field, ok := b.field(&name)
	if !ok {
		return Filter{}, invalid("knows the fields %s, on the left side of a comparison",
			strings.Join(slices.Sorted(maps.Keys(b.fields)), ", "))
	}
	if d := b.of.Fields().ByName(protoreflect.Name(name)); d != nil && !access.MayRead(b.role, d) {
		return Filter{}, fault.Denied("FIELD_NOT_READABLE",
			fmt.Sprintf("the role %s may not filter by %s", b.role, name), "role", b.role.String(), "field", name)
	}
	value, err := field.value(name, call.GetArgs()[1])
	if err != nil {
		return Filter{}, err
	}
	switch f := call.GetFunction(); {
	case field.Words != nil && f != filtering.FunctionHas:
		return Filter{}, invalid("searches %s with : only", name)
	case field.Words != nil:
		return field.search(name, value)
	case f == filtering.FunctionHas:
		return Filter{}, invalid("compares %s with =, and uses : for names only", name)
	case (field.Bool || field.Enum != nil || field.Resource != "" || field.Is != nil) &&
		f != filtering.FunctionEquals && f != filtering.FunctionNotEquals:
		return Filter{}, invalid("compares %s with = and != only", name)
	}
	if field.Is != nil {
		return Filter{condition: func(s *sql.Selector) *sql.Predicate {
			if call.GetFunction() == filtering.FunctionNotEquals {
				return sql.Not(field.Is(s, value))
			}
			return field.Is(s, value)
		}}, nil
	}
	equals := call.GetFunction() == filtering.FunctionEquals && value != ""
	return Filter{narrow: field.Narrow && equals, condition: func(s *sql.Selector) *sql.Predicate {
		column := s.C(field.Column)
		switch call.GetFunction() {
		case filtering.FunctionEquals:
			if field.Sparse && equals {
				// The text is part of the statement, so that the partial index is found.
				return sql.And(sql.EQ(column, value), sql.ExprP(column+" <> ''"))
			}
			return sql.EQ(column, value)
		case filtering.FunctionNotEquals:
			return sql.NEQ(column, value)
		case filtering.FunctionLessThan:
			return sql.LT(column, value)
		case filtering.FunctionLessEquals:
			return sql.LTE(column, value)
		case filtering.FunctionGreaterThan:
			return sql.GT(column, value)
		default:
			return sql.GTE(column, value)
		}
	}}, nil
}

// search makes the condition of a search for names.
func (f Field) search(name string, value any) (Filter, error) {
	words := locale.SearchWords(fmt.Sprint(value))
	switch {
	case len(words) == 0:
		return Filter{}, invalid("searches %s without a letter", name)
	case len(words) > maxWords:
		return Filter{}, invalid("searches %s for more than %d words", name, maxWords)
	}
	return Filter{
		narrow:    len(Longest(words)) >= selective,
		apart:     f.Apart,
		condition: func(s *sql.Selector) *sql.Predicate { return f.Words(s, words) },
	}, nil
}

// Longest is the longest of the words of a search, which finds the fewest.
func Longest(words []string) string {
	return slices.MaxFunc(words, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
}

// field finds a field by its name, or by its name in JSON.
func (b builder) field(name *string) (Field, bool) {
	if f, ok := b.fields[*name]; ok {
		return f, true
	}
	if d := b.of.Fields().ByJSONName(*name); d != nil {
		if f, ok := b.fields[string(d.Name())]; ok {
			*name = string(d.Name())
			return f, true
		}
	}
	return Field{}, false
}

// value is the value on the right side of a comparison, as the column has it.
func (f Field) value(name string, e *expr.Expr) (any, error) {
	var text string
	switch v := e.GetConstExpr().GetConstantKind().(type) {
	case *expr.Constant_StringValue:
		text = v.StringValue
	case nil:
		// A word without quotes.
		if text = e.GetIdentExpr().GetName(); text == "" {
			return nil, invalid("compares %s with something that is not a value", name)
		}
	default:
		return nil, invalid("needs quotes around the value of %s", name)
	}
	if strings.IndexFunc(text, unicode.IsControl) >= 0 {
		return nil, invalid("has a control character in the value of %s", name)
	}
	switch {
	case f.Bool:
		if text != "true" && text != "false" {
			return nil, invalid("compares %s with true or false, not %q", name, text)
		}
		return text == "true", nil
	case f.Time:
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return nil, invalid("compares %s with a time such as \"2026-01-31T00:00:00Z\", not %q", name, text)
		}
		return at.UTC(), nil
	case f.Enum != nil:
		values := f.Enum.Values()
		if v := values.ByName(protoreflect.Name(text)); v != nil && v.Number() != 0 {
			return text, nil
		}
		var known []string
		for i := range values.Len() {
			if v := values.Get(i); v.Number() != 0 {
				known = append(known, string(v.Name()))
			}
		}
		return nil, invalid("compares %s with %q, which is not one of %s", name, text, strings.Join(known, ", "))
	case f.Resource != "":
		return cmp.Or(strings.TrimPrefix(text, f.Resource+"/"), text), nil
	default:
		return text, nil
	}
}
