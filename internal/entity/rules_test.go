package entity

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"google.golang.org/protobuf/testing/protocmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/locale"
)

// scripts are the letters that names in a language are written in. Acronyms and
// the like may stand beside them.
var scripts = map[string]*unicode.RangeTable{
	"ar": unicode.Arabic, "zh": unicode.Han, "en": unicode.Latin, "fr": unicode.Latin, "ru": unicode.Cyrillic, "es": unicode.Latin,
}

func TestRegister(t *testing.T) {
	entities, err := register(registerJSON)
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile("^[A-Z0-9]{2,32}$")
	alpha2, alpha3, m49 := regexp.MustCompile("^[A-Z]{2}$"), regexp.MustCompile("^[A-Z]{3}$"), regexp.MustCompile("^[0-9]{3}$")
	taken := map[string]string{}
	once := func(t *testing.T, what, value, of string) {
		t.Helper()
		if other, ok := taken[what+value]; ok {
			t.Errorf("has the %s %q of %s", what, value, other)
		}
		taken[what+value] = of
	}
	for _, e := range entities {
		t.Run(e.GetCode(), func(t *testing.T) {
			if !code.MatchString(e.GetCode()) {
				t.Error("the code is malformed")
			}
			once(t, "code", e.GetCode(), e.GetCode())
			if e.GetKind() == placardv1.Entity_KIND_UNSPECIFIED {
				t.Error("has no kind")
			}
			state := e.GetKind() == placardv1.Entity_STATE
			if state {
				if !alpha3.MatchString(e.GetCode()) || !alpha2.MatchString(e.GetAlpha2Code()) || !m49.MatchString(e.GetM49Code()) {
					t.Errorf("is a State with the codes %s, %q, %q", e.GetCode(), e.GetAlpha2Code(), e.GetM49Code())
				}
				once(t, "alpha-2 code", e.GetAlpha2Code(), e.GetCode())
				once(t, "M49 code", e.GetM49Code(), e.GetCode())
			} else if e.GetAlpha2Code() != "" || e.GetM49Code() != "" || e.GetRegion() != 0 {
				t.Error("is no State and has what only States have")
			}
			checkNames(t, e.GetShortName())
			checkNames(t, e.GetFormalName())
			for _, language := range locale.Languages() {
				once(t, "short name in "+language, locale.In(e.GetShortName(), language), e.GetCode())
			}
			last := ""
			for _, former := range e.GetFormerNames() {
				if _, err := time.Parse(time.DateOnly, former.GetValidUntil()); err != nil || former.GetValidUntil() <= last {
					t.Errorf("former names until %q after those until %q", former.GetValidUntil(), last)
				}
				last = former.GetValidUntil()
				checkNames(t, former.GetShortName())
				checkNames(t, former.GetFormalName())
			}
		})
	}
}

// checkNames: there is a name in each language, in its script, as one writes
// it once Unicode's compositions are resolved.
func checkNames(t *testing.T, names *placardv1.LocalizedText) {
	t.Helper()
	for _, language := range locale.Languages() {
		name := locale.In(names, language)
		if name == "" {
			t.Errorf("no name in %s: %v", language, names)
		}
		if strings.IndexFunc(name, func(r rune) bool { return unicode.Is(scripts[language], r) }) < 0 {
			t.Errorf("%q is not in the script of %s", name, language)
		}
		if foreign := strings.IndexFunc(name, func(r rune) bool {
			return unicode.IsLetter(r) && !unicode.Is(scripts[language], r)
		}); foreign >= 0 {
			t.Errorf("%q has a letter that is not of the script of %s", name, language)
		}
		if !norm.NFC.IsNormalString(name) || strings.TrimSpace(name) != name || strings.Contains(name, "  ") {
			t.Errorf("%q is not tidy", name)
		}
	}
}

// TestRegisterIsComplete: the 193 Member States by their regional groups, the
// observer States, two States that are Parties to conventions without being
// Members, and who else is invited.
func TestRegisterIsComplete(t *testing.T) {
	entities, err := register(registerJSON)
	if err != nil {
		t.Fatal(err)
	}
	kinds, regions := map[placardv1.Entity_Kind]int{}, map[placardv1.Entity_Region]int{}
	notMembers := map[string]bool{"VAT": true, "PSE": true, "COK": true, "NIU": true}
	members := 0
	have := map[string]bool{}
	for _, e := range entities {
		kinds[e.GetKind()]++
		have[e.GetCode()] = true
		if e.GetKind() == placardv1.Entity_STATE && !notMembers[e.GetCode()] {
			members++
			regions[e.GetRegion()]++
		}
	}
	if members != 193 {
		t.Errorf("%d Member States", members)
	}
	want := map[placardv1.Entity_Region]int{
		placardv1.Entity_AFRICAN: 54, placardv1.Entity_ASIA_PACIFIC: 54, placardv1.Entity_EASTERN_EUROPEAN: 23,
		placardv1.Entity_LATIN_AMERICAN_AND_CARIBBEAN: 33, placardv1.Entity_WESTERN_EUROPEAN_AND_OTHERS: 29,
	}
	if diff := cmp.Diff(want, regions); diff != "" {
		t.Errorf("Member States by regional group (-want +got):\n%s", diff)
	}
	for _, code := range []string{
		"VAT", "PSE", "COK", "NIU", "EUE", "UNODC", "OHCHR", "UNHCR", "UNICEF", "IOM", "ILO", "WHO", "INTERPOL", "OSCE", "COE", "LAS", "AU", "OAS", "ASEAN",
	} {
		if !have[code] {
			t.Errorf("%s is missing", code)
		}
	}
	if kinds[placardv1.Entity_STATE] != 197 || kinds[placardv1.Entity_REGIONAL_ECONOMIC_INTEGRATION_ORGANIZATION] != 1 {
		t.Errorf("kinds: %v", kinds)
	}
}

func TestNamesOn(t *testing.T) {
	name := func(en string) *placardv1.LocalizedText { return &placardv1.LocalizedText{En: en} }
	e := &placardv1.Entity{ShortName: name("Now"), FormerNames: []*placardv1.Entity_FormerNames{
		{ValidUntil: "2001-01-01", ShortName: name("First")}, {ValidUntil: "2011-09-16", ShortName: name("Second")},
	}}
	for day, want := range map[string]string{
		"1999-12-31": "First", "2000-12-31": "First", "2001-01-01": "Second", "2011-09-15": "Second", "2011-09-16": "Now", "2030-01-01": "Now",
	} {
		if got := NamesOn(e, day).GetShortName().GetEn(); got != want {
			t.Errorf("on %s: %s, want %s", day, got, want)
		}
	}
}

func TestOutdated(t *testing.T) {
	entity := func(code, short string) *placardv1.Entity {
		return &placardv1.Entity{
			Name: "entities/" + code, Code: code, Kind: placardv1.Entity_STATE,
			ShortName: &placardv1.LocalizedText{En: short},
		}
	}
	register := []*placardv1.Entity{entity("AUT", "Austria"), entity("TUR", "Türkiye"), entity("MEX", "Mexico")}
	present := map[string]*placardv1.Entity{
		"AUT": entity("AUT", "Austria"), "TUR": entity("TUR", "Turkey"), "YUG": entity("YUG", "Yugoslavia"),
	}
	got := outdated(register, present)
	if diff := cmp.Diff(register[1:], got, protocmp.Transform()); diff != "" {
		t.Errorf("outdated (-want +got):\n%s", diff)
	}
}

func TestEntityRow(t *testing.T) {
	entities, err := register(registerJSON)
	if err != nil {
		t.Fatal(err)
	}
	want := entities[0]
	names, err := namesFromEntity(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := entityFromRow(&db.Entity{
		ID: want.GetCode(), Kind: want.GetKind().String(), Names: names,
		Alpha2Code: want.GetAlpha2Code(), M49Code: want.GetM49Code(), Region: want.GetRegion().String(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
		t.Errorf("read again (-want +got):\n%s", diff)
	}
}
