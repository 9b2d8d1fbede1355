package delivery

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/mail"
	"github.com/un-placard/placard/internal/prose"
)

func TestOutcome(t *testing.T) {
	created := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	later, never := &mail.Refusal{Text: "451 later"}, &mail.Refusal{Permanent: true, Text: "550 no"}
	for _, tt := range []struct {
		name     string
		err      error
		attempts int
		age      time.Duration
		want     outcome
	}{
		{"taken", nil, 0, 0, outcome{state: stateSent, tried: true}},
		{"refused", never, 0, 0, outcome{state: stateBounced, reason: "550 no", tried: true}},
		{"first", later, 0, 0, outcome{state: stateDeferred, reason: "451 later", next: created.Add(time.Minute), tried: true}},
		{"second", later, 1, time.Hour, outcome{state: stateDeferred, reason: "451 later", next: created.Add(65 * time.Minute), tried: true}},
		{"tenth", later, 9, 24 * time.Hour, outcome{state: stateDeferred, reason: "451 later", next: created.Add(28 * time.Hour), tried: true}},
		{"after three days", later, 20, 69 * time.Hour, outcome{state: stateBounced, reason: "451 later", tried: true}},
		{"a defect", errors.New("with a@b.example"), 0, 0, outcome{state: stateDeferred, reason: "the message could not be made", next: created.Add(time.Minute), tried: true}},
	} {
		got := outcomeOf(tt.err, &db.Delivery{AttemptCount: tt.attempts, CreateTime: created}, created.Add(tt.age), time.Minute)
		if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(outcome{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestOver(t *testing.T) {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	m := &placardv1.Meeting{EndDate: "2010-01-29", State: placardv1.Meeting_OPEN}
	for now, want := range map[string]bool{"2010-01-29T22:59:59Z": false, "2010-01-29T23:00:00Z": true, "2010-01-01T00:00:00Z": false} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := over(m, vienna, at); got != want {
			t.Errorf("%s: %v", now, got)
		}
	}
	m.State = placardv1.Meeting_CONCLUDED
	if !over(m, vienna, time.Unix(0, 0)) {
		t.Error("a concluded meeting is not over")
	}
}

func TestStillTrue(t *testing.T) {
	submitted := &db.Delegation{LatestRevision: 3, AcceptedRevision: 2, State: "SUBMITTED"}
	returned := &db.Delegation{LatestRevision: 3, AcceptedRevision: 2, State: "RETURNED"}
	accepted := &db.Delegation{LatestRevision: 3, AcceptedRevision: 3, State: "ACCEPTED"}
	gone := &db.Delegation{LatestRevision: 3, AcceptedRevision: 3, State: "WITHDRAWN"}
	for _, tt := range []struct {
		kind   placardv1.Delivery_Kind
		number int32
		of     *db.Delegation
		want   bool
	}{
		{placardv1.Delivery_COMPOSITION_REMINDER, 0, nil, true},
		{placardv1.Delivery_COMPOSITION_REMINDER, 0, submitted, false},
		{placardv1.Delivery_COMPOSITION_RECEIVED, 3, submitted, true},
		{placardv1.Delivery_COMPOSITION_RECEIVED, 2, submitted, false},
		{placardv1.Delivery_COMPOSITION_RECEIVED, 3, accepted, false},
		{placardv1.Delivery_COMPOSITION_RECEIVED, 3, nil, false},
		{placardv1.Delivery_COMPOSITION_ACCEPTED, 3, accepted, true},
		{placardv1.Delivery_COMPOSITION_ACCEPTED, 2, accepted, false},
		{placardv1.Delivery_COMPOSITION_ACCEPTED, 3, gone, false},
		{placardv1.Delivery_COMPOSITION_RETURNED, 3, returned, true},
		{placardv1.Delivery_COMPOSITION_RETURNED, 3, submitted, false},
	} {
		if got := stillTrue(tt.kind, tt.number, tt.of); got != tt.want {
			t.Errorf("%s of %d, %+v: %v", tt.kind, tt.number, tt.of, got)
		}
	}
}

func TestPhotoNeeded(t *testing.T) {
	for _, tt := range []struct {
		kind  placardv1.Delivery_Kind
		state string
		want  bool
	}{
		{placardv1.Delivery_PHOTO_LINK, "", true},
		{placardv1.Delivery_PHOTO_LINK, "UPLOADED", false},
		{placardv1.Delivery_PHOTO_REMINDER, "ACCEPTED", false},
		{placardv1.Delivery_PHOTO_REMINDER, "WITHDRAWN", true},
		{placardv1.Delivery_PHOTO_REJECTED, "REJECTED", true},
		{placardv1.Delivery_PHOTO_REJECTED, "WITHDRAWN", false},
	} {
		if got := photoNeeded(tt.kind, tt.state); got != tt.want {
			t.Errorf("%s, %s: %v", tt.kind, tt.state, got)
		}
	}
}

func TestWindow(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 44, 59, 0, time.UTC)
	source, begin, end := window(at)
	if source != "20260102T0330Z" || end.Sub(begin) != noticeWindow || at.Before(begin) || !at.Before(end) {
		t.Errorf("%s, %v to %v", source, begin, end)
	}
	again, last, err := windowOf(source)
	if err != nil || !again.Equal(begin) || !last.Equal(end) {
		t.Errorf("read again: %v to %v, %v", again, last, err)
	}
}

func TestParagraphs(t *testing.T) {
	got := paragraphs("One\r\nline\n\n\n- first\n- second\nTwo {{link}} <b>\n")
	want := []prose.Block{
		{Text: "One line"}, {Kind: prose.Item, Text: "first"}, {Kind: prose.Item, Text: "second"}, {Text: "Two {{link}} <b>"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTexts: every kind has a text in every language, which is whole with all values
// and with those only that are always there.
func TestTexts(t *testing.T) {
	texts, err := readTemplates()
	if err != nil {
		t.Fatal(err)
	}
	every := &placardv1.LocalizedText{Ar: "ع", Zh: "中", En: "E", Fr: "F", Ru: "Я", Es: "Ñ"}
	full := &placardv1.Meeting{
		Title: every, StartDate: "2010-01-27", EndDate: "2010-01-29",
		Venue:              &placardv1.Meeting_Venue{Name: every, City: every, Gate: every},
		SecretariatContact: &placardv1.Meeting_SecretariatContact{Office: every, Email: "office@placard.example", Phone: "+43 1 2"},
	}
	bare := &placardv1.Meeting{Title: every, StartDate: "2010-01-27", EndDate: "2010-01-27"}
	for _, kind := range kinds() {
		for _, lang := range locale.Languages() {
			for _, m := range []*placardv1.Meeting{full, bare} {
				v := common(lang, m)
				for name, value := range map[string]any{
					"recipient": "Ana", "entity_name": "AUT", "link": "https://placard.example/photo/t", "link_expires": "D1", "calendar": "https://placard.example/calendar/t.ics", "days_left": "7",
					"composition_deadline": "D2", "receipt_time": "D3", "decision_time": "D4", "subject": "S", "reasons": []string{"R1", "R2"},
					"participants": []string{"P1", "P2"},
				} {
					v[name] = value
				}
				if m == full {
					for name, value := range map[string]any{"photo_deadline": "D5", "reason": "R", "note_text": "N", "participant_count": "2", "late": true} {
						v[name] = value
					}
				}
				text := fill(texts[key(kind, lang)], v, "A\n\nB")
				plain := text.Plain()
				if text.Subject == "" || plain == "" || strings.ContainsAny(plain+text.Subject, "{}\ufffc") {
					t.Errorf("%s in %s: %q\n%s", kind, lang, text.Subject, plain)
				}
				for _, wrong := range []string{"  ", "()", "（）", " .", "،.", ", ,", "\n\n\n"} {
					if strings.Contains(plain, wrong) {
						t.Errorf("%s in %s has %q:\n%s", kind, lang, wrong, plain)
					}
				}
			}
		}
	}
	for lang, reasons := range rejections {
		if len(reasons) != len(placardv1.Photo_Rejection_name)-1 {
			t.Errorf("%s: %d reasons of a rejection", lang, len(reasons))
		}
	}
	for _, lang := range locale.Languages() {
		if missionOf(lang, "AUT") == "" || len(rejections[lang]) == 0 || colons[lang] == "" {
			t.Errorf("%s: words are missing", lang)
		}
	}
}
