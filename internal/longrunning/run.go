package longrunning

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/operation"
	"github.com/un-placard/placard/ent/db/predicate"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/answer"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

const (
	// progressInterval is the time between two writes of the counts.
	progressInterval = 500 * time.Millisecond
	// beatInterval is the time between two signs of life, with which it is also
	// read whether the operation was cancelled.
	beatInterval = time.Second
	// lease is how long a run counts as alive after its last sign of life.
	lease = 30 * time.Second
	// endLimit is how long the writes at the end of a run may take.
	endLimit = 10 * time.Second
	// pause is the time after which work is tried again that a server cannot do.
	pause = time.Second
)

// Why the context of work ends before the work does.
var (
	errCancelled = errors.New("the operation was cancelled")
	errStopped   = errors.New("the server stops")
	errLost      = errors.New("the operation is another run's")
)

// operate does an operation, if it is still to do and nobody does it.
func (r *Runner) operate(ctx context.Context, args job.Operate) error {
	select {
	case <-r.stopped:
		return job.Later(pause)
	default:
	}
	method, err := r.store.Client().Operation.Query().Where(operation.ID(name.Last(args.Operation)), idle()).
		Select(operation.FieldMethod).String(ctx)
	if db.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the method of %s: %w", args.Operation, err)
	}
	work, ok := r.work(method)
	if !ok {
		return job.Later(pause) // another server may be of another version
	}
	row, err := r.claim(ctx, args.Operation)
	if err != nil || row == nil {
		return err
	}
	task := newTask(r.blobs, row)
	response, err, cause := r.run(ctx, work, task)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), endLimit)
	defer cancel()
	switch {
	case err == nil:
		return r.succeed(ctx, task, response)
	case errors.Is(cause, errLost):
		return r.drop(ctx, task)
	case errors.Is(cause, errCancelled):
		row.CancelRequested = true
		return r.fail(ctx, task, cancelled(row))
	case cause != nil:
		if err := errors.Join(r.drop(ctx, task), r.release(ctx, row)); err != nil {
			return err
		}
		return job.Later(pause)
	default:
		return r.fail(ctx, task, err)
	}
}

// idle finds the operations that are to do and that nobody does.
func idle() predicate.Operation { return operation.And(operation.Run(""), operation.Done(false)) }

// claim makes an operation that is to do and that nobody does the new run's. It
// answers nil where there is none.
func (r *Runner) claim(ctx context.Context, resource string) (*db.Operation, error) {
	run := rand.Text()
	var row *db.Operation
	err := r.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		var err error
		row, err = tx.Client.Operation.UpdateOneID(name.Last(resource)).
			Where(idle()).
			SetRun(run).SetBeatTime(tx.Now).Save(ctx)
		return err
	})
	if db.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("begin %s: %w", resource, err)
	}
	return row, nil
}

// release lets another run do an operation that this one does no more.
func (r *Runner) release(ctx context.Context, row *db.Operation) error {
	err := r.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Operation.Update().Where(mine(row)).SetRun("").SetBeatTime(tx.Now).Exec(ctx)
	})
	if err != nil {
		return fmt.Errorf("leave operation %s: %w", row.ID, err)
	}
	return nil
}

// run calls the work, watches it, and answers why its context ended, if it did.
func (r *Runner) run(ctx context.Context, work Work, t *Task) (_ proto.Message, _, cause error) {
	within, cancel := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		r.watch(within, cancel, t)
	}()
	response, err := r.call(asAuthor(within, t.row), work, t)
	cause = context.Cause(within)
	cancel(nil)
	<-watched
	return response, err, cause
}

// call calls the work. A panic in it is a defect of the work, not the end of the
// server.
func (r *Runner) call(ctx context.Context, work Work, t *Task) (_ proto.Message, err error) {
	defer func() {
		if p := recover(); p != nil {
			r.log.ErrorContext(ctx, "panic", "method", t.row.Method, "operation", t.row.ID,
				"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = answer.Internal()
		}
	}()
	return work(ctx, t)
}

// asAuthor puts into the context who started an operation, bound to its meeting.
func asAuthor(ctx context.Context, row *db.Operation) context.Context {
	ctx = locale.With(ctx, locale.Accept(row.Language))
	if row.Author == access.System().Name() {
		return access.AsSystem(ctx)
	}
	return access.With(ctx, access.Principal{
		Role:     access.Role(placardv1.Access_Role_value[row.Role]),
		Account:  row.Author,
		Meetings: []string{row.MeetingID},
	})
}

// watch writes the counts of a run and that it is alive, until the context ends,
// and ends it where the operation was cancelled, the server stops, or the run can
// no more show that it is alive.
func (r *Runner) watch(ctx context.Context, cancel context.CancelCauseFunc, t *Task) {
	if t.row.CancelRequested {
		cancel(errCancelled)
		return
	}
	tick := time.NewTicker(progressInterval)
	defer tick.Stop()
	alive := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.stopped:
			cancel(errStopped)
			return
		case <-tick.C:
		}
		if _, changed := t.progress(); !changed && time.Since(alive) < beatInterval {
			continue
		}
		begun := time.Now()
		err := r.beat(ctx, t)
		switch {
		case err == nil:
			alive = begun
		case errors.Is(err, errLost) || errors.Is(err, errCancelled):
			cancel(err)
			return
		case time.Since(alive) > lease/2:
			r.log.WarnContext(ctx, "operation given up: its sign of life cannot be written", "operation", t.row.ID, "error", err)
			cancel(errLost)
			return
		}
	}
}

// beat writes a sign of life, with the counts where they have changed. It answers
// errCancelled, or errLost where the operation is not this run's any more.
func (r *Runner) beat(ctx context.Context, t *Task) error {
	ctx, cancel := context.WithTimeout(ctx, lease/3)
	defer cancel()
	c, changed := t.progress()
	var row *db.Operation
	err := r.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		update := tx.Client.Operation.UpdateOneID(t.row.ID).Where(mine(t.row)).SetBeatTime(tx.Now)
		if changed {
			update.SetDoneCount(c.done).SetTotalCount(c.total).SetUpdateTime(tx.Now)
		}
		var err error
		row, err = update.Select(operation.FieldCancelRequested).Save(ctx)
		return err
	})
	switch {
	case db.IsNotFound(err):
		return errLost
	case err != nil:
		return fmt.Errorf("write the progress: %w", err)
	}
	t.wrote(c)
	if row.CancelRequested {
		return errCancelled
	}
	return nil
}

// succeed ends an operation with its response.
func (r *Runner) succeed(ctx context.Context, t *Task, response proto.Message) error {
	kept, err := responseOf(response)
	if err != nil {
		return r.fail(ctx, t, err)
	}
	return r.end(ctx, t, result{response: kept, blob: t.file()})
}

// fail ends an operation with an error.
func (r *Runner) fail(ctx context.Context, t *Task, err error) error {
	ctx = asAuthor(ctx, t.row)
	f := answer.Fault(ctx, err)
	if f.Code == codes.Internal || f.Code == codes.Unavailable {
		r.log.ErrorContext(ctx, "operation failed", "method", t.row.Method, "operation", t.row.ID, "error", err.Error())
	}
	kept, err := statusOf(ctx, t.row, f)
	if err != nil {
		return err
	}
	return errors.Join(r.end(ctx, t, result{err: kept}), r.drop(ctx, t))
}

// statusOf is what is kept of a fault, in the language of the context.
func statusOf(ctx context.Context, row *db.Operation, f *fault.Error) ([]byte, error) {
	messages, err := locale.ReadMessages()
	if err != nil {
		return nil, err
	}
	text, err := proto.Marshal(answer.Status(ctx, messages, f, row.ID).Proto())
	if err != nil {
		return nil, fmt.Errorf("write the error of operation %s: %w", row.ID, err)
	}
	return text, nil
}

// end ends an operation, unless another run has it. What this run made is then
// removed.
func (r *Runner) end(ctx context.Context, t *Task, res result) error {
	ctx = asAuthor(ctx, t.row)
	res.counts, _ = t.progress()
	lost := false
	err := r.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		ended, err := r.finish(ctx, tx, t.row, res)
		lost = !ended
		return err
	})
	if err != nil {
		// Whether it was written may not be known: the file stays, for Sweep, and the
		// operation for the next run.
		return fmt.Errorf("end operation %s: %w", t.row.ID, err)
	}
	if lost {
		return r.drop(ctx, t)
	}
	return nil
}

// drop removes the file of a run that is none of the operation's.
func (r *Runner) drop(ctx context.Context, t *Task) error {
	if key := t.file(); key != "" {
		return r.blobs.Remove(ctx, key)
	}
	return nil
}

// cancelled is the error of an operation that was cancelled.
func cancelled(row *db.Operation) *fault.Error {
	resource := name.Operation(row.MeetingID, row.ID)
	return fault.New(codes.Canceled, "OPERATION_CANCELLED", resource+" was cancelled", "operation", resource)
}
