package job_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/un-placard/placard/ent/scope"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// limit is how long a test waits for a job.
const limit = 30 * time.Second

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

// started is a queue that works until the test ends.
func started(t *testing.T, s *store.Store, workers ...job.Worker) *job.Queue {
	t.Helper()
	q, err := job.New(s, quiet(), workers...)
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		if err := q.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return q
}

// marks is a worker that answers each MarkDelegationsLate on a channel.
func marks() (job.Worker, <-chan job.MarkDelegationsLate) {
	done := make(chan job.MarkDelegationsLate, 1000)
	return job.On(func(_ context.Context, args job.MarkDelegationsLate) error {
		done <- args
		return nil
	}), done
}

func enqueue(t *testing.T, s *store.Store, q *job.Queue, args ...river.JobArgs) {
	t.Helper()
	err := s.InTx(storetest.System(t), func(ctx context.Context, tx *store.Tx) error {
		for _, a := range args {
			if err := q.Enqueue(ctx, tx, a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func next[T any](t *testing.T, done <-chan T) T {
	t.Helper()
	select {
	case v := <-done:
		return v
	case <-time.After(limit):
		t.Fatal("no job was done")
		panic("unreachable")
	}
}

func TestEnqueue(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		worker, done := marks()
		q := started(t, s, worker)

		refused := errors.New("refused")
		err := s.InTx(storetest.System(t), func(ctx context.Context, tx *store.Tx) error {
			if err := q.Enqueue(ctx, tx, job.MarkDelegationsLate{Meeting: "meetings/undone", MeetingRevision: 1}); err != nil {
				t.Error(err)
			}
			return refused
		})
		if !errors.Is(err, refused) {
			t.Fatalf("InTx = %v", err)
		}
		want := job.MarkDelegationsLate{Meeting: "meetings/done", MeetingRevision: 2}
		enqueue(t, s, q, want)

		if got := next(t, done); got != want {
			t.Errorf("did %+v, want %+v", got, want)
		}
		if n := count(t, s, "kind = 'mark_late'"); n != 1 {
			t.Errorf("%d jobs, want only the one that was committed", n)
		}
	})
}

func TestWorkerActsAsSystem(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		type seen struct {
			name string
			all  bool
		}
		done := make(chan seen, 1)
		q := started(t, s, job.On(func(ctx context.Context, _ job.MarkDelegationsLate) error {
			sc, err := scope.From(ctx)
			done <- seen{access.From(ctx).Name(), sc.All}
			return err
		}))
		enqueue(t, s, q, job.MarkDelegationsLate{Meeting: "meetings/m1"})
		if got, want := next(t, done), (seen{"system", true}); got != want {
			t.Errorf("acts as %+v, want %+v", got, want)
		}
	})
}

// TestLongWorkBeginsSoon: somebody waits for it.
func TestLongWorkBeginsSoon(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		done := make(chan string, 1)
		q := started(t, s, job.OnLong(func(_ context.Context, args job.Operate) error {
			done <- args.Operation
			return nil
		}))
		begin := time.Now()
		for i := range 6 {
			enqueue(t, s, q, job.Operate{Operation: fmt.Sprint("meetings/m1/operations/", i)})
			next(t, done)
		}
		if took := time.Since(begin); took > 3*time.Second {
			t.Errorf("to begin with six, one after another, took %v", took)
		}
	})
}

func TestFailedJobIsTriedAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var times atomic.Int32
		done := make(chan int32, 1)
		q := started(t, s, job.On(func(_ context.Context, _ job.MarkDelegationsLate) error {
			n := times.Add(1)
			switch n {
			case 1:
				return errors.New("not this time")
			default:
				done <- n
				return nil
			}
		}))
		enqueue(t, s, q, job.MarkDelegationsLate{Meeting: "meetings/m1"})
		if n := next(t, done); n != 2 {
			t.Errorf("succeeded at attempt %d, want 2", n)
		}
	})
}

func TestSameJobWaitsOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		worker, done := marks()
		q, err := job.New(s, quiet(), worker)
		if err != nil {
			t.Fatal(err)
		}
		same := job.MarkDelegationsLate{Meeting: "meetings/m1", MeetingRevision: 1}
		later := job.MarkDelegationsLate{Meeting: "meetings/m1", MeetingRevision: 2}
		enqueue(t, s, q, same, same, later)
		enqueue(t, s, q, same)
		if n := count(t, s, "kind = 'mark_late'"); n != 2 {
			t.Errorf("%d jobs wait, want 2", n)
		}
		// What one leaves another does.
		started(t, s, worker)
		got := map[job.MarkDelegationsLate]bool{next(t, done): true, next(t, done): true}
		if !got[same] || !got[later] {
			t.Errorf("did %v", got)
		}
	})
}

func TestJobWithoutWorkerIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		q, err := job.New(s, quiet())
		if err != nil {
			t.Fatal(err)
		}
		err = s.InTx(storetest.System(t), func(ctx context.Context, tx *store.Tx) error {
			return q.Enqueue(ctx, tx, job.MarkDelegationsLate{Meeting: "meetings/m1"})
		})
		if err == nil {
			t.Error("no error")
		}
	})
}

func TestForgetRequests(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := storetest.System(t)
		err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
			for id, age := range map[string]time.Duration{"old": store.RequestLife + time.Minute, "young": time.Hour} {
				err := tx.Client.Request.Create().SetPrincipal("p").SetMethod("m").SetRequestID(id).
					SetHash([]byte{1}).SetCreateTime(tx.Now.Add(-age)).Exec(ctx)
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		started(t, s)
		for end := time.Now().Add(limit); ; time.Sleep(50 * time.Millisecond) {
			rows, err := s.Client().Request.Query().All(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) == 1 && rows[0].RequestID == "young" {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("rows = %v", rows)
			}
		}
	})
}

// Writes, jobs and the queue's own work share SQLite's one writing connection.
func TestWritersAndWorkersTogether(t *testing.T) {
	const writers, each = 8, 10
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		done := make(chan string, writers*each)
		q := started(t, s, job.On(func(ctx context.Context, args job.MarkDelegationsLate) error {
			err := s.InTx(ctx, func(_ context.Context, tx *store.Tx) error {
				tx.Record(store.Change{Verb: "update", Type: "t", Resource: args.Meeting})
				return nil
			})
			if err == nil {
				done <- args.Meeting
			}
			return err
		}))
		ctx := storetest.System(t)
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range each {
					err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
						name := fmt.Sprintf("meetings/m%d-%d", w, i)
						tx.Record(store.Change{Verb: "create", Type: "t", Resource: name})
						return q.Enqueue(ctx, tx, job.MarkDelegationsLate{Meeting: name})
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		did := map[string]int{}
		for range writers * each {
			did[next(t, done)]++
		}
		if len(did) != writers*each {
			t.Errorf("%d jobs done, want %d", len(did), writers*each)
		}
		if err := s.Check(ctx); err != nil {
			t.Error(err)
		}
	})
}

func TestStop(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		begun := make(chan struct{})
		ended := make(chan error, 1)
		q, err := job.New(s, quiet(), job.On(func(ctx context.Context, _ job.MarkDelegationsLate) error {
			close(begun)
			<-ctx.Done()
			ended <- ctx.Err()
			return ctx.Err()
		}))
		if err != nil {
			t.Fatal(err)
		}
		starting, cancel := context.WithCancel(t.Context())
		if err := q.Start(starting); err != nil {
			t.Fatal(err)
		}
		cancel() // does not reach the jobs
		enqueue(t, s, q, job.MarkDelegationsLate{Meeting: "meetings/m1"})
		next(t, begun)
		select {
		case err := <-ended:
			t.Fatalf("the job ended before Stop: %v", err)
		case <-time.After(100 * time.Millisecond):
		}
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if err := q.Stop(ctx); err != nil {
			t.Fatal(err)
		}
		if err := next(t, ended); !errors.Is(err, context.Canceled) {
			t.Errorf("the job ended with %v, want %v", err, context.Canceled)
		}
		if n := count(t, s, "kind = 'mark_late' AND state IN ('available', 'retryable')"); n != 1 {
			t.Errorf("%d jobs wait for the next start, want 1", n)
		}
	})
}

func count(t *testing.T, s *store.Store, where string) int {
	t.Helper()
	var n int
	if err := s.Writer().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM river_job WHERE "+where).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
