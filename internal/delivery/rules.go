package delivery

import (
	"errors"
	"slices"
	"time"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/mail"
	"github.com/un-placard/placard/internal/store"
)

// The states of a delivery as a row has them.
var (
	stateQueued     = placardv1.Delivery_QUEUED.String()
	stateSent       = placardv1.Delivery_SENT.String()
	stateDeferred   = placardv1.Delivery_DEFERRED.String()
	stateBounced    = placardv1.Delivery_BOUNCED.String()
	stateSuppressed = placardv1.Delivery_SUPPRESSED.String()
)

// patience is how long a message is tried.
const patience = 3 * 24 * time.Hour

// waits are the times between the attempts, as multiples of the first; the last one
// is repeated.
var waits = []time.Duration{1, 5, 15, 60, 240}

// wait is the time after an attempt, the first being 1.
func wait(attempt int, first time.Duration) time.Duration {
	return first * waits[min(max(attempt, 1), len(waits))-1]
}

// outcome is what became of an attempt.
type outcome struct {
	state, reason string
	// next is when it is tried again.
	next time.Time
	// tried tells whether anything was sent.
	tried bool
}

// outcomeOf decides what an attempt to send a message led to. `attempt` is its number,
// from 1.
func outcomeOf(err error, row *db.Delivery, now time.Time, retry time.Duration) outcome {
	if err == nil {
		return outcome{state: stateSent, tried: true}
	}
	var refusal *mail.Refusal
	if !errors.As(err, &refusal) {
		refusal = &mail.Refusal{Text: "the message could not be made"}
	}
	out := outcome{state: stateBounced, reason: refusal.Text, tried: true}
	if refusal.Permanent {
		return out
	}
	if next := now.Add(wait(row.AttemptCount+1, retry)); next.Before(row.CreateTime.Add(patience)) {
		out.state, out.next = stateDeferred, next
	}
	return out
}

// Why a message is not sent.
const (
	withdrawn      = "WITHDRAWN"
	notNeeded      = "NOT_NEEDED"
	addressBounced = "ADDRESS_BOUNCED"
	addressChanged = "ADDRESS_CHANGED"
	meetingOver    = "MEETING_OVER"
	cancelled      = "CANCELLED"
)

// over tells whether a meeting has ended: it is concluded, or its last day is past
// where it is held.
func over(m *placardv1.Meeting, zone *time.Location, now time.Time) bool {
	return m.GetState() == placardv1.Meeting_CONCLUDED || now.In(zone).Format(time.DateOnly) > m.GetEndDate()
}

// aboutPhoto tells of a kind whether it asks for a photograph.
func aboutPhoto(kind placardv1.Delivery_Kind) bool {
	return slices.Contains([]placardv1.Delivery_Kind{
		placardv1.Delivery_PHOTO_LINK, placardv1.Delivery_PHOTO_REJECTED, placardv1.Delivery_PHOTO_REMINDER,
	}, kind)
}

// photoNeeded tells whether a message about a photograph is of use, by the state of
// the photograph ("" for none).
func photoNeeded(kind placardv1.Delivery_Kind, state string) bool {
	switch state {
	case placardv1.Photo_UPLOADED.String(), placardv1.Photo_ACCEPTED.String():
		return false
	case placardv1.Photo_REJECTED.String():
		return true
	default:
		return kind != placardv1.Delivery_PHOTO_REJECTED
	}
}

// stillTrue tells whether what a message tells a mission of its composition holds: of
// revision `number`, of the delegation as it is now (nil for none).
func stillTrue(kind placardv1.Delivery_Kind, number int32, d *db.Delegation) bool {
	if kind == placardv1.Delivery_COMPOSITION_REMINDER {
		return d == nil
	}
	if d == nil {
		return false
	}
	switch kind {
	case placardv1.Delivery_COMPOSITION_RECEIVED:
		return d.LatestRevision == number && d.State == placardv1.Delegation_SUBMITTED.String()
	case placardv1.Delivery_COMPOSITION_ACCEPTED:
		return d.AcceptedRevision == number && d.State != placardv1.Delegation_WITHDRAWN.String()
	case placardv1.Delivery_COMPOSITION_RETURNED:
		return d.LatestRevision == number && d.State == placardv1.Delegation_RETURNED.String()
	default:
		return true
	}
}

// noticeWindow is how long the messages of a delegation that came back are gathered
// before its focal point is told.
const noticeWindow = 15 * time.Minute

// window is that of a time: the source of its notice, and its end.
func window(t time.Time) (source string, begin, end time.Time) {
	begin = t.UTC().Truncate(noticeWindow)
	return begin.Format("20060102T1504Z"), begin, begin.Add(noticeWindow)
}

// windowOf reads the window of a notice.
func windowOf(source string) (begin, end time.Time, err error) {
	begin, err = time.Parse("20060102T1504Z", source)
	return begin, begin.Add(noticeWindow), err
}

// changeOf is the entry in the change log about a delivery.
func changeOf(verb string, row *db.Delivery) store.Change {
	return store.Change{
		Verb: verb, Type: typeDelivery, Resource: nameOf(row), Revision: row.Revision + 1,
		Paths: []string{"state", "reason"}, Meeting: row.MeetingID, Entity: row.EntityID,
	}
}
