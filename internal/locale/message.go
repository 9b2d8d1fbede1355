package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// messages holds a file for each language: the texts of errors by reason.
// `{resource}` stands for a value of the error.
//
//go:embed messages/*.json
var messages embed.FS

// Messages are the texts of errors in the official languages.
type Messages struct{ byLanguage map[string]map[string]string }

// ReadMessages reads the texts that are part of the program.
func ReadMessages() (*Messages, error) {
	m := &Messages{byLanguage: map[string]map[string]string{}}
	for _, l := range Languages() {
		text, err := messages.ReadFile("messages/" + l + ".json")
		if err != nil {
			return nil, fmt.Errorf("read the messages in %s: %w", l, err)
		}
		var byReason map[string]string
		if err := json.Unmarshal(text, &byReason); err != nil {
			return nil, fmt.Errorf("read the messages in %s: %w", l, err)
		}
		m.byLanguage[l] = byReason
	}
	return m, nil
}

// Text is the text of an error in a language, with its values. It is "" where
// there is none, or a value that it needs is missing. The value `deadline`, an
// instant (RFC 3339), is written as the clocks in the zone `timeZone` show it, and
// in UTC.
func (m *Messages) Text(lang, reason string, values map[string]string) string {
	text := m.byLanguage[lang][reason]
	if !strings.Contains(text, "{") {
		return text
	}
	pairs := make([]string, 0, 2*len(values))
	for k, v := range values {
		if k == "deadline" {
			v = deadline(lang, v, values["timeZone"])
		}
		pairs = append(pairs, "{"+k+"}", v)
	}
	if text = strings.NewReplacer(pairs...).Replace(text); strings.Contains(text, "{") {
		return ""
	}
	return text
}

// deadline writes an instant for people. One that is none stays as it is.
func deadline(lang, value, zone string) string {
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		return value
	}
	loc, err := time.LoadLocation(zone)
	if err != nil {
		loc = time.UTC
	}
	return By(lang, t, loc).Line()
}
