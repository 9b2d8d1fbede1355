package meeting

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
	"github.com/un-placard/placard/internal/name"
)

// DeadlineTime is the instant at which a deadline ends that is given as a day:
// 24:00 of that day in the zone of the venue.
func DeadlineTime(day, zone string) (time.Time, error) {
	loc, err := location(zone)
	if err != nil {
		return time.Time{}, err
	}
	date, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return time.Time{}, fmt.Errorf("deadline: %w", err)
	}
	return at(date.Year(), date.Month(), date.Day()+1, 0, 0, loc), nil
}

// openingByDefault is when a meeting is opened that does not say so.
const openingByDefault = "10:00"

// OpeningTime is the instant at which a meeting is opened: at a time of the day
// (HH:MM, 10:00 for none) on its first day, by the clocks in the zone of the
// venue.
func OpeningTime(day, opening, zone string) (time.Time, error) {
	loc, err := location(zone)
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse("2006-01-02 15:04", day+" "+cmp.Or(opening, openingByDefault))
	if err != nil {
		return time.Time{}, fmt.Errorf("opening: %w", err)
	}
	return at(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), loc), nil
}

// at is the instant at which the clocks in a zone show a time. Where they jump
// over it, it is the one at which they would have shown it.
func at(year int, month time.Month, day, hour, minute int, loc *time.Location) time.Time {
	const clock = "2006-01-02 15:04"
	wanted := time.Date(year, month, day, hour, minute, 0, 0, time.UTC)
	t := time.Date(year, month, day, hour, minute, 0, 0, loc)
	if t.Format(clock) < wanted.Format(clock) {
		// time.Date chose the offset that does not apply (midnight in Brazil
		// until 2018): the one in force before the jump does.
		_, offset := t.Zone()
		t = wanted.Add(-time.Duration(offset) * time.Second)
	}
	return t.UTC()
}

// location loads a time zone by its IANA name. "" and "Local", which Go knows
// as well, depend on the machine and are refused.
func location(zone string) (*time.Location, error) {
	if zone == "" || zone == "Local" {
		return nil, fmt.Errorf("time zone %q is not an IANA time zone", zone)
	}
	return time.LoadLocation(zone)
}

// check answers all that is wrong with a meeting beyond what the contract's
// own rules say. What those refuse already is not said twice.
func check(m *placardv1.Meeting) []fault.Violation {
	out := checkQuotas(m.GetQuotas())
	if _, err := location(m.GetTimeZone()); err != nil && m.GetTimeZone() != "" {
		out = append(out, fault.Violation{
			Field: "meeting.time_zone", Reason: "TIME_ZONE_UNKNOWN",
			Message: "must be an IANA time zone, such as Europe/Vienna",
		})
	}
	out = append(out, checkCredentialsRule(m.GetCredentialsRule())...)
	out = append(out, checkQuorumRules(m.GetQuorumRules())...)
	if !isDay(m.GetEndDate()) {
		return out
	}
	if isDay(m.GetStartDate()) && m.GetEndDate() < m.GetStartDate() {
		out = append(out, fault.Violation{
			Field: "meeting.end_date", Reason: "END_BEFORE_START",
			Message: "must not be before start_date",
		})
	}
	for _, deadline := range []struct{ field, day string }{
		{"meeting.composition_deadline", m.GetCompositionDeadline()},
		{"meeting.photo_deadline", m.GetPhotoDeadline()},
	} {
		if isDay(deadline.day) && deadline.day > m.GetEndDate() {
			out = append(out, fault.Violation{
				Field: deadline.field, Reason: "DEADLINE_AFTER_END",
				Message: "must not be after the last day of the meeting",
			})
		}
	}
	return out
}

// checkQuotas refuses quotas of which two could hold for one entity, neither
// going before the other.
func checkQuotas(quotas []*placardv1.Meeting_Quota) []fault.Violation {
	var out []fault.Violation
	first := map[string]int{} // the first quota of each kind
	for i, q := range quotas {
		field := fmt.Sprintf("meeting.quotas[%d]", i)
		if len(q.GetEntities()) > 0 && len(q.GetParticipationStatuses()) > 0 {
			out = append(out, fault.Violation{
				Field: field, Reason: "QUOTA_AMBIGUOUS",
				Message: "names entities and participation_statuses, and may name one of the two",
			})
			continue
		}
		twice := -1
		for _, key := range holdsFor(q) {
			if j, ok := first[key]; ok && j != i {
				twice = j
			} else {
				first[key] = i
			}
		}
		if twice >= 0 {
			out = append(out, fault.Violation{
				Field: field, Reason: "DUPLICATE_QUOTA",
				Message: fmt.Sprintf("counts the same as quotas[%d], for some of the same entities", twice),
			})
		}
	}
	return out
}

// holdsFor answers a text for each entity, or status, that a quota holds for,
// together with what it counts; one for a quota that holds for all.
func holdsFor(q *placardv1.Meeting_Quota) []string {
	counts := fmt.Sprint(slices.Sorted(slices.Values(q.GetRoles())), q.GetModality())
	out := make([]string, 0, 1)
	for _, e := range q.GetEntities() {
		out = append(out, counts+e)
	}
	for _, status := range q.GetParticipationStatuses() {
		out = append(out, counts+status.String())
	}
	if len(out) == 0 {
		out = append(out, counts)
	}
	return out
}

// namedEntities answers the codes of the entities in quotas, each once.
func namedEntities(quotas []*placardv1.Meeting_Quota) []string {
	var out []string
	for _, q := range quotas {
		for _, e := range q.GetEntities() {
			out = append(out, name.EntityOf(e))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// quotasSeenBy answers the quotas that concern an entity (`entities/AUT`, "" for
// who is of none): those that name entities are the affair of these, each of which
// is shown itself only.
func quotasSeenBy(entity string, quotas []*placardv1.Meeting_Quota) []*placardv1.Meeting_Quota {
	var out []*placardv1.Meeting_Quota
	for _, q := range quotas {
		if len(q.GetEntities()) > 0 {
			if !slices.Contains(q.GetEntities(), entity) {
				continue
			}
			q = proto.CloneOf(q)
			q.Entities = []string{entity}
		}
		out = append(out, q)
	}
	return out
}

// checkNamed refuses the names in a meeting of what is not there. `present` are
// the codes of the entities in the register, as far as quotas name them.
func checkNamed(m *placardv1.Meeting, instrument bool, present map[string]bool) []fault.Violation {
	var out []fault.Violation
	if n := m.GetInstrument().GetName(); n != "" && !instrument {
		out = append(out, fault.Violation{
			Field: "meeting.instrument.name", Reason: "UNKNOWN_INSTRUMENT", Message: n + " is not there",
		})
	}
	for i, q := range m.GetQuotas() {
		for j, e := range q.GetEntities() {
			if !present[name.EntityOf(e)] {
				out = append(out, fault.Violation{
					Field: fmt.Sprintf("meeting.quotas[%d].entities[%d]", i, j), Reason: "UNKNOWN_ENTITY",
					Message: e + " is not in the register",
				})
			}
		}
	}
	return out
}

// checkCredentialsRule answers what is wrong with what a meeting asks for by way
// of credentials.
func checkCredentialsRule(r *placardv1.CredentialsRule) []fault.Violation {
	if r.GetDueOffset().AsDuration()%time.Minute == 0 {
		return nil
	}
	return []fault.Violation{{
		Field: "meeting.credentials_rule.due_offset", Reason: "DUE_OFFSET_MINUTES",
		Message: "must be whole minutes, as the opening is",
	}}
}

// checkQuorumRules answers what is wrong with quorums: fractions that can never
// be reached, and two for the same purpose.
func checkQuorumRules(rules []*placardv1.QuorumRule) []fault.Violation {
	var out []fault.Violation
	for i, r := range rules {
		field := fmt.Sprintf("meeting.quorum_rules[%d]", i)
		n, d := r.GetNumerator(), r.GetDenominator()
		switch {
		case d <= 0: // the contract refuses it
		case n > d:
			out = append(out, fault.Violation{
				Field: field + ".numerator", Reason: "QUORUM_FRACTION", Message: "must not be over the denominator",
			})
		case n == d && r.GetMoreThan():
			out = append(out, fault.Violation{
				Field: field + ".numerator", Reason: "QUORUM_FRACTION", Message: "makes more than all, which never are there",
			})
		}
		first := slices.IndexFunc(rules[:i], func(other *placardv1.QuorumRule) bool {
			return proto.Equal(other.GetPurpose(), r.GetPurpose())
		})
		if first >= 0 && r.GetPurpose() != nil {
			out = append(out, fault.Violation{
				Field: field + ".purpose", Reason: "DUPLICATE_QUORUM",
				Message: fmt.Sprintf("is the same as meeting.quorum_rules[%d].purpose", first),
			})
		}
	}
	return out
}

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// complete answers a meeting that passed check, with what follows from what
// the caller gave: values for what was left unspecified, and the instants of the
// deadlines and of the opening.
func complete(m *placardv1.Meeting) (*placardv1.Meeting, error) {
	m = proto.CloneOf(m)
	if m.LatePolicy == placardv1.Meeting_LATE_POLICY_UNSPECIFIED {
		m.LatePolicy = placardv1.Meeting_ACCEPT_AS_LATE
	}
	if m.Modality == placardv1.Meeting_MODALITY_UNSPECIFIED {
		m.Modality = placardv1.Meeting_IN_PERSON
	}
	var err error
	if m.CompositionDeadlineTime, err = endOf(m.CompositionDeadline, m.TimeZone); err != nil {
		return nil, err
	}
	if m.PhotoDeadlineTime, err = endOf(m.PhotoDeadline, m.TimeZone); err != nil {
		return nil, err
	}
	opening, err := OpeningTime(m.StartDate, m.Opening, m.TimeZone)
	if err != nil {
		return nil, err
	}
	m.OpeningTime = timestamppb.New(opening)
	m.CredentialsDueTime = nil
	if offset := m.GetCredentialsRule().GetDueOffset(); offset != nil {
		m.CredentialsDueTime = timestamppb.New(opening.Add(offset.AsDuration()))
	}
	m.Deadlines, err = deadlines(m)
	return m, err
}

// endOf is when a deadline ends that is given as a day; nil for none.
func endOf(day, zone string) (*timestamppb.Timestamp, error) {
	if day == "" {
		return nil, nil
	}
	end, err := DeadlineTime(day, zone)
	return timestamppb.New(end), err
}

// deadlines are the instants of a meeting by which something is due, each with the
// time that the clocks at the venue show then, in the order of time.
func deadlines(m *placardv1.Meeting) ([]*placardv1.Meeting_Deadline, error) {
	loc, err := location(m.GetTimeZone())
	if err != nil {
		return nil, err
	}
	var out []*placardv1.Meeting_Deadline
	for _, due := range []*placardv1.Meeting_Deadline{
		{Kind: placardv1.Meeting_Deadline_COMPOSITION, Time: m.GetCompositionDeadlineTime()},
		{Kind: placardv1.Meeting_Deadline_PHOTO, Time: m.GetPhotoDeadlineTime()},
		{Kind: placardv1.Meeting_Deadline_CREDENTIALS, Time: m.GetCredentialsDueTime()},
		{Kind: placardv1.Meeting_Deadline_OPENING, Time: m.GetOpeningTime()},
	} {
		if due.Time == nil {
			continue
		}
		due.VenueTime = due.Time.AsTime().In(loc).Format(time.RFC3339)
		out = append(out, due)
	}
	slices.SortStableFunc(out, func(a, b *placardv1.Meeting_Deadline) int {
		return a.GetTime().AsTime().Compare(b.GetTime().AsTime())
	})
	return out, nil
}

// step is a way from one state to another, by the verb of its method.
type step struct {
	verb string
	to   placardv1.Meeting_State
}

// steps are the ways that lead on from a state.
func steps(from placardv1.Meeting_State) []step {
	announce := step{"announce", placardv1.Meeting_ANNOUNCED}
	open := step{"open", placardv1.Meeting_OPEN}
	end := step{"close", placardv1.Meeting_CLOSED}
	conclude := step{"conclude", placardv1.Meeting_CONCLUDED}
	switch from {
	case placardv1.Meeting_DRAFT:
		return []step{announce}
	case placardv1.Meeting_ANNOUNCED, placardv1.Meeting_CLOSED:
		return []step{open, conclude}
	case placardv1.Meeting_OPEN:
		return []step{end, conclude}
	default:
		return nil
	}
}

// advance answers a meeting after a step.
func advance(m *placardv1.Meeting, verb string, now time.Time) (*placardv1.Meeting, error) {
	if err := writable(m); err != nil {
		return nil, err
	}
	var possible []string
	for _, s := range steps(m.GetState()) {
		if s.verb != verb {
			possible = append(possible, s.verb)
			continue
		}
		m = proto.CloneOf(m)
		m.State = s.to
		switch s.to {
		case placardv1.Meeting_OPEN:
			m.CloseTime = nil
		case placardv1.Meeting_CLOSED:
			m.CloseTime = timestamppb.New(now)
		}
		return m, nil
	}
	state, next := m.GetState().String(), strings.Join(possible, ", ")
	return nil, fault.Precondition("MEETING_STATE",
		fmt.Sprintf("%s is %s: %s is not possible, only %s", m.GetName(), state, verb, next),
		"meeting", m.GetName(), "state", state, "possible", next)
}

// writable refuses writes to a concluded meeting.
func writable(m *placardv1.Meeting) error {
	if m.GetState() != placardv1.Meeting_CONCLUDED {
		return nil
	}
	return fault.Concluded(m.GetName())
}

// deletable refuses to delete what others know of: a meeting that was
// announced, has invitations, documents or announcements, or is named by keys. (A key
// that lost its only meeting would be bound to none, and so reach all.)
func deletable(m *placardv1.Meeting, invitations, documents, announcements, keys bool) error {
	switch {
	case m.GetState() == placardv1.Meeting_CONCLUDED:
		return writable(m)
	case m.GetState() != placardv1.Meeting_DRAFT:
		return fault.Precondition("MEETING_NOT_DRAFT",
			m.GetName()+" is not a draft any more and cannot be deleted", "meeting", m.GetName())
	case invitations:
		return fault.Precondition("MEETING_HAS_INVITATIONS",
			m.GetName()+" has invitations: delete them first", "meeting", m.GetName())
	case documents:
		return fault.Precondition("MEETING_HAS_DOCUMENTS",
			m.GetName()+" has documents: delete them first", "meeting", m.GetName())
	case announcements:
		return fault.Precondition("MEETING_HAS_ANNOUNCEMENTS",
			m.GetName()+" has announcements: delete them first", "meeting", m.GetName())
	case keys:
		return fault.Precondition("MEETING_HAS_KEYS",
			m.GetName()+" is named by keys and cannot be deleted", "meeting", m.GetName())
	default:
		return nil
	}
}

// moved tells whether what makes a composition late differs between two states
// of a meeting.
func moved(before, after *placardv1.Meeting) bool {
	return !proto.Equal(before.GetCompositionDeadlineTime(), after.GetCompositionDeadlineTime()) ||
		!proto.Equal(before.GetCloseTime(), after.GetCloseTime())
}

// photosMoved tells whether the deadline for photographs differs between two states
// of a meeting.
func photosMoved(before, after *placardv1.Meeting) bool {
	return !proto.Equal(before.GetPhotoDeadlineTime(), after.GetPhotoDeadlineTime())
}

// dueMoved tells whether what makes credentials late differs between two states
// of a meeting: they are due by an instant, and received on a day of the venue.
func dueMoved(before, after *placardv1.Meeting) bool {
	was, is := before.GetCredentialsDueTime(), after.GetCredentialsDueTime()
	return !proto.Equal(was, is) || is != nil && before.GetTimeZone() != after.GetTimeZone()
}
