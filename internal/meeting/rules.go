package meeting

import (
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/fault"
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
	end := time.Date(date.Year(), date.Month(), date.Day()+1, 0, 0, 0, 0, loc)
	if end.Format(time.DateOnly) <= day {
		// The clocks change at midnight, and time.Date chose the offset that
		// does not apply (Brazil until 2018): the one in force then does.
		_, offset := end.Zone()
		end = time.Date(date.Year(), date.Month(), date.Day()+1, 0, 0, -offset, 0, time.UTC)
	}
	return end.UTC(), nil
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
	var out []fault.Violation
	if _, err := location(m.GetTimeZone()); err != nil && m.GetTimeZone() != "" {
		out = append(out, fault.Violation{
			Field: "meeting.time_zone", Reason: "TIME_ZONE_UNKNOWN",
			Message: "must be an IANA time zone, such as Europe/Vienna",
		})
	}
	if !isDay(m.GetEndDate()) {
		return out
	}
	if isDay(m.GetStartDate()) && m.GetEndDate() < m.GetStartDate() {
		out = append(out, fault.Violation{
			Field: "meeting.end_date", Reason: "END_BEFORE_START",
			Message: "must not be before start_date",
		})
	}
	if isDay(m.GetCompositionDeadline()) && m.GetCompositionDeadline() > m.GetEndDate() {
		out = append(out, fault.Violation{
			Field: "meeting.composition_deadline", Reason: "DEADLINE_AFTER_END",
			Message: "must not be after the last day of the meeting",
		})
	}
	return out
}

func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// complete answers a meeting that passed check, with what follows from what
// the caller gave: values for what was left unspecified, and the instant of the
// deadline.
func complete(m *placardv1.Meeting) (*placardv1.Meeting, error) {
	m = proto.CloneOf(m)
	if m.LatePolicy == placardv1.Meeting_LATE_POLICY_UNSPECIFIED {
		m.LatePolicy = placardv1.Meeting_ACCEPT_AS_LATE
	}
	if m.Modality == placardv1.Meeting_MODALITY_UNSPECIFIED {
		m.Modality = placardv1.Meeting_IN_PERSON
	}
	m.CompositionDeadlineTime = nil
	if m.CompositionDeadline != "" {
		end, err := DeadlineTime(m.CompositionDeadline, m.TimeZone)
		if err != nil {
			return nil, err
		}
		m.CompositionDeadlineTime = timestamppb.New(end)
	}
	return m, nil
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
	return fault.Precondition("MEETING_CONCLUDED",
		m.GetName()+" is concluded: nothing of it changes any more", "meeting", m.GetName())
}

// deletable refuses to delete what others know of: a meeting that was
// announced, has invitations, or is named by keys. (A key that lost its only
// meeting would be bound to none, and so reach all.)
func deletable(m *placardv1.Meeting, invitations, keys bool) error {
	switch {
	case m.GetState() == placardv1.Meeting_CONCLUDED:
		return writable(m)
	case m.GetState() != placardv1.Meeting_DRAFT:
		return fault.Precondition("MEETING_NOT_DRAFT",
			m.GetName()+" is not a draft any more and cannot be deleted", "meeting", m.GetName())
	case invitations:
		return fault.Precondition("MEETING_HAS_INVITATIONS",
			m.GetName()+" has invitations: delete them first", "meeting", m.GetName())
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
