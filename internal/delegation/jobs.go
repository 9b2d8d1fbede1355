package delegation

import (
	"context"
	"fmt"
	"time"

	"github.com/un-placard/placard/ent/db"
	entdelegation "github.com/un-placard/placard/ent/db/delegation"
	entmeeting "github.com/un-placard/placard/ent/db/meeting"
	"github.com/un-placard/placard/ent/db/revision"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// MarkLate is the job that computes anew which compositions of a meeting are
// late, after its deadline or its intake changed. It goes some delegations at a
// time; run again, it finds nothing more to do.
func (s *Service) MarkLate(ctx context.Context, args job.MarkLate) error {
	for {
		n, err := s.markSome(ctx, name.MeetingOf(args.Meeting))
		if err != nil {
			return fmt.Errorf("mark late compositions of %s: %w", args.Meeting, err)
		}
		if n == 0 {
			return nil
		}
	}
}

// markSome corrects the marks of some delegations, and answers how many.
func (s *Service) markSome(ctx context.Context, meeting string) (int, error) {
	const rows = 100
	done := 0
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		// Held until the end: a composition that comes in meanwhile waits for
		// nothing, but the deadline does not move.
		if err := tx.HoldMeeting(ctx, meeting); err != nil {
			return err
		}
		m, err := tx.Client.Meeting.Query().Where(entmeeting.ID(meeting)).Only(ctx)
		if db.IsNotFound(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read meeting: %w", err)
		}
		cutoff := Intake{Deadline: m.DeadlineTime, Closed: m.CloseTime}.Cutoff()
		wrong := entdelegation.LateEQ(true)
		if cutoff != nil {
			wrong = entdelegation.Or(
				entdelegation.And(entdelegation.Late(true), entdelegation.SubmitTimeLT(*cutoff)),
				entdelegation.And(entdelegation.Late(false), entdelegation.SubmitTimeGTE(*cutoff)),
			)
		}
		dq := tx.Client.Delegation.Query().Where(entdelegation.MeetingID(meeting), wrong).Limit(rows)
		dq.Modify(tx.ForUpdate)
		delegations, err := dq.All(ctx)
		if err != nil {
			return fmt.Errorf("read delegations: %w", err)
		}
		done = len(delegations)
		ids := map[bool][]int64{}
		for _, d := range delegations {
			late := !d.Late
			ids[late] = append(ids[late], d.ID)
			tx.Record(store.Change{
				Verb: "update", Type: name.TypeDelegation, Resource: name.Delegation(d.MeetingID, d.EntityID),
				Revision: int64(d.LatestRevision), Paths: []string{"late"}, Meeting: d.MeetingID, Entity: d.EntityID,
			})
		}
		for late, which := range ids {
			if err := tx.Client.Delegation.Update().Where(entdelegation.IDIn(which...)).
				SetLate(late).SetUpdateTime(tx.Now).AddRevision(1).Exec(ctx); err != nil {
				return fmt.Errorf("mark delegations: %w", err)
			}
		}
		return markRevisions(ctx, tx, meeting, cutoff)
	})
	return done, err
}

// markRevisions follows with the revisions.
func markRevisions(ctx context.Context, tx *store.Tx, meeting string, cutoff *time.Time) error {
	of := revision.MeetingID(meeting)
	late, onTime := revision.LateEQ(true), revision.LateEQ(false)
	unmark := tx.Client.Revision.Update().Where(of, late).SetLate(false)
	if cutoff != nil {
		unmark.Where(revision.ReceiveTimeLT(*cutoff))
		if err := tx.Client.Revision.Update().Where(of, onTime, revision.ReceiveTimeGTE(*cutoff)).
			SetLate(true).Exec(ctx); err != nil {
			return fmt.Errorf("mark revisions: %w", err)
		}
	}
	if err := unmark.Exec(ctx); err != nil {
		return fmt.Errorf("unmark revisions: %w", err)
	}
	return nil
}
