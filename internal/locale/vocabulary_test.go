package locale_test

import (
	"slices"
	"testing"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
)

// No language lacks a word for a value of the contract.
func TestWords(t *testing.T) {
	for _, language := range locale.Languages() {
		words := locale.Words(language)
		for value, name := range placardv1.ParticipationStatus_name {
			if value != 0 && words.Statuses[placardv1.ParticipationStatus(value)] == "" {
				t.Errorf("%s: %s has no word", language, name)
			}
		}
		for value, name := range placardv1.Entity_Region_name {
			if words.Regions[placardv1.Entity_Region(value)] == "" {
				t.Errorf("%s: %s has no word", language, name)
			}
		}
		for value, name := range placardv1.Participant_Role_name {
			if value != 0 && words.Roles[placardv1.Participant_Role(value)] == "" {
				t.Errorf("%s: %s has no word", language, name)
			}
		}
		for value, name := range placardv1.Participant_Modality_name {
			if value != 0 && words.Modalities[placardv1.Participant_Modality(value)] == "" {
				t.Errorf("%s: %s has no word", language, name)
			}
		}
		for _, of := range locale.Languages() {
			if words.Languages[of] == "" {
				t.Errorf("%s: %s has no word", language, of)
			}
		}
		if slices.Contains(words.Months[:], "") || slices.Contains(words.MonthsAlone[:], "") {
			t.Errorf("%s: a month has no word", language)
		}
	}
}
