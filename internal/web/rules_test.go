package web

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

func TestLocal(t *testing.T) {
	for address, want := range map[string]string{
		"":                          "/meetings",
		"/meetings":                 "/meetings",
		"/meetings/m1?page=2":       "/meetings/m1?page=2",
		"/meetings/m1#x":            "/meetings/m1",
		"https://evil.example/":     "/meetings",
		"//evil.example/meetings":   "/meetings",
		"/\\evil.example":           "/meetings",
		"/meetings/\\evil":          "/meetings",
		"/meetings//evil.example":   "/meetings",
		"javascript:alert(1)":       "/meetings",
		"/meetingsevil":             "/meetings",
		"/sign-out":                 "/meetings",
		"/meetings/m1\r\nX: y":      "/meetings",
		"http:/meetings":            "/meetings",
		"//user@evil.example/":      "/meetings",
		"/meetings/%2f%2fevil/":     "/meetings",
		"/meetings/../v1/keys":      "/meetings",
		"/meetings/..%2fevil":       "/meetings",
		"\t//evil.example/meetings": "/meetings",
	} {
		if got := local(address); got != want {
			t.Errorf("local(%q) = %q, want %q", address, got, want)
		}
	}
}

func TestReasons(t *testing.T) {
	got := reasonsOf("  One.\r\n\r\nTwo,\n \t\nтри \rfour\u2028\u202eر\u200fق\u202c\x00\ufeff\u2029\u200e\n\xff")
	if diff := cmp.Diff([]string{"One.", "Two,", "три", "four", "رق", "\ufffd"}, got); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
	all, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		typed, key string
	}{
		{" \r\n ", "return.needed"},
		{strings.Repeat("x\n", 21), "return.too_many"},
		{strings.Repeat("я", 1001), "return.too_long"},
		{strings.Repeat("я", 1000), ""},
	} {
		says := wrong(all["en"], reasonsOf(tt.typed))
		if (says == "") != (tt.key == "") || tt.key != "" && !strings.HasPrefix(string(says), strings.Split(all["en"].pattern(tt.key, nil), "{")[0]) {
			t.Errorf("%.10q: %q, want %s", tt.typed, says, tt.key)
		}
	}
}

func TestAsked(t *testing.T) {
	day := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	rows := []row{
		{Entity: &placardv1.ShownText{Text: "Türkiye"}, Code: "TUR", Invitation: &placardv1.Invitation{State: placardv1.Invitation_ISSUED}},
		{
			Entity: &placardv1.ShownText{Text: "Côte d’Ivoire"}, Code: "CIV",
			Invitation: &placardv1.Invitation{State: placardv1.Invitation_ACCEPTED},
			Delegation: &placardv1.Delegation{State: placardv1.Delegation_SUBMITTED, Late: true, SubmitTime: timestamppb.New(day)},
		},
		{
			Entity: &placardv1.ShownText{Text: "Austria"}, Code: "AUT",
			Invitation: &placardv1.Invitation{State: placardv1.Invitation_ACCEPTED},
			Delegation: &placardv1.Delegation{State: placardv1.Delegation_SUBMITTED, SubmitTime: timestamppb.New(day.Add(-time.Hour))},
		},
	}
	for query, want := range map[string]string{
		"":                               "TUR CIV AUT",
		"search=cote+ivo":                "CIV",
		"search=turk":                    "TUR",
		"search=aut":                     "AUT",
		"invitation=ISSUED":              "TUR",
		"invitation=STATE_UNSPECIFIED":   "TUR CIV AUT",
		"invitation=nonsense":            "TUR CIV AUT",
		"delegation=SUBMITTED":           "CIV AUT",
		"delegation=NONE":                "TUR",
		"delegation=SUBMITTED&late=1":    "CIV",
		"late=1&search=x":                "",
		"delegation=ACCEPTED&page=-1":    "",
		"page=99999999999999999999&late": "TUR CIV AUT",
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range rows {
			if readAsked(values).matches(r) {
				got = append(got, r.Code)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
	waiting := awaitingReview(rows)
	if len(waiting) != 2 || waiting[0].Code != "AUT" {
		t.Errorf("waiting: %v, want AUT first", waiting)
	}
	sortRows(rows, "en")
	if rows[0].Code != "AUT" || rows[1].Code != "CIV" {
		t.Errorf("order: %v", rows)
	}
}

func TestOverdue(t *testing.T) {
	deadline := time.Date(2010, 1, 15, 23, 0, 0, 0, time.UTC)
	m := &placardv1.Meeting{CompositionDeadlineTime: timestamppb.New(deadline)}
	issued := &placardv1.Invitation{State: placardv1.Invitation_ISSUED}
	for name, tt := range map[string]struct {
		meeting *placardv1.Meeting
		inv     *placardv1.Invitation
		d       *placardv1.Delegation
		now     time.Time
		want    bool
	}{
		"after it":         {m, issued, nil, deadline, true},
		"before it":        {m, issued, nil, deadline.Add(-time.Second), false},
		"without one":      {&placardv1.Meeting{}, issued, nil, deadline, false},
		"submitted":        {m, issued, &placardv1.Delegation{}, deadline, false},
		"declined":         {m, &placardv1.Invitation{State: placardv1.Invitation_DECLINED}, nil, deadline, false},
		"not yet informed": {m, &placardv1.Invitation{State: placardv1.Invitation_DRAFT}, nil, deadline, false},
	} {
		if got := overdue(tt.meeting, tt.inv, tt.d, tt.now); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestPeople(t *testing.T) {
	revision := &placardv1.DelegationRevision{Participants: []*placardv1.Participant{{Name: "a"}, {Name: "b"}, {Name: "c"}}}
	present, gone := people(revision, &placardv1.CompositionDifference{Items: []*placardv1.CompositionDifference_Item{
		{Kind: placardv1.CompositionDifference_Item_ADDED, Participant: "b"},
		{Kind: placardv1.CompositionDifference_Item_CHANGED, Participant: "c", ChangedFields: []string{"role"}},
		{Kind: placardv1.CompositionDifference_Item_WITHDRAWN, Participant: "d", DisplayName: "Dora"},
	}})
	if len(present) != 3 || present[0].Kind != 0 || present[1].Kind != placardv1.CompositionDifference_Item_ADDED ||
		present[2].Fields[0] != "role" || len(gone) != 1 || gone[0] != "Dora" {
		t.Errorf("present %v, gone %v", present, gone)
	}
}

func TestNotice(t *testing.T) {
	for text, ok := range map[string]bool{
		"m1.accept.AUT.2": true, "m1.return.EU.1": true,
		"": false, "accept.AUT.2": false, "m1.delete.AUT.2": false, "m1.accept.AUT.0": false, "m1.accept.AUT.x": false,
	} {
		if d, got := readNotice(text); got != ok || ok && d.notice() != text {
			t.Errorf("%q: %v %v", text, d, got)
		}
	}
}

func TestStreams(t *testing.T) {
	var s streams
	ended := 0
	var leave []func()
	for range maxStreamsOfSession {
		l, ok := s.enter("a", func() { ended++ })
		if !ok {
			t.Fatal("no place")
		}
		leave = append(leave, l)
	}
	if _, ok := s.enter("a", func() {}); ok {
		t.Error("a session has more streams than it may")
	}
	if _, ok := s.enter("b", func() {}); !ok {
		t.Error("another session has no place")
	}
	if s.end("a"); ended != maxStreamsOfSession {
		t.Errorf("%d streams ended", ended)
	}
	leave[0]()
	if _, ok := s.enter("a", func() {}); !ok {
		t.Error("a place that was left is not free")
	}
}

func TestDueOf(t *testing.T) {
	now := time.Date(2010, 1, 15, 23, 0, 0, 0, time.UTC)
	at := func(kind placardv1.Meeting_Deadline_Kind, d time.Duration) *placardv1.Meeting_Deadline {
		return &placardv1.Meeting_Deadline{Kind: kind, Time: timestamppb.New(now.Add(d))}
	}
	m := &placardv1.Meeting{Deadlines: []*placardv1.Meeting_Deadline{
		at(placardv1.Meeting_Deadline_PHOTO, -time.Hour), at(placardv1.Meeting_Deadline_COMPOSITION, 0), at(placardv1.Meeting_Deadline_OPENING, time.Second),
	}}
	var got []string
	for _, d := range dueOf(m, now) {
		got = append(got, fmt.Sprint(d.GetKind(), " ", d.Past))
	}
	if diff := cmp.Diff([]string{"PHOTO true", "COMPOSITION true", "OPENING false"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
