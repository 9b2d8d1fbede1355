package delegation

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/locale"
)

// Problem is what is wrong with a cell, a row or a file.
type Problem = placardv1.ImportDelegationResponse_Problem

// EntityColumn is the column that says in a file of many delegations whose a
// person is.
const EntityColumn = "entity"

// importFields are the fields that a column may stand for, in the order of a
// template.
func importFields() []string {
	return []string{
		"honorific", "given_name", "family_name", "role", "functional_title", "organization", "modality",
		"latin_given_name", "latin_family_name", "email", "phone", "language", "external_id", "name",
	}
}

// lexicon is what words in a file stand for, folded: in the names of the
// contract and in the words of the official languages.
type lexicon struct {
	columns    map[string]string
	roles      map[string]placardv1.Participant_Role
	modalities map[string]placardv1.Participant_Modality
	languages  map[string]string
}

func newLexicon(many bool) *lexicon {
	l := &lexicon{
		columns: map[string]string{}, roles: map[string]placardv1.Participant_Role{},
		modalities: map[string]placardv1.Participant_Modality{}, languages: map[string]string{},
	}
	fields := importFields()
	if many {
		fields = append(fields, EntityColumn)
		for _, lang := range locale.Languages() {
			l.columns[locale.SearchKey(locale.Heading(lang, "entity_code"))] = EntityColumn
		}
	}
	for _, f := range fields {
		l.columns[locale.SearchKey(f)] = f
		l.columns[locale.SearchKey(strings.ReplaceAll(f, "_", ""))] = f // camelCase, folded
		for _, lang := range locale.Languages() {
			l.columns[locale.SearchKey(locale.Heading(lang, f))] = f
		}
		for _, h := range locale.OtherHeadings(f) {
			l.columns[locale.SearchKey(h)] = f
		}
	}
	for value, name := range placardv1.Participant_Role_name {
		if value != 0 {
			l.roles[locale.SearchKey(name)] = placardv1.Participant_Role(value)
		}
	}
	for value, name := range placardv1.Participant_Modality_name {
		if value != 0 {
			l.modalities[locale.SearchKey(name)] = placardv1.Participant_Modality(value)
		}
	}
	for _, lang := range locale.Languages() {
		words := locale.Words(lang)
		l.languages[lang] = lang
		for value, word := range words.Roles {
			for _, w := range locale.Readings(word) {
				l.roles[locale.SearchKey(w)] = value
			}
		}
		for value, word := range words.Modalities {
			l.modalities[locale.SearchKey(word)] = value
		}
		for code, word := range words.Languages {
			l.languages[locale.SearchKey(word)] = code
		}
	}
	return l
}

// halfNames are headings that stand for a part of the name where the other part
// has a column of its own, and for the whole name otherwise.
var halfNames = map[string]struct{ field, beside string }{
	"nom":    {"family_name", "given_name"}, // Nom, Prénom
	"nombre": {"given_name", "family_name"}, // Nombre, Apellidos
}

// header is what the columns of a file stand for.
type header struct {
	// headings are as the file has them; fields has "" for a column that is not
	// known.
	headings, fields []string
	unknown          []string
}

// headerOf finds out what the columns of a file stand for. A file of many
// delegations has to say whose each person is.
func (l *lexicon) headerOf(headings []string, many bool) (header, []*Problem) {
	h := header{headings: headings, fields: make([]string, len(headings))}
	for i, heading := range headings {
		h.fields[i] = l.columns[locale.SearchKey(heading)]
	}
	for i, heading := range headings {
		half, ok := halfNames[locale.SearchKey(heading)]
		if ok && slices.Contains(h.fields, half.beside) && !slices.Contains(h.fields, half.field) {
			h.fields[i] = half.field
		}
	}
	var problems []*Problem
	for i, heading := range headings {
		field := h.fields[i]
		first := slices.Index(h.fields, field)
		switch {
		case field == "" && heading != "":
			h.unknown = append(h.unknown, heading)
		case field != "" && first < i:
			problems = append(problems, &Problem{Column: heading, Field: field, Reason: "IMPORT_COLUMN_TWICE",
				Message: fmt.Sprintf("column %d (%s) and column %d (%s) both stand for %s: leave one out",
					first+1, quote(headings[first]), i+1, quote(heading), field)})
		}
	}
	missing := func(field, message string) {
		problems = append(problems, &Problem{Field: field, Reason: "IMPORT_COLUMN_MISSING", Message: message})
	}
	if !slices.Contains(h.fields, "family_name") && !slices.Contains(h.fields, "given_name") {
		missing("family_name", "there is no column for names: name one family_name, and one given_name")
	}
	if !slices.Contains(h.fields, "role") {
		missing("role", "there is no column for the role in the delegation: name one role")
	}
	if many && !slices.Contains(h.fields, EntityColumn) {
		missing(EntityColumn, "there is no column that says whose each person is: name one entity")
	}
	return h, problems
}

// heading is that of the column for a field, "" where there is none.
func (h header) heading(field string) string {
	if i := slices.Index(h.fields, field); i >= 0 && field != "" {
		return h.headings[i]
	}
	return ""
}

// personOf reads a row. What it cannot read it leaves out of the person and
// tells.
func (l *lexicon) personOf(h header, line int32, cells []string) *placardv1.ImportDelegationResponse_Row {
	out := &placardv1.ImportDelegationResponse_Row{Line: line, Participant: &placardv1.Participant{}}
	p := out.GetParticipant().ProtoReflect()
	for i, field := range h.fields {
		cell := cells[i]
		if cell == "" || field == "" || field == EntityColumn {
			continue
		}
		wrong := func(message string) {
			out.Problems = append(out.Problems, &Problem{Column: h.headings[i], Field: field, Reason: "IMPORT_VALUE",
				Message: quote(cell) + " " + message})
		}
		switch field {
		case "role":
			if out.Participant.Role = l.roles[locale.SearchKey(cell)]; out.GetParticipant().GetRole() == 0 {
				wrong("is no role: write one of " + values(out.GetParticipant().GetRole().Descriptor()) + ", or its name in an official language")
			}
		case "modality":
			if out.Participant.Modality = l.modalities[locale.SearchKey(cell)]; out.GetParticipant().GetModality() == 0 {
				wrong("is no modality: write one of " + values(out.GetParticipant().GetModality().Descriptor()) + ", or its name in an official language")
			}
		case "language":
			if out.Participant.Language = l.languages[locale.SearchKey(cell)]; out.GetParticipant().GetLanguage() == "" {
				wrong("is no official language: write one of " + strings.Join(locale.Languages(), ", ") + ", or its name in one of them")
			}
		case "name":
			if !strings.HasPrefix(cell, "meetings/") {
				wrong("is not the name of a participant, meetings/…/participants/…: names of persons stand in given_name and family_name")
				continue
			}
			out.Participant.Name = cell
		default:
			f := p.Descriptor().Fields().ByName(protoreflect.Name(field))
			p.Set(f, protoreflect.ValueOfString(cell))
		}
	}
	return out
}

// values lists the values of an enumeration.
func values(e protoreflect.EnumDescriptor) string {
	var names []string
	for i := 1; i < e.Values().Len(); i++ {
		names = append(names, string(e.Values().Get(i).Name()))
	}
	return strings.Join(names, ", ")
}

// quote shows a text of the file in a message, which is not to be long.
func quote(text string) string {
	const most = 60
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return strconv.Quote(text)
}

// contentFault tells of a refusal whether it is about what a file says, and not
// about where it is sent.
func contentFault(f *fault.Error) bool {
	return slices.Contains([]string{"QUOTA_EXCEEDED", "TOO_MANY_WITHDRAWALS", "DEADLINE_PASSED"}, f.Reason)
}

var (
	personField  = regexp.MustCompile(`^participants\[(\d+)\]\.?(.*)$`)
	personInText = regexp.MustCompile(`participants\[(\d+)\]`)
)

// noteViolation notes a violation of a composition where it stands in the file.
// `of` are the rows that became persons.
func noteViolation(out *placardv1.ImportDelegationResponse, h header, of []*placardv1.ImportDelegationResponse_Row, v fault.Violation) {
	problem := &Problem{Field: v.Field, Reason: v.Reason, Message: inLines(of, v.Message)}
	m := personField.FindStringSubmatch(v.Field)
	if m == nil {
		if problem.Field == "participants" {
			problem.Field = ""
		}
		out.Problems = append(out.Problems, problem)
		return
	}
	i, _ := strconv.Atoi(m[1]) // digits
	problem.Field = m[2]
	addProblem(of[i], h, problem)
}

// inLines names persons in a message by their lines.
func inLines(of []*placardv1.ImportDelegationResponse_Row, message string) string {
	return personInText.ReplaceAllStringFunc(message, func(person string) string {
		i, err := strconv.Atoi(personInText.FindStringSubmatch(person)[1])
		if err != nil || i >= len(of) {
			return person
		}
		return fmt.Sprintf("line %d", of[i].GetLine())
	})
}

// addProblem adds a problem to a row, unless something was said of its field.
func addProblem(row *placardv1.ImportDelegationResponse_Row, h header, p *Problem) {
	if !slices.ContainsFunc(row.GetProblems(), func(q *Problem) bool { return q.GetField() == p.GetField() }) {
		p.Column = h.heading(p.GetField())
		row.Problems = append(row.Problems, p)
	}
}

// violationsIn are the problems of a file as violations of the request:
// `rows[7].email`, by the number of the line, and `rows` of the file as a whole.
func violationsIn(out *placardv1.ImportDelegationResponse) []fault.Violation {
	var all []fault.Violation
	for _, p := range out.GetProblems() {
		all = append(all, violationAt(0, p))
	}
	for _, row := range out.GetRows() {
		for _, p := range row.GetProblems() {
			all = append(all, violationAt(row.GetLine(), p))
		}
	}
	return all
}

// violationAt is a problem in a line, 0 for the file as a whole, as a violation.
func violationAt(line int32, p *Problem) fault.Violation {
	v := fault.Violation{Field: "rows", Reason: p.GetReason(), Message: p.GetMessage()}
	switch {
	case line > 0 && p.GetField() != "":
		v.Field = fmt.Sprintf("rows[%d].%s", line, p.GetField())
	case line > 0:
		v.Field = fmt.Sprintf("rows[%d]", line)
	case p.GetField() == "etag", p.GetField() == "receipt_date":
		v.Field = p.GetField() // of the request itself
	}
	return v
}

// sayings are the values of a person as a table has them, in a language.
func sayings(p *placardv1.Participant, lang string) map[string]string {
	words := locale.Words(lang)
	out := map[string]string{
		"role": words.Roles[p.GetRole()], "modality": words.Modalities[p.GetModality()], "language": words.Languages[p.GetLanguage()],
	}
	r := proto.Message(p).ProtoReflect()
	for _, f := range importFields() {
		if d := r.Descriptor().Fields().ByName(protoreflect.Name(f)); out[f] == "" && d.Kind() == protoreflect.StringKind && f != "language" {
			out[f] = r.Get(d).String()
		}
	}
	return out
}
