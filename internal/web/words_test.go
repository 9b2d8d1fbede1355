package web

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
)

func catalogues(t *testing.T) map[string]map[string]text {
	t.Helper()
	all := map[string]map[string]text{}
	for _, l := range locale.Languages() {
		b, err := catalogue.ReadFile("messages/" + l + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var m map[string]text
		if err := json.Unmarshal(b, &m); err != nil {
			t.Fatal(err)
		}
		all[l] = m
	}
	return all
}

func placeholders(s string) []string {
	return slices.Compact(slices.Sorted(slices.Values(regexp.MustCompile(`\{[a-z]+\}`).FindAllString(s, -1))))
}

// All languages say the same things, with the same values, in their script and
// in the plural forms that they have.
func TestCatalogues(t *testing.T) {
	forms := map[string]string{
		"ar": "few many one other two zero", "zh": "other", "en": "one other", "fr": "one other", "ru": "few many one other", "es": "one other",
	}
	scripts := map[string]*unicode.RangeTable{"ar": unicode.Arabic, "zh": unicode.Han, "ru": unicode.Cyrillic}
	all := catalogues(t)
	english := all["en"]
	for lang, texts := range all {
		if diff := cmp.Diff(slices.Sorted(maps.Keys(english)), slices.Sorted(maps.Keys(texts))); diff != "" {
			t.Errorf("texts in %s (-en +%s):\n%s", lang, lang, diff)
		}
		for key, said := range texts {
			want := "other"
			if len(english[key]) > 1 {
				want = forms[lang]
			}
			if got := strings.Join(slices.Sorted(maps.Keys(said)), " "); got != want {
				t.Errorf("%s in %s has the forms %s, want %s", key, lang, got, want)
			}
			if diff := cmp.Diff(placeholders(english[key]["other"]), placeholders(said["other"])); diff != "" && !strings.HasPrefix(key, "date.") {
				t.Errorf("values of %s in %s (-en +%s):\n%s", key, lang, lang, diff)
			}
			for form, s := range said {
				if strings.TrimSpace(s) == "" {
					t.Errorf("%s in %s is empty (%s)", key, lang, form)
				}
				if script := scripts[lang]; script != nil && strings.ContainsFunc(english[key]["other"], unicode.IsLetter) &&
					!strings.HasPrefix(key, "date.") && key != "title" &&
					!strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(script, r) }) {
					t.Errorf("%s in %s is in another script: %q", key, lang, s)
				}
			}
		}
	}
}

// Every text that a template or the code asks for is there.
func TestTextsAreThere(t *testing.T) {
	english := catalogues(t)["en"]
	used := map[string]bool{}
	key := regexp.MustCompile(`\.(?:T|P|Under|pattern|written|Paged [.\w]+)[ (]"([a-z][a-z_.A-Z]*)"`)
	templateFiles, err := fs.Glob(templates, "templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	goFiles, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range slices.Concat(templateFiles, goFiles) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range key.FindAllStringSubmatch(string(b), -1) {
			used[m[1]] = true
			if english[m[1]] == nil && !strings.HasSuffix(m[1], ".") && !strings.HasSuffix(file, "_test.go") {
				t.Errorf("%s asks for %q, which there is not", file, m[1])
			}
		}
	}
	if len(used) < 80 {
		t.Errorf("only %d texts found in the templates", len(used))
	}
	// The values of enums that pages show.
	for prefix, enum := range map[string]protoreflect.EnumDescriptor{
		"meeting.state":    placardv1.Meeting_State(0).Descriptor(),
		"invitation.state": placardv1.Invitation_State(0).Descriptor(),
		"delegation.state": placardv1.Delegation_State(0).Descriptor(),
		"status":           placardv1.ParticipationStatus(0).Descriptor(),
		"status_of":        placardv1.ParticipationStatus(0).Descriptor(),
		"region":           placardv1.Entity_Region(0).Descriptor(),
		"role":             placardv1.Participant_Role(0).Descriptor(),
		"channel":          placardv1.Channel(0).Descriptor(),
		"warning":          placardv1.Delegation_Warning(0).Descriptor(),
		"photo.state":      placardv1.Photo_State(0).Descriptor(),
		"photo.says":       placardv1.Photo_State(0).Descriptor(),
		"photo.rejection":  placardv1.Photo_Rejection(0).Descriptor(),
		"photo.finding":    placardv1.Photo_Finding(0).Descriptor(),
	} {
		for i := 1; i < enum.Values().Len(); i++ {
			if k := prefix + "." + string(enum.Values().Get(i).Name()); english[k] == nil {
				t.Errorf("%s has no text", k)
			}
		}
	}
	fields := (&placardv1.Participant{}).ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		name := fields.Get(i).JSONName()
		if slices.Contains([]string{"name", "displayName", "state", "revision", "createTime", "updateTime", "etag", "replaces", "replacedBy"}, name) {
			continue
		}
		if english["field."+name] == nil {
			t.Errorf("field.%s has no text", name)
		}
	}
	for _, l := range locale.Languages() {
		if english["return.language."+l] == nil {
			t.Errorf("return.language.%s has no text", l)
		}
	}
}

func TestWritten(t *testing.T) {
	all, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	moment := timestamppb.New(time.Date(2010, 1, 15, 23, 5, 0, 0, time.UTC))
	midnight := timestamppb.New(time.Date(2010, 1, 15, 23, 0, 0, 0, time.UTC))
	due := &placardv1.Meeting_Deadline{Kind: placardv1.Meeting_Deadline_PHOTO, Time: midnight}
	opening := &placardv1.Meeting_Deadline{Kind: placardv1.Meeting_Deadline_OPENING, Time: midnight}
	for _, tt := range []struct{ got, want string }{
		{all["en"].Days("2010-01-27", "2010-01-29"), "27–29 January 2010"},
		{all["fr"].Days("2010-02-01", "2010-02-03"), "1er-3 février 2010"},
		{all["es"].Days("2010-01-27", "2010-01-29"), "27 a 29 de enero de 2010"},
		{all["ru"].Days("2010-01-30", "2010-02-02"), "30 января 2010 года – 2 февраля 2010 года"},
		{all["ar"].Days("2010-01-27", "2010-01-29"), "27 إلى 29 كانون الثاني/يناير 2010"},
		{all["zh"].Days("2010-01-27", "2010-01-29"), "2010年1月27日至29日"},
		{all["en"].Days("2010-01-27", "2010-01-27"), "27 January 2010"},
		{all["en"].N(1234), "1,234"},
		{all["ar"].N(1234), "1,234"},
		{all["es"].N(12345), "12.345"},
		{string(all["es"].at(vienna).Moment(moment)), `<time datetime="2010-01-15T23:05:00Z">16 de enero de 2010, 00:05</time>`},
		{string(all["en"].Due(due, "Europe/Vienna")), `<time dir="ltr" datetime="2010-01-16T00:00:00+01:00">15 January 2010, 24:00</time> ` +
			`(<bdi>Europe/Vienna, UTC+1</bdi>) <span class="second">= <time dir="ltr" datetime="2010-01-15T23:00:00Z">23:00 UTC</time></span>`},
		{string(all["zh"].Due(due, "Nowhere")), `<time dir="ltr" datetime="2010-01-15T23:00:00Z">2010年1月15日23时</time>` +
			`（<bdi>UTC</bdi>）<span class="second">= <time dir="ltr" datetime="2010-01-15T23:00:00Z">23:00 UTC</time></span>`},
		{string(all["ar"].Due(opening, "Europe/Vienna")), `<time dir="rtl" datetime="2010-01-16T00:00:00+01:00">16 كانون الثاني/يناير 2010، الساعة ` +
			"\u206600:00\u2069</time> (<bdi>\u2066Europe/Vienna, UTC+1\u2069</bdi>) " + `<span class="second">= ` +
			"<time dir=\"rtl\" datetime=\"2010-01-15T23:00:00Z\">15 كانون الثاني/يناير 2010، \u206623:00 UTC\u2069</time></span>"},
		{string(all["ru"].T("review.persons", "count", 21)), "21 человек"},
		{string(all["ru"].T("review.persons", "count", 22)), "22 человека"},
		{string(all["ar"].T("review.persons", "count", 2)), "شخصان"},
		{string(all["ar"].T("review.persons", "count", 3)), "3 أشخاص"},
		{string(all["ar"].T("review.persons", "count", 11)), "11 شخصًا"},
		{string(all["fr"].T("review.persons", "count", 0)), "0 personne"},
		{string(all["en"].T("signed_in_as", "account", "<b>")), "Signed in as <bdi>&lt;b&gt;</bdi>"},
		{all["ar"].P("title", "page", "x"), "\u2068x\u2069 – Placard"},
		{string(all["ru"].Text(&placardv1.LocalizedText{Fr: "Réunion"})), `<bdi lang="fr">Réunion</bdi>`},
		{string(all["fr"].Text(&placardv1.LocalizedText{Fr: "Réunion"})), `<bdi>Réunion</bdi>`},
		{string(all["fr"].T("no such text")), "no such text"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}
