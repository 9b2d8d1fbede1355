package participantlist

import (
	"strings"
	"testing"

	"github.com/un-placard/placard/internal/locale"
)

// No language lacks a word, nor the place of a name in it.
func TestCorrections(t *testing.T) {
	for _, language := range locale.Languages() {
		c := corrections[language]
		for what, word := range map[string]struct {
			text   string
			places int
		}{
			"add": {c.add, 0}, "add behind": {c.addBehind, 1}, "add first": {c.addFirst, 0},
			"add entry": {c.addEntry, 0}, "remove entry": {c.removeEntry, 0}, "remove": {c.remove, 0},
			"instead of": {c.insteadOf, 0}, "read": {c.read, 0},
			"place behind": {c.placeBehind, 1}, "place first": {c.placeFirst, 0}, "transfer": {c.transfer, 2},
		} {
			if word.text == "" || strings.Count(word.text, "%s") != word.places {
				t.Errorf("%s: %s is %q", language, what, word.text)
			}
		}
	}
}
