package locale

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold makes the form of a text by which names are searched, sorted and
// compared: without case, accents, width and the variants of letters that
// writers use one for the other. It is the same on every database, because it
// is stored. Two names that fold alike may still be two persons.
func Fold(s string) string {
	if ascii(s) {
		s = strings.ToLower(s) // the same, and many times faster
	} else {
		// Case folding first, so that ß and İ decompose like the rest.
		s = norm.NFKD.String(cases.Fold().String(norm.NFKD.String(s)))
	}
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for _, r := range s {
		if to, ok := variants[r]; ok {
			b.WriteString(pause(&space, &b))
			b.WriteString(to)
			continue
		}
		switch {
		case accent(r), unicode.Is(unicode.Cf, r), r == tatweel:
			// Accents, points, joiners and the lengthening stroke.
		case unicode.IsSpace(r):
			space = true
		default:
			b.WriteString(pause(&space, &b))
			b.WriteRune(r)
		}
	}
	return b.String()
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// pause is the one space that stands for any white space between two letters.
func pause(space *bool, b *strings.Builder) string {
	between := *space && b.Len() > 0
	*space = false
	if between {
		return " "
	}
	return ""
}

const tatweel = '\u0640'

// accent tells whether a mark may be left out of a name: accents of Latin, Greek
// and Cyrillic, vowel points of Arabic and Hebrew. The marks of other scripts
// are letters: Thai and Indic vowels, the voicing of Japanese kana.
func accent(r rune) bool {
	return unicode.Is(unicode.Mn, r) && r != '\u3099' && r != '\u309a' &&
		unicode.In(r, unicode.Inherited, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Arabic, unicode.Hebrew)
}

// variants are letters that compatibility decomposition leaves apart, and that
// stand for one another in names. Cyrillic ё and й lose their marks with Mn,
// as do Arabic alef with madda or hamza.
var variants = map[rune]string{
	'\u0671': "\u0627", // alef wasla: alef
	'\u0649': "\u064a", // alef maksura: yeh
	'\u06cc': "\u064a", // Farsi yeh: yeh
	'\u0629': "\u0647", // ta marbuta: ha
	'\u06a9': "\u0643", // keheh: kaf
	'\u0621': "",       // hamza on its own
	'ø':      "o",
	'đ':      "d",
	'ð':      "d",
	'ł':      "l",
	'ħ':      "h",
	'ı':      "i",
	'æ':      "ae",
	'œ':      "oe",
	'þ':      "th",
	'’':      "'",
	'‘':      "'",
	'ʼ':      "'",
	'ʻ':      "'",
	'`':      "'",
	'´':      "'",
	'‐':      "-",
	'‑':      "-",
	'–':      "-",
}
