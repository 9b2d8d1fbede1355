package entity

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/fault"
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
	got := outdated(register, present, nil)
	if diff := cmp.Diff(register[1:], got, protocmp.Transform()); diff != "" {
		t.Errorf("outdated (-want +got):\n%s", diff)
	}
	got = outdated(register, present, map[string]bool{"TUR": true})
	if diff := cmp.Diff(register[2:], got, protocmp.Transform()); diff != "" {
		t.Errorf("outdated, Türkiye being edited (-want +got):\n%s", diff)
	}
}

// violations shows what is wrong as lines: "entity.region STATES_ONLY".
func violations(list []fault.Violation) []string {
	var out []string
	for _, v := range list {
		out = append(out, v.Field+" "+v.Reason)
	}
	return out
}

func TestCheck(t *testing.T) {
	name := &placardv1.LocalizedText{En: "Name"}
	taken := newCodes()
	taken.add("AUT", "AT", "040")
	taken.add("ZZZ", "ZZ", "999")
	for _, tc := range []struct {
		name   string
		entity *placardv1.Entity
		want   []string
	}{
		{"a State", &placardv1.Entity{Code: "ABC", Kind: placardv1.Entity_STATE, Alpha2Code: "AB", M49Code: "001", Region: placardv1.Entity_AFRICAN}, nil},
		{"a State with its own codes", &placardv1.Entity{Code: "AUT", Kind: placardv1.Entity_STATE, Alpha2Code: "AT", M49Code: "040"}, nil},
		{"a State without codes yet", &placardv1.Entity{Code: "ABC", Kind: placardv1.Entity_STATE}, nil},
		{"a State by another code", &placardv1.Entity{Code: "ABCD", Kind: placardv1.Entity_STATE}, []string{"id STATE_CODE"}},
		{
			"codes of others", &placardv1.Entity{Code: "ABC", Kind: placardv1.Entity_STATE, Alpha2Code: "AT", M49Code: "999"},
			[]string{"entity.alpha2_code CODE_TAKEN", "entity.m49_code CODE_TAKEN"},
		},
		{
			"an organization with what States have",
			&placardv1.Entity{Code: "ABCD", Kind: placardv1.Entity_INTERGOVERNMENTAL_ORGANIZATION, Alpha2Code: "AT", M49Code: "001", Region: placardv1.Entity_AFRICAN},
			[]string{"entity.alpha2_code STATES_ONLY", "entity.m49_code STATES_ONLY", "entity.region STATES_ONLY"},
		},
		{"in consultative status", &placardv1.Entity{Kind: placardv1.Entity_NGO_IN_CONSULTATIVE_STATUS, ConsultativeStatus: placardv1.Entity_ROSTER}, nil},
		{
			"in no consultative status", &placardv1.Entity{Kind: placardv1.Entity_NGO_IN_CONSULTATIVE_STATUS},
			[]string{"entity.consultative_status CONSULTATIVE_STATUS_MISMATCH"},
		},
		{
			"another in consultative status", &placardv1.Entity{Kind: placardv1.Entity_OTHER_NGO, ConsultativeStatus: placardv1.Entity_GENERAL},
			[]string{"entity.consultative_status CONSULTATIVE_STATUS_MISMATCH"},
		},
		{
			"names that are no line of a list", &placardv1.Entity{
				Kind: placardv1.Entity_OTHER_NGO, ShortName: &placardv1.LocalizedText{En: "Two\nlines", Fr: " ", Ar: "\u0645"},
				FormalName:  &placardv1.LocalizedText{Zh: "\u200b"},
				FormerNames: []*placardv1.Entity_FormerNames{{ValidUntil: "2001-01-01", ShortName: &placardv1.LocalizedText{Es: "A\tB"}}},
			},
			[]string{
				"entity.short_name.en STRING_LINE", "entity.short_name.fr NAME_EMPTY", "entity.formal_name.zh NAME_EMPTY",
				"entity.former_names[0].short_name.es STRING_LINE",
			},
		},
		{
			"former names", &placardv1.Entity{Kind: placardv1.Entity_OTHER_NGO, FormerNames: []*placardv1.Entity_FormerNames{
				{ValidUntil: "2001-01-01", ShortName: name}, {ValidUntil: "2002-01-01", ShortName: name},
			}}, nil,
		},
		{
			"former names that overlap, one without a name", &placardv1.Entity{Kind: placardv1.Entity_OTHER_NGO, FormerNames: []*placardv1.Entity_FormerNames{
				{ValidUntil: "2001-01-01", ShortName: name}, {ValidUntil: "2001-01-01", ShortName: name}, {ValidUntil: "2000-01-01"},
			}},
			[]string{
				"entity.former_names[1].valid_until FORMER_NAMES_ORDER",
				"entity.former_names[2].valid_until FORMER_NAMES_ORDER", "entity.former_names[2].short_name REQUIRED",
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, violations(check("entity", "id", tc.entity, taken))); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRenamed(t *testing.T) {
	text := func(en string) *placardv1.LocalizedText { return &placardv1.LocalizedText{En: en} }
	until := func(day, short string) *placardv1.Entity_FormerNames {
		return &placardv1.Entity_FormerNames{ValidUntil: day, ShortName: text(short)}
	}
	first := until("2001-01-01", "First")
	before := &placardv1.Entity{ShortName: text("Second"), FormerNames: []*placardv1.Entity_FormerNames{first}}
	after := &placardv1.Entity{ShortName: text("Third"), FormerNames: []*placardv1.Entity_FormerNames{first}}
	for _, tc := range []struct {
		name, day string
		after     *placardv1.Entity
		want      []*placardv1.Entity_FormerNames
		reject    []string
	}{
		{"a correction", "", after, []*placardv1.Entity_FormerNames{first}, nil},
		{"from a day on", "2011-09-16", after, []*placardv1.Entity_FormerNames{first, until("2011-09-16", "Second")}, nil},
		{"from the day of the names before", "2001-01-01", after, nil, []string{"names_valid_from NAMES_OVERLAP"}},
		{"from a day before", "1999-01-01", after, nil, []string{"names_valid_from NAMES_OVERLAP"}},
		{"without other names", "2011-09-16", before, nil, []string{"names_valid_from NAMES_UNCHANGED"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, wrong := renamed(before, tc.after, tc.day)
			if diff := cmp.Diff(tc.reject, violations(wrong)); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.want, got.GetFormerNames(), protocmp.Transform()); tc.reject == nil && diff != "" {
				t.Errorf("former names (-want +got):\n%s", diff)
			}
		})
	}
	if len(before.GetFormerNames()) != 1 || len(after.GetFormerNames()) != 1 {
		t.Error("what was given changed")
	}
}

func TestSearchKey(t *testing.T) {
	key := " " + searchKey(&placardv1.Entity{
		ShortName:   &placardv1.LocalizedText{En: "Bolivia (Plurinational State of)", Fr: "Côte d'Ivoire", Ar: "أفغانستان", Ru: "Чёрная"},
		FormalName:  &placardv1.LocalizedText{En: "Plurinational State of Bolivia"},
		FormerNames: []*placardv1.Entity_FormerNames{{ShortName: &placardv1.LocalizedText{En: "Upper Peru"}}},
	})
	for _, word := range []string{"boliv", "plurin", "cote", "ivoire", "افغان", "черн", "peru"} {
		if !strings.Contains(key, " "+word) {
			t.Errorf("no word begins with %s in %q", word, key)
		}
	}
	if strings.Count(key, " bolivia") != 1 {
		t.Errorf("a word stands more than once in %q", key)
	}
}

func TestEntityRow(t *testing.T) {
	entities, err := register(registerJSON)
	if err != nil {
		t.Fatal(err)
	}
	want := proto.CloneOf(entities[0])
	want.ConsultativeStatus, want.Language = placardv1.Entity_SPECIAL, "ar"
	row, err := rowFromEntity(want)
	if err != nil {
		t.Fatal(err)
	}
	row.Revision = 3
	got, err := entityFromRow(row)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, said(got), protocmp.Transform()); diff != "" {
		t.Errorf("read again (-want +got):\n%s", diff)
	}
	if got.GetEtag() != "3" {
		t.Errorf("the etag is %s", got.GetEtag())
	}
}
