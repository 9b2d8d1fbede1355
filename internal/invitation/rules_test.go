package invitation

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/fault"
)

func TestCheck(t *testing.T) {
	possible := map[placardv1.Entity_Kind][]string{
		placardv1.Entity_STATE: {"STATE_PARTY", "SIGNATORY", "NON_SIGNATORY"},
		placardv1.Entity_REGIONAL_ECONOMIC_INTEGRATION_ORGANIZATION: {"STATE_PARTY", "SIGNATORY", "REIO"},
		placardv1.Entity_UNITED_NATIONS_OFFICE:                      {"UNITED_NATIONS", "IGO"},
		placardv1.Entity_SPECIALIZED_AGENCY:                         {"SPECIALIZED_AGENCY"},
		placardv1.Entity_INTERGOVERNMENTAL_ORGANIZATION:             {"IGO"},
		placardv1.Entity_NGO_IN_CONSULTATIVE_STATUS:                 {"NGO"},
		placardv1.Entity_OTHER_NGO:                                  {"NGO"},
	}
	for kind, want := range possible {
		for number, status := range placardv1.ParticipationStatus_name {
			for _, channel := range []placardv1.Invitation_Channel{
				placardv1.Invitation_CHANNEL_UNSPECIFIED, placardv1.Invitation_PERMANENT_MISSION, placardv1.Invitation_LETTER,
			} {
				t.Run(kind.String()+" "+status+" "+channel.String(), func(t *testing.T) {
					var wrong []string
					if number == 0 {
						wrong = append(wrong, "invitation.participation_status STATUS_NEEDED")
					} else if !slices.Contains(want, status) {
						wrong = append(wrong, "invitation.participation_status STATUS_MISMATCH")
					}
					if slices.Equal(want, []string{"NGO"}) && channel == placardv1.Invitation_PERMANENT_MISSION {
						wrong = append(wrong, "invitation.channel CHANNEL_MISMATCH")
					}
					got := check("invitation", &placardv1.Invitation{
						ParticipationStatus: placardv1.ParticipationStatus(number), Channel: channel,
					}, kind)
					if diff := cmp.Diff(wrong, fields(got)); diff != "" {
						t.Errorf("violations (-want +got):\n%s", diff)
					}
				})
			}
		}
	}
}

func TestComplete(t *testing.T) {
	for kind, want := range map[placardv1.Entity_Kind]placardv1.Invitation_Channel{
		placardv1.Entity_STATE: placardv1.Invitation_PERMANENT_MISSION,
		placardv1.Entity_REGIONAL_ECONOMIC_INTEGRATION_ORGANIZATION: placardv1.Invitation_PERMANENT_MISSION,
		placardv1.Entity_UNITED_NATIONS_OFFICE:                      placardv1.Invitation_LETTER,
		placardv1.Entity_NGO_IN_CONSULTATIVE_STATUS:                 placardv1.Invitation_LETTER,
	} {
		t.Run(kind.String(), func(t *testing.T) {
			got := complete(&placardv1.Invitation{}, invitee{kind: kind}, basis{})
			if got.GetChannel() != want || got.GetLanguage() != "en" {
				t.Errorf("channel %s and language %q, want %s and en", got.GetChannel(), got.GetLanguage(), want)
			}
		})
	}
	given := &placardv1.Invitation{
		Channel: placardv1.Invitation_LETTER, Language: "es", ParticipationStatus: placardv1.ParticipationStatus_SIGNATORY,
	}
	if diff := cmp.Diff(given, complete(given, invitee{placardv1.Entity_STATE, "fr"}, basis{}), protocmp.Transform()); diff != "" {
		t.Errorf("what was given does not stay (-want +got):\n%s", diff)
	}
}

func TestIssue(t *testing.T) {
	now := time.Date(2009, 12, 1, 12, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		name    string
		meeting placardv1.Meeting_State
		state   placardv1.Invitation_State
		want    placardv1.Invitation_State
		reason  string
	}{
		{"draft of a draft", placardv1.Meeting_DRAFT, placardv1.Invitation_DRAFT, 0, "MEETING_NOT_ANNOUNCED"},
		{"announced", placardv1.Meeting_ANNOUNCED, placardv1.Invitation_DRAFT, placardv1.Invitation_ISSUED, ""},
		{"open", placardv1.Meeting_OPEN, placardv1.Invitation_DRAFT, placardv1.Invitation_ISSUED, ""},
		{"closed", placardv1.Meeting_CLOSED, placardv1.Invitation_DRAFT, placardv1.Invitation_ISSUED, ""},
		{"done already", placardv1.Meeting_OPEN, placardv1.Invitation_ACCEPTED, placardv1.Invitation_ACCEPTED, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := issue(&placardv1.Invitation{State: tc.state}, "meetings/m1", tc.meeting, now)
			if f, _ := fault.As(err); f != nil || tc.reason != "" {
				if f == nil || f.Reason != tc.reason {
					t.Errorf("answered %v, want %q", err, tc.reason)
				}
				return
			}
			want := &placardv1.Invitation{State: tc.want}
			if tc.state == placardv1.Invitation_DRAFT {
				want.IssueTime = timestamppb.New(now)
			}
			if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
				t.Errorf("invitation (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnswer(t *testing.T) {
	now := timestamppb.New(time.Date(2009, 12, 20, 12, 0, 0, 0, time.UTC))
	earlier := timestamppb.New(now.AsTime().Add(-time.Hour))
	const (
		draft        = placardv1.Invitation_DRAFT
		issued       = placardv1.Invitation_ISSUED
		acknowledged = placardv1.Invitation_ACKNOWLEDGED
		accepted     = placardv1.Invitation_ACCEPTED
		declined     = placardv1.Invitation_DECLINED
	)
	for _, tc := range []struct {
		name      string
		from, to  placardv1.Invitation_State
		attending bool
		// want is the state afterwards, responded the time of the response
		want      placardv1.Invitation_State
		responded *timestamppb.Timestamp
		reason    string
	}{
		{"acknowledge a draft", draft, acknowledged, false, 0, nil, "INVITATION_NOT_ISSUED"},
		{"accept a draft", draft, accepted, false, 0, nil, "INVITATION_NOT_ISSUED"},
		{"decline a draft", draft, declined, false, 0, nil, "INVITATION_NOT_ISSUED"},
		{"acknowledge", issued, acknowledged, false, acknowledged, nil, ""},
		{"acknowledge again", acknowledged, acknowledged, false, acknowledged, nil, ""},
		{"acknowledge what is accepted", accepted, acknowledged, false, accepted, earlier, ""},
		{"acknowledge what is declined", declined, acknowledged, false, declined, earlier, ""},
		{"accept", issued, accepted, false, accepted, now, ""},
		{"accept what is acknowledged", acknowledged, accepted, false, accepted, now, ""},
		{"accept what was declined", declined, accepted, false, accepted, now, ""},
		{"accept again", accepted, accepted, true, accepted, earlier, ""},
		{"decline", issued, declined, false, declined, now, ""},
		{"decline what is acknowledged", acknowledged, declined, false, declined, now, ""},
		{"decline what was accepted", accepted, declined, false, declined, now, ""},
		{"decline again", declined, declined, false, declined, earlier, ""},
		{"decline with a delegation", accepted, declined, true, 0, nil, "DELEGATION_PRESENT"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := &placardv1.Invitation{State: tc.from}
			if tc.from == accepted || tc.from == declined {
				before.ResponseTime = earlier
			}
			got, err := answer(before, tc.to, tc.attending, now.AsTime())
			if f, _ := fault.As(err); f != nil || tc.reason != "" {
				if f == nil || f.Reason != tc.reason {
					t.Errorf("answered %v, want %q", err, tc.reason)
				}
				return
			}
			want := &placardv1.Invitation{State: tc.want, ResponseTime: tc.responded}
			if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
				t.Errorf("invitation (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlan(t *testing.T) {
	register := map[string]invitee{
		"AUT": {kind: placardv1.Entity_STATE}, "MEX": {kind: placardv1.Entity_STATE}, "NGO1": {kind: placardv1.Entity_OTHER_NGO},
	}
	invite := func(code string, status placardv1.ParticipationStatus) *placardv1.Invitation {
		return &placardv1.Invitation{Entity: "entities/" + code, ParticipationStatus: status}
	}
	const party = placardv1.ParticipationStatus_STATE_PARTY
	for _, tc := range []struct {
		name    string
		items   []item
		invited map[string]bool
		want    []*placardv1.Invitation
		reason  string
		wrong   []string
	}{
		{
			name:  "right",
			items: []item{{"a", invite("MEX", party)}, {"b", invite("AUT", party)}},
			want: []*placardv1.Invitation{
				{
					Name: "meetings/m1/invitations/MEX", Entity: "entities/MEX", ParticipationStatus: party,
					Language: "en", Channel: placardv1.Invitation_PERMANENT_MISSION, State: placardv1.Invitation_DRAFT,
				},
				{
					Name: "meetings/m1/invitations/AUT", Entity: "entities/AUT", ParticipationStatus: party,
					Language: "en", Channel: placardv1.Invitation_PERMANENT_MISSION, State: placardv1.Invitation_DRAFT,
				},
			},
		},
		{
			name:    "some are invited already",
			items:   []item{{"a", invite("MEX", party)}, {"b", invite("AUT", party)}},
			invited: map[string]bool{"AUT": true},
			reason:  "ALREADY_EXISTS",
			wrong:   []string{"b.entity ALREADY_EXISTS"},
		},
		{
			name: "everything wrong is said",
			items: []item{
				{"a", invite("ATL", party)}, {"b", invite("AUT", party)}, {"c", invite("AUT", party)},
				{"d", invite("NGO1", party)}, {"e", invite("MEX", party)},
			},
			invited: map[string]bool{"MEX": true},
			reason:  "INVALID_REQUEST",
			wrong: []string{
				"a.entity UNKNOWN_ENTITY", "c.entity DUPLICATE_ENTITY",
				"d.participation_status STATUS_MISMATCH", "e.entity ALREADY_EXISTS",
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := plan("m1", tc.items, sources{register: register, invited: tc.invited})
			if f, ok := fault.As(err); ok || tc.reason != "" {
				if f == nil || f.Reason != tc.reason {
					t.Fatalf("answered %v, want %s", err, tc.reason)
				}
				if diff := cmp.Diff(tc.wrong, fields(f.Violations)); diff != "" {
					t.Errorf("violations (-want +got):\n%s", diff)
				}
				return
			}
			if diff := cmp.Diff(tc.want, got, protocmp.Transform()); diff != "" {
				t.Errorf("planned (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParents(t *testing.T) {
	got := batchItems(&placardv1.BatchCreateInvitationsRequest{
		Parent: "meetings/m1", Reference: "CU 2009/180(A)",
		Requests: []*placardv1.CreateInvitationRequest{{}, {Parent: "meetings/m1"}, {Parent: "meetings/m2"}},
	})
	if diff := cmp.Diff([]string{"reference REFERENCE_IN_BATCH", "requests[2].parent PARENT_MISMATCH"}, fields(got)); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
}

func fields(violations []fault.Violation) []string {
	var out []string
	for _, v := range violations {
		out = append(out, v.Field+" "+v.Reason)
	}
	return out
}

// vienna is a basis with a table.
func vienna() basis {
	return basis{day: "2010-01-27", table: &placardv1.Instrument{Parties: []*placardv1.Instrument_Party{
		{Entity: "entities/AUT", SignatureDate: "2000-12-12", PartyDate: "2005-09-15"},
		{Entity: "entities/CHN", PartyDate: "2010-02-08"},
		{Entity: "entities/THA", SignatureDate: "2001-12-18", PartyDate: "2013-10-17"},
		{Entity: "entities/EUE", SignatureDate: "2000-12-12"},
	}}}
}

func TestDerivedStatus(t *testing.T) {
	const unspecified = placardv1.ParticipationStatus_PARTICIPATION_STATUS_UNSPECIFIED
	for _, tc := range []struct {
		code                string
		kind                placardv1.Entity_Kind
		withTable, withNone placardv1.ParticipationStatus
	}{
		{"AUT", placardv1.Entity_STATE, placardv1.ParticipationStatus_STATE_PARTY, unspecified},
		{"THA", placardv1.Entity_STATE, placardv1.ParticipationStatus_SIGNATORY, unspecified},
		{"CHN", placardv1.Entity_STATE, placardv1.ParticipationStatus_NON_SIGNATORY, unspecified},
		{"IRN", placardv1.Entity_STATE, placardv1.ParticipationStatus_NON_SIGNATORY, unspecified},
		{"EUE", placardv1.Entity_REGIONAL_ECONOMIC_INTEGRATION_ORGANIZATION, placardv1.ParticipationStatus_REIO, placardv1.ParticipationStatus_REIO},
		{"OHCHR", placardv1.Entity_UNITED_NATIONS_OFFICE, placardv1.ParticipationStatus_UNITED_NATIONS, placardv1.ParticipationStatus_UNITED_NATIONS},
		{"ILO", placardv1.Entity_SPECIALIZED_AGENCY, placardv1.ParticipationStatus_SPECIALIZED_AGENCY, placardv1.ParticipationStatus_SPECIALIZED_AGENCY},
		{"OSCE", placardv1.Entity_INTERGOVERNMENTAL_ORGANIZATION, placardv1.ParticipationStatus_IGO, placardv1.ParticipationStatus_IGO},
		{"NGO1", placardv1.Entity_NGO_IN_CONSULTATIVE_STATUS, placardv1.ParticipationStatus_NGO, placardv1.ParticipationStatus_NGO},
		{"NGO2", placardv1.Entity_OTHER_NGO, placardv1.ParticipationStatus_NGO, placardv1.ParticipationStatus_NGO},
	} {
		inv := &placardv1.Invitation{Entity: "entities/" + tc.code}
		of := invitee{tc.kind, "ru"}
		got := complete(inv, of, vienna())
		if got.GetParticipationStatus() != tc.withTable || got.GetLanguage() != "ru" {
			t.Errorf("%s with a table: %s in %s", tc.code, got.GetParticipationStatus(), got.GetLanguage())
		}
		if got := complete(inv, of, basis{}).GetParticipationStatus(); got != tc.withNone {
			t.Errorf("%s without a table: %s", tc.code, got)
		}
	}
}

func TestMatching(t *testing.T) {
	const (
		party     = placardv1.ParticipationStatus_STATE_PARTY
		signatory = placardv1.ParticipationStatus_SIGNATORY
		reio      = placardv1.ParticipationStatus_REIO
		ngo       = placardv1.ParticipationStatus_NGO
	)
	register := map[string]invitee{
		"AUT": {kind: placardv1.Entity_STATE}, "CHN": {kind: placardv1.Entity_STATE}, "THA": {kind: placardv1.Entity_STATE},
		"IRN":  {kind: placardv1.Entity_STATE},
		"EUE":  {kind: placardv1.Entity_REGIONAL_ECONOMIC_INTEGRATION_ORGANIZATION},
		"REIO": {kind: placardv1.Entity_REGIONAL_ECONOMIC_INTEGRATION_ORGANIZATION}, // has not signed
		"NGO1": {kind: placardv1.Entity_OTHER_NGO}, "NGO2": {kind: placardv1.Entity_NGO_IN_CONSULTATIVE_STATUS},
	}
	crowd := map[string]invitee{}
	for i := range maxBatch + 1 {
		crowd[fmt.Sprintf("N%d", i)] = invitee{kind: placardv1.Entity_OTHER_NGO}
	}
	type statuses = []placardv1.ParticipationStatus
	for _, tc := range []struct {
		name   string
		wanted statuses
		from   sources
		want   []string
		wrong  []string
	}{
		{"Parties and signatories", statuses{signatory, party}, sources{basis: vienna(), register: register}, []string{"AUT", "THA"}, nil},
		{
			"without those that are invited", statuses{signatory, party},
			sources{basis: vienna(), register: register, invited: map[string]bool{"AUT": true}}, []string{"THA"}, nil,
		},
		{"those that have signed", statuses{reio}, sources{basis: vienna(), register: register}, []string{"EUE"}, nil},
		{"nobody", statuses{placardv1.ParticipationStatus_IGO}, sources{basis: vienna(), register: register}, nil, nil},
		{"non-governmental ones, without a table", statuses{ngo}, sources{register: register}, []string{"NGO1", "NGO2"}, nil},
		{"Parties without a table", statuses{ngo, party}, sources{register: register}, nil, []string{"participation_statuses[1] STATUS_NEEDED"}},
		{"a REIO without a table", statuses{reio}, sources{register: register}, nil, []string{"participation_statuses[0] STATUS_NEEDED"}},
		{"too many", statuses{ngo}, sources{register: crowd}, nil, []string{"participation_statuses TOO_MANY_ENTITIES"}},
		{"as many as may be", statuses{ngo}, sources{register: crowd, invited: map[string]bool{"N0": true}}, nil, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := matching(tc.wanted, tc.from)
			var wrong []string
			if f, ok := fault.As(err); ok {
				wrong = fields(f.Violations)
			}
			if diff := cmp.Diff(tc.wrong, wrong); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
			if tc.name == "as many as may be" {
				if len(got) != maxBatch {
					t.Errorf("%d entities", len(got))
				}
				return
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("entities (-want +got):\n%s", diff)
			}
		})
	}
}
