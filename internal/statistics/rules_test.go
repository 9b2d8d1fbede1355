package statistics

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

func TestDaysOf(t *testing.T) {
	tests := []struct {
		name, zone string
		// times are those of a registration each, in UTC.
		times []string
		// want are days, with their registrations and the total.
		want []string
	}{
		{name: "nobody", zone: "Europe/Vienna"},
		{
			name: "days without any are there", zone: "Europe/Vienna",
			times: []string{"2026-01-10T12:00", "2026-01-10T12:10", "2026-01-13T08:00"},
			want:  []string{"2026-01-10 2 2", "2026-01-11 0 2", "2026-01-12 0 2", "2026-01-13 1 3"},
		},
		{
			name: "midnight of the venue, not of UTC", zone: "Europe/Vienna",
			times: []string{"2026-01-10T22:59", "2026-01-10T23:00"},
			want:  []string{"2026-01-10 1 1", "2026-01-11 1 2"},
		},
		{
			name: "three quarters of an hour beside UTC", zone: "Asia/Kathmandu",
			times: []string{"2026-01-10T18:14", "2026-01-10T18:15"},
			want:  []string{"2026-01-10 1 1", "2026-01-11 1 2"},
		},
		{
			name: "half an hour beside UTC, west of it", zone: "America/St_Johns",
			times: []string{"2026-01-10T03:29", "2026-01-10T03:30"},
			want:  []string{"2026-01-09 1 1", "2026-01-10 1 2"},
		},
		{
			name: "a day of 23 hours", zone: "Europe/Vienna",
			times: []string{"2026-03-28T22:59", "2026-03-28T23:00", "2026-03-29T21:59", "2026-03-29T22:00"},
			want:  []string{"2026-03-28 1 1", "2026-03-29 2 3", "2026-03-30 1 4"},
		},
		{
			name: "a day of 25 hours", zone: "Europe/Vienna",
			times: []string{"2026-10-24T21:59", "2026-10-24T22:00", "2026-10-25T22:59", "2026-10-25T23:00"},
			want:  []string{"2026-10-24 1 1", "2026-10-25 2 3", "2026-10-26 1 4"},
		},
		{
			name: "a day that there was not", zone: "Pacific/Apia", // crossed the date line
			times: []string{"2011-12-30T09:59", "2011-12-30T10:00"},
			want:  []string{"2011-12-29 1 1", "2011-12-30 0 1", "2011-12-31 1 2"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			zone, err := time.LoadLocation(test.zone)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range daysOf(quartersOf(t, test.times), zone) {
				got = append(got, fmt.Sprintf("%s %d %d", d.GetDate(), d.GetRegistrations(), d.GetTotal()))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func quartersOf(t *testing.T, times []string) []quarter {
	t.Helper()
	var quarters []quarter
	for _, s := range times {
		at, err := time.Parse("2006-01-02T15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		quarters = append(quarters, quarter{Number: at.Unix() / 900, Count: 1})
	}
	return quarters
}

// What came before the days that are answered is in their totals.
func TestDaysOfManyYears(t *testing.T) {
	days := daysOf(quartersOf(t, []string{"2020-01-01T00:00", "2020-06-01T00:00", "2026-01-10T12:00"}), time.UTC)
	if len(days) != 401 {
		t.Fatalf("%d days", len(days))
	}
	want := &placardv1.MeetingStatistics_Day{Date: "2024-12-06", Total: 2}
	if diff := cmp.Diff(want, days[0], protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	want = &placardv1.MeetingStatistics_Day{Date: "2026-01-10", Registrations: 1, Total: 3}
	if diff := cmp.Diff(want, days[400], protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

func TestProgress(t *testing.T) {
	type progress = placardv1.MeetingStatistics_Progress
	tests := []struct {
		name    string
		of      invitee
		overdue bool
		want    *progress
	}{
		{"a draft counts as nothing else", invitee{Invitation: "DRAFT"}, true, &progress{Drafts: 1}},
		{"issued", invitee{Invitation: "ISSUED"}, false, &progress{Invited: 1}},
		{"issued, after the deadline", invitee{Invitation: "ISSUED"}, true, &progress{Invited: 1, Overdue: 1}},
		{"acknowledged", invitee{Invitation: "ACKNOWLEDGED"}, true, &progress{Invited: 1, Answered: 1, Overdue: 1}},
		{"will attend", invitee{Invitation: "ACCEPTED"}, true, &progress{Invited: 1, Answered: 1, Attending: 1, Overdue: 1}},
		{"declined", invitee{Invitation: "DECLINED"}, true, &progress{Invited: 1, Answered: 1, Declined: 1}},
		{
			"submitted, without a word to the invitation",
			invitee{Invitation: "ISSUED", Delegation: "SUBMITTED", Late: 1}, true,
			&progress{Invited: 1, Answered: 1, Attending: 1, Submitted: 1, AwaitingReview: 1, Late: 1},
		},
		{
			"amended after acceptance",
			invitee{Invitation: "ACCEPTED", Delegation: "SUBMITTED", Accepted: 2}, false,
			&progress{Invited: 1, Answered: 1, Attending: 1, Submitted: 1, AwaitingReview: 1, Accepted: 1},
		},
		{
			"accepted", invitee{Invitation: "ACCEPTED", Delegation: "ACCEPTED", Accepted: 1}, true,
			&progress{Invited: 1, Answered: 1, Attending: 1, Submitted: 1, Accepted: 1},
		},
		{
			"returned", invitee{Invitation: "ACKNOWLEDGED", Delegation: "RETURNED"}, true,
			&progress{Invited: 1, Answered: 1, Attending: 1, Submitted: 1, Returned: 1},
		},
		{
			"withdrawn", invitee{Invitation: "ISSUED", Delegation: "WITHDRAWN", Accepted: 3, Late: 1}, true,
			&progress{Invited: 1, Answered: 1, Withdrawn: 1},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := &progress{}
			test.of.add(got, tally{}, test.overdue)
			if diff := cmp.Diff(test.want, got, protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestProgressOf(t *testing.T) {
	type progress = placardv1.MeetingStatistics_Progress
	total, byStatus, byRegion := progressOf([]invitee{
		{Entity: "N", Status: "NGO", Kind: "OTHER_NGO", Region: "REGION_UNSPECIFIED", Invitation: "ISSUED"},
		{Entity: "S", Status: "STATE_PARTY", Kind: "STATE", Region: "AFRICAN", Invitation: "ISSUED"},
		{Status: "STATE_PARTY", Kind: "STATE", Region: "REGION_UNSPECIFIED", Invitation: "DRAFT"},
	}, []group{
		{Entity: "N", Role: "EXPERT", Latest: 2, Accepted: 1}, {Entity: "S", Role: "EXPERT", Latest: 4, Accepted: 0},
		{Entity: "S", Role: "HEAD", Latest: 8, Accepted: 8},
	}, false)
	if diff := cmp.Diff(&progress{Drafts: 1, Invited: 2, Participants: 14, AcceptedParticipants: 9}, total, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	wantStatuses := []*placardv1.MeetingStatistics_ByStatus{
		{ParticipationStatus: placardv1.ParticipationStatus_STATE_PARTY, Progress: &progress{Drafts: 1, Invited: 1, Participants: 12, AcceptedParticipants: 8}},
		{ParticipationStatus: placardv1.ParticipationStatus_NGO, Progress: &progress{Invited: 1, Participants: 2, AcceptedParticipants: 1}},
	}
	if diff := cmp.Diff(wantStatuses, byStatus, protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	var got []string
	for _, r := range byRegion {
		got = append(got, fmt.Sprint(r.GetRegion(), " ", r.GetProgress().GetDrafts(), r.GetProgress().GetInvited()))
	}
	want := []string{
		"REGION_UNSPECIFIED 1 0", "AFRICAN 0 1", "ASIA_PACIFIC 0 0", "EASTERN_EUROPEAN 0 0",
		"LATIN_AMERICAN_AND_CARIBBEAN 0 0", "WESTERN_EUROPEAN_AND_OTHERS 0 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestKindsOf(t *testing.T) {
	byRole, byModality, byLanguage := kindsOf([]group{
		{"AUT", "EXPERT", "IN_PERSON", "fr", 2, 0},
		{"AUT", "EXPERT", "ONLINE", "", 3, 0},
		{"DEU", "HEAD", "IN_PERSON", "fr", 1, 0},
		{"DEU", "SECURITY", "IN_PERSON", "ar", 0, 4},
	})
	var got []string
	for _, r := range byRole {
		got = append(got, fmt.Sprint(r.GetRole(), " ", r.GetParticipants(), r.GetAcceptedParticipants()))
	}
	for _, m := range byModality {
		got = append(got, fmt.Sprint(m.GetModality(), " ", m.GetParticipants(), m.GetAcceptedParticipants()))
	}
	for _, l := range byLanguage {
		got = append(got, fmt.Sprint(l.GetLanguage(), " ", l.GetParticipants(), l.GetAcceptedParticipants()))
	}
	want := []string{
		"HEAD 1 0", "EXPERT 5 0", "SECURITY 0 4",
		"IN_PERSON 3 4", "ONLINE 3 0",
		"ar 0 4", "zh 0 0", "en 0 0", "fr 3 0", "ru 0 0", "es 0 0", " 3 0",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
