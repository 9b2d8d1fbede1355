package prose

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDepth is how deep optional parts may stand in one another.
const maxDepth = 16

// maxShown is how much of what cannot be read a problem repeats, in characters.
const maxShown = 40

var (
	action  = regexp.MustCompile(`^[ \t]*(?:(if)[ \t]+)?([a-z][a-z0-9_]*)[ \t]*$`)
	subject = regexp.MustCompile(`^(?:[ \t]*\n)*[ \t]*Subject:`)
)

// Parse reads a text whose placeholders are among those that are known. Its error is
// an *Error with everything that is wrong.
func Parse(text string, known []string) (*Template, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	p := parser{known: known, line: 1, template: &Template{}}
	p.open = []*part{{nodes: &p.template.nodes}}
	if at := subject.FindStringIndex(text); at != nil {
		p.template.subject = true
		p.line += strings.Count(text[:at[1]], "\n")
		text = text[at[1]:]
	}
	p.parse(text)
	if len(p.problems) > 0 {
		slices.SortStableFunc(p.problems, func(a, b Problem) int { return a.Line - b.Line })
		return nil, &Error{p.problems}
	}
	return p.template, nil
}

type parser struct {
	known    []string
	line     int
	template *Template
	// open are the optional parts that are not ended, the innermost last. The first
	// is the whole text.
	open     []*part
	problems []Problem
}

// part is where nodes are added: the whole text, or a side of an optional part.
type part struct {
	nodes *[]node
	line  int
	shown string
	node  *node // the optional node that becomes complete with {{end}}
	other bool  // its {{else}} was there
}

func (p *parser) parse(text string) {
	for text != "" {
		at := strings.Index(text, "{{")
		if at < 0 {
			p.text(text)
			break
		}
		p.text(text[:at])
		rest := text[at+2:]
		end := strings.Index(rest, "}}")
		if next := strings.IndexAny(rest, "{\n"); end < 0 || next >= 0 && next < end {
			// It is not closed in this line: what follows is read as text.
			line, _, _ := strings.Cut(text[at:], "\n")
			p.problem(Syntax, line)
			text = rest
			continue
		}
		p.action(rest[:end])
		text = rest[end+2:]
	}
	for _, open := range p.open[1:] {
		p.problems = append(p.problems, Problem{open.line, Syntax, open.shown})
	}
}

func (p *parser) text(s string) {
	if s == "" {
		return
	}
	p.add(node{text: s})
	for i, line := range strings.Split(s, "\n") {
		if i > 0 {
			p.line++
		}
		seen := ""
		for _, r := range line {
			if markup(r) && !strings.ContainsRune(seen, r) {
				seen += string(r)
				p.problem(Markup, printable(r))
			}
		}
		if strings.Contains(line, "}}") {
			p.problem(Syntax, "}}")
		}
	}
}

// markup tells whether a character has no place in plain text.
func markup(r rune) bool {
	return r == '<' || r == '>' || unicode.IsControl(r) && r != '\t' || r == utf8.RuneError ||
		r == '\u2028' || r == '\u2029' || r == '\ufffe' || r == '\uffff'
}

func printable(r rune) string {
	if r == '<' || r == '>' {
		return string(r)
	}
	return strings.Trim(strconv.QuoteRuneToASCII(r), "'")
}

func (p *parser) action(s string) {
	shown := "{{" + s + "}}"
	match := action.FindStringSubmatch(s)
	last := p.open[len(p.open)-1]
	switch {
	case match == nil:
		p.problem(Syntax, shown)
	case match[1] == "if":
		p.name(match[2], shown)
		if len(p.open) > maxDepth {
			p.problem(Syntax, shown)
		}
		n := &node{name: match[2], optional: true}
		p.open = append(p.open, &part{nodes: &n.then, line: p.line, shown: shown, node: n})
	case match[2] == "else":
		if last.node == nil || last.other {
			p.problem(Syntax, shown)
			return
		}
		last.nodes, last.other = &last.node.otherwise, true
	case match[2] == "end":
		if last.node == nil {
			p.problem(Syntax, shown)
			return
		}
		p.open = p.open[:len(p.open)-1]
		p.add(*last.node)
	case match[2] == "if":
		p.problem(Syntax, shown)
	default:
		p.name(match[2], shown)
		p.add(node{name: match[2]})
	}
}

func (p *parser) name(name, shown string) {
	switch {
	case name == "if" || name == "else" || name == "end":
		p.problem(Syntax, shown)
	case !slices.Contains(p.known, name):
		p.problem(Placeholder, "{{"+name+"}}")
	case !slices.Contains(p.template.names, name):
		p.template.names = append(p.template.names, name)
	}
}

func (p *parser) add(n node) {
	last := p.open[len(p.open)-1]
	*last.nodes = append(*last.nodes, n)
}

func (p *parser) problem(kind ProblemKind, name string) {
	if utf8.RuneCountInString(name) > maxShown {
		name = string([]rune(name)[:maxShown]) + "…"
	}
	problem := Problem{p.line, kind, name}
	if !slices.Contains(p.problems, problem) {
		p.problems = append(p.problems, problem)
	}
}
