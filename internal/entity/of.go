package entity

import (
	_ "embed"
	"encoding/json"
	"strings"
	"sync"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
)

//go:embed of.json
var ofJSON []byte

var ofs = sync.OnceValue(func() map[string]map[string]string {
	var of map[string]map[string]string
	_ = json.Unmarshal(ofJSON, &of) // a test reads it
	return of
})

// Of is how the name of a State stands behind "the Permanent Mission" in a language:
// "of Austria", "de l’Autriche", "للنمسا"; in Chinese it is the name alone. It is empty
// for whoever the register that the program brings along does not have.
func Of(lang, code string) string { return strings.ReplaceAll(ofs()[code][lang], "'", "’") }

// Known tells whether Of has a code.
func Known(code string) bool { return ofs()[code] != nil }

// OfNamed is Of, where the short name in that language is the one of today's register.
// Of another name, as one of former times, nobody knows the form.
func OfNamed(lang, code, short string) string {
	if short == "" || locale.In(shortNames()[code], lang) != short {
		return ""
	}
	return Of(lang, code)
}

// shortNames are the short names of the register that the program brings along, by code.
var shortNames = sync.OnceValue(func() map[string]*placardv1.LocalizedText {
	brought, _ := register(registerJSON) // a test reads it
	names := make(map[string]*placardv1.LocalizedText, len(brought))
	for _, e := range brought {
		names[e.GetCode()] = e.GetShortName()
	}
	return names
})
