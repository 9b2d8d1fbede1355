package participantlist

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/locale"
)

func TestBatches(t *testing.T) {
	of := func(persons ...int) []delegation {
		var out []delegation
		for i, n := range persons {
			out = append(out, delegation{entity: string(rune('a' + i)), persons: n})
		}
		return out
	}
	for _, test := range []struct {
		name        string
		delegations []delegation
		want        [][]string
	}{
		{name: "none"},
		{"all fit", of(3, 4), [][]string{{"a", "b"}}},
		{"cut between delegations", of(3, 9, 2), [][]string{{"a", "b"}, {"c"}}},
		{"a large one stays whole", of(50, 1), [][]string{{"a"}, {"b"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got [][]string
			for batch := range batches(test.delegations, 10) {
				var codes []string
				for _, d := range batch {
					codes = append(codes, d.entity)
				}
				got = append(got, codes)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhich(t *testing.T) {
	caller := asked{language: "fr", accept: []string{"fr", "en"}}
	for _, test := range []struct {
		name   string
		req    *placardv1.GetParticipantListRequest
		want   asked
		reason string
	}{
		{"now", &placardv1.GetParticipantListRequest{}, asked{language: "fr", accept: []string{"fr", "en"}}, ""},
		{
			"now, provisional", &placardv1.GetParticipantListRequest{Provisional: true},
			asked{language: "fr", accept: []string{"fr", "en"}, provisional: true}, "",
		},
		{"an edition, the same for everybody", &placardv1.GetParticipantListRequest{Sequence: 7}, asked{language: "fr", number: 7}, ""},
		{"both", &placardv1.GetParticipantListRequest{Sequence: 7, Provisional: true}, asked{}, "SEQUENCE_AND_PROVISIONAL"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := caller.which(test.req)
			if f, ok := fault.As(err); ok != (test.reason != "") || ok && f.Violations[0].Reason != test.reason {
				t.Fatal(err)
			}
			if test.reason == "" {
				if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(asked{})); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestSameList(t *testing.T) {
	list := func(change func(*outline, *delegation)) outline {
		o := outline{
			about: &placardv1.Meeting{Title: &placardv1.LocalizedText{En: "Meeting"}, StartDate: "2026-02-01"}, sequence: 5,
		}
		d := delegation{
			entity: "AUT", status: placardv1.ParticipationStatus_STATE_PARTY, names: &placardv1.LocalizedText{En: "Austria"},
			revision: 7, persons: 2,
		}
		change(&o, &d)
		o.parts = append([]part{{status: d.status, delegations: []delegation{d}}}, o.parts...)
		return o
	}
	before := list(func(*outline, *delegation) {})
	for _, test := range []struct {
		name   string
		change func(*outline, *delegation)
		same   bool
	}{
		{"nothing", func(*outline, *delegation) {}, true},
		{"something elsewhere", func(o *outline, _ *delegation) { o.sequence++; o.changed = o.changed.AddDate(0, 0, 1) }, true},
		{"another composition", func(_ *outline, d *delegation) { d.revision++ }, false},
		{"another name", func(_ *outline, d *delegation) { d.names = &placardv1.LocalizedText{En: "Austria", Fr: "Autriche"} }, false},
		{"another status", func(_ *outline, d *delegation) { d.status = placardv1.ParticipationStatus_SIGNATORY }, false},
		{"late now", func(_ *outline, d *delegation) { d.late = true }, false},
		{"another title", func(o *outline, _ *delegation) { o.about.Title.En = "Other" }, false},
		{"another day", func(o *outline, _ *delegation) { o.about.StartDate = "2026-02-02" }, false},
		{"of the other kind", func(o *outline, _ *delegation) { o.provisional = true }, false},
		{"one more", func(o *outline, _ *delegation) {
			o.parts = []part{{status: placardv1.ParticipationStatus_NGO, delegations: []delegation{{entity: "N1"}}}}
		}, false},
	} {
		if got := sameList(before, list(test.change)); got != test.same {
			t.Errorf("%s: %t", test.name, got)
		}
	}
}

func TestDivide(t *testing.T) {
	of := func(code string, status placardv1.ParticipationStatus, name string) delegation {
		return delegation{entity: code, status: status, name: &placardv1.ShownText{Text: name}}
	}
	party, ngo := placardv1.ParticipationStatus_STATE_PARTY, placardv1.ParticipationStatus_NGO
	parts := divide([]delegation{
		of("NGO1", ngo, "Alliance"), of("ESP", party, "Espagne"), of("EGY", party, "Égypte"), of("AUT", party, "Autriche"),
	}, "fr")
	var got []string
	for _, p := range parts {
		got = append(got, p.status.String())
		for _, d := range p.delegations {
			got = append(got, d.entity)
		}
	}
	if diff := cmp.Diff([]string{"STATE_PARTY", "AUT", "EGY", "ESP", "NGO", "NGO1"}, got); diff != "" {
		t.Error(diff)
	}
}

// No language lacks a word.
func TestColumns(t *testing.T) {
	for _, language := range locale.Languages() {
		header := header(language)
		if slices.Contains(header, "") {
			t.Errorf("%s: a column has no name", language)
		}
	}
}

func TestFits(t *testing.T) {
	if err := fits(10, 10, "go"); err != nil {
		t.Error(err)
	}
	if f, ok := fault.As(fits(11, 10, "go")); !ok || f.Reason != "LIST_TOO_LARGE" || f.Meta["persons"] != "11" || f.Meta["limit"] != "10" {
		t.Errorf("got %v", f)
	}
}

func TestHeadFirst(t *testing.T) {
	person := func(name string, role placardv1.Participant_Role) *placardv1.ParticipantList_Person {
		return &placardv1.ParticipantList_Person{DisplayName: name, Role: role}
	}
	var got []string
	for _, p := range headFirst([]*placardv1.ParticipantList_Person{
		person("a", placardv1.Participant_ADVISER), person("b", placardv1.Participant_EXPERT),
		person("c", placardv1.Participant_HEAD), person("d", placardv1.Participant_ADVISER),
	}) {
		got = append(got, p.GetDisplayName())
	}
	if diff := cmp.Diff([]string{"c", "a", "b", "d"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestKinds(t *testing.T) {
	for symbol, want := range map[string][]string{
		"":                                nil,
		"CTOC/COP/WG.4/2010/INF/1":        nil,
		"CTOC/COP/WG.4/2010/INF/1/Add.1":  {"Add"},
		"CTOC/COP/2010/INF/1/Rev.1/Add.2": {"Rev", "Add"},
		"CTOC/COP/2010/INF/1/Corr.10":     {"Corr"},
		"Address/Revision":                nil,
	} {
		if diff := cmp.Diff(want, kinds(symbol)); diff != "" {
			t.Errorf("%s: %s", symbol, diff)
		}
	}
}

func TestSentence(t *testing.T) {
	party, ngo := placardv1.ParticipationStatus_STATE_PARTY, placardv1.ParticipationStatus_NGO
	for _, test := range []struct {
		language string
		status   placardv1.ParticipationStatus
		names    []string
		want     string
	}{
		{"en", party, []string{"Austria"}, "The following State party was represented at the meeting: Austria."},
		{"en", party, []string{"Austria", "Bosnia and Herzegovina", "Iran (Islamic Republic of)"},
			"The following States parties were represented at the meeting: Austria, Bosnia and Herzegovina and Iran (Islamic Republic of)."},
		{"en", ngo, []string{"Aid, Trade and Law", "Rights Inc."},
			"The following non-governmental organizations were represented by observers: Aid, Trade and Law and Rights Inc."},
		{"en", ngo, []string{"Aid, Trade and Law", "Peace", "Rights Inc."},
			"The following non-governmental organizations were represented by observers: Aid, Trade and Law; Peace and Rights Inc."},
		{"fr", party, []string{"Allemagne", "Autriche", "Égypte"},
			"Les États parties ci-après étaient représentés à la réunion\u00a0: Allemagne, Autriche et Égypte."},
		{"es", party, []string{"Alemania", "Austria", "Indonesia"},
			"En la reunión estuvieron representados los siguientes Estados parte: Alemania, Austria e Indonesia."},
		{"es", party, []string{"Alemania", "Yemen"},
			"En la reunión estuvieron representados los siguientes Estados parte: Alemania y Yemen."},
		{"ru", party, []string{"Австрия", "Мексика", "Чили"},
			"На совещании были представлены следующие государства-участники: Австрия, Мексика и Чили."},
		{"ru", party, []string{"Австрия"}, "На совещании было представлено следующее государство-участник: Австрия."},
		{"ar", party, []string{"مصر"}, "كانت الدولة الطرف التالية ممثَّلة في الاجتماع: مصر."},
		{"ar", party, []string{"مصر", "النمسا"}, "كانت الدولتان الطرفان التاليتان ممثَّلتين في الاجتماع: مصر والنمسا."},
		{"ar", party, []string{"ألمانيا", "مصر", "النمسا"}, "كانت الدول الأطراف التالية ممثَّلة في الاجتماع: ألمانيا، مصر والنمسا."},
		{"zh", party, []string{"阿根廷", "奥地利", "中国"}, "下列缔约国派代表出席了会议：阿根廷、奥地利和中国。"},
	} {
		if got := sentence(test.language, test.status, test.names); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestBeginsWithI(t *testing.T) {
	for word, want := range map[string]bool{
		"Indonesia": true, "Íñigo": true, "Hispania": true, "Irán (República Islámica del)": true, "Islas Cook": true, "I": true,
		"Yemen": false, "hierro": false, "ionosfera": false, "Austria": false, "": false,
	} {
		if got := beginsWithI(word); got != want {
			t.Errorf("%q: %t", word, got)
		}
	}
}

// No language lacks a word.
func TestWords(t *testing.T) {
	for _, language := range locale.Languages() {
		p := papers[language]
		for what, word := range map[string]string{
			"organization": p.organization, "list": p.list, "provisional list": p.provisionalList,
			"addendum": p.kinds["Add"], "revision": p.kinds["Rev"], "corrigendum": p.kinds["Corr"],
			"notes": p.notes, "general": p.general, "limited": p.limited, "language": p.language,
			"comma": p.comma, "open": p.open, "close": p.close,
			"colon": attendances[language].colon, "and": attendances[language].and,
		} {
			if word == "" {
				t.Errorf("%s: %s is missing", language, what)
			}
		}
		for value, name := range placardv1.ParticipationStatus_name {
			if value != 0 && attendances[language].said[placardv1.ParticipationStatus(value)].many == "" {
				t.Errorf("%s: %s has no sentence", language, name)
			}
		}
	}
}
