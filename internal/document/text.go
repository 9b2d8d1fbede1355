package document

import (
	"encoding/xml"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/bidi"
)

// stretch is a part of a text whose letters run in one direction.
type stretch struct {
	text string
	rtl  bool
	// eastAsian says that it has Chinese, Japanese or Korean characters, so that
	// signs that other scripts have as well are taken from their font.
	eastAsian bool
}

// direction answers whether a character is a letter, and of which direction.
func direction(r rune) (rtl, letter bool) {
	switch p, _ := bidi.LookupRune(r); p.Class() {
	case bidi.R, bidi.AL:
		return true, true
	case bidi.L:
		return false, true
	default:
		return false, false
	}
}

// mark is a letter that is not seen.
func mark(rtl bool) string {
	if rtl {
		return "\u200f"
	}
	return "\u200e"
}

// isolate answers the direction of a text, which is that of its first letter,
// else that of what it stands in. Where that is another it puts marks at those
// ends of the text that have no letter, so that a full stop or a number stays at
// its side. (The characters of Unicode for that are not known to all word
// processors.)
func isolate(text string, around bool) (isolated string, rtl bool) {
	rtl = around
	for _, r := range text {
		if is, letter := direction(r); letter {
			rtl = is
			break
		}
	}
	if rtl == around {
		return text, rtl
	}
	if r, _ := utf8.DecodeRuneInString(text); !isLetter(r) {
		text = mark(rtl) + text
	}
	if r, _ := utf8.DecodeLastRuneInString(text); !isLetter(r) {
		text += mark(rtl)
	}
	return text, rtl
}

func isLetter(r rune) bool {
	_, letter := direction(r)
	return letter
}

// stretches cuts a text where its direction changes, as the Unicode
// Bidirectional Algorithm (UAX 9) has it: digits and marks go with the letters
// before them, and what stands between two directions with the paragraph. The
// text is valid UTF-8.
func stretches(text string, rtl bool) []stretch {
	var out []stretch
	// The stretch that is being read, and where its last letter ends.
	begin, end, now := 0, 0, rtl
	cut := func(at int, next bool) {
		if part := text[begin:at]; part != "" {
			out = append(out, stretch{text: part, rtl: now, eastAsian: strings.ContainsFunc(part, eastAsian)})
		}
		begin, now = at, next
	}
	for i, r := range text {
		is, letter := direction(r)
		switch {
		case letter && is != now && now == rtl:
			cut(i, is)
		case letter && is != now:
			cut(end, is)
		case !letter && !joins(r):
			continue
		}
		end = i + utf8.RuneLen(r)
	}
	if now != rtl {
		cut(end, rtl)
	}
	cut(len(text), rtl)
	return out
}

// joins tells whether a character goes with the letter before it: digits, marks
// on letters, joiners.
func joins(r rune) bool {
	switch p, _ := bidi.LookupRune(r); p.Class() {
	case bidi.EN, bidi.AN, bidi.NSM, bidi.BN:
		return true
	default:
		return false
	}
}

func eastAsian(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Bopomofo) ||
		r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xffef
}

// scriptLanguage is the official language that a script stands for, "" for the
// scripts of several.
func scriptLanguage(text string) string {
	for _, r := range text {
		if unicode.Is(unicode.Cyrillic, r) {
			return "ru"
		}
	}
	return ""
}

// tags are the language tags of the official languages, as word processors have
// them.
var tags = map[string]string{"ar": "ar-SA", "zh": "zh-CN", "en": "en-GB", "fr": "fr-FR", "ru": "ru-RU", "es": "es-ES"}

// western is the tag of what is written neither in Arabic nor in Chinese: in a
// text in one of these, English.
func western(language string) string {
	if tag, ok := tags[language]; ok && language != "ar" && language != "zh" {
		return tag
	}
	return tags["en"]
}

// clean makes one line of a text, without the characters that would turn the
// direction of what stands around it.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t', r == '\v', r == '\f', r == '\u2028', r == '\u2029':
			return ' '
		case r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
			return -1
		default:
			return r
		}
	}, text)
}

// escape makes text of XML. What XML has no character for becomes U+FFFD.
func escape(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // into memory
	return b.String()
}
