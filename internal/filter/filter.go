// Package filter turns the filters of lists (AIP-160) into conditions of the
// database: AND, OR, NOT, parentheses, and = != < <= > >= on texts, enums and
// booleans. Values are always arguments of the query, never part of it.
package filter

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"
	"go.einride.tech/aip/filtering"
	expr "google.golang.org/genproto/googleapis/api/expr/v1alpha1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
)

const (
	// maxLength is the longest filter, in characters.
	maxLength = 2000
	// maxDepth is how deep parentheses may stand in one another.
	maxDepth = 20
)

// Fields are what a list can be filtered by, by the names of the contract.
type Fields map[string]Field

// Field is one field that a list can be filtered by. Without Enum, Bool and
// Resource it is a text.
type Field struct {
	// Column holds the value. It is never NULL.
	Column string
	// Enum is the enum of which the column holds a name.
	Enum protoreflect.EnumDescriptor
	// Bool says that the column is a boolean.
	Bool bool
	// Resource is the collection of which the column holds the last part of a
	// name: with "entities", both "AUT" and "entities/AUT" are found.
	Resource string
}

// Predicate is the condition that a filter means; an empty one means any. `of`
// is the resource that is listed: a field of it that the caller may not read
// cannot be asked for in a filter either.
//
// An invalid filter is a fault on the field `filter` that says what is wrong.
func Predicate(ctx context.Context, of proto.Message, fields Fields, text string) (func(*sql.Selector), error) {
	if strings.TrimSpace(text) == "" {
		return func(*sql.Selector) {}, nil
	}
	if utf8.RuneCountInString(text) > maxLength {
		return nil, invalid("is longer than %d characters", maxLength)
	}
	if depth(text) > maxDepth {
		return nil, invalid("has parentheses deeper than %d", maxDepth)
	}
	var p filtering.Parser
	p.Init(text)
	parsed, err := p.Parse()
	if err != nil {
		return nil, invalid("cannot be read: %s", innermost(err))
	}
	b := builder{role: access.From(ctx).Role, of: of.ProtoReflect().Descriptor(), fields: fields}
	c, err := b.condition(parsed.GetExpr())
	if err != nil {
		return nil, err
	}
	return func(s *sql.Selector) { s.Where(c(s)) }, nil
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

func (b builder) condition(e *expr.Expr) (condition, error) {
	call := e.GetCallExpr()
	if call == nil {
		return nil, invalid("needs comparisons, such as field = \"value\"")
	}
	switch call.GetFunction() {
	case filtering.FunctionAnd, filtering.FunctionOr, filtering.FunctionNot:
		return b.combined(call)
	case filtering.FunctionFuzzyAnd:
		return nil, invalid("needs AND or OR between comparisons, and quotes around values with spaces")
	case filtering.FunctionEquals, filtering.FunctionNotEquals, filtering.FunctionLessThan,
		filtering.FunctionLessEquals, filtering.FunctionGreaterThan, filtering.FunctionGreaterEquals:
		return b.comparison(call)
	default:
		return nil, invalid("does not know %q", call.GetFunction())
	}
}

func (b builder) combined(call *expr.Expr_Call) (condition, error) {
	parts := make([]condition, len(call.GetArgs()))
	for i, arg := range call.GetArgs() {
		var err error
		if parts[i], err = b.condition(arg); err != nil {
			return nil, err
		}
	}
	return func(s *sql.Selector) *sql.Predicate {
		predicates := make([]*sql.Predicate, len(parts))
		for i, part := range parts {
			predicates[i] = part(s)
		}
		switch call.GetFunction() {
		case filtering.FunctionAnd:
			return sql.And(predicates...)
		case filtering.FunctionOr:
			return sql.Or(predicates...)
		default:
			return sql.Not(predicates[0])
		}
	}, nil
}

func (b builder) comparison(call *expr.Expr_Call) (condition, error) {
	name := call.GetArgs()[0].GetIdentExpr().GetName()
	field, ok := b.field(&name)
	if !ok {
		return nil, invalid("knows the fields %s, on the left side of a comparison",
			strings.Join(slices.Sorted(maps.Keys(b.fields)), ", "))
	}
	if d := b.of.Fields().ByName(protoreflect.Name(name)); d != nil && !access.MayRead(b.role, d) {
		return nil, fault.Denied("FIELD_NOT_READABLE",
			fmt.Sprintf("the role %s may not filter by %s", b.role, name), "role", b.role.String(), "field", name)
	}
	value, err := field.value(name, call.GetArgs()[1])
	if err != nil {
		return nil, err
	}
	if field.Bool || field.Enum != nil || field.Resource != "" {
		if f := call.GetFunction(); f != filtering.FunctionEquals && f != filtering.FunctionNotEquals {
			return nil, invalid("compares %s with = and != only", name)
		}
	}
	return func(s *sql.Selector) *sql.Predicate {
		column := s.C(field.Column)
		switch call.GetFunction() {
		case filtering.FunctionEquals:
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
	}, nil
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
