package entity

import (
	"errors"
	"fmt"
	"strings"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
)

// Finder finds entities by what people write for them.
type Finder struct {
	codes map[string]string
	// byName has "" for a name of several.
	byName map[string]string
}

// NewFinder makes a finder of some entities.
func NewFinder(entities []*placardv1.Entity) *Finder {
	f := &Finder{codes: map[string]string{}, byName: map[string]string{}}
	for _, e := range entities {
		code := e.GetCode()
		f.codes[strings.ToUpper(code)] = code
		if two := e.GetAlpha2Code(); two != "" {
			f.codes[two] = code
		}
		for _, names := range []*placardv1.LocalizedText{e.GetShortName(), e.GetFormalName()} {
			for _, l := range locale.Languages() {
				key := locale.SearchKey(locale.In(names, l))
				if other, taken := f.byName[key]; taken && other != code {
					code = ""
				}
				f.byName[key], code = code, e.GetCode()
			}
		}
	}
	return f
}

// Code finds the code of an entity by its code, its code of two letters (of a
// State), or its present short or formal name in any official language,
// whatever case and accents. The error says why there is none.
func (f *Finder) Code(text string) (string, error) {
	text = strings.TrimPrefix(text, "entities/")
	if text == "" {
		return "", errors.New("the entity is missing")
	}
	if code, ok := f.codes[strings.ToUpper(text)]; ok {
		return code, nil
	}
	code, ok := f.byName[locale.SearchKey(text)]
	if ok && code == "" {
		return "", fmt.Errorf("%.60q is the name of several entities: write the code", text)
	}
	if !ok {
		return "", fmt.Errorf("%.60q is no entity of the register", text)
	}
	return code, nil
}
