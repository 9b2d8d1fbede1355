package invitation

import (
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
					if !slices.Contains(want, status) {
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
			got := complete(&placardv1.Invitation{}, kind)
			if got.GetChannel() != want || got.GetLanguage() != "en" {
				t.Errorf("channel %s and language %q, want %s and en", got.GetChannel(), got.GetLanguage(), want)
			}
		})
	}
	given := &placardv1.Invitation{Channel: placardv1.Invitation_LETTER, Language: "es"}
	if diff := cmp.Diff(given, complete(given, placardv1.Entity_STATE), protocmp.Transform()); diff != "" {
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
	kinds := map[string]placardv1.Entity_Kind{
		"AUT": placardv1.Entity_STATE, "MEX": placardv1.Entity_STATE, "NGO1": placardv1.Entity_OTHER_NGO,
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
			got, err := plan("m1", tc.items, kinds, tc.invited)
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
		Parent:   "meetings/m1",
		Requests: []*placardv1.CreateInvitationRequest{{}, {Parent: "meetings/m1"}, {Parent: "meetings/m2"}},
	})
	if diff := cmp.Diff([]string{"requests[2].parent PARENT_MISMATCH"}, fields(got)); diff != "" {
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
