package delivery

import (
	"embed"
	"fmt"
	"strings"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/prose"
)

// templates holds a text for each kind of message and language.
//
//go:embed templates/*.txt
var templates embed.FS

// placeholders are what the texts may hold.
var placeholders = []string{
	"recipient", "entity_name", "meeting_title", "dates", "several_days", "place", "gate", "office", "email", "phone",
	"link", "link_expires", "calendar", "photo_deadline", "reason", "note_text",
	"composition_deadline", "days_left", "receipt_time", "decision_time", "participant_count", "late", "reasons", "participants",
	"subject", "text",
}

// kinds are the kinds of messages, each of which has a text.
func kinds() []placardv1.Delivery_Kind {
	var out []placardv1.Delivery_Kind
	for n := 1; n < len(placardv1.Delivery_Kind_name); n++ {
		out = append(out, placardv1.Delivery_Kind(n))
	}
	return out
}

// readTemplates reads all texts, by kind and language.
func readTemplates() (map[string]*prose.Template, error) {
	out := map[string]*prose.Template{}
	for _, kind := range kinds() {
		for _, language := range locale.Languages() {
			file := strings.ToLower(kind.String()) + "." + language + ".txt"
			text, err := templates.ReadFile("templates/" + file)
			if err != nil {
				return nil, fmt.Errorf("read the text of messages: %w", err)
			}
			t, err := prose.Parse(string(text), placeholders)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			out[key(kind, language)] = t
		}
	}
	return out, nil
}

func key(kind placardv1.Delivery_Kind, language string) string { return kind.String() + "." + language }

// template is the text of a kind of message in a language, in English for one that
// is none.
func (s *Service) template(kind placardv1.Delivery_Kind, language string) *prose.Template {
	if t := s.templates[key(kind, language)]; t != nil {
		return t
	}
	return s.templates[key(kind, locale.English)]
}

// body stands for the text of an announcement while its template is filled: what
// people write there has paragraphs of its own.
const body = "\ufffc"

// fill writes a message. The paragraphs of `text`, if any, take the place of its
// placeholder.
func fill(t *prose.Template, v prose.Values, text string) prose.Text {
	if text != "" {
		v["text"] = body
	}
	filled := t.Fill(v)
	var blocks []prose.Block
	for _, b := range filled.Blocks {
		if text != "" && b.Text == body {
			blocks = append(blocks, paragraphs(text)...)
			continue
		}
		blocks = append(blocks, b)
	}
	filled.Blocks = blocks
	return filled
}

// paragraphs are those of a text that people wrote: divided by empty lines, with a
// line that begins with "- " as an item.
func paragraphs(text string) []prose.Block {
	var out []prose.Block
	var lines []string
	end := func() {
		if s := prose.Clean(strings.Join(lines, " ")); s != "" {
			out = append(out, prose.Block{Kind: prose.Paragraph, Text: s})
		}
		lines = nil
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		item, isItem := strings.CutPrefix(line, "- ")
		switch {
		case line == "":
			end()
		case isItem:
			end()
			if item = prose.Clean(item); item != "" {
				out = append(out, prose.Block{Kind: prose.Item, Text: item})
			}
		default:
			lines = append(lines, line)
		}
	}
	end()
	return out
}
