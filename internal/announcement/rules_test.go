package announcement

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/fault"
)

func TestDue(t *testing.T) {
	const deadline = "2010-01-15" // ends at 24:00 in Vienna: on the 16th at 00:00
	for name, x := range map[string]struct {
		days     []int32
		deadline string
		zone     string
		now      string // in UTC
		want     string
	}{
		"a minute before the first":        {[]int32{14, 7, 2}, deadline, "Europe/Vienna", "2010-01-01T22:59:00Z", ""},
		"the first":                        {[]int32{14, 7, 2}, deadline, "Europe/Vienna", "2010-01-01T23:00:00Z", "2010-01-15/14"},
		"the first is due until the next":  {[]int32{14, 7, 2}, deadline, "Europe/Vienna", "2010-01-08T22:59:59Z", "2010-01-15/14"},
		"the second":                       {[]int32{14, 7, 2}, deadline, "Europe/Vienna", "2010-01-08T23:00:00Z", "2010-01-15/7"},
		"the last":                         {[]int32{14, 7, 2}, deadline, "Europe/Vienna", "2010-01-15T22:59:00Z", "2010-01-15/2"},
		"none once the deadline is past":   {[]int32{14, 7, 2}, deadline, "Europe/Vienna", "2010-01-15T23:00:00Z", ""},
		"the order of the rule is nothing": {[]int32{2, 14, 7}, deadline, "Europe/Vienna", "2010-01-10T12:00:00Z", "2010-01-15/7"},
		"of those missed only the last":    {[]int32{14, 7, 2}, deadline, "Europe/Vienna", "2010-01-14T12:00:00Z", "2010-01-15/2"},
		"another deadline is another one":  {[]int32{14, 7, 2}, "2010-01-20", "Europe/Vienna", "2010-01-14T12:00:00Z", "2010-01-20/7"},
		"west of Greenwich":                {[]int32{1}, deadline, "America/New_York", "2010-01-15T04:59:00Z", ""},
		"west of Greenwich, an hour later": {[]int32{1}, deadline, "America/New_York", "2010-01-15T05:00:00Z", "2010-01-15/1"},
		"over the day of the long night":   {[]int32{1}, "2010-03-28", "Europe/Vienna", "2010-03-27T23:00:00Z", "2010-03-28/1"},
		"a rule without a deadline":        {[]int32{14, 7, 2}, "", "Europe/Vienna", "2010-01-14T12:00:00Z", ""},
		"a deadline without a rule":        {nil, deadline, "Europe/Vienna", "2010-01-14T12:00:00Z", ""},
		"long before":                      {[]int32{14}, deadline, "Europe/Vienna", "2009-06-14T12:00:00Z", ""},
	} {
		t.Run(name, func(t *testing.T) {
			zone, err := time.LoadLocation(x.zone)
			if err != nil {
				t.Fatal(err)
			}
			now, err := time.Parse(time.RFC3339, x.now)
			if err != nil {
				t.Fatal(err)
			}
			got, is := due(x.days, x.deadline, zone, now)
			if is != (x.want != "") || is && got.source() != x.want {
				t.Errorf("due is %s, %v, want %q", got.source(), is, x.want)
			}
			if is && now.Before(got.since) {
				t.Errorf("due since %v at %v", got.since, now)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	long := strings.Repeat("é", maxSubject)
	for name, x := range map[string]struct {
		subject, body *placardv1.LocalizedText
		want          []string
	}{
		"in the same languages": {&placardv1.LocalizedText{En: "A", Fr: "B"}, &placardv1.LocalizedText{En: "a", Fr: "b"}, nil},
		"a subject too many":    {&placardv1.LocalizedText{En: "A", Fr: "B"}, &placardv1.LocalizedText{En: "a"}, []string{"announcement.subject.fr LANGUAGES_DIFFER"}},
		"a body too many":       {&placardv1.LocalizedText{En: "A"}, &placardv1.LocalizedText{En: "a", Ar: "b"}, []string{"announcement.subject.ar LANGUAGES_DIFFER"}},
		"a subject of spaces":   {&placardv1.LocalizedText{En: " "}, &placardv1.LocalizedText{En: "a"}, []string{"announcement.subject.en LANGUAGES_DIFFER"}},
		"as long as it may be":  {&placardv1.LocalizedText{En: long}, &placardv1.LocalizedText{En: "a"}, nil},
		"too long":              {&placardv1.LocalizedText{En: long + "e"}, &placardv1.LocalizedText{En: "a"}, []string{"announcement.subject.en STRING_MAX_LEN"}},
		"on two lines":          {&placardv1.LocalizedText{En: "A\nBcc: b"}, &placardv1.LocalizedText{En: "a"}, []string{"announcement.subject.en STRING_LINE"}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, v := range check(&placardv1.Announcement{Subject: x.subject, Body: x.body}) {
				got = append(got, v.Field+" "+v.Reason)
			}
			if diff := cmp.Diff(x.want, got); diff != "" {
				t.Errorf("wrong (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLanguageOf(t *testing.T) {
	all := &placardv1.LocalizedText{Ar: "a", Zh: "z", En: "e", Fr: "f", Ru: "r", Es: "s"}
	for _, x := range []struct {
		name            string
		body            *placardv1.LocalizedText
		own, invitation string
		want            string
	}{
		{"the person's own", all, "ru", "es", "ru"},
		{"else that of the invitation", all, "", "es", "es"},
		{"else English", all, "", "", "en"},
		{"English where it is missing", &placardv1.LocalizedText{En: "e", Fr: "f"}, "ru", "fr", "en"},
		{"French where that is missing too", &placardv1.LocalizedText{Fr: "f", Ar: "a"}, "ru", "es", "fr"},
		{"else what there is", &placardv1.LocalizedText{Zh: "z"}, "ru", "es", "zh"},
	} {
		if got := languageOf(x.body, x.own, x.invitation); got != x.want {
			t.Errorf("%s: %q, want %q", x.name, got, x.want)
		}
	}
}

func TestSchedule(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for name, x := range map[string]struct {
		wanted *time.Time
		at     time.Time
		later  bool
		reason string
	}{
		"at once":                {nil, now, false, ""},
		"a time that is past":    {ptr(now.Add(-time.Hour)), now, false, ""},
		"this instant":           {ptr(now), now, false, ""},
		"later":                  {ptr(now.Add(time.Hour + time.Nanosecond)), now.Add(time.Hour), true, ""},
		"a year ahead":           {ptr(now.AddDate(1, 0, 0)), now.AddDate(1, 0, 0), true, ""},
		"more than a year ahead": {ptr(now.AddDate(1, 0, 2)), now, false, "SEND_TIME_TOO_FAR"},
	} {
		at, later, err := schedule(x.wanted, now)
		if f, _ := fault.As(err); f != nil && f.Violations[0].Reason == x.reason && x.reason != "" {
			continue
		}
		if err != nil || x.reason != "" || !at.Equal(x.at) || later != x.later {
			t.Errorf("%s: %v, %v, %v", name, at, later, err)
		}
	}
}

func ptr[T any](v T) *T { return &v }

func TestStates(t *testing.T) {
	for state, want := range map[string]string{
		stateDraft: "update send delete", stateScheduled: "cancel", stateSending: "cancel", stateSent: "", stateCancelled: "delete",
	} {
		row := &db.Announcement{MeetingID: "m1", AnnouncementID: "a1", State: state}
		var can []string
		for _, step := range []struct {
			verb string
			from []string
		}{
			{"update", []string{stateDraft}}, {"send", []string{stateDraft}},
			{"delete", []string{stateDraft, stateCancelled}}, {"cancel", []string{stateScheduled, stateSending}},
		} {
			err := inState(row, step.from...)
			if err == nil {
				can = append(can, step.verb)
			} else if f, ok := fault.As(err); !ok || f.Reason != "ANNOUNCEMENT_STATE" {
				t.Errorf("%s of %s: %v", step.verb, state, err)
			}
		}
		if got := strings.Join(can, " "); got != want {
			t.Errorf("%s can be: %q, want %q", state, got, want)
		}
	}
}
