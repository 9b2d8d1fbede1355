package locale

import (
	"fmt"
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
	pattern := u.years
	switch {
	case first.Year() != last.Year():
	case first.Month() != last.Month():
		pattern = u.months
	case first.Day() != last.Day():
		pattern = u.days
	default:
		pattern = u.day
	}
	return fillDays(pattern, lang, first, last)
}

// fillDays puts two days into a pattern of usage.
func fillDays(pattern, lang string, first, last time.Time) string {
	months := Words(lang).Months
	return strings.NewReplacer(
		"{d}", dayOf(lang, first), "{m}", months[first.Month()-1], "{y}", strconv.Itoa(first.Year()),
		"{D}", dayOf(lang, last), "{M}", months[last.Month()-1], "{Y}", strconv.Itoa(last.Year()),
	).Replace(pattern)
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

// Instant is an instant as it is written in a language for people who are at a
// place, or elsewhere.
type Instant struct {
	// Venue is the day and the time that the clocks at the place show: "15 January
	// 2010, 24:00".
	Venue string
	// Zone is their zone and its distance from UTC: "Europe/Vienna, UTC+1".
	Zone string
	// UTC is the same instant in UTC: "23:00 UTC", with the day where it is another.
	UTC string

	line string
}

// At writes an instant, to the minute.
func At(lang string, t time.Time, zone *time.Location) Instant {
	there := t.In(zone)
	return instant(lang, t, there, there.Hour())
}

// By writes an instant by which something is due. The end of a day is written as
// 24:00 of that day, not as the beginning of the next.
func By(lang string, t time.Time, zone *time.Location) Instant {
	before := t.Add(-1).In(zone)
	if before.Day() == t.In(zone).Day() {
		return At(lang, t, zone)
	}
	return instant(lang, t, before, 24)
}

// instant writes an instant that is shown as a time of a day in some zone.
func instant(lang string, t, shown time.Time, hour int) Instant {
	u, utc := instantUsages[lang], t.UTC()
	minute := shown.Minute()
	if hour == 24 {
		minute = 0
	}
	i := Instant{
		Venue: strings.NewReplacer("{day}", Day(lang, shown), "{time}", u.clock(hour, minute)).Replace(u.moment),
		Zone:  isolate(lang, zoneName(shown)),
		UTC:   isolate(lang, utc.Format("15:04 UTC")),
		line:  u.line,
	}
	if utc.Format(time.DateOnly) != shown.Format(time.DateOnly) {
		i.UTC = strings.NewReplacer("{day}", Day(lang, utc), "{time}", i.UTC).Replace(u.utc)
	}
	return i
}

// Line writes all of it in one line: "15 January 2010, 24:00 (Europe/Vienna, UTC+1)
// = 23:00 UTC".
func (i Instant) Line() string { return i.Arrange(i.Venue, i.Zone, "= "+i.UTC) }

// Arrange puts what is made of the three into the line, each in its place: as HTML,
// for one.
func (i Instant) Arrange(venue, zone, utc string) string {
	return strings.NewReplacer("{venue}", venue, "{zone}", zone, "{utc}", utc).Replace(i.line)
}

// zoneName is the zone of a time with its distance from UTC.
func zoneName(t time.Time) string {
	_, seconds := t.Zone()
	name, minutes := t.Location().String(), seconds/60
	offset := "UTC"
	if minutes != 0 {
		sign := "+"
		if minutes < 0 {
			sign, minutes = "−", -minutes
		}
		offset += sign + strconv.Itoa(minutes/60)
		if minutes%60 != 0 {
			offset += fmt.Sprintf(":%02d", minutes%60)
		}
	}
	if name == offset {
		return name
	}
	return name + ", " + offset
}

// isolate keeps the order of what is written from left to right, where the language
// is written from right to left.
func isolate(lang, s string) string {
	if lang == "ar" {
		return "\u2066" + s + "\u2069"
	}
	return s
}

// instantUsage is how a language writes a time of the day, on the hour and otherwise, puts
// it behind the day, also one in UTC, and writes all of an instant in a line.
type instantUsage struct{ hour, minutes, moment, utc, line string }

var instantUsages = map[string]instantUsage{
	"ar": {"الساعة \u2066{hh}:{mm}\u2069", "الساعة \u2066{hh}:{mm}\u2069", "{day}، {time}", "{day}، {time}", inLine},
	"zh": {"{h}时", "{h}时{mm}分", "{day}{time}", "{day} {time}", "{venue}（{zone}）{utc}"},
	"en": {"{hh}:{mm}", "{hh}:{mm}", "{day}, {time}", "{day}, {time}", inLine},
	"fr": {"{h} heures", "{h} h {mm}", "{day} à {time}", "{day}, {time}", inLine},
	"ru": {"{h} ч {mm} мин", "{h} ч {mm} мин", "{day}, {time}", "{day}, {time}", inLine},
	"es": {"{h}.{mm} horas", "{h}.{mm} horas", "{day}, {time}", "{day}, {time}", inLine},
}

const inLine = "{venue} ({zone}) {utc}"

func (u instantUsage) clock(hour, minute int) string {
	pattern := u.minutes
	if minute == 0 {
		pattern = u.hour
	}
	if hour < 2 {
		pattern = strings.Replace(pattern, "heures", "heure", 1)
	}
	return strings.NewReplacer(
		"{h}", strconv.Itoa(hour), "{hh}", fmt.Sprintf("%02d", hour), "{mm}", fmt.Sprintf("%02d", minute),
	).Replace(pattern)
}

// Written writes the days from the first to the last as a sentence has them, without
// the preposition before the first: "27 to 29 January 2010", "27 au 29 janvier 2010"
// behind "du". Days is for headings and tables.
func Written(lang string, first, last time.Time) string {
	u := written[lang]
	pattern := u.years
	switch {
	case first.Year() != last.Year():
	case first.Month() != last.Month():
		pattern = u.months
	case first.Day() != last.Day():
		pattern = u.days
	default:
		return Day(lang, first)
	}
	return fillDays(pattern, lang, first, last)
}

// written has the day of one day from usages.
var written = map[string]usage{
	"ar": {"", "{d} إلى {D} {M} {Y}", "{d} {m} إلى {D} {M} {Y}", "{d} {m} {y} إلى {D} {M} {Y}"},
	"zh": {"", "{y}年{m}{d}日至{D}日", "{y}年{m}{d}日至{M}{D}日", "{y}年{m}{d}日至{Y}年{M}{D}日"},
	"en": {"", "{d} to {D} {M} {Y}", "{d} {m} to {D} {M} {Y}", "{d} {m} {y} to {D} {M} {Y}"},
	"fr": {"", "{d} au {D} {M} {Y}", "{d} {m} au {D} {M} {Y}", "{d} {m} {y} au {D} {M} {Y}"},
	"ru": {"", "{d}–{D} {M} {Y} года", "{d} {m} – {D} {M} {Y} года", "{d} {m} {y} года – {D} {M} {Y} года"},
	"es": {"", "{d} al {D} de {M} de {Y}", "{d} de {m} al {D} de {M} de {Y}", "{d} de {m} de {y} al {D} de {M} de {Y}"},
}
