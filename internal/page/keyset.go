package page

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"entgo.io/ent/dialect/sql"
)

// Keyset is the order of a list, by columns that together are unique and of
// which none is NULL. A page begins behind the last row of the one before.
type Keyset[T any] struct {
	// Columns are sorted by, in this order.
	Columns []string
	// Descending sorts them all from the highest.
	Descending bool
	// Key are the values of the columns in a row: texts and whole numbers.
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
// other arguments. `query` runs the query with a condition, an order and a limit.
func Fetch[T any](
	ctx context.Context, c *Codec, req Request, keys Keyset[T], binding []string,
	query func(after, order Narrow, limit int) ([]T, error),
) (rows []T, next string, err error) {
	var last key
	resumed, err := c.Decode(ctx, req.GetPageToken(), &last, binding...)
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
	next, err = c.Encode(ctx, keys.Key(rows[size-1]), binding...)
	return rows, next, err
}

func (k Keyset[T]) order(s *sql.Selector) {
	for _, column := range k.Columns {
		if k.Descending {
			s.OrderBy(sql.Desc(s.C(column)))
		} else {
			s.OrderBy(s.C(column))
		}
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

// key are the values of a sort key, as a token holds them.
type key []any

// UnmarshalJSON reads numbers as the whole numbers that they are.
func (k *key) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var values []any
	if err := d.Decode(&values); err != nil {
		return err
	}
	for i, v := range values {
		n, ok := v.(json.Number)
		if !ok {
			continue
		}
		whole, err := n.Int64()
		if err != nil {
			return err
		}
		values[i] = whole
	}
	*k = values
	return nil
}
