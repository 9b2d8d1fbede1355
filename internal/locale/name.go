package locale

import (
	"strings"
	"unicode"
)

// DisplayName writes the parts of a name in the order of their script: family
// name first and without a space where both are in Chinese, Japanese or Korean
// script, given name first otherwise. The parts stand exactly as given.
func DisplayName(given, family string) string {
	switch {
	case given == "":
		return family
	case family == "":
		return given
	case eastAsian(given) && eastAsian(family):
		return family + given
	default:
		return given + " " + family
	}
}

func eastAsian(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool {
		return unicode.IsLetter(r) && !unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana)
	}) < 0
}
