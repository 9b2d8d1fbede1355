package meeting

import (
	"testing"
	"time"
	_ "time/tzdata" // zones, whatever the machine has

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"
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

func TestCheck(t *testing.T) {
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
			&placardv1.Meeting{StartDate: "2010-01-27", EndDate: "2010-01-27", TimeZone: "UTC", CompositionDeadline: "2010-01-27"},
			nil,
		},
		{
			"everything wrong",
			&placardv1.Meeting{StartDate: "2010-01-27", EndDate: "2010-01-26", TimeZone: "Local", CompositionDeadline: "2010-01-28"},
			[]string{
				"meeting.time_zone TIME_ZONE_UNKNOWN",
				"meeting.end_date END_BEFORE_START",
				"meeting.composition_deadline DEADLINE_AFTER_END",
			},
		},
		{
			"what the contract refuses is not said twice",
			&placardv1.Meeting{StartDate: "27 January", EndDate: "", CompositionDeadline: "tomorrow"},
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
		name              string
		state             placardv1.Meeting_State
		invitations, keys bool
		want              string
	}{
		{"draft", placardv1.Meeting_DRAFT, false, false, ""},
		{"with invitations", placardv1.Meeting_DRAFT, true, false, "MEETING_HAS_INVITATIONS"},
		{"with keys", placardv1.Meeting_DRAFT, false, true, "MEETING_HAS_KEYS"},
		{"announced", placardv1.Meeting_ANNOUNCED, true, false, "MEETING_NOT_DRAFT"},
		{"concluded", placardv1.Meeting_CONCLUDED, true, false, "MEETING_CONCLUDED"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := deletable(&placardv1.Meeting{State: tc.state}, tc.invitations, tc.keys)
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
		State:               placardv1.Meeting_CLOSED,
		CloseTime:           timestamppb.New(time.Date(2010, 1, 20, 12, 0, 0, 0, time.UTC)),
		CreateTime:          timestamppb.New(time.Date(2009, 12, 1, 12, 0, 0, 0, time.UTC)),
		UpdateTime:          timestamppb.New(time.Date(2010, 1, 20, 12, 0, 0, 0, time.UTC)),
		Etag:                "7",
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
