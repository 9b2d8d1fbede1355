package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
)

// SQLite reads the text of a statement anew each time that it is run, which
// takes longer than running most of ours. ent sends the same few texts again
// and again, so each connection keeps its statements ready.
const (
	// maxKept is how many statements a connection keeps.
	maxKept = 200
	// maxKeptText is the length of the longest text that is kept, in bytes.
	// Longer ones are bulk writes, whose texts differ with the number of rows.
	maxKeptText = 4000
)

// connector opens connections to SQLite that keep their statements.
type connector struct {
	driver driver.Driver
	dsn    string
}

// openKeeping opens a handle on a SQLite database.
func openKeeping(dsn string) (*sql.DB, error) {
	plain, err := sql.Open("sqlite", dsn) // for its driver; it connects to nothing
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector{plain.Driver(), dsn}), plain.Close()
}

func (c connector) Driver() driver.Driver { return c.driver }

func (c connector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	whole, ok := conn.(sqliteConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver of SQLite has a connection %T that lacks a method", conn), conn.Close())
	}
	return &keepingConn{sqliteConn: whole, kept: map[string]driver.Stmt{}}, nil
}

// sqliteConn is what the driver's connection does.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// keepingConn is a connection with the statements that are not in use. A
// connection serves one goroutine at a time, so it needs no lock.
type keepingConn struct {
	sqliteConn
	kept map[string]driver.Stmt
}

// take answers a statement that is ready, or prepares it; nil for a text that
// is not kept. A statement in use is not among the kept ones, so the same text
// may be run while its rows are still read.
func (c *keepingConn) take(ctx context.Context, text string) (driver.Stmt, error) {
	if stmt, ok := c.kept[text]; ok {
		delete(c.kept, text)
		return stmt, nil
	}
	if len(text) > maxKeptText {
		return nil, nil
	}
	switch verb, _, _ := strings.Cut(text, " "); verb {
	case "SELECT", "INSERT", "UPDATE", "DELETE":
		return c.PrepareContext(ctx, text)
	default:
		return nil, nil
	}
}

func (c *keepingConn) put(text string, stmt driver.Stmt) error {
	if _, twice := c.kept[text]; twice || len(c.kept) >= maxKept {
		return stmt.Close()
	}
	c.kept[text] = stmt
	return nil
}

// ExecContext implements driver.ExecerContext.
func (c *keepingConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	stmt, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	run, ok := stmt.(driver.StmtExecContext)
	if !ok {
		return c.sqliteConn.ExecContext(ctx, text, args)
	}
	result, err := run.ExecContext(ctx, args)
	if err != nil {
		return nil, errors.Join(err, stmt.Close())
	}
	return result, c.put(text, stmt)
}

// QueryContext implements driver.QueryerContext.
func (c *keepingConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	stmt, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	run, ok := stmt.(driver.StmtQueryContext)
	if !ok {
		return c.sqliteConn.QueryContext(ctx, text, args)
	}
	rows, err := run.QueryContext(ctx, args)
	if err != nil {
		return nil, errors.Join(err, stmt.Close())
	}
	return &keptRows{Rows: rows, done: func() error { return c.put(text, stmt) }}, nil
}

// Close implements driver.Conn.
func (c *keepingConn) Close() error {
	var errs []error
	for _, stmt := range c.kept {
		errs = append(errs, stmt.Close())
	}
	return errors.Join(append(errs, c.sqliteConn.Close())...)
}

// keptRows give their statement back when they are closed.
type keptRows struct {
	driver.Rows
	done func() error
}

func (r *keptRows) Close() error {
	err := r.Rows.Close()
	if done := r.done; done != nil {
		r.done = nil
		err = errors.Join(err, done())
	}
	return err
}
