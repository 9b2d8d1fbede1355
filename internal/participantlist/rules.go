package participantlist

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
)

// unlisted are the roles of passes without a seat.
var unlisted = []string{
	placardv1.Participant_INTERPRETER.String(),
	placardv1.Participant_SECURITY.String(),
	placardv1.Participant_TECHNICAL.String(),
}

// delegation is one delegation on the list, without its persons.
type delegation struct {
	entity  string
	status  placardv1.ParticipationStatus
	name    *placardv1.ShownText
	late    bool
	persons int
}

// part is the delegations of one participation status.
type part struct {
	status      placardv1.ParticipationStatus
	delegations []delegation
}

// divide puts delegations into parts in the order of their status, and within
// a part into the alphabetical order of a language.
func divide(delegations []delegation, language string) []part {
	order := locale.Order(language)
	sorted := slices.SortedFunc(slices.Values(delegations), func(a, b delegation) int {
		return cmp.Or(
			cmp.Compare(a.status, b.status),
			order(a.name.GetText(), b.name.GetText()),
			cmp.Compare(a.entity, b.entity),
		)
	})
	var parts []part
	for _, d := range sorted {
		if len(parts) == 0 || parts[len(parts)-1].status != d.status {
			parts = append(parts, part{status: d.status})
		}
		last := &parts[len(parts)-1]
		last.delegations = append(last.delegations, d)
	}
	return parts
}

// batches cuts delegations into runs of about so many persons, each delegation
// whole.
func batches(delegations []delegation, persons int) [][]string {
	var out [][]string
	var run []string
	count := 0
	for _, d := range delegations {
		run = append(run, d.entity)
		if count += d.persons; count >= persons {
			out, run, count = append(out, run), nil, 0
		}
	}
	if len(run) > 0 {
		out = append(out, run)
	}
	return out
}

// plainCell makes a cell plain text for a spreadsheet, which would take one
// that begins with these, or does so behind white space, for a formula (OWASP,
// CSV Injection).
func plainCell(text string) string {
	if first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(text, unicode.IsSpace)); strings.ContainsRune("=+-@＝＋－＠", first) ||
		strings.HasPrefix(text, "\t") || strings.HasPrefix(text, "\r") {
		return "'" + text
	}
	return text
}
