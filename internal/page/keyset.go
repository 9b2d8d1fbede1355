package page

import "entgo.io/ent/dialect/sql"

// Order sorts by columns, all ascending. Together they are unique and none of
// them is NULL, so that a page begins where the one before ended.
func Order(columns ...string) func(*sql.Selector) {
	return func(s *sql.Selector) {
		for _, c := range columns {
			s.OrderBy(s.C(c))
		}
	}
}

// After keeps the rows that sort behind a row, by the columns of Order and
// that row's values.
func After(columns []string, values ...any) func(*sql.Selector) {
	return func(s *sql.Selector) {
		qualified := make([]string, len(columns))
		for i, c := range columns {
			qualified[i] = s.C(c)
		}
		s.Where(sql.CompositeGT(qualified, values...))
	}
}

// Cut takes the rows of one page from those of a query for one more, and tells
// whether there are more.
func Cut[T any](rows []T, size int) ([]T, bool) {
	if len(rows) > size {
		return rows[:size], true
	}
	return rows, false
}
