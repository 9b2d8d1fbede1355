package locale

import (
	"strconv"
	"strings"
	"time"
)

// Day writes a day in a language, as the United Nations does: "27 January 2010",
// "27 de enero de 2010".
func Day(lang string, day time.Time) string { return Days(lang, day, day) }

// Days writes the days from the first to the last in a language, with the month
// and the year once where they are the same: "27–29 January 2010", "30 de enero a
// 2 de febrero de 2010".
func Days(lang string, first, last time.Time) string {
	u := usages[lang]
	form := u.years
	switch {
	case first.Year() != last.Year():
	case first.Month() != last.Month():
		form = u.months
	case first.Day() != last.Day():
		form = u.days
	default:
		form = u.day
	}
	months := Words(lang).Months
	return strings.NewReplacer(
		"{d}", dayOf(lang, first), "{m}", months[first.Month()-1], "{y}", strconv.Itoa(first.Year()),
		"{D}", dayOf(lang, last), "{M}", months[last.Month()-1], "{Y}", strconv.Itoa(last.Year()),
	).Replace(form)
}

func dayOf(lang string, t time.Time) string {
	if lang == "fr" && t.Day() == 1 {
		return "1er"
	}
	return strconv.Itoa(t.Day())
}

// usage is how a language writes a day, and a first and a last day (in capitals)
// of one month, of one year, and of two years.
type usage struct{ day, days, months, years string }

var usages = map[string]usage{
	"ar": {"{d} {m} {y}", "من {d} إلى {D} {M} {Y}", "من {d} {m} إلى {D} {M} {Y}", "من {d} {m} {y} إلى {D} {M} {Y}"},
	"zh": {"{y}年{m}{d}日", "{y}年{m}{d}日至{D}日", "{y}年{m}{d}日至{M}{D}日", "{y}年{m}{d}日至{Y}年{M}{D}日"},
	"en": {"{d} {m} {y}", "{d}–{D} {M} {Y}", "{d} {m}–{D} {M} {Y}", "{d} {m} {y}–{D} {M} {Y}"},
	"fr": {"{d} {m} {y}", "{d}-{D} {M} {Y}", "{d} {m}-{D} {M} {Y}", "{d} {m} {y}-{D} {M} {Y}"},
	"ru": {"{d} {m} {y} года", "{d}–{D} {M} {Y} года", "{d} {m} – {D} {M} {Y} года", "{d} {m} {y} года – {D} {M} {Y} года"},
	"es": {"{d} de {m} de {y}", "{d} a {D} de {M} de {Y}", "{d} de {m} a {D} de {M} de {Y}", "{d} de {m} de {y} a {D} de {M} de {Y}"},
}
