// Package prose fills the texts that people write once and the program sends to
// many: letters, messages, announcements.
//
// A text is plain. A line is a paragraph, or an item of a list where it begins with
// "- "; empty lines say nothing. {{name}} stands for a value, {{if name}}…{{else}}…{{end}}
// for parts that depend on whether there is one, within a line or around whole
// lines. A value that is a list stands on a line of its own and becomes items. A
// first line "Subject: …" is the subject. There is no other markup, and a value is
// never read as any.
package prose

import (
	"html"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/bidi"
)

// Values are what placeholders stand for: a string, a bool or a []string each. What
// is missing is empty.
type Values map[string]any

// Template is a text with placeholders.
type Template struct {
	nodes []node
	// subject tells whether the first line is the subject.
	subject bool
	names   []string
}

// Names are the placeholders that the text has, each once, in the order of the text.
func (t *Template) Names() []string { return t.names }

// node is a piece of text, the place of a value, or an optional part.
type node struct {
	text string // where there is no name
	name string
	// optional tells that then and otherwise hold the node's parts.
	optional        bool
	then, otherwise []node
}

// Text is a text that was filled.
type Text struct {
	Subject string
	Blocks  []Block
}

// Block is a paragraph, or an item of a list.
type Block struct {
	Kind Kind
	Text string
}

// Kind is what a block is.
type Kind int

// The kinds of blocks.
const (
	Paragraph Kind = iota
	Item
)

// Fill writes the text with these values. Paragraphs in which nothing is left vanish.
func (t *Template) Fill(v Values) Text {
	w := writer{values: v, subject: t.subject}
	w.write(t.nodes)
	w.end()
	return w.text
}

// writer makes blocks of nodes, line by line.
type writer struct {
	values Values
	text   Text
	// line is the line so far; begun tells whether anything was put on it, item
	// whether the template, not a value, made it an item.
	line        strings.Builder
	begun, item bool
	// subject tells whether the line is the subject.
	subject bool
}

func (w *writer) write(nodes []node) {
	for _, n := range nodes {
		switch {
		case n.optional && w.values.has(n.name):
			w.write(n.then)
		case n.optional:
			w.write(n.otherwise)
		case n.name != "":
			w.value(w.values[n.name])
		default:
			for i, line := range strings.Split(n.text, "\n") {
				if i > 0 {
					w.end()
				}
				w.add(line)
			}
		}
	}
}

func (w *writer) add(s string) {
	if !w.begun {
		s = strings.TrimLeft(s, " \t")
		if rest, ok := strings.CutPrefix(s, "- "); ok && !w.subject {
			w.item, w.begun, s = true, true, rest
		}
	}
	if s != "" {
		w.begun = true
		w.line.WriteString(s)
	}
}

func (w *writer) value(v any) {
	switch v := v.(type) {
	case string:
		if s := Clean(v); s != "" {
			w.begun = true
			w.line.WriteString(s)
		}
	case []string:
		entries := cleanAll(v)
		if w.begun || w.subject {
			// The text has it within a sentence.
			w.value(strings.Join(entries, "; "))
			return
		}
		for _, entry := range entries {
			w.begun, w.item = true, true
			w.line.WriteString(entry)
			w.end()
		}
	}
}

// end ends the line.
func (w *writer) end() {
	s, item := single(w.line.String()), w.item
	w.line.Reset()
	w.begun, w.item = false, false
	if w.subject {
		w.text.Subject, w.subject = s, false
		return
	}
	if s == "" {
		return
	}
	block := Block{Paragraph, s}
	if item {
		block.Kind = Item
	}
	w.text.Blocks = append(w.text.Blocks, block)
}

// has tells whether there is a value that is not empty.
func (v Values) has(name string) bool {
	switch value := v[name].(type) {
	case string:
		return Clean(value) != ""
	case []string:
		return len(cleanAll(value)) > 0
	case bool:
		return value
	}
	return false
}

func cleanAll(values []string) []string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		if s := Clean(v); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Clean makes a value fit for a line: what breaks lines becomes a space, control
// characters go, and so do the marks of direction where one is not closed, which
// would turn the rest of the line.
func Clean(s string) string {
	if plain(s) {
		return single(s)
	}
	open, balanced := []rune(nil), true
	for _, r := range s {
		switch {
		case opensDirection(r):
			open = append(open, r)
		case r == popEmbedding || r == popIsolate:
			isolate := len(open) > 0 && open[len(open)-1] >= leftIsolate
			if len(open) == 0 || isolate != (r == popIsolate) {
				balanced = false
				continue
			}
			open = open[:len(open)-1]
		}
	}
	balanced = balanced && len(open) == 0
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		switch {
		case r == '\u2028', r == '\u2029', r == '\u0085', r < ' ' && unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.IsControl(r), r == utf8.RuneError, r == '\ufffe', r == '\uffff':
		case !balanced && (opensDirection(r) || r == popEmbedding || r == popIsolate):
		default:
			b.WriteRune(r)
		}
	}
	return single(b.String())
}

// The marks that open and close a direction: embeddings and overrides, isolates.
const (
	leftEmbedding = '\u202a'
	popEmbedding  = '\u202c'
	rightOverride = '\u202e'
	leftIsolate   = '\u2066'
	firstIsolate  = '\u2068'
	popIsolate    = '\u2069'
)

func opensDirection(r rune) bool {
	return r >= leftEmbedding && r <= rightOverride && r != popEmbedding || r >= leftIsolate && r <= firstIsolate
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

// single makes one space of several, and leaves out those at the ends. Spaces that
// do not break are the writer's own.
func single(s string) string {
	s = strings.Trim(s, " \t")
	for strings.Contains(s, "  ") {
		s = strings.ReplaceAll(s, "  ", " ")
	}
	return s
}

// Isolate keeps a value of the other direction from being turned about by the text
// around it, and from turning that: an address or a number in Arabic, a name in Arabic
// in a text from left to right. It puts marks at its ends, which every program knows.
func Isolate(lang, s string) string {
	s = Clean(s)
	around := lang == "ar"
	rtl := around
	for _, r := range s {
		class, _ := bidi.LookupRune(r)
		switch class.Class() {
		case bidi.R, bidi.AL:
			rtl = true
		case bidi.L:
			rtl = false
		case bidi.EN:
			// "+43 1 26060" is read from left to right everywhere; what has letters goes by
			// the first of them.
			rtl = false
			continue
		default:
			continue
		}
		break
	}
	if rtl == around {
		return s
	}
	own, back := leftMark, rightMark
	if rtl {
		own, back = back, own
	}
	return own + s + own + back
}

const (
	leftMark  = "\u200e"
	rightMark = "\u200f"
)

// Plain is the text without markup: paragraphs are divided by an empty line, items
// stand below one another.
func (t Text) Plain() string {
	var b strings.Builder
	for i, block := range t.Blocks {
		if i > 0 {
			b.WriteByte('\n')
			if block.Kind != Item || t.Blocks[i-1].Kind != Item {
				b.WriteByte('\n')
			}
		}
		if block.Kind == Item {
			b.WriteString("- ")
		}
		b.WriteString(block.Text)
	}
	if len(t.Blocks) > 0 {
		b.WriteByte('\n')
	}
	return b.String()
}

// HTML is the text as HTML: paragraphs and lists. An address that is a paragraph is
// a link.
func (t Text) HTML() string {
	var b strings.Builder
	for i, block := range t.Blocks {
		if block.Kind == Paragraph {
			b.WriteString("<p>")
			if linkable(block.Text) {
				address := html.EscapeString(block.Text)
				b.WriteString(`<a href="` + address + `">` + address + "</a>")
			} else {
				b.WriteString(html.EscapeString(block.Text))
			}
			b.WriteString("</p>\n")
			continue
		}
		if i == 0 || t.Blocks[i-1].Kind != Item {
			b.WriteString("<ul>\n")
		}
		b.WriteString("<li>" + html.EscapeString(block.Text) + "</li>\n")
		if i == len(t.Blocks)-1 || t.Blocks[i+1].Kind != Item {
			b.WriteString("</ul>\n")
		}
	}
	return b.String()
}

// linkable tells whether a paragraph is an address of the web and nothing else.
func linkable(s string) bool {
	rest, ok := strings.CutPrefix(s, "https://")
	if !ok {
		rest, ok = strings.CutPrefix(s, "http://")
	}
	return ok && rest != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '"' || r == '<' || r == '>'
	})
}

// Error is everything that is wrong with a text.
type Error struct{ Problems []Problem }

// Problem is something wrong with a text.
type Problem struct {
	// Line is counted from 1.
	Line int
	Kind ProblemKind
	// Name is the placeholder that is not known, or what the text has where it
	// cannot be read.
	Name string
}

// ProblemKind is what is wrong.
type ProblemKind int

// What may be wrong.
const (
	// Syntax: what stands between braces, or the nesting of optional parts, cannot
	// be read.
	Syntax ProblemKind = iota + 1
	// Placeholder: there is no value of this name.
	Placeholder
	// Markup: the text has a character that only markup needs, or one that is not text.
	Markup
)

func (p Problem) String() string {
	at := "line " + strconv.Itoa(p.Line) + ": "
	switch p.Kind {
	case Placeholder:
		return at + "there is no placeholder " + p.Name
	case Markup:
		return at + p.Name + " is not allowed: a template is plain text"
	default:
		return at + p.Name + " cannot be read"
	}
}

func (e *Error) Error() string {
	parts := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		parts[i] = p.String()
	}
	return strings.Join(parts, "; ")
}
