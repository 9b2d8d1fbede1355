package web

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
)

// catalogue holds the texts of the pages, a file for each language. A text is a
// string, or one for each plural category of CLDR that the language has;
// `{name}` stands for a value.
//
//go:embed messages/*.json
var catalogue embed.FS

// languages are the official languages, each with its name in itself, in the
// order in which the United Nations lists them.
var languages = []struct{ code, name, tag string }{
	{"ar", "العربية", "ar-u-nu-latn"}, // with the digits of dates and symbols
	{"zh", "中文", "zh-Hans"},
	{"en", "English", "en-GB"},
	{"fr", "Français", "fr"},
	{"ru", "Русский", "ru"},
	{"es", "Español", "es"},
}

const languageCookie = "placard_language"

// chooseLanguage is the language of the answer to a request: the one that it
// asks for, which is remembered, else the one of before, else what the browser
// is set to. Chosen tells that the reader asked for it, now or before.
func chooseLanguage(w http.ResponseWriter, r *http.Request) (lang string, chosen bool) {
	if asked := r.URL.Query().Get("lang"); slices.Contains(locale.Languages(), asked) {
		setCookie(w, r, languageCookie, asked, 365*24*time.Hour)
		return asked, true
	}
	if c, err := r.Cookie(languageCookie); err == nil && slices.Contains(locale.Languages(), c.Value) {
		return c.Value, true
	}
	return locale.Best(locale.Accept(r.Header.Get("Accept-Language"))), false
}

// text is a text by plural category; one without number is under "other".
type text map[string]string

// UnmarshalJSON reads a string, or an object of strings.
func (t *text) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*t = text{"other": one}
		return nil
	}
	var many map[string]string
	if err := json.Unmarshal(b, &many); err != nil {
		return err
	}
	*t = many
	return nil
}

// words are the texts of the pages in one language, and how numbers, days and
// times are written in it. Templates call its methods.
type words struct {
	// Lang is the language, Dir the direction of its script: `ltr` or `rtl`.
	Lang, Dir string
	tag       language.Tag
	numbers   *message.Printer
	texts     map[string]text
	// zone is that of times.
	zone *time.Location
}

func readWords() (map[string]*words, error) {
	all := map[string]*words{}
	for _, l := range languages {
		b, err := catalogue.ReadFile("messages/" + l.code + ".json")
		if err != nil {
			return nil, fmt.Errorf("read the texts in %s: %w", l.code, err)
		}
		tag := language.MustParse(l.tag)
		w := &words{Lang: l.code, Dir: "ltr", tag: tag, numbers: message.NewPrinter(tag), zone: time.UTC}
		if l.code == "ar" {
			w.Dir = "rtl"
		}
		if err := json.Unmarshal(b, &w.texts); err != nil {
			return nil, fmt.Errorf("read the texts in %s: %w", l.code, err)
		}
		all[l.code] = w
	}
	return all, nil
}

// at is the words with times in a zone.
func (w *words) at(zone *time.Location) *words {
	other := *w
	other.zone = zone
	return &other
}

// T is a text as HTML. `pairs` are names and values: texts, which are isolated
// from the direction of what surrounds them; numbers, of which `count` chooses
// the plural; and HTML.
func (w *words) T(key string, pairs ...any) template.HTML {
	return trusted(w.fill(template.HTMLEscapeString(w.pattern(key, pairs)), pairs, func(s string) string {
		return "<bdi>" + template.HTMLEscapeString(s) + "</bdi>"
	}))
}

// P is a text without HTML, for attributes and titles.
func (w *words) P(key string, pairs ...any) string {
	return w.fill(w.pattern(key, pairs), pairs, w.isolate)
}

// isolate keeps the direction of a text to itself, where the language runs from
// right to left.
func (w *words) isolate(s string) string {
	if w.Dir == "ltr" {
		return s
	}
	return "\u2068" + s + "\u2069"
}

// Label is the text of a value of an enum, under `key.VALUE`.
func (w *words) Label(key string, value fmt.Stringer) template.HTML {
	return w.T(key + "." + value.String())
}

// has tells whether there is a text.
func (w *words) has(key string) bool { return w.texts[key] != nil }

// pattern chooses the text of a key. One that is missing shows its key.
func (w *words) pattern(key string, pairs []any) string {
	t, ok := w.texts[key]
	if !ok {
		return key
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] != "count" {
			continue
		}
		if n, ok := whole(pairs[i+1]); ok {
			if form, ok := t[category(w.tag, n)]; ok {
				return form
			}
		}
	}
	return t["other"]
}

func (w *words) fill(pattern string, pairs []any, isolate func(string) string) string {
	if !strings.Contains(pattern, "{") {
		return pattern
	}
	var values []string
	for i := 0; i+1 < len(pairs); i += 2 {
		var value string
		switch x := pairs[i+1].(type) {
		case template.HTML:
			value = string(x)
		case string:
			value = isolate(x)
		default:
			if n, ok := whole(x); ok {
				value = w.N(n)
			}
		}
		values = append(values, fmt.Sprintf("{%v}", pairs[i]), value)
	}
	return strings.NewReplacer(values...).Replace(pattern)
}

func whole(n any) (int, bool) {
	switch n := n.(type) {
	case int:
		return n, true
	case int32:
		return int(n), true
	case int64:
		return int(n), true
	default:
		return 0, false
	}
}

// category is the plural category of a number.
func category(tag language.Tag, n int) string {
	switch plural.Cardinal.MatchPlural(tag, n, 0, 0, 0, 0) {
	case plural.Zero:
		return "zero"
	case plural.One:
		return "one"
	case plural.Two:
		return "two"
	case plural.Few:
		return "few"
	case plural.Many:
		return "many"
	default:
		return "other"
	}
}

// N writes a whole number.
func (w *words) N(n any) string {
	i, ok := whole(n)
	if !ok {
		return ""
	}
	return w.numbers.Sprint(i)
}

// Text is a text of the contract, in the language or one that there is, marked
// as being in that.
func (w *words) Text(t *placardv1.LocalizedText) template.HTML {
	return w.shown(locale.Show(t, w.Lang, nil))
}

// Plain is the same without marks.
func (w *words) Plain(t *placardv1.LocalizedText) string {
	return locale.Show(t, w.Lang, nil).GetText()
}

func (w *words) shown(t *placardv1.ShownText) template.HTML {
	if t == nil {
		return ""
	}
	lang := ""
	if t.GetLanguage() != w.Lang {
		lang = ` lang="` + template.HTMLEscapeString(t.GetLanguage()) + `"`
	}
	return trusted("<bdi" + lang + ">" + template.HTMLEscapeString(t.GetText()) + "</bdi>")
}

// Day writes a day, `YYYY-MM-DD`.
func (w *words) Day(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return day
	}
	return w.day(t)
}

func (w *words) day(t time.Time) string {
	return w.written("date.day", t)
}

// Days writes the days from one to another.
func (w *words) Days(from, to string) string {
	a, err := time.Parse(time.DateOnly, from)
	b, err2 := time.Parse(time.DateOnly, to)
	switch {
	case err != nil || err2 != nil:
		return from + " – " + to
	case a.Equal(b):
		return w.day(a)
	case a.Year() == b.Year() && a.Month() == b.Month():
		return strings.ReplaceAll(w.written("date.days", b), "{from}", w.dayOfMonth(a))
	default:
		return strings.NewReplacer("{from}", w.day(a), "{to}", w.day(b)).Replace(w.pattern("date.range", nil))
	}
}

func (w *words) written(key string, t time.Time) string {
	return strings.NewReplacer(
		"{day}", w.dayOfMonth(t),
		"{month}", w.pattern(fmt.Sprintf("date.month.%d", t.Month()), nil),
		"{year}", strconv.Itoa(t.Year()),
	).Replace(w.pattern(key, nil))
}

func (w *words) dayOfMonth(t time.Time) string {
	if t.Day() == 1 {
		return w.pattern("date.first", nil)
	}
	return strconv.Itoa(t.Day())
}

// Moment writes an instant, as clocks at the venue show it.
func (w *words) Moment(t *timestamppb.Timestamp) template.HTML {
	if t == nil {
		return ""
	}
	return w.moment(t.AsTime().In(w.zone), "15:04")
}

// Second writes an instant to the second.
func (w *words) Second(t *timestamppb.Timestamp) template.HTML {
	return w.moment(t.AsTime().In(w.zone), "15:04:05")
}

// Due writes an instant by which something is due, or at which a meeting is opened:
// as the clocks in a zone show it, and in UTC.
func (w *words) Due(d *placardv1.Meeting_Deadline, zone string) template.HTML {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	t, write := d.GetTime().AsTime(), locale.By
	if d.GetKind() == placardv1.Meeting_Deadline_OPENING {
		write = locale.At
	}
	at := write(w.Lang, t, loc)
	return trusted(at.Arrange(
		string(w.time(t.In(loc), at.Venue)),
		"<bdi>"+template.HTMLEscapeString(at.Zone)+"</bdi>",
		`<span class="second">= `+string(w.time(t.UTC(), at.UTC))+`</span>`))
}

// time is a time of which something else is said to readers. Its direction does not
// touch what surrounds it.
func (w *words) time(t time.Time, said string) template.HTML {
	return trusted(`<time dir="` + w.Dir + `" datetime="` + t.Format(time.RFC3339) + `">` + template.HTMLEscapeString(said) + `</time>`)
}

func (w *words) moment(t time.Time, clock string) template.HTML {
	said := strings.NewReplacer("{day}", w.day(t), "{time}", w.isolate(t.Format(clock))).Replace(w.pattern("date.moment", nil))
	return trusted(`<time datetime="` + t.UTC().Format(time.RFC3339) + `">` + template.HTMLEscapeString(said) + `</time>`)
}

// trusted marks what this file has escaped.
func trusted(html string) template.HTML {
	return template.HTML(html) //nolint:gosec // made of escaped parts and tags of our own
}

// escaped is a text as HTML.
func escaped(s string) template.HTML { return trusted(template.HTMLEscapeString(s)) }
