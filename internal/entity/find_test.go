package entity_test

import (
	"testing"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/entity"
)

func TestFinder(t *testing.T) {
	named := func(code, alpha2, en, fr string) *placardv1.Entity {
		return &placardv1.Entity{
			Code: code, Alpha2Code: alpha2, ShortName: &placardv1.LocalizedText{En: en, Fr: fr},
		}
	}
	f := entity.NewFinder([]*placardv1.Entity{
		named("CIV", "CI", "Côte d’Ivoire", "Côte d’Ivoire"),
		named("AAA", "", "Example Aid", "Aide Modèle"),
		named("BBB", "", "Example Aid", "Autre Aide"),
	})
	for text, want := range map[string]string{
		"CIV":           "CIV",
		"civ":           "CIV",
		"entities/CIV":  "CIV",
		"ci":            "CIV",
		"cote d'ivoire": "CIV",
		"aide modele":   "AAA",
		"autre aide":    "BBB",
		"Example Aid":   "", // of two
		"Atlantis":      "",
		"":              "",
	} {
		if got, err := f.Code(text); got != want || (err == nil) != (want != "") {
			t.Errorf("Code(%q) = %q, %v; want %q", text, got, err, want)
		}
	}
}
