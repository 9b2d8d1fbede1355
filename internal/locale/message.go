package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
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
// there is none, or a value that it needs is missing.
func (m *Messages) Text(lang, reason string, values map[string]string) string {
	text := m.byLanguage[lang][reason]
	if !strings.Contains(text, "{") {
		return text
	}
	pairs := make([]string, 0, 2*len(values))
	for k, v := range values {
		pairs = append(pairs, "{"+k+"}", v)
	}
	if text = strings.NewReplacer(pairs...).Replace(text); strings.Contains(text, "{") {
		return ""
	}
	return text
}
