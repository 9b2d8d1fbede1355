package locale_test

import (
	"testing"
	"time"

	"github.com/un-placard/placard/internal/locale"
)

func TestDays(t *testing.T) {
	for _, test := range []struct{ first, last, lang, want string }{
		{"2010-01-27", "2010-01-29", "ar", "من 27 إلى 29 كانون الثاني/يناير 2010"},
		{"2010-01-27", "2010-01-29", "zh", "2010年1月27日至29日"},
		{"2010-01-27", "2010-01-29", "en", "27–29 January 2010"},
		{"2010-01-27", "2010-01-29", "fr", "27-29 janvier 2010"},
		{"2010-01-27", "2010-01-29", "ru", "27–29 января 2010 года"},
		{"2010-01-27", "2010-01-29", "es", "27 a 29 de enero de 2010"},
		{"2010-01-31", "2010-02-01", "zh", "2010年1月31日至2月1日"},
		{"2010-01-31", "2010-02-01", "fr", "31 janvier-1er février 2010"},
		{"2010-01-31", "2010-02-01", "es", "31 de enero a 1 de febrero de 2010"},
		{"2009-12-30", "2010-01-02", "en", "30 December 2009–2 January 2010"},
		{"2009-12-30", "2010-01-02", "ru", "30 декабря 2009 года – 2 января 2010 года"},
		{"2010-03-01", "2010-03-01", "ar", "1 آذار/مارس 2010"},
		{"2010-03-01", "2010-03-01", "zh", "2010年3月1日"},
		{"2010-03-01", "2010-03-01", "fr", "1er mars 2010"},
		{"2010-03-01", "2010-03-01", "es", "1 de marzo de 2010"},
	} {
		first, err := time.Parse(time.DateOnly, test.first)
		if err != nil {
			t.Fatal(err)
		}
		last, err := time.Parse(time.DateOnly, test.last)
		if err != nil {
			t.Fatal(err)
		}
		if got := locale.Days(test.lang, first, last); got != test.want {
			t.Errorf("%s to %s in %s: %q, want %q", test.first, test.last, test.lang, got, test.want)
		}
	}
}
