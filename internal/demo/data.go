package demo

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/name"
)

//go:embed data/*.json
var data embed.FS

// meeting reads the meeting of the note verbale, with its true dates.
func meeting() (*placardv1.Meeting, error) {
	text, err := data.ReadFile("data/meeting.json")
	if err != nil {
		return nil, err
	}
	m := &placardv1.Meeting{}
	if err := protojson.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("read meeting of the demo: %w", err)
	}
	return m, nil
}

// instrument reads the instrument that the meetings refer to, with the table of
// the States that they invite.
func instrument() (*placardv1.Instrument, error) {
	text, err := data.ReadFile("data/instrument.json")
	if err != nil {
		return nil, err
	}
	i := &placardv1.Instrument{}
	if err := protojson.Unmarshal(text, i); err != nil {
		return nil, fmt.Errorf("read instrument of the demo: %w", err)
	}
	return i, nil
}

// soon moves a meeting to the first Wednesday that is a month away, with the
// distances that the dates of the note verbale have: three days, and a deadline
// on the Friday 12 days before.
func soon(m *placardv1.Meeting, now time.Time) (*placardv1.Meeting, error) {
	loc, err := time.LoadLocation(m.GetTimeZone())
	if err != nil {
		return nil, fmt.Errorf("time zone of the demo: %w", err)
	}
	start := now.In(loc).AddDate(0, 0, 30)
	for start.Weekday() != time.Wednesday {
		start = start.AddDate(0, 0, 1)
	}
	m = proto.CloneOf(m)
	m.StartDate = start.Format(time.DateOnly)
	m.EndDate = start.AddDate(0, 0, 2).Format(time.DateOnly)
	m.CompositionDeadline = start.AddDate(0, 0, -12).Format(time.DateOnly)
	if m.PhotoDeadline == "" {
		m.PhotoDeadline = start.AddDate(0, 0, -5).Format(time.DateOnly)
	}
	m.ReminderRule = &placardv1.Meeting_ReminderRule{CompositionDays: []int32{14, 7, 2}, PhotoDays: []int32{3}}
	// Nobody is to write to a real office about a meeting that is not held.
	m.SecretariatContact.Email, m.SecretariatContact.Fax = "secretariat@example.org", ""
	return m, nil
}

// invitations reads who is invited: in the statuses of today or, where there is
// another, of January 2010.
func invitations(reference string, in2010 bool) ([]*placardv1.CreateInvitationRequest, error) {
	var items []json.RawMessage
	if err := read("data/invitations.json", &items); err != nil {
		return nil, err
	}
	lenient := protojson.UnmarshalOptions{DiscardUnknown: true}
	out := make([]*placardv1.CreateInvitationRequest, len(items))
	for i, item := range items {
		inv := &placardv1.Invitation{}
		if err := lenient.Unmarshal(item, inv); err != nil {
			return nil, fmt.Errorf("read invitation %d of the demo: %w", i, err)
		}
		inv.Reference = reference
		var then struct{ ParticipationStatus2010 string }
		if err := json.Unmarshal(item, &then); err != nil {
			return nil, fmt.Errorf("read invitation %d of the demo: %w", i, err)
		}
		if in2010 && then.ParticipationStatus2010 != "" {
			inv.ParticipationStatus = placardv1.ParticipationStatus(
				placardv1.ParticipationStatus_value[then.ParticipationStatus2010])
		}
		out[i] = &placardv1.CreateInvitationRequest{Invitation: inv}
	}
	return out, nil
}

// delegations reads the fictitious delegations to a meeting, by entity code.
// Their notes are of the given day.
func delegations(meeting, day string) (map[string]*placardv1.SubmitDelegationRequest, error) {
	var items []json.RawMessage
	if err := read("data/delegations.json", &items); err != nil {
		return nil, err
	}
	lenient := protojson.UnmarshalOptions{DiscardUnknown: true}
	out := make(map[string]*placardv1.SubmitDelegationRequest, len(items))
	for i, item := range items {
		var of struct{ Entity string }
		req := &placardv1.SubmitDelegationRequest{}
		if err := json.Unmarshal(item, &of); err != nil {
			return nil, fmt.Errorf("read delegation %d of the demo: %w", i, err)
		}
		if err := lenient.Unmarshal(item, req); err != nil {
			return nil, fmt.Errorf("read delegation %d of the demo: %w", i, err)
		}
		entity := strings.TrimPrefix(of.Entity, "entities/")
		req.Name = name.Delegation(meeting, entity)
		if req.GetNoteVerbale() != nil {
			req.NoteVerbale.Date = day
		}
		out[entity] = req
	}
	return out, nil
}

func read(file string, into any) error {
	text, err := data.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("read %s of the demo: %w", file, err)
	}
	return nil
}
