package meeting

import (
	"fmt"
	"testing"
	"time"
	_ "time/tzdata" // zones, whatever the machine has

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/fault"
)

func TestDeadlineTime(t *testing.T) {
	for _, tc := range []struct {
		name, day, zone, want string
	}{
		{"winter", "2010-01-15", "Europe/Vienna", "2010-01-15T23:00:00Z"},
		{"summer", "2010-07-15", "Europe/Vienna", "2010-07-15T22:00:00Z"},
		{"last day of the year", "2026-12-31", "UTC", "2027-01-01T00:00:00Z"},
		{"a day of 23 hours", "2026-03-29", "Europe/Vienna", "2026-03-29T22:00:00Z"},
		{"the next day begins at 01:00", "2018-11-03", "America/Sao_Paulo", "2018-11-04T03:00:00Z"},
		{"the last hour comes twice", "2018-02-17", "America/Sao_Paulo", "2018-02-18T03:00:00Z"},
		{"the next day does not exist", "2011-12-29", "Pacific/Apia", "2011-12-30T10:00:00Z"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := DeadlineTime(tc.day, tc.zone)
			if err != nil {
				t.Fatal(err)
			}
			if got.Format(time.RFC3339) != tc.want {
				t.Errorf("DeadlineTime(%s, %s) = %s, want %s", tc.day, tc.zone, got.Format(time.RFC3339), tc.want)
			}
		})
	}
	for _, zone := range []string{"", "Local", "Europe/Wien", "../etc/passwd"} {
		if _, err := DeadlineTime("2010-01-15", zone); err == nil {
			t.Errorf("the zone %q is taken", zone)
		}
	}
	if _, err := DeadlineTime("2010-02-30", "UTC"); err == nil {
		t.Error("the day 2010-02-30 is taken")
	}
}

func TestOpeningTime(t *testing.T) {
	for _, tc := range []struct {
		name, day, opening, zone, want string
	}{
		{"unset, in winter", "2010-01-27", "", "Europe/Vienna", "2010-01-27T09:00:00Z"},
		{"unset, in summer", "2010-07-27", "", "Europe/Vienna", "2010-07-27T08:00:00Z"},
		{"in the afternoon", "2010-01-27", "15:30", "America/New_York", "2010-01-27T20:30:00Z"},
		{"on the day on which the clocks went ahead", "2026-03-29", "09:00", "Europe/Vienna", "2026-03-29T07:00:00Z"},
		{"on the day on which they went back", "2026-10-25", "09:00", "Europe/Vienna", "2026-10-25T08:00:00Z"},
		{"at a time over which they jump, east", "2026-03-29", "02:30", "Europe/Vienna", "2026-03-29T01:30:00Z"},
		{"at a time over which they jump, west", "2026-03-08", "02:30", "America/New_York", "2026-03-08T07:30:00Z"},
		{"at midnight", "2010-01-27", "00:00", "Asia/Tokyo", "2010-01-26T15:00:00Z"},
		{"at a midnight that there is not", "2018-11-04", "00:00", "America/Sao_Paulo", "2018-11-04T03:00:00Z"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := OpeningTime(tc.day, tc.opening, tc.zone)
			if err != nil {
				t.Fatal(err)
			}
			if got.Format(time.RFC3339) != tc.want {
				t.Errorf("OpeningTime(%s, %s, %s) = %s, want %s", tc.day, tc.opening, tc.zone, got.Format(time.RFC3339), tc.want)
			}
		})
	}
	for _, wrong := range [][3]string{
		{"2010-01-27", "24:00", "UTC"}, {"2010-01-27", "ten", "UTC"}, {"2010-02-30", "", "UTC"}, {"2010-01-27", "", "Local"},
	} {
		if _, err := OpeningTime(wrong[0], wrong[1], wrong[2]); err == nil {
			t.Errorf("%v is taken", wrong)
		}
	}
}

// TestCredentialsDue is when credentials are due by the practice of some bodies.
func TestCredentialsDue(t *testing.T) {
	hours := func(n int) *placardv1.CredentialsRule {
		return &placardv1.CredentialsRule{DueOffset: durationpb.New(time.Duration(n) * time.Hour)}
	}
	for _, tc := range []struct {
		name, day, opening, zone string
		rule                     *placardv1.CredentialsRule
		want                     string
	}{
		{"UNTOC, rule 18: 24 hours before the opening", "2010-01-27", "", "Europe/Vienna", hours(-24), "2010-01-26T09:00:00Z"},
		{"CBD: within 24 hours after the opening", "2022-12-07", "10:00", "America/Montreal", hours(24), "2022-12-08T15:00:00Z"},
		{"ILO: 21 days before the opening", "2026-06-01", "11:00", "Europe/Zurich", hours(-21 * 24), "2026-05-11T09:00:00Z"},
		{"hours are counted, whatever the clocks do", "2026-03-29", "10:00", "Europe/Vienna", hours(-24), "2026-03-28T08:00:00Z"},
		{"at the opening", "2010-01-27", "", "Europe/Vienna", hours(0), "2010-01-27T09:00:00Z"},
		{"needed, at no particular time", "2010-01-27", "", "Europe/Vienna", &placardv1.CredentialsRule{}, ""},
		{"CND 64 and UNCAC 2020: none needed", "2021-04-12", "", "Europe/Vienna", nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := complete(&placardv1.Meeting{
				StartDate: tc.day, Opening: tc.opening, TimeZone: tc.zone, CredentialsRule: tc.rule,
				CredentialsDueTime: timestamppb.Now(), // not the caller's to say
			})
			if err != nil {
				t.Fatal(err)
			}
			due := ""
			if got.CredentialsDueTime != nil {
				due = got.GetCredentialsDueTime().AsTime().Format(time.RFC3339)
			}
			if due != tc.want {
				t.Errorf("due %q, want %q", due, tc.want)
			}
		})
	}
}

// TestDeadlines is what is due, and when, by the practice of some bodies.
func TestDeadlines(t *testing.T) {
	for _, tc := range []struct {
		name    string
		meeting *placardv1.Meeting
		want    []string
	}{
		{
			"UNTOC, rule 18",
			&placardv1.Meeting{
				StartDate: "2010-01-27", TimeZone: "Europe/Vienna", CompositionDeadline: "2010-01-15", PhotoDeadline: "2010-01-20",
				CredentialsRule: &placardv1.CredentialsRule{DueOffset: durationpb.New(-24 * time.Hour)},
			},
			[]string{
				"COMPOSITION 2010-01-15T23:00:00Z 2010-01-16T00:00:00+01:00",
				"PHOTO 2010-01-20T23:00:00Z 2010-01-21T00:00:00+01:00",
				"CREDENTIALS 2010-01-26T09:00:00Z 2010-01-26T10:00:00+01:00",
				"OPENING 2010-01-27T09:00:00Z 2010-01-27T10:00:00+01:00",
			},
		},
		{
			"CND 64: the clocks change between the deadline and the opening",
			&placardv1.Meeting{StartDate: "2021-04-12", TimeZone: "Europe/Vienna", CompositionDeadline: "2021-03-26"},
			[]string{
				"COMPOSITION 2021-03-26T23:00:00Z 2021-03-27T00:00:00+01:00",
				"OPENING 2021-04-12T08:00:00Z 2021-04-12T10:00:00+02:00",
			},
		},
		{
			"UNCAC 2020: in summer, photographs by the same day",
			&placardv1.Meeting{StartDate: "2020-08-31", Opening: "12:00", TimeZone: "Europe/Vienna", CompositionDeadline: "2020-08-21", PhotoDeadline: "2020-08-21"},
			[]string{
				"COMPOSITION 2020-08-21T22:00:00Z 2020-08-22T00:00:00+02:00",
				"PHOTO 2020-08-21T22:00:00Z 2020-08-22T00:00:00+02:00",
				"OPENING 2020-08-31T10:00:00Z 2020-08-31T12:00:00+02:00",
			},
		},
		{
			"CBD: credentials after the opening, photographs on the first day",
			&placardv1.Meeting{
				StartDate: "2022-12-07", TimeZone: "America/Montreal", PhotoDeadline: "2022-12-07",
				CredentialsRule: &placardv1.CredentialsRule{DueOffset: durationpb.New(24 * time.Hour)},
			},
			[]string{
				"OPENING 2022-12-07T15:00:00Z 2022-12-07T10:00:00-05:00",
				"PHOTO 2022-12-08T05:00:00Z 2022-12-08T00:00:00-05:00",
				"CREDENTIALS 2022-12-08T15:00:00Z 2022-12-08T10:00:00-05:00",
			},
		},
		{
			"ILO: credentials before all else",
			&placardv1.Meeting{
				StartDate: "2026-06-01", Opening: "11:00", TimeZone: "Europe/Zurich", CompositionDeadline: "2026-05-15",
				CredentialsRule: &placardv1.CredentialsRule{DueOffset: durationpb.New(-21 * 24 * time.Hour)},
			},
			[]string{
				"CREDENTIALS 2026-05-11T09:00:00Z 2026-05-11T11:00:00+02:00",
				"COMPOSITION 2026-05-15T22:00:00Z 2026-05-16T00:00:00+02:00",
				"OPENING 2026-06-01T09:00:00Z 2026-06-01T11:00:00+02:00",
			},
		},
		{
			"the day after begins at 01:00",
			&placardv1.Meeting{StartDate: "2018-11-05", TimeZone: "America/Sao_Paulo", PhotoDeadline: "2018-11-03"},
			[]string{
				"PHOTO 2018-11-04T03:00:00Z 2018-11-04T01:00:00-02:00",
				"OPENING 2018-11-05T12:00:00Z 2018-11-05T10:00:00-02:00",
			},
		},
		{
			"at the venue it is UTC",
			&placardv1.Meeting{StartDate: "2026-01-05", TimeZone: "UTC"},
			[]string{"OPENING 2026-01-05T10:00:00Z 2026-01-05T10:00:00Z"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			// What follows is not the caller's to say.
			tc.meeting.PhotoDeadlineTime = timestamppb.Now()
			tc.meeting.Deadlines = []*placardv1.Meeting_Deadline{{Kind: placardv1.Meeting_Deadline_PHOTO, Time: timestamppb.Now()}}
			m, err := complete(tc.meeting)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range m.GetDeadlines() {
				got = append(got, fmt.Sprint(d.GetKind(), " ", d.GetTime().AsTime().Format(time.RFC3339), " ", d.GetVenueTime()))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (m.GetPhotoDeadline() == "") != (m.GetPhotoDeadlineTime() == nil) {
				t.Errorf("photographs are due on %q, at %v", m.GetPhotoDeadline(), m.GetPhotoDeadlineTime())
			}
		})
	}
}

func TestDueMoved(t *testing.T) {
	due, later := timestamppb.New(time.Unix(1, 0)), timestamppb.New(time.Unix(2, 0))
	at := func(due *timestamppb.Timestamp, zone string) *placardv1.Meeting {
		return &placardv1.Meeting{CredentialsDueTime: due, TimeZone: zone}
	}
	for _, tc := range []struct {
		name          string
		before, after *placardv1.Meeting
		want          bool
	}{
		{"the same", at(due, "UTC"), at(due, "UTC"), false},
		{"none", at(nil, "UTC"), at(nil, "UTC"), false},
		{"no longer due", at(due, "UTC"), at(nil, "UTC"), true},
		{"due now", at(nil, "UTC"), at(due, "UTC"), true},
		{"later", at(due, "UTC"), at(later, "UTC"), true},
		{"another zone, the same instant", at(due, "UTC"), at(due, "Asia/Tokyo"), true},
		{"another zone, due at no time", at(nil, "UTC"), at(nil, "Asia/Tokyo"), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := dueMoved(tc.before, tc.after); got != tc.want {
				t.Errorf("answered %v", got)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	third := func(purpose string) *placardv1.QuorumRule {
		return &placardv1.QuorumRule{
			Purpose: &placardv1.LocalizedText{En: purpose}, Numerator: 1, Denominator: 3,
			Base: placardv1.QuorumRule_PARTICIPATING_PARTIES,
		}
	}
	fraction := func(purpose string, numerator, denominator int32, moreThan bool) *placardv1.QuorumRule {
		r := third(purpose)
		r.Numerator, r.Denominator, r.MoreThan = numerator, denominator, moreThan
		return r
	}
	for _, tc := range []struct {
		name    string
		meeting *placardv1.Meeting
		want    []string
	}{
		{
			"right",
			&placardv1.Meeting{StartDate: "2010-01-27", EndDate: "2010-01-29", TimeZone: "Europe/Vienna", CompositionDeadline: "2010-01-15"},
			nil,
		},
		{
			"of one day, with the deadline on it",
			&placardv1.Meeting{StartDate: "2010-01-27", EndDate: "2010-01-27", TimeZone: "UTC", CompositionDeadline: "2010-01-27", PhotoDeadline: "2010-01-27"},
			nil,
		},
		{
			"everything wrong",
			&placardv1.Meeting{StartDate: "2010-01-27", EndDate: "2010-01-26", TimeZone: "Local", CompositionDeadline: "2010-01-28", PhotoDeadline: "2010-01-27"},
			[]string{
				"meeting.time_zone TIME_ZONE_UNKNOWN",
				"meeting.end_date END_BEFORE_START",
				"meeting.composition_deadline DEADLINE_AFTER_END",
				"meeting.photo_deadline DEADLINE_AFTER_END",
			},
		},
		{
			"credentials and quorums",
			&placardv1.Meeting{
				StartDate: "2010-01-27", EndDate: "2010-01-29", TimeZone: "UTC",
				CredentialsRule: &placardv1.CredentialsRule{DueOffset: durationpb.New(-24 * time.Hour)},
				QuorumRules: []*placardv1.QuorumRule{
					third("Opening"), fraction("Decisions", 1, 2, true), fraction("Everybody", 1, 1, false),
				},
			},
			nil,
		},
		{
			"credentials and quorums, wrong",
			&placardv1.Meeting{
				StartDate: "2010-01-27", EndDate: "2010-01-26", TimeZone: "UTC",
				CredentialsRule: &placardv1.CredentialsRule{DueOffset: durationpb.New(-24*time.Hour - time.Second)},
				QuorumRules: []*placardv1.QuorumRule{
					third("Opening"), fraction("Decisions", 3, 2, false), fraction("All and more", 2, 2, true), third("Opening"),
				},
			},
			[]string{
				"meeting.credentials_rule.due_offset DUE_OFFSET_MINUTES",
				"meeting.quorum_rules[1].numerator QUORUM_FRACTION",
				"meeting.quorum_rules[2].numerator QUORUM_FRACTION",
				"meeting.quorum_rules[3].purpose DUPLICATE_QUORUM",
				"meeting.end_date END_BEFORE_START",
			},
		},
		{
			"what the contract refuses is not said twice",
			&placardv1.Meeting{
				StartDate: "27 January", EndDate: "", CompositionDeadline: "tomorrow", PhotoDeadline: "yesterday",
				QuorumRules: []*placardv1.QuorumRule{{Numerator: 1}, {Numerator: 1}},
			},
			nil,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, v := range check(tc.meeting) {
				got = append(got, v.Field+" "+v.Reason)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheckQuotas(t *testing.T) {
	const (
		head, expert = placardv1.Participant_HEAD, placardv1.Participant_EXPERT
		inPerson     = placardv1.Participant_IN_PERSON
		online       = placardv1.Participant_ONLINE
		party        = placardv1.ParticipationStatus_STATE_PARTY
		signatory    = placardv1.ParticipationStatus_SIGNATORY
	)
	type quota = placardv1.Meeting_Quota
	type roles = []placardv1.Participant_Role
	type statuses = []placardv1.ParticipationStatus
	for _, tc := range []struct {
		name   string
		quotas []*quota
		want   []string
	}{
		{"three in person (CND 64)", []*quota{{Limit: 3, Modality: inPerson}}, nil},
		{"two speak and two observe (UNCAC 2020), with an exception", []*quota{
			{Limit: 2, Roles: roles{head, expert}},
			{Limit: 2, Roles: roles{placardv1.Participant_OBSERVER}},
			{Limit: 5, Roles: roles{expert, head}, Entities: []string{"entities/AUT"}},
		}, nil},
		{"each more special than the other", []*quota{
			{Limit: 3}, {Limit: 4, ParticipationStatuses: statuses{party}}, {Limit: 5, Entities: []string{"entities/AUT"}},
			{Limit: 2, ParticipationStatuses: statuses{signatory}}, {Limit: 6, Entities: []string{"entities/MEX"}},
		}, nil},
		{"another modality, other roles", []*quota{
			{Limit: 3}, {Limit: 2, Modality: inPerson}, {Limit: 2, Modality: online}, {Limit: 2, Roles: roles{head}}, {Limit: 2, Roles: roles{head}, Modality: online},
		}, nil},
		{"two for all", []*quota{{Limit: 3}, {Limit: 3}}, []string{"meeting.quotas[1] DUPLICATE_QUOTA"}},
		{"roles in another order", []*quota{{Roles: roles{head, expert}}, {Roles: roles{expert, head}}}, []string{"meeting.quotas[1] DUPLICATE_QUOTA"}},
		{"a status in two", []*quota{
			{ParticipationStatuses: statuses{party}}, {ParticipationStatuses: statuses{signatory, party}},
		}, []string{"meeting.quotas[1] DUPLICATE_QUOTA"}},
		{"an entity in three", []*quota{
			{Entities: []string{"entities/AUT"}}, {Entities: []string{"entities/MEX", "entities/AUT"}}, {Entities: []string{"entities/AUT"}},
		}, []string{"meeting.quotas[1] DUPLICATE_QUOTA", "meeting.quotas[2] DUPLICATE_QUOTA"}},
		{"entities and statuses", []*quota{
			{Entities: []string{"entities/AUT"}, ParticipationStatuses: statuses{party}},
		}, []string{"meeting.quotas[0] QUOTA_AMBIGUOUS"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			for _, v := range checkQuotas(tc.quotas) {
				got = append(got, v.Field+" "+v.Reason)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAdvance(t *testing.T) {
	now := time.Date(2010, 1, 20, 12, 0, 0, 0, time.UTC)
	closed := timestamppb.New(now.Add(-time.Hour))
	const (
		draft     = placardv1.Meeting_DRAFT
		announced = placardv1.Meeting_ANNOUNCED
		open      = placardv1.Meeting_OPEN
		ended     = placardv1.Meeting_CLOSED
		concluded = placardv1.Meeting_CONCLUDED
	)
	ways := map[placardv1.Meeting_State]map[string]placardv1.Meeting_State{
		draft:     {"announce": announced},
		announced: {"open": open, "conclude": concluded},
		open:      {"close": ended, "conclude": concluded},
		ended:     {"open": open, "conclude": concluded},
		concluded: {},
	}
	for from, verbs := range ways {
		for _, verb := range []string{"announce", "open", "close", "conclude"} {
			t.Run(verb+" "+from.String(), func(t *testing.T) {
				before := &placardv1.Meeting{Name: "meetings/m1", State: from}
				if from == ended {
					before.CloseTime = closed
				}
				got, err := advance(before, verb, now)
				to, possible := verbs[verb]
				if !possible {
					want := "MEETING_STATE"
					if from == concluded {
						want = "MEETING_CONCLUDED"
					}
					if f, ok := fault.As(err); !ok || f.Reason != want {
						t.Errorf("answered %v, %v, want %s", got, err, want)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				want := &placardv1.Meeting{Name: "meetings/m1", State: to, CloseTime: before.GetCloseTime()}
				switch verb {
				case "open":
					want.CloseTime = nil
				case "close":
					want.CloseTime = timestamppb.New(now)
				}
				if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
					t.Errorf("meeting (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestDeletable(t *testing.T) {
	for _, tc := range []struct {
		name                                        string
		state                                       placardv1.Meeting_State
		invitations, documents, announcements, keys bool
		want                                        string
	}{
		{"draft", placardv1.Meeting_DRAFT, false, false, false, false, ""},
		{"with invitations", placardv1.Meeting_DRAFT, true, false, false, false, "MEETING_HAS_INVITATIONS"},
		{"with documents", placardv1.Meeting_DRAFT, false, true, false, false, "MEETING_HAS_DOCUMENTS"},
		{"with announcements", placardv1.Meeting_DRAFT, false, false, true, false, "MEETING_HAS_ANNOUNCEMENTS"},
		{"with keys", placardv1.Meeting_DRAFT, false, false, false, true, "MEETING_HAS_KEYS"},
		{"announced", placardv1.Meeting_ANNOUNCED, true, true, false, false, "MEETING_NOT_DRAFT"},
		{"concluded", placardv1.Meeting_CONCLUDED, true, true, false, false, "MEETING_CONCLUDED"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := deletable(&placardv1.Meeting{State: tc.state}, tc.invitations, tc.documents, tc.announcements, tc.keys)
			f, _ := fault.As(err)
			if (f == nil && tc.want != "") || (f != nil && f.Reason != tc.want) {
				t.Errorf("answered %v, want %q", err, tc.want)
			}
		})
	}
}

func TestMeetingRow(t *testing.T) {
	want, err := complete(&placardv1.Meeting{
		Name:                "meetings/m1",
		Title:               &placardv1.LocalizedText{En: "Second meeting", Ar: "الاجتماع الثاني"},
		Decision:            &placardv1.Meeting_Decision{Number: "4/4"},
		MandateFunctions:    []*placardv1.LocalizedText{{En: "i"}, {En: "ii"}},
		StartDate:           "2010-01-27",
		EndDate:             "2010-01-29",
		TimeZone:            "Europe/Vienna",
		CompositionDeadline: "2010-01-15",
		Opening:             "09:30",
		CredentialsRule: &placardv1.CredentialsRule{
			Signatories: []placardv1.SignatoryCapacity{placardv1.SignatoryCapacity_HEAD_OF_STATE},
			DueOffset:   durationpb.New(-24 * time.Hour),
		},
		QuorumRules: []*placardv1.QuorumRule{{
			Purpose: &placardv1.LocalizedText{En: "Opening"}, Numerator: 1, Denominator: 3,
			Base: placardv1.QuorumRule_PARTICIPATING_PARTIES,
		}},
		State:      placardv1.Meeting_CLOSED,
		CloseTime:  timestamppb.New(time.Date(2010, 1, 20, 12, 0, 0, 0, time.UTC)),
		CreateTime: timestamppb.New(time.Date(2009, 12, 1, 12, 0, 0, 0, time.UTC)),
		UpdateTime: timestamppb.New(time.Date(2010, 1, 20, 12, 0, 0, 0, time.UTC)),
		Etag:       "7",
	})
	if err != nil {
		t.Fatal(err)
	}
	row, err := rowFromMeeting(want)
	if err != nil {
		t.Fatal(err)
	}
	row.Revision, row.CreateTime, row.UpdateTime = 7, want.GetCreateTime().AsTime(), want.GetUpdateTime().AsTime()
	got, err := meetingFromRow(row)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("read again (-want +got):\n%s", diff)
	}
}
