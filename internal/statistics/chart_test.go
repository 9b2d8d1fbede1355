package statistics

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
)

func TestIntervals(t *testing.T) {
	for _, test := range []struct{ most, n, size int32 }{
		{1, 1, 1}, {2, 2, 1}, {5, 5, 1}, {6, 3, 2}, {11, 3, 5}, {34, 4, 10}, {90_000, 5, 20_000}, {100_001, 3, 50_000},
	} {
		if n, size := intervals(test.most); n != test.n || size != test.size {
			t.Errorf("%d: %d intervals of %d, want %d of %d", test.most, n, size, test.n, test.size)
		}
	}
}

func TestNumber(t *testing.T) {
	for _, test := range []struct {
		language string
		n        int32
		want     string
	}{
		{"en", 0, "0"}, {"en", 999, "999"}, {"en", 1000, "1,000"}, {"en", 1_234_567, "1,234,567"},
		{"fr", 1000, "1\u202f000"}, {"es", 1000, "1000"}, {"es", 10_000, "10\u202f000"},
	} {
		if got := (&chart{Language: test.language}).number(test.n); got != test.want {
			t.Errorf("%s, %d: %q", test.language, test.n, got)
		}
	}
}

func TestColumnsOf(t *testing.T) {
	var days []*placardv1.MeetingStatistics_Day
	// From a Thursday on.
	for day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); len(days) < maxDays; day = day.AddDate(0, 0, 1) {
		days = append(days, &placardv1.MeetingStatistics_Day{
			Date: day.Format(time.DateOnly), Registrations: 1, Total: int32(len(days) + 1),
		})
	}
	if columns, weekly := columnsOf(days); weekly || len(columns) != maxDays {
		t.Errorf("%d columns for %d days", len(columns), maxDays)
	}
	days = append(days, &placardv1.MeetingStatistics_Day{Date: "2026-04-03", Registrations: 5, Total: 97})
	columns, weekly := columnsOf(days)
	var got []string
	for _, c := range []column{columns[0], columns[1], columns[len(columns)-1]} {
		got = append(got, fmt.Sprint(c.from.Format(time.DateOnly), " ", c.count, c.total))
	}
	want := []string{"2025-12-29 4 4", "2026-01-05 7 11", "2026-03-30 9 97"}
	if diff := cmp.Diff(want, got); diff != "" || !weekly {
		t.Error(weekly, diff)
	}
}

// sample has something in every chart, and many days.
func sample(days int) *placardv1.MeetingStatistics {
	progress := func(n int32) *placardv1.MeetingStatistics_Progress {
		return &placardv1.MeetingStatistics_Progress{Participants: n, AcceptedParticipants: n / 2}
	}
	s := &placardv1.MeetingStatistics{ReadTime: timestamppb.New(time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC))}
	for _, v := range values[placardv1.ParticipationStatus](placardv1.ParticipationStatus_name)[1:] {
		s.ByStatus = append(s.ByStatus, &placardv1.MeetingStatistics_ByStatus{ParticipationStatus: v, Progress: progress(90_000)})
	}
	for _, v := range values[placardv1.Entity_Region](placardv1.Entity_Region_name) {
		s.ByRegion = append(s.ByRegion, &placardv1.MeetingStatistics_ByRegion{Region: v, Progress: progress(100 * int32(v))})
	}
	var groups []group
	for _, r := range values[placardv1.Participant_Role](placardv1.Participant_Role_name)[1:] {
		for _, l := range append(locale.Languages(), "") {
			groups = append(groups, group{"AUT", r.String(), "IN_PERSON", l, 1, 0})
		}
	}
	s.ByRole, s.ByModality, s.ByLanguage = kindsOf(groups)
	for i := range days {
		s.Days = append(s.Days, &placardv1.MeetingStatistics_Day{
			Date:          time.Date(2025, 1, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i).Format(time.DateOnly),
			Registrations: 1000, Total: 1000 * int32(i+1),
		})
	}
	return s
}

// Every chart is small, well-formed and complete in every language, and there
// is nothing in it that runs or that comes from elsewhere.
func TestDraw(t *testing.T) {
	for _, language := range locale.Languages() {
		for _, of := range values[placardv1.DrawMeetingStatisticsRequest_Chart](placardv1.DrawMeetingStatisticsRequest_Chart_name)[1:] {
			for _, days := range []int{0, 1, 31, maxDays, 401} {
				if of != registrations && days > 0 {
					continue
				}
				t.Run(fmt.Sprint(language, "/", kebab(of), days), func(t *testing.T) {
					image, err := draw(sample(days), of, language, venue{"Europe/Vienna", time.UTC})
					if err != nil {
						t.Fatal(err)
					}
					if len(image) > 30_000 {
						t.Errorf("%d bytes", len(image))
					}
					checkImage(t, image)
				})
			}
		}
	}
}

// checkImage reads a chart as XML.
func checkImage(t *testing.T, image []byte) {
	t.Helper()
	texts := 0
	for decoder := xml.NewDecoder(strings.NewReader(string(image))); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if !slices.Contains([]string{"svg", "title", "desc", "g", "rect", "path", "text"}, token.Name.Local) {
				t.Errorf("an element %s", token.Name.Local)
			}
			for _, a := range token.Attr {
				if strings.HasPrefix(a.Name.Local, "on") || strings.Contains(a.Name.Local, "href") || a.Name.Local == "style" {
					t.Errorf("an attribute %s", a.Name.Local)
				}
			}
			if token.Name.Local == "text" {
				texts++
			}
		case xml.CharData:
			if s := string(token); strings.Contains(s, "ZgotmplZ") || strings.Contains(s, "%!") || strings.Contains(s, "NaN") {
				t.Errorf("a text %q", s)
			}
		}
	}
	if texts < 3 {
		t.Errorf("%d texts", texts)
	}
}

// The table says what is drawn, and nothing is a title without words.
func TestTable(t *testing.T) {
	s := &placardv1.MeetingStatistics{
		ReadTime: timestamppb.New(time.Date(2026, 1, 10, 12, 0, 0, 0, time.UTC)),
		ByRegion: []*placardv1.MeetingStatistics_ByRegion{
			{Region: placardv1.Entity_REGION_UNSPECIFIED, Progress: &placardv1.MeetingStatistics_Progress{}},
			{
				Region:   placardv1.Entity_LATIN_AMERICAN_AND_CARIBBEAN,
				Progress: &placardv1.MeetingStatistics_Progress{Participants: 1234, AcceptedParticipants: 12},
			},
		},
	}
	image, err := draw(s, regions, "fr", venue{"Europe/Vienna", time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<title id=\"chart-regions-title\">Participants par groupe régional</title>",
		"Situation au 2026-01-10 12:00 (Europe/Vienna). Dernière composition communiquée: 1\u202f234. Composition acceptée: 12.</desc>",
		`<text role="rowheader">Groupe des États d’Amérique latine et des Caraïbes</text><text role="cell">1` + "\u202f" + `234</text><text role="cell">12</text>`,
	} {
		if !strings.Contains(string(image), want) {
			t.Errorf("lacks %s in\n%s", want, image)
		}
	}
}

// In Arabic bars grow from the right.
func TestMirror(t *testing.T) {
	c := &chart{Direction: "rtl"}
	if got, want := c.rectangle(16, 10, 100, 5), "M744 10L644 10V15H744z"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// No language lacks a word.
func TestTexts(t *testing.T) {
	for _, language := range locale.Languages() {
		w := texts[language]
		for _, of := range values[placardv1.DrawMeetingStatisticsRequest_Chart](placardv1.DrawMeetingStatisticsRequest_Chart_name)[1:] {
			if w.titles[of] == "" || w.heads[of] == "" {
				t.Errorf("%s: %s has no word", language, of)
			}
		}
		all := []string{w.weekly, w.week, w.latest, w.accepted, w.total, w.asAt, w.month, w.nobody, w.unknown, separators[language]}
		if slices.Contains(all, "") {
			t.Errorf("%s lacks a word: %q", language, all)
		}
	}
}
