package store

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/change"
	"github.com/un-placard/placard/ent/db/predicate"
	"github.com/un-placard/placard/ent/db/request"
	"github.com/un-placard/placard/ent/scope"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
)

// Change is one entry of the change log: who did what to which resource. It
// holds no personal data and no secret.
type Change struct {
	// Verb is `create`, `update`, `delete` or that of the custom method.
	Verb string
	// Type and Resource are the type and the name of the resource.
	Type, Resource string
	// Revision of the resource after the change.
	Revision int64
	// Paths of the changed fields, in lowerCamelCase.
	Paths []string
	// Meeting is the id of the meeting that the resource belongs to, if any.
	Meeting string
	// Entity is the code of the entity whose mission may see the change.
	Entity string
	// OnBehalfOf is the code of the entity for which the Secretariat acts.
	OnBehalfOf string
	// InForce says that the change concerns what those see who see only what
	// is in force.
	InForce bool
}

// Tx is a write in progress.
type Tx struct {
	// Client reads and writes inside the transaction. No other may be used
	// there: SQLite has one writer.
	Client *db.Client
	// SQL is the transaction itself, for the job queue.
	SQL *sql.Tx
	// Now is the time of the write.
	Now time.Time

	postgres bool
	changes  []Change
}

// ForUpdate locks the rows that a query reads until the transaction ends. On
// SQLite the one writer has locked everything already.
func (t *Tx) ForUpdate(sel *entsql.Selector) {
	if t.postgres {
		sel.ForUpdate()
	}
}

// HoldMeeting keeps a meeting from being changed until the transaction ends.
// Many may hold it at once. It comes before the meeting is read.
func (t *Tx) HoldMeeting(ctx context.Context, id string) error {
	return t.lock(ctx, "SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))", "meetings/"+id)
}

// LockMeeting waits until nobody holds a meeting, and keeps it to this
// transaction until that ends. It comes before the meeting is read.
func (t *Tx) LockMeeting(ctx context.Context, id string) error {
	return t.lock(ctx, "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", "meetings/"+id)
}

// lock takes a lock of PostgreSQL's lock manager, which serves in turn: holders
// that come one after another do not keep out who waits, as the locks of a row
// would. SQLite's one writer needs none.
func (t *Tx) lock(ctx context.Context, statement, what string) error {
	if !t.postgres {
		return nil
	}
	if _, err := t.SQL.ExecContext(ctx, statement, what); err != nil {
		return fmt.Errorf("lock %s: %w", what, err)
	}
	return nil
}

// Record adds to the change log. The first change of a write names its result:
// a repetition with the same request id reads that again.
func (t *Tx) Record(c Change) { t.changes = append(t.changes, c) }

// Request is a write that is done once per principal and method (AIP-155).
type Request struct {
	// Principal is as whose request it is remembered; empty: the caller's own.
	Principal string
	// ID is the request id.
	ID string
	// Method is the full name of the RPC.
	Method string
	// Hash is a keyed hash of the request without its id.
	Hash []byte
}

// RequestLife is how long a write with a request id is remembered.
const RequestLife = 24 * time.Hour

type requestKey struct{}

// WithRequest puts the request id of a write into the context.
func WithRequest(ctx context.Context, r Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// WithoutRequest is for a write beside the one that was asked for, which is not
// its result and is not done once for its request id.
func WithoutRequest(ctx context.Context) context.Context {
	return context.WithValue(ctx, requestKey{}, nil)
}

// Done is what an earlier write with the same request id wrote.
type Done struct {
	// Resource is the name of the result.
	Resource string
	// Revision of the result after that write.
	Revision int64
	// Time of that write.
	Time time.Time
}

type doneError struct{ Done }

func (doneError) Error() string { return "done already" }

// Write does a write once: `do` in a transaction, or `again` where the same
// request id has done it before. `again` reads the result anew, so it leaves
// out whatever is answered only once.
func Write[T any](
	ctx context.Context,
	s *Store,
	do func(ctx context.Context, tx *Tx) (T, error),
	again func(ctx context.Context, done Done) (T, error),
) (T, error) {
	var out, none T
	err := s.InTx(ctx, func(ctx context.Context, tx *Tx) error {
		var err error
		out, err = do(ctx, tx)
		return err
	})
	if err == nil {
		return out, nil
	}
	var done doneError
	if errors.As(err, &done) {
		return again(ctx, done.Done)
	}
	return none, err
}

// attempts is how often a transaction is tried that the database broke off
// because of another one.
const attempts = 5

// InTx runs a write. The rows that fn writes, the changes that it records, the
// jobs that it enqueues and the request id in the context commit together; if
// fn fails, nothing stays. fn may run more than once, and uses no network and
// no files. Where the database cannot do it now, the error is ErrBusy.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	var err error
	for i := range attempts {
		if err = s.tryTx(ctx, fn); err == nil || !brokenOff(err) {
			return busy(err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(1<<i) * 5 * time.Millisecond):
		}
	}
	return fmt.Errorf("transaction broken off %d times: %w: %w", attempts, ErrBusy, err)
}

// brokenOff tells whether PostgreSQL ended a transaction for the sake of
// another (deadlock, serialization failure), so that it may be tried again.
func brokenOff(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40P01" || pg.Code == "40001")
}

func (s *Store) tryTx(ctx context.Context, fn func(ctx context.Context, tx *Tx) error) error {
	// Said plainly: a server may have another default, under which waiting for
	// the counter would end in failure.
	sqlTx, err := s.writer.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() { _ = sqlTx.Rollback() }() // nothing to do after a commit
	tx := &Tx{
		Client:   s.inside(sqlTx),
		SQL:      sqlTx,
		Now:      s.Now(),
		postgres: s.Postgres(),
	}
	req, once := ctx.Value(requestKey{}).(Request)
	var remembered int64
	if once {
		if remembered, err = tx.remember(ctx, req); err != nil {
			return err
		}
	}
	if err := fn(ctx, tx); err != nil {
		return err
	}
	if once {
		if err := tx.answered(ctx, remembered); err != nil {
			return fmt.Errorf("remember request: %w", err)
		}
	}
	if err := tx.number(ctx); err != nil {
		return fmt.Errorf("write changes: %w", err)
	}
	if err := sqlTx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// remember inserts the row of the request first, so that of two at once the
// second waits for the first and then finds it done.
func (t *Tx) remember(ctx context.Context, r Request) (int64, error) {
	principal := cmp.Or(r.Principal, access.From(ctx).Name())
	if principal == "" {
		return 0, errors.New("remember request: nobody asks")
	}
	query, args := entsql.Dialect(t.dialect()).Insert(request.Table).
		Columns(request.FieldPrincipal, request.FieldMethod, request.FieldRequestID, request.FieldHash,
			request.FieldResource, request.FieldResourceRevision, request.FieldCreateTime).
		Values(principal, r.Method, r.ID, r.Hash, "", 0, t.Now).
		OnConflict(entsql.ConflictColumns(request.FieldPrincipal, request.FieldMethod, request.FieldRequestID), entsql.DoNothing()).
		Query()
	same := []predicate.Request{request.Principal(principal), request.Method(r.Method), request.RequestID(r.ID)}
	for {
		res, err := t.SQL.ExecContext(ctx, query, args...)
		if err != nil {
			return 0, fmt.Errorf("remember request: %w", err)
		}
		inserted, err := res.RowsAffected()
		if err != nil {
			return 0, fmt.Errorf("remember request: %w", err)
		}
		row, err := t.Client.Request.Query().Where(same...).Only(ctx)
		switch {
		case db.IsNotFound(err):
			continue // another transaction has just forgotten it
		case err != nil:
			return 0, fmt.Errorf("remember request: %w", err)
		case inserted > 0:
			return row.ID, nil
		case row.CreateTime.Before(t.Now.Add(-RequestLife)):
			// Past its life, and not swept yet: as if it were not there. Of two
			// at once one deletes it, and the other waits for its new row.
			if _, err := t.Client.Request.Delete().Where(request.ID(row.ID)).Exec(ctx); err != nil {
				return 0, fmt.Errorf("forget request: %w", err)
			}
		case !bytes.Equal(row.Hash, r.Hash):
			return 0, fault.Invalid(fault.Violation{
				Field: "request_id", Reason: "REQUEST_ID_REUSED",
				Message: "was used for another request in the last 24 hours",
			})
		default:
			return 0, doneError{Done{Resource: row.Resource, Revision: row.ResourceRevision, Time: row.CreateTime}}
		}
	}
}

// answered keeps in the row of the request what a repetition reads again. A
// write that changed nothing is not remembered: it may be done again.
func (t *Tx) answered(ctx context.Context, id int64) error {
	if len(t.changes) == 0 {
		return t.Client.Request.DeleteOneID(id).Exec(ctx)
	}
	c := t.changes[0]
	_, err := t.Client.Request.Update().Where(request.ID(id)).
		SetResource(c.Resource).SetResourceRevision(c.Revision).Save(ctx)
	return err
}

// number takes the sequence numbers of the changes from the one counter row.
// It is the last act before the commit: who has a lower number has committed.
func (t *Tx) number(ctx context.Context) error {
	if len(t.changes) == 0 {
		return nil
	}
	query, args := entsql.Dialect(t.dialect()).Update("change_counters").
		Add("value", len(t.changes)).Where(entsql.EQ("id", theRow)).Returning("value").Query()
	var last int64
	if err := t.SQL.QueryRowContext(ctx, query, args...).Scan(&last); err != nil {
		return fmt.Errorf("take numbers: %w", err)
	}
	rows := Rows{Table: change.Table, Columns: []string{
		change.FieldID, change.FieldCreateTime, change.FieldPrincipal, change.FieldOnBehalfOf, change.FieldVerb,
		change.FieldResourceType, change.FieldResource, change.FieldRevision, change.FieldPaths,
		change.FieldMeetingID, change.FieldEntityID, change.FieldInForce,
	}}
	principal, next := access.From(ctx).Name(), last-int64(len(t.changes))+1
	for i, c := range t.changes {
		paths, err := json.Marshal(c.Paths)
		if err != nil {
			return err
		}
		rows.Values = append(rows.Values, []any{
			next + int64(i), t.Now, principal, c.OnBehalfOf, c.Verb,
			c.Type, c.Resource, c.Revision, json.RawMessage(paths),
			c.Meeting, c.Entity, c.InForce,
		})
	}
	_, err := t.Insert(scope.With(ctx, scope.System()), rows)
	return err
}

func (t *Tx) dialect() string {
	if t.postgres {
		return dialect.Postgres
	}
	return dialect.SQLite
}

// txDriver lets ent write into a transaction that others write into as well.
type txDriver struct{ *entsql.Driver }

func (d txDriver) Tx(context.Context) (dialect.Tx, error) { return dialect.NopTx(d), nil }

func (d txDriver) BeginTx(ctx context.Context, _ *entsql.TxOptions) (dialect.Tx, error) {
	return d.Tx(ctx)
}

func (txDriver) Close() error { return nil }

// Etag stands for a revision of a row (AIP-154).
func Etag(revision int64) string { return strconv.FormatInt(revision, 10) }
