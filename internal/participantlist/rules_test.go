package participantlist

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
)

func TestPlainCell(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "",
		"María":               "María",
		"=1+1":                "'=1+1",
		"+43 1":               "'+43 1",
		"-2":                  "'-2",
		"@SUM(A1)":            "'@SUM(A1)",
		"\t=1":                "'\t=1",
		"\r=1":                "'\r=1",
		"a=b":                 "a=b",
		"'=1":                 "'=1",
		"اسم":                 "اسم",
		"Smith, \"J\"\nthird": "Smith, \"J\"\nthird",
	} {
		if got := plainCell(text); got != want {
			t.Errorf("plainCell(%q) = %q, want %q", text, got, want)
		}
	}
}

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
			if diff := cmp.Diff(test.want, batches(test.delegations, 10)); diff != "" {
				t.Error(diff)
			}
		})
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
func TestVocabularies(t *testing.T) {
	for _, language := range locale.Languages() {
		words, ok := vocabularies[language]
		if !ok {
			t.Errorf("%s is missing", language)
			continue
		}
		if slices.Contains(words.columns[:], "") {
			t.Errorf("%s: a column has no name", language)
		}
		for value, name := range placardv1.ParticipationStatus_name {
			if value != 0 && words.headings[placardv1.ParticipationStatus(value)] == "" {
				t.Errorf("%s: %s has no heading", language, name)
			}
		}
		for value, name := range placardv1.Participant_Role_name {
			if value != 0 && !slices.Contains(unlisted, name) && words.roles[placardv1.Participant_Role(value)] == "" {
				t.Errorf("%s: %s has no word", language, name)
			}
		}
		for value, name := range placardv1.Participant_Modality_name {
			if value != 0 && words.modalities[placardv1.Participant_Modality(value)] == "" {
				t.Errorf("%s: %s has no word", language, name)
			}
		}
	}
}
