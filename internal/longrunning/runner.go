// Package longrunning does long work that somebody waits for: it is started by a
// call, done as a job, watched while it goes on, and keeps its result for a
// while. A noun says with Do how one of its methods is done, and starts it with
// Start.
//
// One run does the work at a time. It shows every second that it is alive; where
// one vanishes with its server, another begins from the start. So work may run
// twice, and its effect may not come twice. Of two runs that know nothing of each
// other, as when a machine stood still for a while, one ends the operation.
package longrunning

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/operation"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/blob"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// Config is what a runner needs.
type Config struct {
	Store *store.Store
	// Blobs keeps the contents of requests, and the files that are made.
	Blobs *blob.Store
	// Queue does the work, once it has the Workers.
	Queue *job.Queue
	Log   *slog.Logger
}

// Work is how a method is done. The message that it answers becomes the response
// of the operation; a fault becomes its error, as that of a call would.
//
// Its context is that of whoever started it: with its role, its account and its
// languages, bound to the meeting. It ends when the operation is cancelled, or
// the server stops. Then the work returns soon; after a stop it is called again.
type Work func(ctx context.Context, t *Task) (proto.Message, error)

// Runner does long work.
type Runner struct {
	store *store.Store
	blobs *blob.Store
	log   *slog.Logger
	// works has the work of each method, by its name in metadata.
	works map[string]Work
	queue *job.Queue

	stop    sync.Once
	stopped chan struct{}
}

// New makes a runner. Do completes it.
func New(cfg Config) *Runner {
	return &Runner{
		store: cfg.Store, blobs: cfg.Blobs, queue: cfg.Queue, log: cfg.Log,
		works: map[string]Work{}, stopped: make(chan struct{}),
	}
}

// Do says how a method is done (`placardv1.X_Y_FullMethodName`), before the queue
// starts. Without a runner, nil, nothing is done and nothing can be started.
func (r *Runner) Do(method string, work Work) {
	if r != nil {
		r.works[plain(method)] = work
	}
}

// work is how a method is done, if it is known here.
func (r *Runner) work(method string) (Work, bool) {
	if r == nil {
		return nil, false
	}
	work, ok := r.works[plain(method)]
	return work, ok
}

// Stop ends all work that runs here: it begins anew where a server runs.
func (r *Runner) Stop() { r.stop.Do(func() { close(r.stopped) }) }

// Stopping is closed when Stop is called.
func (r *Runner) Stopping() <-chan struct{} { return r.stopped }

// plain is the name of a method without the slash that gRPC has before it.
func plain(method string) string { return strings.TrimPrefix(method, "/") }

// Start starts the work of a method for a meeting (`meetings/m1`) that the caller
// sees. The request is kept until the work ends, without its request id. It comes
// without the content of its file, which is kept beside it; nil for none. It is a
// write of its own: repeated with the same request id it answers the same operation.
func (r *Runner) Start(
	ctx context.Context, meeting, method string, req proto.Message, content []byte,
) (*longrunningpb.Operation, error) {
	if _, ok := r.work(method); !ok {
		return nil, fmt.Errorf("start %s: nobody does it", method)
	}
	request, err := proto.Marshal(withoutRequestID(req))
	if err != nil {
		return nil, fmt.Errorf("start %s: keep the request: %w", method, err)
	}
	caller := access.From(ctx)
	row := &db.Operation{
		ID: uuid.NewString(), MeetingID: name.MeetingOf(meeting), Method: plain(method),
		Author: caller.Name(), Role: caller.Role.String(),
		Language: strings.Join(locale.FromContext(ctx), ", "), Request: request,
	}
	do := func(ctx context.Context, tx *store.Tx, key string) (*longrunningpb.Operation, error) {
		row.Input = key
		if err := r.create(ctx, tx, row); err != nil {
			return nil, err
		}
		return Message(row)
	}
	again := func(ctx context.Context, done store.Done) (*longrunningpb.Operation, error) {
		return r.Get(ctx, done.Resource)
	}
	if len(content) > 0 {
		return blob.Keep(ctx, r.blobs, r.store, content, do, again)
	}
	return store.Write(ctx, r.store, func(ctx context.Context, tx *store.Tx) (*longrunningpb.Operation, error) {
		return do(ctx, tx, "")
	}, again)
}

// withoutRequestID is a request without the id by which it is done once.
func withoutRequestID(req proto.Message) proto.Message {
	out := proto.Clone(req)
	if id := out.ProtoReflect().Descriptor().Fields().ByName("request_id"); id != nil {
		out.ProtoReflect().Clear(id)
	}
	return out
}

// maxUnfinished is how many operations of a meeting may wait or go on.
const maxUnfinished = 20

// create writes the row of an operation and its job. Those of one meeting are
// created one after another, so that they can be counted.
func (r *Runner) create(ctx context.Context, tx *store.Tx, row *db.Operation) error {
	if err := tx.LockMeeting(ctx, row.MeetingID); err != nil {
		return err
	}
	if err := store.SeesMeeting(ctx, tx.Client, name.Meeting(row.MeetingID)); err != nil {
		return err
	}
	n, err := tx.Client.Operation.Query().Where(operation.MeetingID(row.MeetingID), operation.EndTimeIsNil()).Count(ctx)
	if err != nil {
		return fmt.Errorf("count the operations of %s: %w", name.Meeting(row.MeetingID), err)
	}
	if n >= maxUnfinished {
		return fault.Precondition("TOO_MANY_OPERATIONS",
			fmt.Sprintf("%s has %d operations that have not ended, the most that it may have: wait for one, or cancel it",
				name.Meeting(row.MeetingID), n),
			"meeting", name.Meeting(row.MeetingID), "limit", strconv.Itoa(maxUnfinished))
	}
	row.CreateTime, row.UpdateTime, row.BeatTime = tx.Now, tx.Now, tx.Now
	err = tx.Client.Operation.Create().SetID(row.ID).SetMeetingID(row.MeetingID).SetMethod(row.Method).
		SetAuthor(row.Author).SetRole(row.Role).SetLanguage(row.Language).SetRequest(row.Request).SetInput(row.Input).
		SetCreateTime(row.CreateTime).SetUpdateTime(row.UpdateTime).SetBeatTime(row.BeatTime).Exec(ctx)
	if err != nil {
		return fmt.Errorf("create an operation of %s: %w", name.Meeting(row.MeetingID), err)
	}
	tx.Record(change("create", row, 1))
	return r.enqueue(ctx, tx, row)
}

func (r *Runner) enqueue(ctx context.Context, tx *store.Tx, row *db.Operation) error {
	return r.queue.Enqueue(ctx, tx, job.Operate{Operation: name.Operation(row.MeetingID, row.ID)})
}

// change is the entry in the change log for a row that was written so many times.
func change(verb string, row *db.Operation, times int64) store.Change {
	return store.Change{
		Verb: verb, Type: name.TypeOperation, Resource: name.Operation(row.MeetingID, row.ID), Revision: times,
		Meeting: row.MeetingID,
	}
}
