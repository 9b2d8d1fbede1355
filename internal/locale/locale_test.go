package locale_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/testing/protocmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
)

func TestAccept(t *testing.T) {
	for header, want := range map[string][]string{
		"":                                 nil,
		"es":                               {"es"},
		"de-AT, fr-CA;q=0.8, en;q=0.9":     {"en", "fr"},
		"zh-TW, zh;q=0.9":                  {"zh"},
		"ar-EG;q=0.1, ru":                  {"ru", "ar"},
		"*":                                nil,
		"en;q=0, fr":                       {"fr"},
		"not a header;;;":                  nil,
		"EN-us":                            {"en"},
		string(make([]byte, 100_000)):      nil,
		"fr;q=0.5, es;q=0.5, pt-BR, en-GB": {"en", "fr", "es"},
	} {
		if diff := cmp.Diff(want, locale.Accept(header)); diff != "" {
			t.Errorf("Accept(%.40q) (-want +got):\n%s", header, diff)
		}
	}
}

func TestShow(t *testing.T) {
	text := &placardv1.LocalizedText{Fr: "Réunion", Ru: "Совещание", Es: "Reunión"}
	for _, tt := range []struct {
		name   string
		text   *placardv1.LocalizedText
		want   string
		accept []string
		shown  *placardv1.ShownText
	}{
		{"the wanted one", text, "ru", []string{"es"}, &placardv1.ShownText{Text: "Совещание", Language: "ru"}},
		{"what the caller accepts", text, "zh", []string{"es"}, &placardv1.ShownText{Text: "Reunión", Language: "es", Fallback: true}},
		{"French where English is missing", text, "zh", nil, &placardv1.ShownText{Text: "Réunion", Language: "fr", Fallback: true}},
		{"English before French", &placardv1.LocalizedText{En: "Meeting", Fr: "Réunion"}, "ar", nil,
			&placardv1.ShownText{Text: "Meeting", Language: "en", Fallback: true}},
		{"any", &placardv1.LocalizedText{Ar: "اجتماع"}, "es", nil, &placardv1.ShownText{Text: "اجتماع", Language: "ar", Fallback: true}},
		{"without a wish the first accepted", text, "", []string{"es", "ru"}, &placardv1.ShownText{Text: "Reunión", Language: "es"}},
		{"without anything English is wanted", text, "", nil, &placardv1.ShownText{Text: "Réunion", Language: "fr", Fallback: true}},
		{"no text", &placardv1.LocalizedText{}, "en", nil, nil},
		{"nothing", nil, "en", nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.shown, locale.Show(tt.text, tt.want, tt.accept), protocmp.Transform()); diff != "" {
				t.Errorf("Show() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFold(t *testing.T) {
	for _, alike := range [][]string{
		{"Müller", "MULLER", "mu\u0308ller", " Müller "},
		{"Strauß", "STRAUSS", "strauss"},
		{"Nguyễn Thị Minh", "nguyen  thi\tminh"},
		{"İstanbul", "istanbul", "ISTANBUL"},
		{"Łukasz Ørsted", "lukasz orsted"},
		{"Фёдор", "ФЕДОР", "федор"},
		{"أحمد", "احمد", "إحمد", "ٱحمد", "أحـــمد"},
		{"مُحَمَّد", "محمد"},
		{"فاطمة", "فاطمه"},
		{"علي", "على", "علی"},
		{"ＡＵＴ", "aut"},
		{"Ｏ’Ｎｅｉｌｌ", "O'Neill", "o‘neill"},
		{"ｶﾞ", "ガ"},
		{"می\u200cخواهم", "میخواهم"},
	} {
		for _, s := range alike[1:] {
			if got, want := locale.Fold(s), locale.Fold(alike[0]); got != want {
				t.Errorf("Fold(%q) = %q, Fold(%q) = %q", s, got, alike[0], want)
			}
		}
	}
	for _, apart := range [][2]string{{"Anna Maria", "Annamaria"}, {"王小明", "王晓明"}, {"Ivan", "Иван"}, {"", "a"},
		// Vowel signs and the voicing of kana are letters.
		{"ปิติ ชูใจ", "ปุติ ชุใจ"}, {"किरण", "करण"}, {"かき", "がぎ"}} {
		if locale.Fold(apart[0]) == locale.Fold(apart[1]) {
			t.Errorf("%q and %q fold alike", apart[0], apart[1])
		}
	}
	for _, s := range []string{"Müller", "ΣΊΣΥΦΟΣ", "İ", "أحمد", "ﬁ", "ŉ"} {
		if once := locale.Fold(s); locale.Fold(once) != once {
			t.Errorf("folding %q twice changes it: %q, %q", s, once, locale.Fold(once))
		}
	}
}

func TestOrder(t *testing.T) {
	for lang, want := range map[string][]string{
		"es": {"Alemania", "Ángola", "Nicaragua", "Níger", "Ñandú", "Perú"},
		"fr": {"Égypte", "Espagne", "États-Unis", "Fidji"},
		"zh": {"阿根廷", "奥地利", "墨西哥", "中国"},
		"ru": {"Австрия", "Ёлка", "Мексика"},
		"ar": {"الاتحاد الروسي", "إثيوبيا", "الأرجنتين", "إسبانيا", "ألمانيا", "الصين", "مصر", "النمسا", "الهند"},
	} {
		got := slices.Clone(want)
		slices.Reverse(got)
		slices.SortFunc(got, locale.Order(lang))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("order in %s (-want +got):\n%s", lang, diff)
		}
	}
}
