package locale_test

import (
	"testing"

	"github.com/un-placard/placard/internal/locale"
)

func TestSearchKey(t *testing.T) {
	for name, want := range map[string]string{
		"Ana García-López":                 "ana garcia lopez",
		"Jean-Pierre O’Brien, Jr.":         "jean pierre o brien jr",
		"Bolivia (Plurinational State of)": "bolivia plurinational state of",
		"  D'Angelo/50%_\\ ":               "d angelo 50",
		"Шмелёв Андрей":                    "шмелев андреи",
		"أحمد عبد الرحمٰن":                 "احمد عبد الرحمن",
		"فاطمة":                            "فاطمه",
		"ʿAlī":                             "ali",
		"王 小明":                             "王 小明",
		"สมชาย ใจดี":                       "สมชาย ใจดี",
		"Côte d'Ivoire":                    "cote d ivoire",
		"Straße":                           "strasse",
		"--":                               "",
		"José Ángel\u00a0Gurría\u200d Treviño": "jose angel gurria trevino",
	} {
		if got := locale.SearchKey(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if got := locale.SearchKey("Türkiye", "", "تركيا"); got != "turkiye تركيا" {
		t.Errorf("several names: %q", got)
	}
}
