// Package locale answers people in their language: which of the six official
// languages a caller reads, texts in it, the order of names in it, and the
// folded form of names by which they are compared.
package locale

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

// Languages are the official languages of the United Nations, in the order of
// the contract.
func Languages() []string { return []string{"ar", "zh", "en", "fr", "ru", "es"} }

// English is the language of whoever asks for none that there is.
const English = "en"

// maxHeader is how much of an Accept-Language header is read, in bytes.
const maxHeader = 1000

// Accept reads an `Accept-Language` header (RFC 9110): the official languages
// in it, the preferred one first. Regions and scripts count for their
// language: `zh-TW` is Chinese.
func Accept(header string) []string {
	tags, weights, err := language.ParseAcceptLanguage(header[:min(len(header), maxHeader)])
	if err != nil {
		return nil
	}
	var accepted []string
	for i, tag := range tags {
		base, confidence := tag.Base()
		l := base.String()
		if weights[i] > 0 && confidence != language.No && slices.Contains(Languages(), l) && !slices.Contains(accepted, l) {
			accepted = append(accepted, l)
		}
	}
	return accepted
}

// Best is the first of the accepted languages, English where there is none.
func Best(accept []string) string {
	if len(accept) == 0 {
		return English
	}
	return accept[0]
}

type key struct{}

// With puts the languages that the caller accepts into the context.
func With(ctx context.Context, accept []string) context.Context {
	return context.WithValue(ctx, key{}, accept)
}

// FromContext answers the languages that the caller accepts, the preferred one
// first. It may answer none: see Best.
func FromContext(ctx context.Context) []string {
	accept, _ := ctx.Value(key{}).([]string)
	return accept
}

// Show chooses a language of a text: the wanted one, then those that the
// caller accepts, English, French, and any that there is. It answers nil for a
// text without any. `want` may be empty: then the first accepted one, or
// English, is the wanted one.
func Show(text *placardv1.LocalizedText, want string, accept []string) *placardv1.ShownText {
	if want == "" {
		want = Best(accept)
	}
	order := slices.Concat([]string{want}, accept, []string{English, "fr"}, Languages())
	for _, l := range order {
		if s := In(text, l); s != "" {
			return &placardv1.ShownText{Text: s, Language: l, Fallback: l != want}
		}
	}
	return nil
}

// In is a text in one language, or "".
func In(text *placardv1.LocalizedText, lang string) string {
	switch lang {
	case "ar":
		return text.GetAr()
	case "zh":
		return text.GetZh()
	case "en":
		return text.GetEn()
	case "fr":
		return text.GetFr()
	case "ru":
		return text.GetRu()
	case "es":
		return text.GetEs()
	default:
		return ""
	}
}

// Order compares texts as the readers of a language expect a list to be sorted:
// Chinese by pinyin, accents after the plain letter, and Arabic as the United
// Nations does, without regard to the article and to the hamza on an alef. The
// function is not safe for concurrent use.
func Order(lang string) func(a, b string) int {
	c := collate.New(language.Make(lang))
	if lang != "ar" {
		return c.CompareString
	}
	return func(a, b string) int {
		return cmp.Or(c.CompareString(withoutArticle(a), withoutArticle(b)), c.CompareString(a, b))
	}
}

var alef = strings.NewReplacer("أ", "ا", "إ", "ا", "آ", "ا", "ٱ", "ا")

func withoutArticle(s string) string { return alef.Replace(strings.TrimPrefix(s, "ال")) }
