package store

import "context"

// Visit reads with a statement that ent has no words for, and visits each row
// with what scans it. Nothing narrows the statement to the scope of the caller:
// it is for rows that something narrowed has led to.
func (s *Store) Visit(ctx context.Context, statement string, args []any, visit func(scan func(into ...any) error) error) error {
	watcher(s.cfg.Watch).tell(statement, args)
	rows, err := s.reader.QueryContext(ctx, statement, args...)
	if err != nil {
		return busy(err)
	}
	defer func() { _ = rows.Close() }() // what went wrong is in rows.Err
	for rows.Next() {
		if err := visit(rows.Scan); err != nil {
			return err
		}
	}
	return busy(rows.Err())
}
