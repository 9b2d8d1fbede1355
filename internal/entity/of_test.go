package entity

import (
	"strings"
	"testing"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
)

// TestOf: whoever a note may go to has a form in each language.
func TestOf(t *testing.T) {
	brought, err := register(registerJSON)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range brought {
		if e.GetKind() != placardv1.Entity_STATE && e.GetKind() != placardv1.Entity_REGIONAL_ECONOMIC_INTEGRATION_ORGANIZATION {
			continue
		}
		for _, lang := range locale.Languages() {
			if of := Of(lang, e.GetCode()); of == "" || strings.TrimSpace(of) != of || strings.Contains(of, "'") {
				t.Errorf("%s in %s: %q", e.GetCode(), lang, of)
			}
		}
	}
	for _, tt := range []struct{ lang, code, short, want string }{
		{"fr", "AUT", "Autriche", "de l’Autriche"},
		{"ar", "AUT", "النمسا", "للنمسا"},
		{"en", "SWZ", "Eswatini", "of Eswatini"},
		{"en", "SWZ", "Swaziland", ""},
		{"en", "SWZ", "", ""},
		{"en", "XXX", "Xland", ""},
	} {
		if got := OfNamed(tt.lang, tt.code, tt.short); got != tt.want {
			t.Errorf("%s %s %q: %q, want %q", tt.lang, tt.code, tt.short, got, tt.want)
		}
	}
	if !Known("AUT") || Known("XXX") {
		t.Error("who is known")
	}
}
