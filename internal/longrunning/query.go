package longrunning

import (
	"context"
	"fmt"
	"slices"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"

	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/operation"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// Brief has a query leave out what may be large: the request and the response.
func Brief(q *db.OperationQuery) *db.OperationQuery {
	return q.Select(slices.DeleteFunc(slices.Clone(operation.Columns), func(column string) bool {
		return column == operation.FieldRequest || column == operation.FieldResponse
	})...).OperationQuery
}

// Find reads an operation that the caller sees.
func Find(ctx context.Context, q *db.OperationQuery, resource string) (*db.Operation, error) {
	row, err := q.Where(operation.ID(name.Last(resource)), operation.MeetingID(name.MeetingOf(resource))).Only(ctx)
	if db.IsNotFound(err) {
		return nil, fault.NotFound(resource)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", resource, err)
	}
	return row, nil
}

// Get answers an operation that the caller sees.
func (r *Runner) Get(ctx context.Context, resource string) (*longrunningpb.Operation, error) {
	row, err := Find(ctx, r.store.Client().Operation.Query(), resource)
	if err != nil {
		return nil, err
	}
	return Message(row)
}

// Done tells whether an operation that the caller sees has ended.
func (r *Runner) Done(ctx context.Context, resource string) (bool, error) {
	row, err := Find(ctx, r.store.Client().Operation.Query().Select(operation.FieldDone).OperationQuery, resource)
	if err != nil {
		return false, err
	}
	return row.Done, nil
}

// locked reads an operation that a write changes.
func locked(ctx context.Context, tx *store.Tx, resource string) (*db.Operation, error) {
	q := tx.Client.Operation.Query()
	q.Modify(tx.ForUpdate)
	return Find(ctx, q, resource)
}
