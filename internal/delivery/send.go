package delivery

import (
	"context"
	"errors"
	"fmt"
	"time"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/delegation"
	"github.com/un-placard/placard/ent/db/delivery"
	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/mail"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/outbox"
	"github.com/un-placard/placard/internal/store"
)

const typeDelivery = name.TypeDelivery

// deliver sends one message. It may run twice, and at once: the message is sent by
// who claims it, unless it was sent. Where a server vanishes between the answer of
// the mail server and the note of it, the message is sent again with the same
// Message-ID: nothing can tell whether it was taken.
func (s *Service) deliver(ctx context.Context, args job.Deliver) error {
	row, err := s.row(ctx, s.store.Client(), args.Delivery)
	if err != nil || row == nil || final(row) {
		return err
	}
	if after := until(row.NextAttemptTime, s.store.Now()); after > 0 {
		return job.Later(after)
	}
	letter, reason, err := s.prepare(ctx, row)
	if err != nil {
		if errors.Is(err, store.ErrBusy) || ctx.Err() != nil {
			return err
		}
		s.log.ErrorContext(ctx, "message could not be made", "delivery", args.Delivery, "error", err)
	}
	if reason != "" {
		_, err := s.settle(ctx, row, outcome{state: stateSuppressed, reason: reason})
		return err
	}
	claimed, err := s.claim(ctx, row)
	if err != nil {
		return err
	}
	if !claimed {
		return s.wait(ctx, args)
	}
	if letter != nil {
		letter.Date = s.store.Now()
		err = s.room.Send(ctx, *letter)
	}
	out := outcomeOf(err, row, s.store.Now(), s.retry)
	s.tell(ctx, row, out, err)
	// What the mail server said is written also where the server is stopping.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settling)
	defer cancel()
	if settled, err := s.settle(ctx, row, out); err != nil || !settled || out.next.IsZero() {
		return err
	}
	return job.Later(until(&out.next, s.store.Now()))
}

// final tells whether nothing more is to be done for a delivery.
func final(row *db.Delivery) bool { return row.State != stateQueued && row.State != stateDeferred }

// until is the time up to t, 0 where that is past or there is none.
func until(t *time.Time, now time.Time) time.Duration {
	if t == nil {
		return 0
	}
	return max(t.Sub(now), 0)
}

// claim makes a message this server's to send for a while, unless it is another's.
func (s *Service) claim(ctx context.Context, row *db.Delivery) (claimed bool, err error) {
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Client.Delivery.Update().Where(
			delivery.ID(row.ID), delivery.StateIn(stateQueued, stateDeferred), delivery.AttemptCount(row.AttemptCount),
			delivery.Or(delivery.ClaimTimeIsNil(), delivery.ClaimTimeLTE(tx.Now)),
		).SetClaimTime(tx.Now.Add(s.lease)).Save(ctx)
		claimed = n == 1
		return err
	})
	if err != nil {
		return false, fmt.Errorf("claim %s: %w", nameOf(row), err)
	}
	return claimed, nil
}

// wait puts the job of a message off that somebody else is sending, until that one
// is done or has vanished.
func (s *Service) wait(ctx context.Context, args job.Deliver) error {
	row, err := s.row(ctx, s.store.Client(), args.Delivery)
	if err != nil || row == nil || final(row) {
		return err
	}
	now := s.store.Now()
	return job.Later(max(until(row.ClaimTime, now), until(row.NextAttemptTime, now), time.Second))
}

// settle writes what became of a message, unless that is known already.
func (s *Service) settle(ctx context.Context, row *db.Delivery, out outcome) (settled bool, err error) {
	err = s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		var err error
		settled, err = s.settleIn(ctx, tx, row, out, stateQueued, stateDeferred)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("write what became of %s: %w", nameOf(row), err)
	}
	return settled, nil
}

// settleIn is settle, of a delivery in one of some states.
func (s *Service) settleIn(ctx context.Context, tx *store.Tx, row *db.Delivery, out outcome, from ...string) (bool, error) {
	set := tx.Client.Delivery.Update().Where(delivery.ID(row.ID), delivery.StateIn(from...)).
		SetState(out.state).SetReason(out.reason).ClearClaimTime().
		SetUpdateTime(tx.Now).AddRevision(1)
	if out.tried {
		set.AddAttemptCount(1)
	}
	if out.next.IsZero() { // PostgreSQL does not take both
		set.ClearNextAttemptTime()
	} else {
		set.SetNextAttemptTime(out.next)
	}
	if out.state == stateSent {
		set.SetSendTime(tx.Now)
	}
	n, err := set.Save(ctx)
	if err != nil || n == 0 {
		return false, err
	}
	switch out.state {
	case stateSuppressed:
		tx.Record(changeOf("suppress", row))
	case stateBounced:
		tx.Record(changeOf("bounce", row))
		return true, s.notice(ctx, tx, row)
	}
	return true, nil
}

// notice has the focal point of a delegation told that a message to a participant
// came back, with the others of the same time.
func (s *Service) notice(ctx context.Context, tx *store.Tx, row *db.Delivery) error {
	if row.ParticipantID == "" {
		return nil
	}
	// Locked, so that of two at once one puts the notice.
	q := tx.Client.Delegation.Query().Where(delegation.MeetingID(row.MeetingID), delegation.EntityID(row.EntityID))
	q.Modify(tx.ForUpdate)
	d, err := q.Only(ctx)
	if db.IsNotFound(err) || err == nil && (d.FocalEmail == "" || outbox.AddressKey(d.FocalEmail) == row.AddressKey) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the focal point of %s: %w", name.Delegation(row.MeetingID, row.EntityID), err)
	}
	language, err := languageOf(ctx, tx.Client, row.MeetingID, row.EntityID)
	if err != nil {
		return err
	}
	source, _, end := window(tx.Now)
	_, err = s.outbox.Put(ctx, tx, row.MeetingID, outbox.Message{
		Kind: placardv1.Delivery_BOUNCE_NOTICE, Meeting: row.MeetingID, Entity: row.EntityID,
		Source: source, Language: language, Address: d.FocalEmail, SendTime: end,
	})
	return err
}

// tell writes into the log what became of a message: no address, and no words of the
// mail server, which may hold one.
func (s *Service) tell(ctx context.Context, row *db.Delivery, out outcome, err error) {
	attributes := []any{"delivery", nameOf(row), "kind", row.Kind, "state", out.state, "attempt", row.AttemptCount + 1}
	var refusal *mail.Refusal
	if errors.As(err, &refusal) && refusal.Code != 0 {
		attributes = append(attributes, "code", refusal.Code, "status", refusal.Enhanced)
	}
	if out.state == stateSent {
		s.log.DebugContext(ctx, "message", attributes...)
		return
	}
	s.log.InfoContext(ctx, "message", attributes...)
}

// rescueInterval is the time between two searches for messages whose servers
// vanished.
const rescueInterval = 10 * time.Second

// rescue has the messages sent whose servers vanished while they sent them.
func (s *Service) rescue(ctx context.Context, _ job.RescueDeliveries) error {
	var n int
	err := s.store.InTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		var err error
		n, err = s.queue.Revive(ctx, tx, job.Deliver{}.Kind(), tx.Now.Add(-s.lease-settling))
		return err
	})
	if n > 0 {
		s.log.WarnContext(ctx, "messages found without their server", "count", n)
	}
	return err
}
