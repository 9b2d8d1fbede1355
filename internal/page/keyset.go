package page

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"
)

// Keyset is the order of a list, by columns that together are unique and of
// which none is NULL. A page begins behind the last row of the one before.
type Keyset[T any] struct {
	// Columns are sorted by, in this order.
	Columns []string
	// Descending sorts them all from the highest.
	Descending bool
	// Sorted says that the rows are few, and are all read and sorted: the
	// database is kept from walking through an index of far more rows only
	// because that is in this order.
	Sorted bool
	// Key are the values of the columns in a row: texts, whole numbers and times.
	Key func(row T) []any
}

// Narrow is what a list adds to its query.
type Narrow = func(*sql.Selector)

// Request is the request of a list.
type Request interface {
	GetPageSize() int32
	GetPageToken() string
}

// Fetch reads the page of a list that a request asks for, and answers it with
// the token of the next one, "" on the last. `binding` names the list and its
// other arguments; the order is bound by itself. `query` runs the query with a
// condition, an order and a limit.
func Fetch[T any](
	ctx context.Context, c *Codec, req Request, keys Keyset[T], binding []string,
	query func(after, order Narrow, limit int) ([]T, error),
) (rows []T, next string, err error) {
	bound := append(slices.Clip(binding), keys.name()...)
	var last key
	resumed, err := c.Decode(ctx, req.GetPageToken(), &last, bound...)
	if err != nil {
		return nil, "", err
	}
	after := func(*sql.Selector) {}
	if resumed {
		after = keys.after(last)
	}
	size := Size(req.GetPageSize())
	if rows, err = query(after, keys.order, size+1); err != nil {
		return nil, "", fmt.Errorf("%s: %w", binding[0], err)
	}
	if len(rows) <= size {
		return rows, "", nil
	}
	rows = rows[:size]
	next, err = c.Encode(ctx, key(keys.Key(rows[size-1])), bound...)
	return rows, next, err
}

// name tells one order of a list from another.
func (k Keyset[T]) name() []string {
	if k.Descending {
		return append([]string{"descending"}, k.Columns...)
	}
	return append([]string{"ascending"}, k.Columns...)
}

func (k Keyset[T]) order(s *sql.Selector) {
	for _, column := range k.Columns {
		s.OrderExpr(sql.ExprFunc(func(b *sql.Builder) {
			if k.Sorted {
				// As good as the column, and in no index.
				b.WriteString("COALESCE").Wrap(func(b *sql.Builder) { b.IdentComma(s.C(column), s.C(column)) })
			} else {
				b.Ident(s.C(column))
			}
			if k.Descending {
				b.WriteString(" DESC")
			}
		}))
	}
}

func (k Keyset[T]) after(last key) Narrow {
	return func(s *sql.Selector) {
		qualified := make([]string, len(k.Columns))
		for i, column := range k.Columns {
			qualified[i] = s.C(column)
		}
		if k.Descending {
			s.Where(sql.CompositeLT(qualified, last...))
		} else {
			s.Where(sql.CompositeGT(qualified, last...))
		}
	}
}

// key are the values of a sort key, as a token holds them. A time is a list of
// the microseconds since 1970, so that it is no number.
type key []any

// MarshalJSON writes what UnmarshalJSON reads.
func (k key) MarshalJSON() ([]byte, error) {
	values := make([]any, len(k))
	for i, v := range k {
		if t, ok := v.(time.Time); ok {
			v = []int64{t.UnixMicro()}
		}
		values[i] = v
	}
	return json.Marshal(values)
}

// UnmarshalJSON reads numbers as the whole numbers that they are.
func (k *key) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var values []any
	if err := d.Decode(&values); err != nil {
		return err
	}
	for i, v := range values {
		var err error
		if values[i], err = value(v); err != nil {
			return err
		}
	}
	*k = values
	return nil
}

// value is a value of a sort key, as it is compared with a column.
func value(v any) (any, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case json.Number:
		return v.Int64()
	case []any:
		if len(v) != 1 {
			break
		}
		if n, ok := v[0].(json.Number); ok {
			micros, err := n.Int64()
			return time.UnixMicro(micros).UTC(), err
		}
	}
	return nil, errors.New("not a value of a sort key")
}
