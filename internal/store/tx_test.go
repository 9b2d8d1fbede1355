package store_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db/change"
	"github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// errUndo ends transactions that are to fail.
var errUndo = errors.New("undo")

func created(resource string) store.Change {
	return store.Change{Verb: "create", Type: "placard.un.org/Meeting", Resource: resource, Revision: 1}
}

func TestInTxIsAllOrNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := store.WithRequest(storetest.System(t), store.Request{ID: "r1", Method: "m", Hash: []byte{1}})
		q, err := job.New(s, slog.New(slog.DiscardHandler), job.On(func(context.Context, job.MarkDelegationsLate) error { return nil }))
		if err != nil {
			t.Fatal(err)
		}
		write := func(result error) error {
			return s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
				if err := newMeeting(tx.Client, "m1", tx.Now).Exec(ctx); err != nil {
					return err
				}
				tx.Record(created("meetings/m1"))
				if err := q.Enqueue(ctx, tx, job.MarkDelegationsLate{Meeting: "meetings/m1"}); err != nil {
					return err
				}
				return result
			})
		}
		type rows struct{ Meetings, Changes, Requests, Jobs int }
		count := func() rows {
			r := rows{
				Meetings: s.Client().Meeting.Query().CountX(ctx),
				Changes:  s.Client().Change.Query().CountX(ctx),
				Requests: s.Client().Request.Query().CountX(ctx),
			}
			if err := s.Writer().QueryRowContext(ctx, "SELECT COUNT(*) FROM river_job").Scan(&r.Jobs); err != nil {
				t.Fatal(err)
			}
			return r
		}
		if err := write(errUndo); !errors.Is(err, errUndo) {
			t.Fatalf("InTx = %v", err)
		}
		if diff := cmp.Diff(rows{}, count()); diff != "" {
			t.Errorf("after a failure:\n%s", diff)
		}
		func() {
			defer func() { _ = recover() }()
			_ = s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
				newMeeting(tx.Client, "m1", tx.Now).ExecX(ctx)
				tx.Record(created("meetings/m1"))
				panic("a defect")
			})
		}()
		if diff := cmp.Diff(rows{}, count()); diff != "" {
			t.Errorf("after a panic:\n%s", diff)
		}
		if err := write(nil); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(rows{1, 1, 1, 1}, count()); diff != "" {
			t.Errorf("after a success:\n%s", diff)
		}
	})
}

func TestChangeIsKeptWhole(t *testing.T) {
	now := time.Date(2010, 1, 15, 9, 30, 0, 1000, time.UTC)
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		caller := access.With(t.Context(), access.Principal{Role: placardv1.Access_MISSION, Entity: "AUT"})
		err := s.InTx(caller, func(_ context.Context, tx *store.Tx) error {
			tx.Record(store.Change{
				Verb: "submit", Type: "placard.un.org/Delegation", Resource: "meetings/m1/delegations/AUT", Revision: 3,
				Paths: []string{"participants"}, Meeting: "m1", Entity: "AUT", OnBehalfOf: "AUT", InForce: true,
			})
			tx.Record(created("meetings/m1"))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		all := s.Client().Change.Query().Order(change.ByID()).AllX(storetest.System(t))
		if len(all) != 2 {
			t.Fatalf("%d changes", len(all))
		}
		c := all[0]
		if !c.CreateTime.Equal(now) {
			t.Errorf("time = %v, want %v", c.CreateTime, now)
		}
		got := fmt.Sprint(c.ID, c.Principal, c.Verb, c.ResourceType, c.Resource, c.Revision, c.Paths, c.MeetingID, c.EntityID, c.OnBehalfOf, c.InForce)
		want := fmt.Sprint(1, "entities/AUT", "submit", "placard.un.org/Delegation", "meetings/m1/delegations/AUT", 3, []string{"participants"}, "m1", "AUT", "AUT", true)
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if all[1].ID != 2 || all[1].OnBehalfOf != "" || all[1].InForce {
			t.Errorf("second = %v", all[1])
		}
	}, storetest.At(now))
}

// More than fit into one statement.
func TestManyChangesInOneWrite(t *testing.T) {
	const n = 2501
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := storetest.System(t)
		err := s.InTx(ctx, func(_ context.Context, tx *store.Tx) error {
			for i := range n {
				tx.Record(created(fmt.Sprintf("meetings/m%d", i)))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		last := s.Client().Change.GetX(ctx, n)
		if want := fmt.Sprintf("meetings/m%d", n-1); last.Resource != want {
			t.Errorf("change %d is of %s, want %s", n, last.Resource, want)
		}
		if err := s.Check(ctx); err != nil {
			t.Error(err)
		}
	})
}

// 16 writers, some of whose writes fail or are given up, and a follower that
// reads what comes after its cursor: it sees every change once and in order.
func TestFollowChanges(t *testing.T) {
	const writers, each = 16, 40
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := storetest.System(t)
		var acknowledged sync.Map
		var total atomic.Int64
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(1, uint64(w)))
				for i := range each {
					resource := fmt.Sprintf("meetings/w%d-%d", w, i)
					fail, slow, changes := rng.IntN(5) == 0, rng.IntN(4) == 0, 1+rng.IntN(3)
					err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
						if err := newMeeting(tx.Client, resource, tx.Now).Exec(ctx); err != nil {
							return err
						}
						for c := range changes {
							tx.Record(created(fmt.Sprintf("%s/%d", resource, c)))
						}
						if slow {
							time.Sleep(time.Millisecond)
						}
						if fail {
							return errUndo
						}
						return nil
					})
					switch {
					case fail && !errors.Is(err, errUndo), !fail && err != nil:
						t.Errorf("write %s: %v", resource, err)
					case !fail:
						for c := range changes {
							acknowledged.Store(fmt.Sprintf("%s/%d", resource, c), true)
						}
						total.Add(int64(changes))
					}
				}
			})
		}
		writing := make(chan struct{})
		go func() {
			defer close(writing)
			wg.Wait()
		}()

		seen := map[string]int{}
		var cursor int64
		for done := false; !done; {
			select {
			case <-writing:
				done = true // and once more, for what came last
			default:
			}
			page, err := s.Client().Change.Query().Where(change.IDGT(cursor)).Order(change.ByID()).Limit(7).All(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range page {
				if c.ID != cursor+1 {
					t.Errorf("after change %d came %d", cursor, c.ID)
				}
				cursor = c.ID
				seen[c.Resource]++
			}
			if len(page) == 7 {
				done = false
			}
		}
		if cursor != total.Load() || len(seen) != int(cursor) {
			t.Errorf("followed %d changes of %d resources, want %d", cursor, len(seen), total.Load())
		}
		acknowledged.Range(func(resource, _ any) bool {
			if seen[resource.(string)] != 1 {
				t.Errorf("saw %s %d times", resource, seen[resource.(string)])
			}
			return true
		})
		if err := s.Check(ctx); err != nil {
			t.Error(err)
		}
	}, func(cfg *store.Config) { cfg.MaxConns = writers + 1 })
}

// Callers give up at any moment: nothing stays of what was not acknowledged
// but what was committed whole, and the store goes on.
func TestInTxGivenUp(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := storetest.System(t)
		var wg sync.WaitGroup
		for w := range 8 {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(2, uint64(w)))
				for i := range 25 {
					short, cancel := context.WithTimeout(ctx, time.Duration(rng.IntN(20000))*time.Microsecond)
					id := fmt.Sprintf("w%d-%d", w, i)
					_ = s.InTx(short, func(ctx context.Context, tx *store.Tx) error {
						tx.Record(created("meetings/" + id))
						return newMeeting(tx.Client, id, tx.Now).Exec(ctx)
					})
					cancel()
				}
			})
		}
		wg.Wait()
		record(ctx, t, s, "meetings/last")
		meetings, changes := s.Client().Meeting.Query().CountX(ctx), s.Client().Change.Query().CountX(ctx)
		if changes != meetings+1 {
			t.Errorf("%d meetings, %d changes", meetings, changes)
		}
		if err := s.Check(ctx); err != nil {
			t.Error(err)
		}
		t.Logf("%d of 200 writes came through", meetings)
	})
}

// Two that lock the same rows in another order: PostgreSQL breaks one off,
// which is tried again. On SQLite the second has not begun yet.
func TestInTxIsTriedAgain(t *testing.T) {
	s := storetest.Open(t, storetest.Postgres)
	ctx := storetest.System(t)
	addMeetings(t, s, "m1", "m2")
	var wg, bothHaveOne sync.WaitGroup
	bothHaveOne.Add(2)
	var runs atomic.Int32
	for _, order := range [][]string{{"m1", "m2"}, {"m2", "m1"}} {
		wg.Go(func() {
			first := sync.OnceFunc(func() {
				bothHaveOne.Done()
				bothHaveOne.Wait()
			})
			err := s.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
				runs.Add(1)
				for _, id := range order {
					if _, err := tx.Client.Meeting.Query().Where(meeting.ID(id)).Modify(tx.ForUpdate).Only(ctx); err != nil {
						return fmt.Errorf("lock: %w", err)
					}
					first()
				}
				tx.Record(created("meetings/" + order[0]))
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := s.Client().Change.Query().CountX(ctx); n != 2 {
		t.Errorf("%d changes, want 2", n)
	}
	// Where both look for the deadlock at once, PostgreSQL ends both.
	if runs.Load() < 3 {
		t.Errorf("ran %d times, want one more than the two", runs.Load())
	}
}

// writeMeeting makes a meeting once for each request id and answers its name.
func writeMeeting(ctx context.Context, s *store.Store, r store.Request, id string, writes *atomic.Int32) (string, error) {
	return store.Write(store.WithRequest(ctx, r), s,
		func(ctx context.Context, tx *store.Tx) (string, error) {
			if err := newMeeting(tx.Client, id, tx.Now).Exec(ctx); err != nil {
				return "", err
			}
			writes.Add(1)
			tx.Record(created("meetings/" + id))
			tx.Record(created("meetings/" + id + "/of/lesser/import"))
			return "meetings/" + id, nil
		},
		func(_ context.Context, done store.Done) (string, error) {
			if done.Revision != 1 {
				return "", fmt.Errorf("revision %d", done.Revision)
			}
			return done.Resource, nil
		})
}

func TestWriteOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := storetest.System(t)
		request := store.Request{ID: "r1", Method: "/placard.v1.MeetingService/CreateMeeting", Hash: []byte{1}}
		var writes atomic.Int32
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				got, err := writeMeeting(ctx, s, request, "m1", &writes)
				if err != nil || got != "meetings/m1" {
					t.Errorf("call %d: %q, %v", i, got, err)
				}
			})
		}
		wg.Wait()
		if writes.Load() != 1 {
			t.Errorf("%d writes, want 1", writes.Load())
		}
		if n := s.Client().Change.Query().CountX(ctx); n != 2 {
			t.Errorf("%d changes, want 2", n)
		}
	})
}

func TestRequestID(t *testing.T) {
	request := store.Request{ID: "r1", Method: "Create", Hash: []byte{1}}
	austria := access.Principal{Role: placardv1.Access_MISSION, Entity: "AUT"}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var writes atomic.Int32
		ctx := storetest.System(t)
		if _, err := writeMeeting(ctx, s, request, "m1", &writes); err != nil {
			t.Fatal(err)
		}

		t.Run("for another request", func(t *testing.T) {
			other := request
			other.Hash = []byte{2}
			_, err := writeMeeting(ctx, s, other, "m2", &writes)
			f, ok := fault.As(err)
			if !ok || f.Reason != "REQUEST_ID_REUSED" || f.Code != codes.InvalidArgument {
				t.Errorf("err = %v, want REQUEST_ID_REUSED", err)
			}
		})
		t.Run("for another method", func(t *testing.T) {
			other := request
			other.Method = "Update"
			if got, err := writeMeeting(ctx, s, other, "m3", &writes); err != nil || got != "meetings/m3" {
				t.Errorf("%q, %v", got, err)
			}
		})
		t.Run("of another principal", func(t *testing.T) {
			err := s.InTx(store.WithRequest(access.With(t.Context(), austria), request), func(_ context.Context, tx *store.Tx) error {
				tx.Record(created("meetings/m4"))
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		t.Run("of nobody", func(t *testing.T) {
			err := s.InTx(store.WithRequest(t.Context(), request), func(context.Context, *store.Tx) error { return nil })
			if err == nil {
				t.Error("no error")
			}
		})
		t.Run("of a write that failed", func(t *testing.T) {
			r := store.Request{ID: "r2", Method: "Create", Hash: []byte{1}}
			if _, err := writeMeeting(ctx, s, r, "m1", &writes); err == nil {
				t.Fatal("made m1 twice")
			}
			if got, err := writeMeeting(ctx, s, r, "m5", &writes); err != nil || got != "meetings/m5" {
				t.Errorf("%q, %v", got, err)
			}
		})
		t.Run("of a write that changed nothing", func(t *testing.T) {
			runs := 0
			for range 2 {
				err := s.InTx(store.WithRequest(ctx, store.Request{ID: "r3", Method: "Create", Hash: []byte{1}}), func(context.Context, *store.Tx) error {
					runs++
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
			if runs != 2 {
				t.Errorf("ran %d times, want 2", runs)
			}
		})
		if writes.Load() != 3 {
			t.Errorf("%d writes, want 3", writes.Load())
		}
	})
}

func TestRequestIsForgotten(t *testing.T) {
	start := time.Date(2010, 1, 15, 12, 0, 0, 0, time.UTC)
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			var passed atomic.Int64
			s := storetest.Open(t, engine, storetest.Clock(func() time.Time { return start.Add(time.Duration(passed.Load())) }))
			ctx := storetest.System(t)
			var writes atomic.Int32
			write := func(id string, hash byte) (string, error) {
				return writeMeeting(ctx, s, store.Request{ID: "r1", Method: "Create", Hash: []byte{hash}}, id, &writes)
			}
			if _, err := write("m1", 1); err != nil {
				t.Fatal(err)
			}
			passed.Store(int64(store.RequestLife))
			if got, err := write("m2", 1); err != nil || got != "meetings/m1" {
				t.Errorf("at the end of its life: %q, %v; want meetings/m1", got, err)
			}
			passed.Add(int64(time.Microsecond))
			// It is as if it were not there, for many at once too.
			var wg sync.WaitGroup
			for range 20 {
				wg.Go(func() {
					if got, err := write("m3", 2); err != nil || got != "meetings/m3" {
						t.Errorf("after its life: %q, %v; want meetings/m3", got, err)
					}
				})
			}
			wg.Wait()
			if writes.Load() != 2 {
				t.Errorf("%d writes, want 2", writes.Load())
			}
		})
	}
}
