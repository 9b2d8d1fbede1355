package longrunning_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/operation"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/blob"
	"github.com/un-placard/placard/internal/blob/blobtest"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/longrunning"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// limit is how long a test waits for an operation.
const limit = 30 * time.Second

const (
	method  = placardv1.DocumentService_GenerateDocumentArchive_FullMethodName
	another = placardv1.DelegationService_ImportDelegations_FullMethodName
)

// request is any request: what it asks for is not looked at here.
func request() *placardv1.GenerateDocumentArchiveRequest {
	return &placardv1.GenerateDocumentArchiveRequest{Parent: "meetings/m1", Language: "fr", RequestId: "r1"}
}

// house is a store, a place for contents, and a runner with its queue.
type house struct {
	*store.Store
	blobs  *blob.Store
	runner *longrunning.Runner
	queue  *job.Queue
	log    *logged
}

// build makes a runner that does a method in one way; its queue does nothing
// before it is started.
func build(t *testing.T, s *store.Store, blobs *blob.Store, work longrunning.Work) *house {
	t.Helper()
	h := &house{Store: s, blobs: blobs, log: &logged{}}
	log := slog.New(slog.NewTextHandler(h.log, nil))
	var err error
	if h.queue, err = job.New(s, log, blobs.Workers(s, log)...); err != nil {
		t.Fatal(err)
	}
	h.runner = longrunning.New(longrunning.Config{Store: s, Blobs: blobs, Queue: h.queue, Log: log})
	if work != nil {
		h.runner.Do(method, work)
	}
	if err := h.queue.Add(h.runner.Workers()...); err != nil {
		t.Fatal(err)
	}
	return h
}

// logged is what was logged, by several at once.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (h *house) start(t *testing.T) (stop func()) {
	t.Helper()
	if err := h.queue.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	stop = func() {
		once.Do(func() {
			h.runner.Stop()
			ctx, cancel := context.WithTimeout(context.Background(), limit)
			defer cancel()
			if err := h.queue.Stop(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(stop)
	return stop
}

// each runs a test on both engines, with a meeting m1 in the database.
func each(t *testing.T, fn func(t *testing.T, s *store.Store, blobs *blob.Store)) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		err := s.InTx(storetest.System(t), func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Meeting.Create().SetID("m1").SetState("OPEN").SetStartDate("2010-01-27").SetEndDate("2010-01-29").
				SetTimeZone("Europe/Vienna").SetLatePolicy("ACCEPT_AS_LATE").SetModality("IN_PERSON").SetCompositionDeadline("").
				SetContent("{}").SetCreateTime(tx.Now).SetUpdateTime(tx.Now).Exec(ctx)
		})
		if err != nil {
			t.Fatal(err)
		}
		fn(t, s, blobtest.Open(t, t.TempDir()))
	})
}

// secretariat is a context of an account that reads French.
func secretariat(t *testing.T) context.Context {
	return locale.With(access.With(t.Context(), access.Principal{
		Role: placardv1.Access_SECRETARIAT, Account: "accounts/desk",
	}), []string{"fr", "en"})
}

// ended waits for the end of an operation.
func (h *house) ended(t *testing.T, op *longrunningpb.Operation) *longrunningpb.Operation {
	t.Helper()
	for end := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		got, err := h.runner.Get(secretariat(t), op.GetName())
		if err != nil {
			t.Fatal(err)
		}
		if got.GetDone() {
			return got
		}
		if time.Now().After(end) {
			t.Fatalf("%v goes on", got)
		}
	}
}

func (h *house) row(t *testing.T, op *longrunningpb.Operation) *db.Operation {
	t.Helper()
	row, err := h.Client().Operation.Get(storetest.System(t), name.Last(op.GetName()))
	if err != nil {
		t.Fatal(err)
	}
	return row
}

// change sets columns of the row of an operation, whoever has it.
func (h *house) change(t *testing.T, op *longrunningpb.Operation, set func(*db.OperationUpdateOne)) {
	t.Helper()
	err := h.InTx(storetest.System(t), func(ctx context.Context, tx *store.Tx) error {
		update := tx.Client.Operation.UpdateOneID(name.Last(op.GetName()))
		set(update)
		return update.Exec(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// contents counts what the store of contents holds.
func (h *house) contents(t *testing.T) int {
	t.Helper()
	n := 0
	err := h.blobs.Each(t.Context(), time.Now().Add(time.Hour), func(keys []string) error {
		n += len(keys)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func metadata(t *testing.T, op *longrunningpb.Operation) *placardv1.OperationMetadata {
	t.Helper()
	meta := &placardv1.OperationMetadata{}
	if err := op.GetMetadata().UnmarshalTo(meta); err != nil {
		t.Fatal(err)
	}
	return meta
}

func reason(op *longrunningpb.Operation) string {
	for _, d := range status.FromProto(op.GetError()).Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestOperation(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, blobs *blob.Store) {
		type seen struct{ principal, languages, request, content, err string }
		var got seen
		h := build(t, s, blobs, func(ctx context.Context, task *longrunning.Task) (proto.Message, error) {
			p := access.From(ctx)
			got.principal = p.Role.String() + " " + p.Name() + " " + strings.Join(p.Meetings, " ")
			got.languages = strings.Join(locale.FromContext(ctx), " ")
			req := &placardv1.GenerateDocumentArchiveRequest{}
			if err := task.Request(req); err != nil {
				return nil, err
			}
			got.request = req.GetLanguage() + req.GetRequestId() // which is not kept
			content, err := task.Content(ctx)
			if err != nil {
				return nil, err
			}
			defer func() { _ = content.Close() }()
			text, err := io.ReadAll(content)
			got.content = string(text)
			for i := range 1000 {
				task.Progress(int64(i), 1000)
			}
			if err != nil {
				return nil, err
			}
			return task.File(ctx, "a.txt", "text/plain", func(w io.Writer) error {
				_, err := io.WriteString(w, "hello")
				return err
			})
		})
		op, err := h.runner.Start(secretariat(t), "meetings/m1", method, request(), []byte("a file"))
		if err != nil {
			t.Fatal(err)
		}
		if op.GetDone() || metadata(t, op).GetAuthor() != "accounts/desk" || "/"+metadata(t, op).GetMethod() != method {
			t.Errorf("started as %v", op)
		}
		if row := h.row(t, op); row.Input == "" || h.contents(t) != 1 {
			t.Errorf("the content is not kept")
		}
		if n, err := blobs.Sweep(storetest.System(t), s, time.Now().Add(time.Hour)); err != nil || n != 0 {
			t.Errorf("swept %d contents of requests: %v", n, err)
		}
		h.start(t)
		op = h.ended(t, op)
		if want := (seen{"SECRETARIAT accounts/desk m1", "fr en", "fr", "a file", ""}); got != want {
			t.Errorf("the work saw %+v, want %+v", got, want)
		}
		file := &placardv1.OperationFile{}
		if err := op.GetResponse().UnmarshalTo(file); err != nil {
			t.Fatal(err, op)
		}
		if file.GetDisplayName() != "a.txt" || file.GetSizeBytes() != 5 ||
			file.GetSha256() != "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" {
			t.Errorf("file %v", file)
		}
		meta := metadata(t, op)
		if meta.GetDoneCount() != 999 || meta.GetTotalCount() != 1000 ||
			meta.GetExpireTime().AsTime().Sub(meta.GetEndTime().AsTime()) != 7*24*time.Hour {
			t.Errorf("metadata %v", meta)
		}
		row := h.row(t, op)
		if row.Request != nil || row.Input != "" || row.Run != "" {
			t.Errorf("the request is kept after the end: %v", row)
		}
		eventually(t, "the content of the request to be removed", func() bool { return h.contents(t) == 1 })
		n, err := blobs.Sweep(storetest.System(t), s, time.Now().Add(time.Hour))
		if err != nil || n != 0 {
			t.Errorf("swept %d: %v", n, err)
		}
		var verbs []string
		for _, c := range s.Client().Change.Query().Order(db.Asc("id")).AllX(storetest.System(t)) {
			verbs = append(verbs, c.Principal+" "+c.Verb)
		}
		if want := "accounts/desk create,accounts/desk complete"; strings.Join(verbs, ",") != want {
			t.Errorf("changes %v, want %s", verbs, want)
		}
	})
}

func TestStartIsRefused(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, blobs *blob.Store) {
		h := build(t, s, blobs, func(context.Context, *longrunning.Task) (proto.Message, error) { return nil, nil })
		bound := access.With(t.Context(), access.Principal{
			Role: placardv1.Access_SECRETARIAT, Account: "accounts/other", Meetings: []string{"m2"},
		})
		for what, start := range map[string]func() (*longrunningpb.Operation, error){
			"a meeting that is not there": func() (*longrunningpb.Operation, error) {
				return h.runner.Start(secretariat(t), "meetings/none", method, request(), []byte("x"))
			},
			"a meeting that is not the caller's": func() (*longrunningpb.Operation, error) {
				return h.runner.Start(bound, "meetings/m1", method, request(), []byte("x"))
			},
		} {
			if _, err := start(); !isNotFound(err) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := h.runner.Start(secretariat(t), "meetings/m1", another, request(), nil); err == nil {
			t.Error("a method that nobody does was started")
		}
		if n := h.contents(t); n != 0 {
			t.Errorf("%d contents stay", n)
		}
	})
}

func isNotFound(err error) bool {
	f, ok := fault.As(err)
	return ok && f.Code == codes.NotFound
}

func TestErrors(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, blobs *blob.Store) {
		var outcome error
		h := build(t, s, blobs, func(ctx context.Context, task *longrunning.Task) (proto.Message, error) {
			if _, err := task.File(ctx, "half", "text/plain", func(io.Writer) error { return nil }); err != nil {
				return nil, err
			}
			if outcome == nil {
				panic("a defect, with the name of Mr. Secret")
			}
			return nil, outcome
		})
		h.start(t)
		for _, x := range []struct {
			err     error
			code    codes.Code
			reason  string
			message string
		}{
			{fault.NotFound("documents/d1"), codes.NotFound, "NOT_FOUND", "documents/d1 was not found"},
			{errors.New("disk of Mr. Secret is full"), codes.Internal, "INTERNAL", ""},
			{nil, codes.Internal, "INTERNAL", ""},
		} {
			outcome = x.err
			op, err := h.runner.Start(secretariat(t), "meetings/m1", method, request(), nil)
			if err != nil {
				t.Fatal(err)
			}
			op = h.ended(t, op)
			got := op.GetError()
			if codes.Code(got.GetCode()) != x.code || reason(op) != x.reason || strings.Contains(op.String(), "Secret") ||
				x.message != "" && got.GetMessage() != x.message {
				t.Errorf("%v: ended with %v", x.err, got)
			}
			localized := false
			for _, d := range status.FromProto(got).Details() {
				m, ok := d.(*errdetails.LocalizedMessage)
				localized = localized || ok && m.GetLocale() == "fr"
			}
			if !localized {
				t.Errorf("%v: no message in French: %v", x.err, got)
			}
		}
		eventually(t, "what was made to be removed", func() bool { return h.contents(t) == 0 })
		if log := h.log.String(); strings.Count(log, "disk of Mr. Secret") != 1 || !strings.Contains(log, "runner_test.go") {
			t.Errorf("the log does not say what was wrong:\n%s", log)
		}
	})
}

func TestCancel(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, blobs *blob.Store) {
		begun := make(chan struct{}, 1)
		h := build(t, s, blobs, func(ctx context.Context, task *longrunning.Task) (proto.Message, error) {
			if _, err := task.File(ctx, "half", "text/plain", func(io.Writer) error { return nil }); err != nil {
				return nil, err
			}
			task.Progress(3, 10)
			begun <- struct{}{}
			<-ctx.Done()
			return nil, ctx.Err()
		})
		waiting, err := h.runner.Start(secretariat(t), "meetings/m1", method, request(), []byte("content"))
		if err != nil {
			t.Fatal(err)
		}
		// Nobody does it yet: it ends at once, and is not done later.
		op, err := h.runner.Cancel(secretariat(t), waiting.GetName())
		if err != nil || !op.GetDone() || reason(op) != "OPERATION_CANCELLED" || h.row(t, op).Request != nil {
			t.Fatalf("%v %v", op, err)
		}
		h.start(t)
		op, err = h.runner.Start(secretariat(t), "meetings/m1", method, request(), []byte("content"))
		if err != nil {
			t.Fatal(err)
		}
		<-begun
		if op, err = h.runner.Cancel(secretariat(t), op.GetName()); err != nil || op.GetDone() || !metadata(t, op).GetCancelRequested() {
			t.Fatalf("%v %v", op, err)
		}
		asked := time.Now()
		op = h.ended(t, op)
		if took := time.Since(asked); took > 3*time.Second {
			t.Errorf("it took %v to end", took)
		}
		if codes.Code(op.GetError().GetCode()) != codes.Canceled || reason(op) != "OPERATION_CANCELLED" || metadata(t, op).GetDoneCount() != 3 {
			t.Errorf("ended as %v", op)
		}
		eventually(t, "contents to be removed", func() bool { return h.contents(t) == 0 })
		if again, err := h.runner.Cancel(secretariat(t), op.GetName()); err != nil || !proto.Equal(again, op) {
			t.Errorf("cancelled again: %v %v", again, err)
		}
		if len(begun) > 0 {
			t.Error("the one that was cancelled first was done")
		}
	})
}

// TestCancelTooLate: work that is done before it hears that it was cancelled has
// succeeded, and the change log has each write by its own revision.
func TestCancelTooLate(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, blobs *blob.Store) {
		begun, leave := make(chan struct{}), make(chan struct{})
		h := build(t, s, blobs, func(context.Context, *longrunning.Task) (proto.Message, error) {
			close(begun)
			<-leave
			return &placardv1.OperationFile{}, nil
		})
		h.start(t)
		op, err := h.runner.Start(secretariat(t), "meetings/m1", method, request(), nil)
		if err != nil {
			t.Fatal(err)
		}
		<-begun
		if _, err := h.runner.Cancel(secretariat(t), op.GetName()); err != nil {
			t.Fatal(err)
		}
		close(leave)
		if op = h.ended(t, op); op.GetResponse() == nil {
			t.Errorf("ended as %v", op)
		}
		var changes []string
		for _, c := range s.Client().Change.Query().Order(db.Asc("id")).AllX(storetest.System(t)) {
			changes = append(changes, fmt.Sprint(c.Verb, " ", c.Revision))
		}
		if want := "create 1,cancel 2,complete 3"; strings.Join(changes, ",") != want {
			t.Errorf("changes %v, want %s", changes, want)
		}
	})
}

// TestStop: work that a server leaves when it stops is done by the next.
func TestStop(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, blobs *blob.Store) {
		begun := make(chan struct{})
		first := build(t, s, blobs, func(ctx context.Context, _ *longrunning.Task) (proto.Message, error) {
			close(begun)
			<-ctx.Done()
			return nil, ctx.Err()
		})
		stop := first.start(t)
		op, err := first.runner.Start(secretariat(t), "meetings/m1", method, request(), []byte("content"))
		if err != nil {
			t.Fatal(err)
		}
		<-begun
		stop()
		if row := first.row(t, op); row.Done || row.Run != "" {
			t.Fatalf("left as %v", row)
		}
		second := build(t, s, blobs, func(ctx context.Context, task *longrunning.Task) (proto.Message, error) {
			content, err := task.Content(ctx)
			if err != nil {
				return nil, err
			}
			defer func() { _ = content.Close() }()
			_, err = io.Copy(io.Discard, content)
			return &placardv1.OperationFile{}, err
		})
		second.start(t)
		if op = second.ended(t, op); op.GetResponse() == nil {
			t.Errorf("ended as %v", op)
		}
	})
}

// TestVanished: work whose server vanished is done by another, once the run has
// shown no life for a while; what the first one does then counts for nothing.
func TestVanished(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, blobs *blob.Store) {
		begun, leave := make(chan struct{}), make(chan struct{})
		var runs atomic.Int32
		h := build(t, s, blobs, func(ctx context.Context, task *longrunning.Task) (proto.Message, error) {
			what := "the first"
			if runs.Add(1) == 1 {
				close(begun)
				<-leave
			} else {
				what = "the second"
			}
			return task.File(context.WithoutCancel(ctx), what, "text/plain", func(io.Writer) error { return nil })
		})
		h.start(t)
		op, err := h.runner.Start(secretariat(t), "meetings/m1", method, request(), nil)
		if err != nil {
			t.Fatal(err)
		}
		<-begun
		// As if its machine had stood still for a minute.
		h.change(t, op, func(u *db.OperationUpdateOne) {
			u.SetRun("vanished").SetBeatTime(s.Now().Add(-time.Minute))
		})
		op = h.ended(t, op)
		close(leave)
		file := &placardv1.OperationFile{}
		if err := op.GetResponse().UnmarshalTo(file); err != nil || file.GetDisplayName() != "the second" {
			t.Errorf("ended as %v (%v)", op, err)
		}
		if row := h.row(t, op); row.LostCount != 1 {
			t.Errorf("lost %d times", row.LostCount)
		}
		time.Sleep(100 * time.Millisecond)
		eventually(t, "the file of the first to be removed", func() bool { return runs.Load() == 2 && h.contents(t) == 1 })
	})
}

// TestVanishesAgainAndAgain: work that makes servers vanish is given up.
func TestVanishesAgainAndAgain(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, blobs *blob.Store) {
		h := build(t, s, blobs, func(context.Context, *longrunning.Task) (proto.Message, error) {
			return nil, errors.New("done once more")
		})
		op, err := h.runner.Start(secretariat(t), "meetings/m1", method, request(), nil)
		if err != nil {
			t.Fatal(err)
		}
		h.change(t, op, func(u *db.OperationUpdateOne) {
			u.SetRun("vanished").SetBeatTime(s.Now().Add(-time.Minute)).SetLostCount(4)
		})
		h.start(t)
		op = h.ended(t, op)
		if reason(op) != "INTERNAL" || strings.Contains(h.log.String(), "done once more") {
			t.Errorf("ended as %v\n%s", op, h.log)
		}
	})
}

// TestLostJob: an operation whose job is gone gets another.
func TestLostJob(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, blobs *blob.Store) {
		h := build(t, s, blobs, func(context.Context, *longrunning.Task) (proto.Message, error) { return nil, nil })
		op, err := h.runner.Start(secretariat(t), "meetings/m1", method, request(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Writer().ExecContext(t.Context(), "DELETE FROM river_job"); err != nil {
			t.Fatal(err)
		}
		h.change(t, op, func(u *db.OperationUpdateOne) { u.SetBeatTime(s.Now().Add(-time.Hour)) })
		h.start(t)
		if op = h.ended(t, op); op.GetResponse() == nil {
			t.Errorf("ended as %v", op)
		}
	})
}

// TestUnknownMethod: a server leaves alone what it does not know how to do, and
// another does it.
func TestUnknownMethod(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, blobs *blob.Store) {
		knows := func(context.Context, *longrunning.Task) (proto.Message, error) { return nil, nil }
		op, err := build(t, s, blobs, knows).runner.Start(secretariat(t), "meetings/m1", method, request(), nil)
		if err != nil {
			t.Fatal(err)
		}
		old := build(t, s, blobs, nil)
		before := old.row(t, op)
		stop := old.start(t)
		time.Sleep(1500 * time.Millisecond) // it looks at it twice
		stop()
		if after := old.row(t, op); after.Run != "" || !after.BeatTime.Equal(before.BeatTime) {
			t.Errorf("written as %v", after)
		}
		h := build(t, s, blobs, knows)
		h.start(t)
		if op = h.ended(t, op); op.GetResponse() == nil {
			t.Errorf("ended as %v", op)
		}
	})
}

// TestMethodOfNobody: what no server knows how to do is given up after a while;
// what only waits for its turn is not.
func TestMethodOfNobody(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, blobs *blob.Store) {
		h := build(t, s, blobs, func(context.Context, *longrunning.Task) (proto.Message, error) { return nil, nil })
		// As if each had waited for long, and been found so four times.
		waited := func(u *db.OperationUpdateOne) { u.SetBeatTime(s.Now().Add(-time.Hour)).SetLostCount(4) }
		for _, x := range []struct {
			server *house
			reason string
		}{{build(t, s, blobs, nil), "INTERNAL"}, {h, ""}} {
			op, err := h.runner.Start(secretariat(t), "meetings/m1", method, request(), nil)
			if err != nil {
				t.Fatal(err)
			}
			h.change(t, op, waited)
			stop := x.server.start(t)
			if op = h.ended(t, op); reason(op) != x.reason {
				t.Errorf("ended as %v, want %q", op, x.reason)
			}
			stop()
		}
	})
}

// TestTooMany: a meeting has only so many operations that have not ended, also
// where they are started at once.
func TestTooMany(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, blobs *blob.Store) {
		h := build(t, s, blobs, func(context.Context, *longrunning.Task) (proto.Message, error) { return nil, nil })
		ctx := store.WithRequest(secretariat(t), store.Request{ID: "r1", Method: method, Hash: []byte{1}})
		first, err := h.runner.Start(ctx, "meetings/m1", method, request(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var refused atomic.Int32
		var wg sync.WaitGroup
		for range 24 {
			wg.Go(func() {
				_, err := h.runner.Start(secretariat(t), "meetings/m1", method, request(), []byte("content"))
				if f, ok := fault.As(err); ok && f.Code == codes.FailedPrecondition && f.Reason == "TOO_MANY_OPERATIONS" {
					refused.Add(1)
				} else if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := s.Client().Operation.Query().CountX(storetest.System(t)); n != 20 || refused.Load() != 5 || h.contents(t) != 19 {
			t.Errorf("%d operations with %d contents, %d refused", n, h.contents(t), refused.Load())
		}
		if again, err := h.runner.Start(ctx, "meetings/m1", method, request(), nil); err != nil || again.GetName() != first.GetName() {
			t.Errorf("a repetition: %v %v", again, err)
		}
		if _, err := h.runner.Cancel(secretariat(t), first.GetName()); err != nil {
			t.Fatal(err)
		}
		if _, err := h.runner.Start(secretariat(t), "meetings/m1", method, request(), nil); err != nil {
			t.Errorf("after the end of one: %v", err)
		}
	})
}

// TestNoRunner: without one nothing can be started, and nothing else is wrong.
func TestNoRunner(t *testing.T) {
	var r *longrunning.Runner
	r.Do(method, nil)
	if op, err := r.Start(t.Context(), "meetings/m1", method, request(), nil); err == nil {
		t.Errorf("started %v", op)
	}
}

func TestForget(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, blobs *blob.Store) {
		h := build(t, s, blobs, func(ctx context.Context, task *longrunning.Task) (proto.Message, error) {
			return task.File(ctx, "f", "text/plain", func(io.Writer) error { return nil })
		})
		stop := h.start(t)
		var ops []*longrunningpb.Operation
		for range 2 {
			op, err := h.runner.Start(secretariat(t), "meetings/m1", method, request(), nil)
			if err != nil {
				t.Fatal(err)
			}
			ops = append(ops, h.ended(t, op))
		}
		stop()
		h.change(t, ops[0], func(u *db.OperationUpdateOne) { u.SetEndTime(s.Now().Add(-7*24*time.Hour - time.Minute)) })
		h.change(t, ops[1], func(u *db.OperationUpdateOne) { u.SetEndTime(s.Now().Add(-7*24*time.Hour + time.Minute)) })
		if _, err := s.Writer().ExecContext(t.Context(), "DELETE FROM river_job"); err != nil {
			t.Fatal(err)
		}
		build(t, s, blobs, nil).start(t)
		eventually(t, "the old one to be deleted", func() bool {
			return s.Client().Operation.Query().CountX(storetest.System(t)) == 1 && h.contents(t) == 1
		})
		if s.Client().Operation.Query().Where(operation.ID(name.Last(ops[1].GetName()))).CountX(storetest.System(t)) != 1 {
			t.Error("the younger one was deleted")
		}
	})
}

// TestClear: the operations of a meeting that is deleted go with it, unless one
// goes on.
func TestClear(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, blobs *blob.Store) {
		h := build(t, s, blobs, func(ctx context.Context, task *longrunning.Task) (proto.Message, error) {
			return task.File(ctx, "f", "text/plain", func(io.Writer) error { return nil })
		})
		op, err := h.runner.Start(secretariat(t), "meetings/m1", method, request(), nil)
		if err != nil {
			t.Fatal(err)
		}
		cleared := func() error {
			return s.InTx(secretariat(t), func(ctx context.Context, tx *store.Tx) error {
				return longrunning.Clear(ctx, tx, h.queue, "m1")
			})
		}
		if f, ok := fault.As(cleared()); !ok || f.Reason != "OPERATION_RUNNING" {
			t.Errorf("while one goes on: %v", f)
		}
		h.start(t)
		h.ended(t, op)
		if err := cleared(); err != nil {
			t.Error(err)
		}
		if n := s.Client().Operation.Query().CountX(storetest.System(t)); n != 0 {
			t.Errorf("%d operations stay", n)
		}
		eventually(t, "the file to be removed", func() bool { return h.contents(t) == 0 })
	})
}

// TestOnce: a repetition with the same request id answers the same operation.
func TestOnce(t *testing.T) {
	each(t, func(t *testing.T, s *store.Store, blobs *blob.Store) {
		h := build(t, s, blobs, func(context.Context, *longrunning.Task) (proto.Message, error) { return nil, nil })
		ctx := store.WithRequest(secretariat(t), store.Request{ID: "r1", Method: method, Hash: []byte{1}})
		first, err := h.runner.Start(ctx, "meetings/m1", method, request(), []byte("content"))
		if err != nil {
			t.Fatal(err)
		}
		second, err := h.runner.Start(ctx, "meetings/m1", method, request(), []byte("content"))
		if err != nil || !proto.Equal(first, second) {
			t.Errorf("repeated: %v %v, want %v", second, err, first)
		}
		if n := h.contents(t); n != 1 {
			t.Errorf("%d contents", n)
		}
	})
}
