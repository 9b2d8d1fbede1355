package delegation

import (
	"context"
	"fmt"
	"time"

	"github.com/un-placard/placard/ent/db"
	entdelegation "github.com/un-placard/placard/ent/db/delegation"
	"github.com/un-placard/placard/ent/db/revision"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// MarkLate is the job that computes anew which compositions of a meeting are
// late, after its deadline or its intake changed. It goes some delegations at a
// time; run again, it finds nothing more to do.
func (s *Service) MarkLate(ctx context.Context, args job.MarkDelegationsLate) error {
	meeting := name.MeetingOf(args.Meeting)
	n, err := 1, error(nil)
	for n > 0 && err == nil {
		n, err = s.markSome(ctx, meeting)
	}
	if err == nil {
		err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error { return markRevisions(ctx, tx, meeting) })
	}
	if db.IsNotFound(err) {
		return nil // the meeting was deleted meanwhile
	}
	if err != nil {
		return fmt.Errorf("mark late compositions of %s: %w", args.Meeting, err)
	}
	return nil
}

// cutoff reads from which instant on compositions for a meeting are late, and
// holds the meeting, so that it does not move meanwhile.
func cutoff(ctx context.Context, tx *store.Tx, meeting string) (*time.Time, error) {
	if err := tx.HoldMeeting(ctx, meeting); err != nil {
		return nil, err
	}
	m, err := tx.Client.Meeting.Get(ctx, meeting)
	if err != nil {
		return nil, fmt.Errorf("read meeting: %w", err)
	}
	return Intake{Deadline: m.DeadlineTime, Closed: m.CloseTime}.Cutoff(), nil
}

// markSome corrects the marks of some delegations, and answers how many.
func (s *Service) markSome(ctx context.Context, meeting string) (int, error) {
	const rows = 100
	done := 0
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		at, err := cutoff(ctx, tx, meeting)
		if err != nil {
			return err
		}
		wrong := entdelegation.LateEQ(true)
		if at != nil {
			wrong = entdelegation.Or(
				entdelegation.And(entdelegation.Late(true), entdelegation.SubmitTimeLT(*at)),
				entdelegation.And(entdelegation.Late(false), entdelegation.SubmitTimeGTE(*at)),
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
		return nil
	})
	return done, err
}

// markRevisions follows with the revisions.
func markRevisions(ctx context.Context, tx *store.Tx, meeting string) error {
	at, err := cutoff(ctx, tx, meeting)
	if err != nil {
		return err
	}
	of := revision.MeetingID(meeting)
	late, onTime := revision.LateEQ(true), revision.LateEQ(false)
	unmark := tx.Client.Revision.Update().Where(of, late).SetLate(false)
	if at != nil {
		unmark.Where(revision.ReceiveTimeLT(*at))
		if err := tx.Client.Revision.Update().Where(of, onTime, revision.ReceiveTimeGTE(*at)).
			SetLate(true).Exec(ctx); err != nil {
			return fmt.Errorf("mark revisions: %w", err)
		}
	}
	if err := unmark.Exec(ctx); err != nil {
		return fmt.Errorf("unmark revisions: %w", err)
	}
	return nil
}
