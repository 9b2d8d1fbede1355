package calendar_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	ics "github.com/arran4/golang-ical"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/calendar"
)

// workingGroup is a meeting with all that a calendar shows.
func workingGroup() *placardv1.Meeting {
	return &placardv1.Meeting{
		Name: "meetings/wg-2010", Etag: "7", State: placardv1.Meeting_OPEN,
		Title: &placardv1.LocalizedText{
			En: "Working Group; second, long session on the protocol against \\ and all that follows from it",
			Ar: "الاجتماع الثاني للفريق العامل المؤقت المفتوح باب العضوية المعني بالاتجار بالأشخاص",
			Zh: "不限成员名额贩运人口问题临时工作组第二次会议，维也纳国际中心，二〇一〇年一月二十七日至二十九日，请各国政府通报代表团组成",
		},
		StartDate: "2010-01-27", EndDate: "2010-01-29", TimeZone: "Europe/Vienna", Opening: "10:30",
		Venue: &placardv1.Meeting_Venue{
			Name: &placardv1.LocalizedText{En: "International Centre"}, City: &placardv1.LocalizedText{En: "Vienna", Ar: "فيينا"},
			Gate: &placardv1.LocalizedText{En: "Gate 1"}, Address: "1 Example Street\n1220 Vienna",
		},
		DocumentsUri: "https://example.org/documents?a=1,2;b=3",
		UpdateTime:   timestamppb.New(time.Date(2009, 11, 2, 9, 30, 15, 0, time.UTC)),
	}
}

func write(t *testing.T, m *placardv1.Meeting, o calendar.Options) []byte {
	t.Helper()
	out, err := calendar.Event(m, o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// lines are the content lines, unfolded.
func lines(t *testing.T, content []byte) []string {
	t.Helper()
	text := strings.ReplaceAll(string(content), "\r\n ", "")
	if !strings.HasSuffix(text, "\r\n") {
		t.Fatal("the last line does not end")
	}
	return strings.Split(strings.TrimSuffix(text, "\r\n"), "\r\n")
}

func TestEvent(t *testing.T) {
	got := lines(t, write(t, workingGroup(), calendar.Options{Language: "en", Host: "placard.example"}))
	want := []string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Placard//Placard//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH",
		"BEGIN:VTIMEZONE", "TZID:Europe/Vienna",
		"BEGIN:STANDARD", "DTSTART:20091025T030000", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "TZNAME:CET", "END:STANDARD",
		"END:VTIMEZONE",
		"BEGIN:VEVENT", "UID:wg-2010@placard.example", "DTSTAMP:20091102T093015Z", "LAST-MODIFIED:20091102T093015Z",
		"DTSTART;TZID=Europe/Vienna:20100127T103000", "DTEND;TZID=Europe/Vienna:20100130T000000",
		"STATUS:CONFIRMED", "SEQUENCE:7",
		`SUMMARY;LANGUAGE=en:Working Group\; second\, long session on the protocol against \\ and all that follows from it`,
		`LOCATION:International Centre\, 1 Example Street 1220 Vienna`,
		`DESCRIPTION:Gate 1\nDocuments: https://example.org/documents?a=1\,2\;b=3`,
		"URL:https://example.org/documents?a=1,2;b=3",
		"END:VEVENT", "END:VCALENDAR",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the calendar (-want +got):\n%s", diff)
	}
}

func TestVariants(t *testing.T) {
	line := func(content []byte, begins string) string {
		for _, l := range lines(t, content) {
			if strings.HasPrefix(l, begins) {
				return l
			}
		}
		return ""
	}
	for name, x := range map[string]struct {
		change func(*placardv1.Meeting)
		o      calendar.Options
		want   []string
		not    []string
	}{
		"without an opening it takes whole days": {
			func(m *placardv1.Meeting) { m.Opening = "" }, calendar.Options{},
			[]string{"DTSTART;VALUE=DATE:20100127", "DTEND;VALUE=DATE:20100130"}, []string{"BEGIN:VTIMEZONE"},
		},
		"who does not attend any more loses it": {
			func(*placardv1.Meeting) {}, calendar.Options{Cancelled: true}, []string{"STATUS:CANCELLED", "SEQUENCE:8"}, nil,
		},
		"a draft is not settled": {
			func(m *placardv1.Meeting) { m.State = placardv1.Meeting_DRAFT }, calendar.Options{}, []string{"STATUS:TENTATIVE"}, nil,
		},
		"a feed says when to come again": {
			func(*placardv1.Meeting) {}, calendar.Options{Feed: true},
			[]string{"X-WR-CALNAME:Working Group", "REFRESH-INTERVAL;VALUE=DURATION:PT6H", "X-PUBLISHED-TTL:PT6H"}, nil,
		},
		"a language that is missing gives way": {
			func(*placardv1.Meeting) {}, calendar.Options{Language: "fr"},
			[]string{"SUMMARY;LANGUAGE=en:Working Group", "DESCRIPTION:Gate 1\\nDocuments\u00a0: "}, nil,
		},
		"the clocks are turned on the second day": {
			func(m *placardv1.Meeting) { m.StartDate, m.EndDate = "2010-03-27", "2010-03-28" }, calendar.Options{},
			[]string{"DTSTART:20100328T020000", "BEGIN:DAYLIGHT", "BEGIN:STANDARD"}, nil,
		},
		"a zone that never turns its clocks": {
			func(m *placardv1.Meeting) { m.TimeZone = "Etc/GMT+5" }, calendar.Options{},
			[]string{"DTSTART:19700101T000000", "TZOFFSETFROM:-0500", "TZOFFSETTO:-0500"}, nil,
		},
		"a zone that turned them long ago": {
			func(m *placardv1.Meeting) { m.TimeZone = "Asia/Kolkata" }, calendar.Options{},
			[]string{"DTSTART:19700101T000000", "TZOFFSETFROM:+0530", "TZOFFSETTO:+0530"}, nil,
		},
		"what is not there is not said": {
			func(m *placardv1.Meeting) { m.Venue, m.DocumentsUri = nil, "" }, calendar.Options{}, nil,
			[]string{"LOCATION", "DESCRIPTION", "URL"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := workingGroup()
			x.change(m)
			got := write(t, m, x.o)
			for _, w := range x.want {
				if line(got, w) == "" {
					t.Errorf("no line %q in:\n%s", w, got)
				}
			}
			for _, n := range x.not {
				if l := line(got, n); l != "" {
					t.Errorf("there is %q", l)
				}
			}
		})
	}
}

// TestFolding reads lines as they are sent: no longer than 75 octets, each of them
// whole characters.
func TestFolding(t *testing.T) {
	for _, lang := range []string{"en", "ar", "zh"} {
		m := workingGroup()
		m.Venue.Gate = &placardv1.LocalizedText{En: strings.Repeat("界", 60), Ar: strings.Repeat("ب", 80)}
		out := write(t, m, calendar.Options{Language: lang})
		folded := 0
		for l := range strings.SplitSeq(strings.TrimSuffix(string(out), "\r\n"), "\r\n") {
			if len(l) > 75 || !utf8.ValidString(l) || strings.Contains(l, "\n") {
				t.Errorf("%s: a line of %d octets: %q", lang, len(l), l)
			}
			if strings.HasPrefix(l, " ") {
				folded++
			}
		}
		if folded < 3 {
			t.Errorf("%s: %d lines are folded", lang, folded)
		}
	}
}

// TestReadBack reads the calendar with the reader of the library, and with one that
// others have written.
func TestReadBack(t *testing.T) {
	m := workingGroup()
	m.StartDate, m.EndDate = "2010-03-26", "2010-03-29" // the clocks are turned on the 28th
	out := write(t, m, calendar.Options{Language: "zh", Host: "placard.example", Feed: true})
	cal, err := ics.ParseCalendar(bytes.NewReader(out))
	if err != nil || len(cal.Events()) != 1 {
		t.Fatalf("read %v: %v", cal, err)
	}
	begin, err := cal.Events()[0].GetStartAt()
	if err != nil || !begin.Equal(time.Date(2010, 3, 26, 9, 30, 0, 0, time.UTC)) {
		t.Errorf("it begins at %v: %v", begin, err)
	}
	end, err := cal.Events()[0].GetEndAt()
	if err != nil || !end.Equal(time.Date(2010, 3, 29, 22, 0, 0, 0, time.UTC)) {
		t.Errorf("it ends at %v: %v", end, err)
	}

	python := ""
	for _, p := range []string{"python3", "/usr/bin/python3"} {
		if python == "" && exec.CommandContext(t.Context(), p, "-c", "import icalendar").Run() == nil {
			python = p
		}
	}
	if python == "" && os.Getenv("PLACARD_TEST_CALENDAR") == "required" {
		t.Fatal("there is no python3 with icalendar (Debian: python3-icalendar)")
	}
	if python == "" {
		t.Skip("there is no python3 with icalendar (Debian: python3-icalendar)")
	}
	// The zone is the one of the calendar itself, not one that the reader knows.
	const reader = `
import icalendar, json, sys, datetime
cal = icalendar.Calendar.from_ical(sys.stdin.buffer.read().replace(b"Europe/Vienna", b"Unknown/Zone"))
event = [c for c in cal.walk("VEVENT")][0]
zone = [c for c in cal.walk("VTIMEZONE")][0].to_tz()
def at(p):
    clock = event[p].dt.replace(tzinfo=None)
    there = zone.localize(clock) if hasattr(zone, "localize") else clock.replace(tzinfo=zone)
    return there.astimezone(datetime.timezone.utc).isoformat()
print(json.dumps([str(event["UID"]), str(event["SUMMARY"]), str(event["LOCATION"]), at("DTSTART"), at("DTEND"),
    str(event["STATUS"]), int(event["SEQUENCE"]), event["DTSTAMP"].dt.isoformat(), str(event["DESCRIPTION"]), len(cal.errors) + len(event.errors)]))`
	cmd := exec.CommandContext(t.Context(), python, "-c", reader)
	cmd.Stdin = bytes.NewReader(out)
	cmd.Stderr = os.Stderr
	said, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []any
	if err := json.Unmarshal(said, &got); err != nil {
		t.Fatalf("read %s: %v", said, err)
	}
	want := []any{
		"wg-2010@placard.example", m.GetTitle().GetZh(), "International Centre, 1 Example Street 1220 Vienna",
		"2010-03-26T09:30:00+00:00", "2010-03-29T22:00:00+00:00", "CONFIRMED", 7.0, "2009-11-02T09:30:15+00:00",
		"Gate 1\n文件：" + m.GetDocumentsUri(), 0.0,
	}
	if diff := cmp.Diff(fmt.Sprint(want), fmt.Sprint(got)); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
}
