package longrunning

import (
	"context"
	"fmt"
	"time"

	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/operation"
	"github.com/un-placard/placard/internal/answer"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/store"
)

// Workers do the operations, and what is to do for those that nobody does.
func (r *Runner) Workers() []job.Worker {
	return []job.Worker{
		job.OnLong(r.operate),
		job.Every(rescueInterval, r.rescue),
		job.Every(forgetInterval, r.forget),
	}
}

const (
	// rescueInterval is the time between two searches for operations whose servers
	// vanished.
	rescueInterval = 10 * time.Second
	// queueLife is how long an operation waits before its job is taken for lost: it
	// gets another then, which does nothing where the first is there after all.
	queueLife = 10 * time.Minute
	// maxLost is how many runs of an operation may vanish: who knows whether it is
	// the work that makes servers vanish. So often may also be found that a server
	// does not know its method: during an upgrade another one does.
	maxLost = 5
	// life is how long an operation is kept after its end.
	life = 7 * 24 * time.Hour
	// forgetInterval is the time between two deletions of old operations.
	forgetInterval = time.Hour
	// batch is how many operations one transaction changes.
	batch = 100
)

// rescue has the operations done again whose runs show no life, and those whose
// jobs were lost.
func (r *Runner) rescue(ctx context.Context, _ job.RescueOperations) error {
	now := r.store.Now()
	rows, err := Brief(r.store.Client().Operation.Query().Where(operation.EndTimeIsNil(), operation.Or(
		operation.And(operation.RunNEQ(""), operation.BeatTimeLT(now.Add(-lease))),
		operation.And(operation.Run(""), operation.BeatTimeLT(now.Add(-queueLife))),
	)).Limit(batch)).All(ctx)
	if err != nil {
		return fmt.Errorf("look for operations that nobody does: %w", err)
	}
	for _, row := range rows {
		if err := r.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return r.revive(ctx, tx, row) }); err != nil {
			return fmt.Errorf("have operation %s done again: %w", row.ID, err)
		}
	}
	return nil
}

// revive has one operation done again, unless it showed life meanwhile.
func (r *Runner) revive(ctx context.Context, tx *store.Tx, row *db.Operation) error {
	left := *row
	if _, known := r.work(row.Method); row.Run != "" || !known {
		left.Run, left.LostCount = "", row.LostCount+1
	}
	n, err := tx.Client.Operation.Update().Where(mine(row), operation.BeatTimeLTE(row.BeatTime)).
		SetRun("").SetLostCount(left.LostCount).SetBeatTime(tx.Now).Save(ctx)
	if err != nil || n == 0 {
		return err
	}
	if left.LostCount < maxLost {
		r.log.WarnContext(ctx, "operation found without its server", "operation", row.ID, "method", row.Method)
		return r.enqueue(ctx, tx, row)
	}
	r.log.ErrorContext(ctx, "operation given up: its servers vanish, or do not know its method",
		"operation", row.ID, "method", row.Method)
	kept, err := statusOf(asAuthor(ctx, row), row, answer.Internal())
	if err != nil {
		return err
	}
	_, err = r.finish(ctx, tx, &left, result{err: kept, counts: counts{row.DoneCount, row.TotalCount}})
	return err
}

// forget deletes the operations whose life is over.
func (r *Runner) forget(ctx context.Context, _ job.ForgetOperations) error {
	before := r.store.Now().Add(-life)
	for n := batch; n == batch; {
		err := r.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			rows, err := Brief(tx.Client.Operation.Query().Where(operation.EndTimeLT(before)).
				Order(operation.ByEndTime(), operation.ByID()).Limit(batch)).All(ctx)
			if err != nil {
				return err
			}
			n = len(rows)
			for _, row := range rows {
				if err := remove(ctx, tx, r.queue, row); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("forget operations: %w", err)
		}
	}
	return nil
}
