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

func TestWritten(t *testing.T) {
	for _, test := range []struct{ first, last, lang, want string }{
		{"2010-01-27", "2010-01-29", "ar", "27 إلى 29 كانون الثاني/يناير 2010"},
		{"2010-01-27", "2010-01-29", "zh", "2010年1月27日至29日"},
		{"2010-01-27", "2010-01-29", "en", "27 to 29 January 2010"},
		{"2010-01-27", "2010-01-29", "fr", "27 au 29 janvier 2010"},
		{"2010-01-27", "2010-01-29", "ru", "27–29 января 2010 года"},
		{"2010-01-27", "2010-01-29", "es", "27 al 29 de enero de 2010"},
		{"2010-01-31", "2010-02-01", "en", "31 January to 1 February 2010"},
		{"2010-01-31", "2010-02-01", "fr", "31 janvier au 1er février 2010"},
		{"2010-01-31", "2010-02-01", "es", "31 de enero al 1 de febrero de 2010"},
		{"2009-12-30", "2010-01-02", "ar", "30 كانون الأول/ديسمبر 2009 إلى 2 كانون الثاني/يناير 2010"},
		{"2009-12-30", "2010-01-02", "en", "30 December 2009 to 2 January 2010"},
		{"2009-12-30", "2010-01-02", "ru", "30 декабря 2009 года – 2 января 2010 года"},
		{"2010-03-01", "2010-03-01", "fr", "1er mars 2010"},
		{"2010-03-01", "2010-03-01", "es", "1 de marzo de 2010"},
		{"2010-03-01", "2010-03-01", "zh", "2010年3月1日"},
	} {
		first, err := time.Parse(time.DateOnly, test.first)
		if err != nil {
			t.Fatal(err)
		}
		last, err := time.Parse(time.DateOnly, test.last)
		if err != nil {
			t.Fatal(err)
		}
		if got := locale.Written(test.lang, first, last); got != test.want {
			t.Errorf("%s to %s in %s: %q, want %q", test.first, test.last, test.lang, got, test.want)
		}
	}
}

func TestInstant(t *testing.T) {
	for _, test := range []struct {
		what, instant, zone, lang, want string
		by                              bool
	}{
		{"the end of a day", "2010-01-15T23:00:00Z", "Europe/Vienna", "en", "15 January 2010, 24:00 (Europe/Vienna, UTC+1) = 23:00 UTC", true},
		{"the end of a day", "2010-01-15T23:00:00Z", "Europe/Vienna", "fr", "15 janvier 2010 à 24 heures (Europe/Vienna, UTC+1) = 23:00 UTC", true},
		{"the end of a day", "2010-01-15T23:00:00Z", "Europe/Vienna", "es", "15 de enero de 2010, 24.00 horas (Europe/Vienna, UTC+1) = 23:00 UTC", true},
		{"the end of a day", "2010-01-15T23:00:00Z", "Europe/Vienna", "ru", "15 января 2010 года, 24 ч 00 мин (Europe/Vienna, UTC+1) = 23:00 UTC", true},
		{"the end of a day", "2010-01-15T23:00:00Z", "Europe/Vienna", "zh", "2010年1月15日24时（Europe/Vienna, UTC+1）= 23:00 UTC", true},
		{
			"the end of a day, from right to left", "2010-01-15T23:00:00Z", "Europe/Vienna", "ar",
			"15 كانون الثاني/يناير 2010، الساعة \u206624:00\u2069 (\u2066Europe/Vienna, UTC+1\u2069) = \u206623:00 UTC\u2069", true,
		},
		{"in summer", "2020-08-21T22:00:00Z", "Europe/Vienna", "en", "21 August 2020, 24:00 (Europe/Vienna, UTC+2) = 22:00 UTC", true},
		{"west of it the day is another", "2022-12-08T05:00:00Z", "America/Montreal", "en", "7 December 2022, 24:00 (America/Montreal, UTC−5) = 8 December 2022, 05:00 UTC", true},
		{"west of it the day is another", "2022-12-08T05:00:00Z", "America/Montreal", "zh", "2022年12月7日24时（America/Montreal, UTC−5）= 2022年12月8日 05:00 UTC", true},
		{"a zone with minutes", "2026-03-01T18:15:00Z", "Asia/Kathmandu", "fr", "1er mars 2026 à 24 heures (Asia/Kathmandu, UTC+5:45) = 18:15 UTC", true},
		{"the next day begins at 01:00", "2018-11-04T03:00:00Z", "America/Sao_Paulo", "en", "3 November 2018, 24:00 (America/Sao_Paulo, UTC−3) = 4 November 2018, 03:00 UTC", true},
		{"in UTC", "2010-01-16T00:00:00Z", "UTC", "en", "15 January 2010, 24:00 (UTC) = 16 January 2010, 00:00 UTC", true},
		{"in London, in winter", "2010-01-16T00:00:00Z", "Europe/London", "en", "15 January 2010, 24:00 (Europe/London, UTC) = 16 January 2010, 00:00 UTC", true},
		{"in the middle of a day", "2010-01-26T09:05:00Z", "Europe/Vienna", "fr", "26 janvier 2010 à 10 h 05 (Europe/Vienna, UTC+1) = 09:05 UTC", true},
		{"in the middle of a day", "2010-01-26T09:05:59Z", "Europe/Vienna", "zh", "2010年1月26日10时05分（Europe/Vienna, UTC+1）= 09:05 UTC", true},
		{"an opening", "2010-01-27T09:00:00Z", "Europe/Vienna", "es", "27 de enero de 2010, 10.00 horas (Europe/Vienna, UTC+1) = 09:00 UTC", false},
		{"an opening at midnight", "2010-01-26T15:00:00Z", "Asia/Tokyo", "fr", "27 janvier 2010 à 0 heure (Asia/Tokyo, UTC+9) = 26 janvier 2010, 15:00 UTC", false},
	} {
		at, err := time.Parse(time.RFC3339, test.instant)
		if err != nil {
			t.Fatal(err)
		}
		zone, err := time.LoadLocation(test.zone)
		if err != nil {
			t.Fatal(err)
		}
		write := locale.At
		if test.by {
			write = locale.By
		}
		if got := write(test.lang, at, zone).Line(); got != test.want {
			t.Errorf("%s, in %s: %q, want %q", test.what, test.lang, got, test.want)
		}
	}
}
