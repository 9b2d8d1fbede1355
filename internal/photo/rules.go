package photo

import (
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/outbox"
)

// The states of a photograph as a row has them. Where none was sent there is no
// row.
var (
	stateUploaded  = placardv1.Photo_UPLOADED.String()
	stateAccepted  = placardv1.Photo_ACCEPTED.String()
	stateRejected  = placardv1.Photo_REJECTED.String()
	stateWithdrawn = placardv1.Photo_WITHDRAWN.String()
)

// standing is where a participant stands whose photograph it is.
type standing int

const (
	// unknown: there is none, or it is not the caller's to see.
	unknown standing = iota
	// gone: the person was withdrawn.
	gone
	// waiting: the person stands only in a composition that waits for review.
	waiting
	// attending: the person is in force.
	attending
)

// writable refuses writes to a concluded meeting.
func writable(meeting, state string) error {
	if state != placardv1.Meeting_CONCLUDED.String() {
		return nil
	}
	return fault.Concluded(meeting)
}

// takes answers why a participant who stands somewhere takes no photograph.
func (s standing) takes(photo string) error {
	switch s {
	case unknown:
		return fault.NotFound(photo)
	case gone:
		return fault.Precondition("PARTICIPANT_WITHDRAWN", "the participant was withdrawn", "photo", photo)
	default:
		return nil
	}
}

// mayHaveLink answers why a participant who stands somewhere gets no link.
func (s standing) mayHaveLink(photo string) error {
	if s == waiting {
		return fault.Precondition("NOT_IN_FORCE", "the participant was not accepted yet", "photo", photo)
	}
	return s.takes(photo)
}

// linkLife is how long a link works at the most.
const linkLife = 60 * 24 * time.Hour

// linkExpiry is until when a link works that is sent now: until the last day of the
// meeting ends at the venue.
func linkExpiry(lastDay, zone string, now time.Time) (time.Time, error) {
	venue, err := time.LoadLocation(zone)
	if err != nil {
		return time.Time{}, err
	}
	day, err := time.Parse(time.DateOnly, lastDay)
	if err != nil {
		return time.Time{}, err
	}
	end := time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, venue).UTC()
	if latest := now.Add(linkLife); end.After(latest) {
		return latest, nil
	}
	return end, nil
}

// admit answers why a link of a generation lets nobody in. `state` is that of the
// meeting, empty where its participant is not in force there.
func admit(row *db.PhotoLink, generation int, state string, now time.Time) error {
	switch {
	case generation != row.Generation:
		return fault.New(codes.Unauthenticated, "LINK_REVOKED", "another link took the place of this one")
	case state == "":
		return fault.New(codes.Unauthenticated, "LINK_REVOKED", "the participant does not attend the meeting any more")
	case state == placardv1.Meeting_CONCLUDED.String() || !row.ExpireTime.After(now):
		return fault.New(codes.Unauthenticated, "LINK_EXPIRED", "the time of the link is over")
	default:
		return nil
	}
}

// recipient is a participant in force who has an address.
type recipient struct {
	// id of the participant, and code of the entity.
	id, entity        string
	address, language string
	// online says that the person does not come to the venue, and gets no badge.
	online bool
	// own says that nobody else of the delegation in force has the address.
	own bool
}

// withOwn finds out whose addresses are their own, and answers the recipients by
// their ids.
func withOwn(all []recipient) map[string]recipient {
	shared := map[[2]string]int{}
	key := func(r recipient) [2]string { return [2]string{r.entity, outbox.AddressKey(r.address)} }
	for _, r := range all {
		shared[key(r)]++
	}
	out := make(map[string]recipient, len(all))
	for _, r := range all {
		r.own = shared[key(r)] == 1
		out[r.id] = r
	}
	return out
}

// step is what is done about the link of a participant.
type step int

const (
	leaveLink step = iota
	sendLink
	endLink
)

// linkStep is what is done about a participant's link once the composition is
// accepted. `r` is nil for who has no address, `row` where no photograph was sent,
// `l` where there is no link.
func linkStep(r *recipient, row *db.Photo, l *db.PhotoLink, now time.Time) step {
	works := holds(l, now)
	// It went to an address which may be somebody else's.
	astray := works && (r == nil || l.AddressKey != outbox.AddressKey(r.address))
	there := row != nil && (row.State == stateUploaded || row.State == stateAccepted)
	switch {
	case r != nil && r.own && !r.online && !there && (!works || astray):
		return sendLink
	case astray:
		return endLink
	default:
		return leaveLink
	}
}

// holds tells whether a link is one that was neither ended nor is past its time. One
// that was ended has no address: its time may lie before or behind that of a
// transaction which waited for the one that ended it.
func holds(l *db.PhotoLink, now time.Time) bool {
	return l != nil && l.AddressKey != "" && l.ExpireTime.After(now)
}

// isLate tells whether a photograph comes late; nil: there is no deadline.
func isLate(deadline *timestamppb.Timestamp, sent time.Time) bool {
	return deadline != nil && !sent.Before(deadline.AsTime())
}

// uploaded is what becomes of a photograph whose place a sent one takes: it waits
// for review, whatever was decided on the one before. `row` is nil where none was
// sent yet.
func uploaded(row *db.Photo, sent db.Photo) *db.Photo {
	next := sent
	next.State, next.Revision, next.CreateTime = stateUploaded, 1, sent.UploadTime
	if row != nil {
		next.Revision, next.CreateTime = row.Revision+1, row.CreateTime
	}
	next.UpdateTime = sent.UploadTime
	return &next
}

// decide is what becomes of a photograph by a decision. One that says what holds
// already changes nothing, and the row itself is answered.
func decide(row *db.Photo, d *placardv1.BatchDecidePhotosRequest_Decision, now time.Time) (*db.Photo, error) {
	if err := shown(row, d.GetName()); err != nil {
		return nil, err
	}
	if d.GetEtag() != etagOf(row) {
		return nil, fault.Stale(d.GetName())
	}
	state, rejection := stateAccepted, ""
	if d.GetRejection() != placardv1.Photo_REJECTION_UNSPECIFIED {
		state, rejection = stateRejected, d.GetRejection().String()
	}
	if row.State == state && row.Rejection == rejection && row.RejectionNote == d.GetNote() {
		return row, nil
	}
	next := *row
	next.State, next.Rejection, next.RejectionNote, next.DecideTime = state, rejection, d.GetNote(), &now
	next.Revision, next.UpdateTime = row.Revision+1, now
	return &next, nil
}

// withdraw is what is left of a photograph that is taken back: that there was one.
func withdraw(row *db.Photo, photo string, now time.Time) (*db.Photo, error) {
	if err := shown(row, photo); err != nil {
		return nil, err
	}
	next := *row
	next.State, next.Rejection, next.RejectionNote, next.DecideTime = stateWithdrawn, "", "", nil
	next.Findings, next.SizeBytes, next.Sha256, next.Blob = nil, 0, "", ""
	next.Revision, next.UpdateTime = row.Revision+1, now
	return &next, nil
}

// shown refuses what needs a picture where there is none.
func shown(row *db.Photo, photo string) error {
	state := placardv1.Photo_MISSING.String()
	if row != nil {
		state = row.State
	}
	if row != nil && state != stateWithdrawn {
		return nil
	}
	return fault.Precondition("PHOTO_STATE", "there is no picture: the photograph is "+state, "photo", photo, "state", state)
}

// check answers everything that is wrong with the decisions by themselves.
func check(req *placardv1.BatchDecidePhotosRequest) error {
	var wrong []fault.Violation
	entity := name.EntityOf(req.GetParent())
	first := map[string]int{}
	for i, d := range req.GetDecisions() {
		at := fmt.Sprintf("decisions[%d]", i)
		if name.MeetingOf(d.GetName()) != name.MeetingOf(req.GetParent()) || entity != name.Wildcard && name.EntityOf(d.GetName()) != entity {
			wrong = append(wrong, fault.Violation{
				Field: at + ".name", Reason: "PARENT_MISMATCH", Message: "does not lie in " + req.GetParent(),
			})
		}
		if j, twice := first[d.GetName()]; twice {
			wrong = append(wrong, fault.Violation{
				Field: at + ".name", Reason: "DUPLICATE_PHOTO", Message: fmt.Sprintf("is that of decisions[%d] as well", j),
			})
		} else {
			first[d.GetName()] = i
		}
		if d.GetNote() != "" && d.GetRejection() == placardv1.Photo_REJECTION_UNSPECIFIED {
			wrong = append(wrong, fault.Violation{
				Field: at + ".rejection", Reason: "REQUIRED", Message: "is needed where there is a note: what is accepted has none",
			})
		}
	}
	return fault.Invalid(wrong...)
}
