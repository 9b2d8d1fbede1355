package document

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStretches(t *testing.T) {
	// ‹…› runs from right to left.
	for _, test := range []struct {
		text string
		rtl  bool
		want string
	}{
		{"Ms. Ana", false, "Ms. Ana"},
		{"", false, ""},
		{"27, 2010", true, "‹27, 2010›"},
		{"السيد كريم", false, "‹السيد كريم›"},
		{"كريم (Karim)", true, "‹كريم (›Karim‹)›"},
		{"كريم (Karim)", false, "‹كريم› (Karim)"},
		{"شارع 5, Wien", false, "‹شارع 5›, Wien"},
		{"Wien, شارع 5!", false, "Wien, ‹شارع 5›!"},
		{"مُحَمَّد", false, "‹مُحَمَّد›"},
		{"(a) مصر (b)", true, "‹(›a‹) مصر (›b‹)›"},
	} {
		var got strings.Builder
		for _, s := range stretches(test.text, test.rtl) {
			if s.rtl {
				got.WriteString("‹" + s.text + "›")
			} else {
				got.WriteString(s.text)
			}
		}
		if got.String() != test.want {
			t.Errorf("%q, rtl %t: %s, want %s", test.text, test.rtl, got.String(), test.want)
		}
	}
}

func TestIsolate(t *testing.T) {
	for _, test := range []struct {
		text   string
		around bool
		want   string
		rtl    bool
	}{
		{"Ms.", false, "Ms.", false},
		{"Ms.", true, "Ms.\u200e", false},
		{"23 November", true, "\u200e23 November", false},
		{"(السيد)", false, "\u200f(السيد)\u200f", true},
		{"2010", true, "2010", true},
		{"", true, "", true},
	} {
		got, rtl := isolate(test.text, test.around)
		if got != test.want || rtl != test.rtl {
			t.Errorf("isolate(%q, %t) = %q, %t, want %q, %t", test.text, test.around, got, rtl, test.want, test.rtl)
		}
	}
}

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"a<b>&\"'":        "a&lt;b&gt;&amp;&#34;&#39;",
		"]]>":             "]]&gt;",
		"a\x00b\x0bc":     "a\ufffdb c",
		"a\nb\tc":         "a b c",
		"\u202eabc\u2066": "abc",
		"\xff\xfe":        "\ufffd\ufffd",
		"a\ufffeb":        "a\ufffdb",
		"👩‍👩‍👧 🇦🇹":        "👩‍👩‍👧 🇦🇹",
		"می\u200cخواهم":   "می\u200cخواهم",
	} {
		if got := escape(clean(in)); got != want {
			t.Error(cmp.Diff(want, got))
		}
	}
}
