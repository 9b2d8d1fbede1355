// Package job does later work. A job is enqueued in the transaction of the
// write that asks for it, so that it comes to be with it or not at all; it is
// tried again until it succeeds, so it may run twice, and its effect may not.
package job

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/store"
)

// Worker does the jobs of one kind; On and Every make it.
type Worker func(*river.Config) error

// On is the worker of one kind of job: fn is called with its arguments, in a
// context in which the server itself acts. Where it fails, the job is tried
// again later: after a second, then after ever longer.
func On[T river.JobArgs](fn func(ctx context.Context, args T) error) Worker {
	return func(cfg *river.Config) error {
		return river.AddWorkerSafely(cfg.Workers, river.WorkFunc(func(ctx context.Context, job *river.Job[T]) error {
			return fn(access.AsSystem(ctx), job.Args)
		}))
	}
}

// OnLong is the worker of one kind of job that may take hours. Its arguments ask
// for the queue of such jobs, so that it keeps no other job waiting. River begins
// a job again that goes on for more than an hour: whoever does it has to see that
// somebody does it already.
func OnLong[T river.JobArgs](fn func(ctx context.Context, args T) error) Worker {
	return func(cfg *river.Config) error { return river.AddWorkerSafely(cfg.Workers, &longWorker[T]{do: fn}) }
}

type longWorker[T river.JobArgs] struct {
	river.WorkerDefaults[T]
	do func(ctx context.Context, args T) error
}

// Work implements river.Worker.
func (w *longWorker[T]) Work(ctx context.Context, job *river.Job[T]) error {
	return w.do(access.AsSystem(ctx), job.Args)
}

// Timeout implements river.Worker: there is none.
func (w *longWorker[T]) Timeout(*river.Job[T]) time.Duration { return -1 }

// Later is the answer of a job that is to be done after a while and did not
// fail.
func Later(after time.Duration) error { return river.JobSnooze(after) }

// Every is a worker whose job comes by itself, at the start and then again and
// again. Of all servers one does it.
func Every[T river.JobArgs](interval time.Duration, fn func(ctx context.Context, args T) error) Worker {
	return func(cfg *river.Config) error {
		cfg.PeriodicJobs = append(cfg.PeriodicJobs, river.NewPeriodicJob(river.PeriodicInterval(interval),
			func() (river.JobArgs, *river.InsertOpts) {
				var args T
				return args, nil
			},
			&river.PeriodicJobOpts{RunOnStart: true}))
		return On(fn)(cfg)
	}
}

// maxWorkers is how many jobs one server does at once, and takes from the
// database at a time, ten times a second. They wait for the database mostly.
const maxWorkers = 10

// longQueue is the queue of long work, maxLongWorkers is how much of it one server
// does at once, and longPoll is the time between two looks for more. River hears
// of no commit by itself, and somebody waits for such work: so it is looked for
// more often than other jobs are, once a second. An idle server takes less than a
// hundredth of a processor more for it.
const (
	longQueue      = "long"
	maxLongWorkers = 2
	longPoll       = 200 * time.Millisecond
)

// mailQueue is the queue of messages, of which one server sends MailWorkers at
// once. They wait for a mail server, which may be slow. mailCooldown is the least
// time between two looks for more: there may be thousands of them, and each is done
// in a moment.
const (
	mailQueue    = "mail"
	mailCooldown = 5 * time.Millisecond
)

// MailWorkers is how many messages one server sends at once.
const MailWorkers = 16

// Queue holds the jobs that are still to do, in the database.
type Queue struct {
	client   *river.Client[*sql.Tx]
	cfg      *river.Config
	postgres bool
}

// New is a queue that works, once it is started: with the workers given, those
// that are added, and those of the jobs that the store itself needs. A job without
// a worker cannot be enqueued.
func New(s *store.Store, log *slog.Logger, workers ...Worker) (*Queue, error) {
	cfg := &river.Config{
		Logger:  slog.New(calm{log.Handler()}),
		Workers: river.NewWorkers(),
		Queues: map[string]river.QueueConfig{
			river.QueueDefault: {MaxWorkers: maxWorkers},
			longQueue:          {MaxWorkers: maxLongWorkers, FetchPollInterval: longPoll},
			mailQueue:          {MaxWorkers: MailWorkers, FetchPollInterval: longPoll, FetchCooldown: mailCooldown},
		},
	}
	q, err := open(s, cfg)
	if err != nil {
		return nil, err
	}
	return q, q.Add(append(workers, Every(forgetInterval, forgetRequests(s, log)))...)
}

// Add gives the queue further workers, before it is started: those of whoever
// needs the queue itself to be made.
func (q *Queue) Add(workers ...Worker) error {
	for _, add := range workers {
		if err := add(q.cfg); err != nil {
			return fmt.Errorf("register worker: %w", err)
		}
	}
	q.client.PeriodicJobs().AddMany(q.cfg.PeriodicJobs)
	q.cfg.PeriodicJobs = nil
	return nil
}

func open(s *store.Store, cfg *river.Config) (*Queue, error) {
	q := &Queue{cfg: cfg, postgres: s.Postgres()}
	var err error
	if s.Postgres() {
		q.client, err = river.NewClient(riverdatabasesql.New(s.Writer()), cfg)
	} else {
		q.client, err = river.NewClient(riversqlite.New(s.Writer()), cfg)
	}
	if err != nil {
		return nil, fmt.Errorf("open job queue: %w", err)
	}
	return q, nil
}

// Start begins to work. The jobs outlive the context given: only Stop ends
// them.
func (q *Queue) Start(ctx context.Context) error {
	if err := q.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start job queue: %w", err)
	}
	return nil
}

// stopLimit is how long cancelled jobs have to return.
const stopLimit = 5 * time.Second

// Stop takes no further jobs and waits for those that run until ctx ends. Then
// it cancels them; they are tried again after the next start.
func (q *Queue) Stop(ctx context.Context) error {
	err := q.client.Stop(ctx)
	if err == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer cancel()
	if err := q.client.StopAndCancel(ctx); err != nil {
		return fmt.Errorf("stop job queue: %w", err)
	}
	return nil
}

// Enqueue adds a job that is done after the transaction has committed, within
// about a second. One that is the same and still to do stands for both.
func (q *Queue) Enqueue(ctx context.Context, tx *store.Tx, args river.JobArgs) error {
	if _, err := q.client.InsertTx(ctx, tx.SQL, args, nil); err != nil {
		return fmt.Errorf("enqueue %s: %w", args.Kind(), err)
	}
	return nil
}

// EnqueueAt adds a job that is done at a time, or soon where that is past.
func (q *Queue) EnqueueAt(ctx context.Context, tx *store.Tx, at time.Time, args river.JobArgs) error {
	var opts *river.InsertOpts
	if own, ok := args.(river.JobArgsWithInsertOpts); ok {
		o := own.InsertOpts()
		opts = &o
	} else {
		opts = &river.InsertOpts{}
	}
	opts.ScheduledAt = at
	if _, err := q.client.InsertTx(ctx, tx.SQL, args, opts); err != nil {
		return fmt.Errorf("enqueue %s: %w", args.Kind(), err)
	}
	return nil
}

// EnqueueAll adds many jobs of one kind, as Enqueue does.
func EnqueueAll[T river.JobArgs](ctx context.Context, q *Queue, tx *store.Tx, all []T) error {
	if len(all) == 0 {
		return nil
	}
	params := make([]river.InsertManyParams, len(all))
	for i, args := range all {
		params[i].Args = args
	}
	if _, err := q.client.InsertManyFastTx(ctx, tx.SQL, params); err != nil {
		return fmt.Errorf("enqueue %d of %s: %w", len(all), all[0].Kind(), err)
	}
	return nil
}

// Revive has the jobs of a kind done again that were begun before a time and did not
// end: their servers vanished. (By itself River does that after an hour.) It answers
// how many there were. A job that goes on all the same runs twice.
func (q *Queue) Revive(ctx context.Context, tx *store.Tx, kind string, before time.Time) (int, error) {
	begun := "unixepoch(attempted_at) < $2"
	if q.postgres {
		begun = "attempted_at < to_timestamp($2)"
	}
	result, err := tx.SQL.ExecContext(ctx,
		"UPDATE river_job SET state = 'available' WHERE kind = $1 AND state = 'running' AND "+begun, kind, before.Unix())
	if err != nil {
		return 0, fmt.Errorf("revive jobs of %s: %w", kind, err)
	}
	n, err := result.RowsAffected()
	return int(n), err
}
