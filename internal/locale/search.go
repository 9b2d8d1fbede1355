package locale

import (
	"strings"
	"unicode"
)

// SearchWords are the words by which a name is searched: folded, and parted
// wherever something stands that is no letter, mark or digit. "Jean-Pierre
// O’Brien" has four. None holds a character that means something to LIKE.
func SearchWords(name string) []string {
	return strings.FieldsFunc(Fold(name), func(r rune) bool {
		// Among the modifier letters are the half rings for ayn and hamza.
		return !unicode.In(r, unicode.L, unicode.M, unicode.N) || r >= '\u02b0' && r <= '\u02ff'
	})
}

// SearchKey is what names are searched in, and sorted by where it need not be
// by the alphabet of a language: their words with one space between them.
func SearchKey(names ...string) string {
	var words []string
	for _, name := range names {
		words = append(words, SearchWords(name)...)
	}
	return strings.Join(words, " ")
}
