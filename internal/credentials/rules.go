package credentials

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/instrument"
	"github.com/un-placard/placard/internal/name"
)

// Where credentials stand, and who signs them.
const (
	notReceived = placardv1.Credentials_NOT_RECEIVED
	copied      = placardv1.Credentials_COPY
	original    = placardv1.Credentials_ORIGINAL
	examination = placardv1.Credentials_UNDER_EXAMINATION
	accepted    = placardv1.Credentials_ACCEPTED
	provisional = placardv1.Credentials_PROVISIONAL
	rejected    = placardv1.Credentials_REJECTED

	competentAuthority = placardv1.SignatoryCapacity_COMPETENT_AUTHORITY
)

// terms are what a meeting asks for by way of credentials.
type terms struct {
	// meeting is the name of the meeting.
	meeting string
	state   placardv1.Meeting_State
	// rule is nil where the meeting asks for none.
	rule *placardv1.CredentialsRule
	// due is nil where they are due at no particular time.
	due *timestamppb.Timestamp
	// zone is that of the venue. Days are meant in it.
	zone *time.Location
}

// needs answers why the credentials of an entity of a kind cannot be written.
func (t terms) needs(kind placardv1.Entity_Kind) error {
	switch {
	case t.state == placardv1.Meeting_CONCLUDED:
		return fault.Concluded(t.meeting)
	case t.rule == nil:
		return fault.Precondition("CREDENTIALS_NOT_NEEDED",
			t.meeting+" asks for no credentials: it has no credentials_rule", "meeting", t.meeting)
	case !accredits(kind):
		return fault.Precondition("CREDENTIALS_NOT_NEEDED",
			"only States and regional economic integration organizations have credentials", "meeting", t.meeting)
	default:
		return nil
	}
}

// accredits tells whether an entity of a kind gives its representatives
// credentials.
func accredits(kind placardv1.Entity_Kind) bool {
	return kind == placardv1.Entity_STATE || kind == placardv1.Entity_REGIONAL_ECONOMIC_INTEGRATION_ORGANIZATION
}

// lastDay is the last day on which what is received is in time, "" where there
// is none. Receipt is known by its day: a day is late that begins when they are
// due, or after that.
func (t terms) lastDay() string {
	if t.due == nil {
		return ""
	}
	return t.due.AsTime().Add(-time.Nanosecond).In(t.zone).Format(time.DateOnly)
}

// late tells whether credentials came late that were received on a day.
func (t terms) late(day string) bool {
	last := t.lastDay()
	return last != "" && day > last
}

// signs tells whether a capacity is enough for the credentials of an entity of
// a kind.
func (t terms) signs(capacity placardv1.SignatoryCapacity, kind placardv1.Entity_Kind) bool {
	if capacity == competentAuthority {
		return kind == placardv1.Entity_REGIONAL_ECONOMIC_INTEGRATION_ORGANIZATION
	}
	allowed := t.rule.GetSignatories()
	return len(allowed) == 0 || slices.Contains(allowed, capacity)
}

// none are the credentials of an entity of which nothing was received.
func (t terms) none(entity string) *placardv1.Credentials {
	return &placardv1.Credentials{
		Name:    name.Credentials(name.MeetingOf(t.meeting), entity),
		Entity:  name.Entity(entity),
		State:   notReceived,
		DueTime: t.due,
		Etag:    "0",
	}
}

// receive answers credentials after a receipt. What is said of it takes the
// place of what was said before, so that a mistake is corrected by receiving
// again. An examination goes on, and so does a provisional acceptance: whoever
// waited for the original decides on it.
func (t terms) receive(
	c *placardv1.Credentials, req *placardv1.ReceiveCredentialsRequest, kind placardv1.Entity_Kind, now time.Time,
) (*placardv1.Credentials, error) {
	if c.GetState() == accepted || c.GetState() == rejected {
		return nil, fault.Precondition("CREDENTIALS_DECIDED",
			fmt.Sprintf("%s are %s: reopen them first", c.GetName(), c.GetState()),
			"credentials", c.GetName(), "state", c.GetState().String())
	}
	today := now.In(t.zone).Format(time.DateOnly)
	day := cmp.Or(req.GetReceiptDate(), today)
	var wrong []fault.Violation
	if day > today {
		wrong = append(wrong, fault.Violation{
			Field: "receipt_date", Reason: "RECEIPT_IN_FUTURE", Message: "is in the future: it is " + today + " at the venue",
		})
	}
	if !t.signs(req.GetSignatoryCapacity(), kind) {
		wrong = append(wrong, fault.Violation{
			Field: "signatory_capacity", Reason: "SIGNATORY_NOT_ALLOWED",
			Message: "is not enough at this meeting, which takes " + t.signatories(kind),
		})
	}
	if req.GetSignatoryCapacity() == placardv1.SignatoryCapacity_OTHER_CAPACITY && req.GetSignatoryTitle() == "" {
		wrong = append(wrong, fault.Violation{
			Field: "signatory_title", Reason: "REQUIRED", Message: "names the capacity where it is OTHER_CAPACITY",
		})
	}
	if err := fault.Invalid(wrong...); err != nil {
		return nil, err
	}
	c = proto.CloneOf(c)
	c.Form = req.GetForm()
	c.ReceiptDate = day
	c.Late = t.late(day)
	c.SignatoryName, c.SignatoryTitle = req.GetSignatoryName(), req.GetSignatoryTitle()
	c.SignatoryCapacity = req.GetSignatoryCapacity()
	if c.State != examination && c.State != provisional {
		c.State = copied
		if c.Form == placardv1.Credentials_FORM_ORIGINAL {
			c.State = original
		}
	}
	return c, nil
}

// signatories names the capacities that are enough for an entity of a kind.
func (t terms) signatories(kind placardv1.Entity_Kind) string {
	if len(t.rule.GetSignatories()) == 0 {
		return "any but " + competentAuthority.String()
	}
	var names []string
	for number := range int32(len(placardv1.SignatoryCapacity_name)) {
		if c := placardv1.SignatoryCapacity(number); number > 0 && t.signs(c, kind) {
			names = append(names, c.String())
		}
	}
	return strings.Join(names, ", ")
}

// examine answers credentials under examination.
func examine(c *placardv1.Credentials) (*placardv1.Credentials, error) {
	if err := in(c, "examined", copied, original); err != nil {
		return nil, err
	}
	c = proto.CloneOf(c)
	c.State = examination
	return c, nil
}

// decide answers credentials after a decision on them.
func (t terms) decide(
	c *placardv1.Credentials, req *placardv1.DecideCredentialsRequest, now time.Time,
) (*placardv1.Credentials, error) {
	if err := in(c, "decided on", copied, original, examination); err != nil {
		return nil, err
	}
	if req.GetDecision() == accepted && t.copyOnly(c) {
		return nil, fault.Precondition("ORIGINAL_NEEDED",
			c.GetName()+" are a copy, and the meeting needs originals: accept them provisionally, or wait for the original",
			"credentials", c.GetName())
	}
	c = proto.CloneOf(c)
	c.State = req.GetDecision()
	c.Remarks = req.GetRemarks()
	c.DecideTime = timestamppb.New(now)
	return c, nil
}

// reopen answers credentials whose decision is taken back: they are under
// examination again. The remarks stay until the next decision.
func reopen(c *placardv1.Credentials) (*placardv1.Credentials, error) {
	if err := in(c, "reopened", accepted, provisional, rejected); err != nil {
		return nil, err
	}
	c = proto.CloneOf(c)
	c.State = examination
	c.DecideTime = nil
	return c, nil
}

// in refuses credentials in any other state than those given.
func in(c *placardv1.Credentials, done string, states ...placardv1.Credentials_State) error {
	if slices.Contains(states, c.GetState()) {
		return nil
	}
	words := make([]string, len(states))
	for i, s := range states {
		words[i] = s.String()
	}
	return fault.Precondition("CREDENTIALS_STATE",
		fmt.Sprintf("%s are %s: only %s can be %s", c.GetName(), c.GetState(), strings.Join(words, ", "), done),
		"credentials", c.GetName(), "state", c.GetState().String())
}

// copyOnly tells whether credentials are a copy at a meeting that needs originals.
func (t terms) copyOnly(c *placardv1.Credentials) bool {
	return t.rule.GetOriginalsNeeded() && c.GetForm() != placardv1.Credentials_FORM_ORIGINAL
}

// standing is the list of the report that an entity is on.
type standing int

const (
	missing standing = iota
	inOrder
	onlyCopy
	turnedDown
)

// standing answers on which list of the report the credentials of an entity of
// a kind are. A decision holds whatever the rule became since; without one, what
// was not signed by whom the rule names is missing, for it is to be sent again.
func (t terms) standing(c *placardv1.Credentials, kind placardv1.Entity_Kind) standing {
	switch state := c.GetState(); {
	case state == accepted:
		return inOrder
	case state == rejected:
		return turnedDown
	case state == provisional:
		return onlyCopy
	case state == notReceived, !t.signs(c.GetSignatoryCapacity(), kind):
		return missing
	case t.copyOnly(c):
		return onlyCopy
	default:
		return inOrder
	}
}

// isParty tells whether an entity (`entities/AUT`) is a Party on a day, by the
// status in which it was invited. Regional economic integration organizations are
// mostly invited as such: then the table of the meeting's instrument says it.
func isParty(
	status placardv1.ParticipationStatus, table *placardv1.Instrument, entity, day string,
) bool {
	if status == placardv1.ParticipationStatus_REIO {
		status = instrument.StatusOn(table, entity, day)
	}
	return status == placardv1.ParticipationStatus_STATE_PARTY
}

// member is what one invited entity counts for in a quorum.
type member struct {
	kind placardv1.Entity_Kind
	// party: it is a Party to the instrument of the meeting.
	party bool
	// present: it has an accepted delegation.
	present bool
	// inOrder: its credentials are in order, or none are needed.
	inOrder bool
}

// of tells whether a member belongs to a base.
func (m member) of(base placardv1.QuorumRule_Base) bool {
	switch base {
	case placardv1.QuorumRule_INVITED_PARTIES:
		return m.party
	case placardv1.QuorumRule_PARTICIPATING_PARTIES:
		return m.party && m.present
	case placardv1.QuorumRule_INVITED_STATES:
		return m.kind == placardv1.Entity_STATE
	default:
		return false
	}
}

// count counts the members for a quorum. It answers no purpose.
func count(rule *placardv1.QuorumRule, members []member) *placardv1.Quorum_Item {
	out := &placardv1.Quorum_Item{}
	for _, m := range members {
		if !m.of(rule.GetBase()) {
			continue
		}
		out.BaseCount++
		if m.present {
			out.ParticipatingCount++
			if m.inOrder {
				out.CredentialsCount++
			}
		}
	}
	out.NeededCount = needed(rule, out.BaseCount)
	out.Met = out.ParticipatingCount >= out.NeededCount
	out.MetWithCredentials = out.CredentialsCount >= out.NeededCount
	return out
}

// needed is how many of a base a quorum needs: one at the least, for nobody is
// no quorum.
func needed(rule *placardv1.QuorumRule, base int32) int32 {
	whole, rest := base*rule.GetNumerator()/rule.GetDenominator(), base*rule.GetNumerator()%rule.GetDenominator()
	if rule.GetMoreThan() || rest > 0 {
		whole++
	}
	return max(whole, 1)
}
