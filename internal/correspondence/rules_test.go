package correspondence

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/reflect/protoreflect"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/prose"
)

// everything has a text in each language.
func everything(s string) *placardv1.LocalizedText {
	return &placardv1.LocalizedText{Ar: "نص " + s, Zh: "文" + s, En: s, Fr: s, Ru: "Текст " + s, Es: s}
}

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// full is a letter with every value, minimal one with as few as a meeting has.
func full(kind placardv1.Letter_Kind, channel placardv1.Invitation_Channel, code, language string) *letter {
	deadline, issued := day("2010-01-16"), day("2009-11-30")
	l := minimal(kind, channel, code, language)
	l.deadlineTime, l.last = &deadline, day("2010-01-29")
	l.inv.Reference, l.inv.IssueTime = "CU 2009/180(A)", &issued
	l.meeting = &placardv1.Meeting{
		Title: everything("Title"), ConveningBody: everything("Conference"), SubsidiaryBody: everything("Group"),
		Decision:   &placardv1.Meeting_Decision{Number: "4/4", Title: everything("Decision")},
		Instrument: &placardv1.Meeting_Instrument{Title: everything("Protocol")},
		MandateFunctions: []*placardv1.LocalizedText{
			everything("First"), everything("Second"),
		},
		Session: everything("Session"), StartDate: "2010-01-27", EndDate: "2010-01-29", TimeZone: "Europe/Vienna",
		Venue: &placardv1.Meeting_Venue{
			Name: everything("Centre"), Gate: everything("Gate 1"),
			City: &placardv1.LocalizedText{
				Ar: "فيينا، النمسا", Zh: "奥地利维也纳", En: "Vienna, Austria", Fr: "Vienne (Autriche)", Ru: "Вена, Австрия", Es: "Viena (Austria)",
			},
		},
		AgendaTopics: []*placardv1.LocalizedText{everything("Topic")},
		DocumentsUri: "https://example.org/documents", CompositionDeadline: "2010-01-15", PhotoDeadline: "2010-01-20",
		SecretariatContact: &placardv1.Meeting_SecretariatContact{
			Office: everything("Office"), PostalAddress: "P.O. Box 500\n1400 Vienna\nAustria", Fax: "+43 1 26060 75752",
			Email: "secretariat@example.org", Phone: "+43-1-26060-0",
		},
		Modality: placardv1.Meeting_HYBRID,
	}
	l.latest = &db.Revision{Members: []int64{1, 2}, NoteReference: "NV/17/2010", ReceiptDate: "2010-01-14", Late: true}
	decided := time.Date(2010, 1, 18, 23, 30, 0, 0, time.UTC)
	l.accepted = &db.Revision{ReviewTime: &decided}
	l.persons = []*db.ParticipantVersion{
		{Honorific: "H.E. Ms.", GivenName: "Eva", FamilyName: "BEISPIEL", FunctionalTitle: "Ambassador"},
		{GivenName: "明", FamilyName: "王"},
		{GivenName: "كريم", FamilyName: "المثال", FunctionalTitle: "Adviser (Legal)"},
	}
	l.photo = &db.Photo{ID: "p1", State: "REJECTED", Rejection: "BACKGROUND", RejectionNote: "Vor einer weißen Wand, bitte.", DecideTime: &decided}
	l.person = l.persons[0]
	return l
}

func minimal(kind placardv1.Letter_Kind, channel placardv1.Invitation_Channel, code, language string) *letter {
	status := placardv1.ParticipationStatus_STATE_PARTY
	if code == "NGO1" {
		status = placardv1.ParticipationStatus_NGO
	}
	names := map[string]*placardv1.LocalizedText{
		"AUT": {Ar: "النمسا", Zh: "奥地利", En: "Austria", Fr: "Autriche", Ru: "Австрия", Es: "Austria"},
		"VAT": {Ar: "الكرسي الرسولي", Zh: "罗马教廷", En: "Holy See", Fr: "Saint-Siège", Ru: "Святой Престол", Es: "Santa Sede"},
		"COK": {Ar: "جزر كوك", Zh: "库克群岛", En: "Cook Islands", Fr: "Îles Cook", Ru: "Острова Кука", Es: "Islas Cook"},
		"EUE": {Ar: "الاتحاد الأوروبي", Zh: "欧洲联盟", En: "European Union", Fr: "Union européenne", Ru: "Европейский союз", Es: "Unión Europea"},
	}[code]
	if names == nil {
		names = &placardv1.LocalizedText{En: "Fictitious Society (Test)"}
	}
	zone, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		panic(err)
	}
	return &letter{
		about: &about{
			meeting: &placardv1.Meeting{Title: everything("Title"), StartDate: "2010-01-27", EndDate: "2010-01-27"},
			id:      "m1", zone: zone, first: day("2010-01-27"), last: day("2010-01-27"), now: day("2010-01-20"),
		},
		kind: kind, language: language, names: names,
		inv: &db.Invitation{EntityID: code, Channel: channel.String(), ParticipationStatus: status.String()},
	}
}

// all visits a letter of every kind, to everybody, in every language.
func all(t *testing.T, visit func(t *testing.T, what string, l *letter)) {
	t.Helper()
	for _, kind := range []placardv1.Letter_Kind{
		placardv1.Letter_INVITATION, placardv1.Letter_REMINDER, placardv1.Letter_ACKNOWLEDGEMENT,
		placardv1.Letter_CONFIRMATION, placardv1.Letter_PHOTO_REJECTION,
	} {
		for code, channel := range map[string]placardv1.Invitation_Channel{
			"AUT": placardv1.Invitation_PERMANENT_MISSION, "VAT": placardv1.Invitation_PERMANENT_MISSION,
			"COK": placardv1.Invitation_PERMANENT_MISSION, "EUE": placardv1.Invitation_PERMANENT_MISSION,
			"ORG": placardv1.Invitation_LETTER, "NGO1": placardv1.Invitation_LETTER,
		} {
			for _, language := range locale.Languages() {
				whole, bare := full(kind, channel, code, language), minimal(kind, channel, code, language)
				several := minimal(kind, channel, code, language)
				several.last = day("2010-02-02")
				online := full(kind, channel, code, language)
				online.meeting.Modality = placardv1.Meeting_ONLINE
				online.latest.Late = false
				online.now = day("2009-12-01")
				body := minimal(kind, channel, code, language)
				body.meeting.ConveningBody, body.meeting.CompositionDeadline = everything("Conference"), "2010-01-15"
				// Some is a part of every value, each another one: by the length of its name.
				some := full(kind, channel, code, language)
				some.meeting.ConveningBody, some.meeting.SecretariatContact.Office, some.meeting.Venue.City = nil, nil, nil
				some.latest.NoteReference, some.meeting.Decision.Title, some.meeting.PhotoDeadline = "", nil, ""
				for what, l := range map[string]*letter{
					"whole": whole, "bare": bare, "several days": several, "online": online, "body": body, "some": some,
				} {
					kinds := templateOf(kind, note(l.inv))
					templates := &parsed{made: map[string]*prose.Template{}}
					var err error
					if templates.texts, err = builtIn(); err != nil {
						t.Fatal(err)
					}
					if l.template, err = templates.in(kinds, language); err != nil {
						t.Fatal(err)
					}
					visit(t, fmt.Sprintf("%s to %s in %s, %s", kinds, code, language, what), l)
				}
			}
		}
	}
}

// broken is what a sentence has where a value is missing.
var broken = regexp.MustCompile(`\{|\}|  |\( *\)|（ *）|« *»|«\x{a0}»|“ *”|《》| [,.;]|,,|\.\.|、、|，，|。。|，。|,\.|; ?\.|： ?[。，]|: ?[.;]|\[ *\]|، ?[،.]|؛ ?\.|[(（] |[^\x{a0}\x{202f} ] [)）]|^[,.;:،؛，。]|, ?;`)

// TestTemplates: the built-in templates make whole sentences of whatever values there are.
func TestTemplates(t *testing.T) {
	n := 0
	all(t, func(t *testing.T, what string, l *letter) {
		t.Helper()
		n++
		v := l.values()
		text := l.template.Fill(v)
		for _, block := range append(text.Blocks, prose.Block{Text: text.Subject}) {
			plain := strings.NewReplacer("\u200e", "", "\u200f", "").Replace(block.Text)
			if found := broken.FindString(plain); found != "" {
				t.Errorf("%s: %q in %q", what, found, plain)
			}
		}
		if len(text.Blocks) < 3 {
			t.Errorf("%s: %v", what, text.Blocks)
		}
		if strings.Contains(what, "whole") {
			for _, value := range []string{"of_state", "addressee", "entity_name"} {
				s, _ := v[value].(string)
				if value == "addressee" && s == "" || s != strings.TrimSpace(s) {
					t.Errorf("%s: %s is %q", what, value, s)
				}
			}
		}
	})
	if n != 5*6*6*6 {
		t.Errorf("%d letters", n)
	}
}

// TestValuesAreKnown: a letter gives values for the placeholders of its kind and for no
// others, and each is used by a test.
func TestValuesAreKnown(t *testing.T) {
	known := map[string]bool{}
	for _, kind := range kinds {
		for _, p := range placeholders(kind) {
			known[p] = true
		}
	}
	values := full(placardv1.Letter_CONFIRMATION, placardv1.Invitation_PERMANENT_MISSION, "AUT", "en").values()
	for v := range values {
		if !known[v] {
			t.Errorf("%s is no placeholder", v)
		}
		delete(known, v)
	}
	if len(known) > 0 {
		t.Errorf("placeholders without a value: %v", known)
	}
}

// TestNeverANote: the words of a note verbale stand in no letter, and a non-governmental
// organization gets none whatever its invitation says.
func TestNeverANote(t *testing.T) {
	words := map[string]string{
		"en": "presents", "fr": "présente ses compliments", "es": "saluda atentamente", "ru": "свидетельствует свое уважение", "zh": "致意", "ar": "تحيات",
	}
	all(t, func(t *testing.T, what string, l *letter) {
		t.Helper()
		has := strings.Contains(l.template.Fill(l.values()).Plain(), words[l.language])
		if want := l.inv.Channel == placardv1.Invitation_PERMANENT_MISSION.String(); has != want {
			t.Errorf("%s: the words of a note verbale: %v", what, has)
		}
	})
	inv := &db.Invitation{Channel: placardv1.Invitation_PERMANENT_MISSION.String(), ParticipationStatus: placardv1.ParticipationStatus_NGO.String()}
	if note(inv) {
		t.Error("a note verbale to a non-governmental organization")
	}
}

func TestAddress(t *testing.T) {
	for _, tt := range []struct{ lang, code, name, written, of, want string }{
		{"en", "AUT", "Austria", "", "of Austria", "the Permanent Mission of Austria to the United Nations"},
		{"en", "AUT", "Austria", "Permanent Representative (Vienna)", "of Austria", "Permanent Representative (Vienna)"},
		{"en", "SWZ", "Swaziland", "", "", "the Permanent Mission to the United Nations (Swaziland)"},
		{"zh", "SWZ", "斯威士兰王国（试验）", "", "", "斯威士兰王国（试验）常驻联合国代表团"},
		{"en", "VAT", "Holy See", "", "", "the Permanent Observer Mission of the Holy See to the United Nations"},
		{"fr", "PSE", "État de Palestine", "", "", "Mission permanente d’observation de l’État de Palestine auprès de l’Organisation des Nations Unies"},
		{"es", "EUE", "Unión Europea", "", "", "Delegación de la Unión Europea ante las Naciones Unidas"},
		{"ru", "COK", "Острова Кука", "", "", "Правительство Островов Кука"},
		{"ar", "NIU", "نيوي", "", "", "حكومة نيوي"},
		{"en", "ORG", "Organization", "", "", "Organization"},
	} {
		names := &placardv1.LocalizedText{}
		fields := names.ProtoReflect().Descriptor().Fields()
		names.ProtoReflect().Set(fields.ByName(protoreflect.Name(tt.lang)), protoreflect.ValueOfString(tt.name))
		if diff := cmp.Diff(addressed{tt.of, tt.want}, address(tt.lang, tt.code, names, tt.written), cmp.AllowUnexported(addressed{})); diff != "" {
			t.Errorf("%s in %s: %s", tt.code, tt.lang, diff)
		}
	}
}

func TestDay(t *testing.T) {
	for kind, want := range map[placardv1.Letter_Kind]string{
		placardv1.Letter_INVITATION: "2009-11-30", placardv1.Letter_REMINDER: "0001-01-01", placardv1.Letter_ACKNOWLEDGEMENT: "2010-01-14",
		// 23:30 in UTC is the next day in Vienna.
		placardv1.Letter_CONFIRMATION: "2010-01-19", placardv1.Letter_PHOTO_REJECTION: "2010-01-19",
	} {
		l := full(kind, placardv1.Invitation_PERMANENT_MISSION, "AUT", "en")
		if got := l.day().Format(time.DateOnly); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
		l = minimal(kind, placardv1.Invitation_PERMANENT_MISSION, "AUT", "en")
		if !l.day().IsZero() {
			t.Errorf("%s of nothing: %s", kind, l.day())
		}
	}
}

func TestPlace(t *testing.T) {
	m := full(placardv1.Letter_INVITATION, placardv1.Invitation_PERMANENT_MISSION, "AUT", "fr").meeting
	if got := place(m, "fr"); got != "Vienne" {
		t.Errorf("the place is %q", got)
	}
	m.SecretariatContact.PostalAddress = "United Nations, New York"
	if got := place(m, "fr"); got != "" {
		t.Errorf("a secretariat elsewhere writes from %q", got)
	}
}

// TestHostileValues: what people write is text, in every place.
func TestHostileValues(t *testing.T) {
	hostile := "<w:p>&amp;{{note}} {{if x}}\u202e\u2067\x00\x1b" + strings.Repeat("ص<b>", 300) + "]]>\r\n- item\nSubject: x"
	all(t, func(t *testing.T, what string, l *letter) {
		t.Helper()
		if !strings.Contains(what, "whole") || !strings.Contains(what, "AUT") && !strings.Contains(what, "NGO1") {
			return
		}
		l.inv.Addressee, l.inv.Reference = hostile, hostile
		l.persons[0].FamilyName, l.photo.RejectionNote, l.latest.NoteReference = hostile, hostile, hostile
		l.meeting.SecretariatContact.PostalAddress = hostile
		var out bytes.Buffer
		if err := l.write(&out); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		text := readDocument(t, out.Bytes())
		if strings.Contains(text, "<w:p>&amp;{{") || strings.ContainsAny(text, "\x00\x1b\u202e\u2067") {
			t.Errorf("%s: something hostile is in the document", what)
		}
	})
}

// TestPlaceholdersAreDocumented: docs/correspondence.md has every placeholder, with the
// kinds in which it may stand.
func TestPlaceholdersAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/correspondence.md")
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile("`([a-z_-]+)`")
	got := map[string][]string{}
	_, table, _ := strings.Cut(string(text), "## Placeholders\n")
	for line := range strings.Lines(table) {
		cells := strings.Split(line, "|")
		if len(cells) < 4 || !strings.HasPrefix(cells[1], " `") {
			continue
		}
		in := kinds
		if strings.TrimSpace(cells[2]) != "all" {
			in = nil
			for _, kind := range code.FindAllStringSubmatch(cells[2], -1) {
				in = append(in, kind[1])
			}
		}
		for _, placeholder := range code.FindAllStringSubmatch(cells[1], -1) {
			for _, kind := range in {
				got[kind] = append(got[kind], placeholder[1])
			}
		}
	}
	for _, kind := range kinds {
		slices.Sort(got[kind])
		if diff := cmp.Diff(placeholders(kind), got[kind]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
	}
}
