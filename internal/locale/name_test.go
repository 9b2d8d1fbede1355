package locale_test

import (
	"testing"

	"github.com/un-placard/placard/internal/locale"
)

func TestDisplayName(t *testing.T) {
	for _, c := range []struct{ given, family, want string }{
		{"María", "de la Muestra", "María de la Muestra"},
		{"", "مثال", "مثال"},
		{"Solo", "", "Solo"},
		{"小明", "例", "例小明"},
		{"たろう", "見本", "見本たろう"},
		{"길동", "예", "예길동"},
		{"Ming", "例", "Ming 例"},
		{"Иван", "ПРИМЕРОВ", "Иван ПРИМЕРОВ"},
	} {
		if got := locale.DisplayName(c.given, c.family); got != c.want {
			t.Errorf("%q %q: %q, want %q", c.given, c.family, got, c.want)
		}
	}
}
