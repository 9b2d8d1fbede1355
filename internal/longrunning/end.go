package longrunning

import (
	"context"
	"fmt"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"

	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/operation"
	"github.com/un-placard/placard/ent/db/predicate"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// mine finds an operation as long as it is that run's which a row was read for.
func mine(row *db.Operation) predicate.Operation {
	return operation.And(operation.ID(row.ID), operation.Run(row.Run), operation.Done(false))
}

// result is with what an operation ends: a response, or an error.
type result struct {
	counts   counts
	response []byte
	err      []byte
	// blob is where the file lies that was made.
	blob string
}

// finish ends an operation as long as it is that run's which the row was read
// for, and tells whether it was. Its request is erased.
func (r *Runner) finish(ctx context.Context, tx *store.Tx, row *db.Operation, res result) (bool, error) {
	update := tx.Client.Operation.UpdateOneID(row.ID).Where(mine(row)).SetDone(true).SetEndTime(tx.Now).SetRun("").
		SetDoneCount(res.counts.done).SetTotalCount(res.counts.total).
		ClearRequest().SetInput("").SetBlob(res.blob)
	if res.counts != (counts{row.DoneCount, row.TotalCount}) {
		update.SetUpdateTime(tx.Now)
	}
	if res.err != nil {
		update.SetError(res.err)
	} else {
		update.SetResponse(res.response)
	}
	// It may have been cancelled since the row was read, and yet succeeded.
	ended, err := update.Select(operation.FieldMeetingID, operation.FieldCancelRequested).Save(ctx)
	if db.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("end operation %s: %w", row.ID, err)
	}
	tx.Record(change("complete", ended, atEnd(ended)))
	return true, removeLater(ctx, tx, r.queue, row.Input)
}

// atEnd is how often an operation was written that has ended: it was created,
// cancelled perhaps, and completed.
func atEnd(row *db.Operation) int64 {
	if row.CancelRequested {
		return 3
	}
	return 2
}

// removeLater removes a content, "" for none, once the transaction has committed.
func removeLater(ctx context.Context, tx *store.Tx, queue *job.Queue, key string) error {
	if key == "" {
		return nil
	}
	return queue.Enqueue(ctx, tx, job.RemoveBlob{Blob: key})
}

// Cancel asks an operation to stop, and answers how it stands. One that nobody
// does yet has ended then.
func (r *Runner) Cancel(ctx context.Context, resource string) (*longrunningpb.Operation, error) {
	return store.Write(ctx, r.store, func(ctx context.Context, tx *store.Tx) (*longrunningpb.Operation, error) {
		row, err := locked(ctx, tx, resource)
		if err != nil {
			return nil, err
		}
		if row.Done || row.CancelRequested {
			return Message(row)
		}
		if row, err = tx.Client.Operation.UpdateOne(row).SetCancelRequested(true).Save(ctx); err != nil {
			return nil, fmt.Errorf("cancel %s: %w", resource, err)
		}
		tx.Record(change("cancel", row, 2))
		if row.Run != "" {
			return Message(row)
		}
		kept, err := statusOf(ctx, row, cancelled(row))
		if err != nil {
			return nil, err
		}
		if _, err := r.finish(ctx, tx, row, result{err: kept, counts: counts{row.DoneCount, row.TotalCount}}); err != nil {
			return nil, err
		}
		if row, err = Find(ctx, tx.Client.Operation.Query(), resource); err != nil {
			return nil, err
		}
		return Message(row)
	}, func(ctx context.Context, done store.Done) (*longrunningpb.Operation, error) {
		return r.Get(ctx, done.Resource)
	})
}

// Delete deletes an operation that has ended, with its file.
func (r *Runner) Delete(ctx context.Context, tx *store.Tx, resource string) error {
	row, err := locked(ctx, tx, resource)
	if err != nil {
		return err
	}
	if !row.Done {
		return Running(resource)
	}
	return remove(ctx, tx, r.queue, row)
}

// Running answers that something is to be had only after the end of an operation.
func Running(resource string) *fault.Error {
	return fault.Precondition("OPERATION_RUNNING",
		resource+" goes on: wait for its end, or cancel it", "operation", resource)
}

// Clear deletes the operations of a meeting that is deleted, with their files.
// One that goes on keeps the meeting from it.
func Clear(ctx context.Context, tx *store.Tx, queue *job.Queue, meeting string) error {
	rows, err := Brief(tx.Client.Operation.Query().Where(operation.MeetingID(meeting))).All(ctx)
	if err != nil {
		return fmt.Errorf("read the operations of %s: %w", name.Meeting(meeting), err)
	}
	for _, row := range rows {
		if !row.Done {
			return Running(name.Operation(meeting, row.ID))
		}
		if err := remove(ctx, tx, queue, row); err != nil {
			return err
		}
	}
	return nil
}

// remove deletes the row of an operation that has ended.
func remove(ctx context.Context, tx *store.Tx, queue *job.Queue, row *db.Operation) error {
	if _, err := tx.Client.Operation.Delete().Where(operation.ID(row.ID)).Exec(ctx); err != nil {
		return fmt.Errorf("delete operation %s: %w", row.ID, err)
	}
	tx.Record(change("delete", row, atEnd(row)))
	return removeLater(ctx, tx, queue, row.Blob)
}
