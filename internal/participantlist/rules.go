package participantlist

import (
	"cmp"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/fault"
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
	entity string
	status placardv1.ParticipationStatus
	// names are the short name of the entity, name is that of them that is shown.
	names *placardv1.LocalizedText
	name  *placardv1.ShownText
	late  bool
	// revision is the id of the revision that is shown, and persons is how many
	// of it are on the list.
	revision int64
	persons  int
}

func (d delegation) size() int { return d.persons }

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

// sameList tells whether two outlines in one language show the same: the same
// revisions of the same delegations under the same names and statuses, and the
// same texts of the meeting.
func sameList(a, b outline) bool {
	if a.provisional != b.provisional || !proto.Equal(a.about, b.about) {
		return false
	}
	return slices.EqualFunc(slices.Collect(a.delegations()), slices.Collect(b.delegations()), func(a, b delegation) bool {
		return a.entity == b.entity && a.status == b.status && a.late == b.late && a.revision == b.revision &&
			proto.Equal(a.names, b.names)
	})
}

// fits refuses a list of more persons than the limit, and says what to do instead.
func fits(persons, limit int, instead string) error {
	if persons <= limit {
		return nil
	}
	return fault.Precondition("LIST_TOO_LARGE",
		fmt.Sprintf("%d persons are on the list, and this holds %d at the most: %s", persons, limit, instead),
		"persons", strconv.Itoa(persons), "limit", strconv.Itoa(limit))
}

// headFirst puts the head of a delegation before the others, who keep their
// order.
func headFirst(persons []*placardv1.ParticipantList_Person) []*placardv1.ParticipantList_Person {
	rank := func(p *placardv1.ParticipantList_Person) int {
		if p.GetRole() == placardv1.Participant_HEAD {
			return 0
		}
		return 1
	}
	return slices.SortedStableFunc(slices.Values(persons), func(a, b *placardv1.ParticipantList_Person) int {
		return cmp.Compare(rank(a), rank(b))
	})
}

// suffix is a suffix of a symbol: an addendum, a revision, a corrigendum.
var suffix = regexp.MustCompile(`/(Add|Rev|Corr)\.\d+`)

// kinds are what the suffixes of a symbol say that a document is, in their
// order: "INF/1/Rev.1/Add.2" is an addendum to a revision.
func kinds(symbol string) []string {
	var out []string
	for _, m := range suffix.FindAllStringSubmatch(symbol, -1) {
		out = append(out, m[1])
	}
	return out
}

// batches cuts delegations, which have so many persons each, into runs of about
// so many persons, each delegation whole.
func batches[T interface{ size() int }](delegations []T, persons int) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		begin, count := 0, 0
		for i, d := range delegations {
			if count += d.size(); count < persons && i < len(delegations)-1 {
				continue
			}
			if !yield(delegations[begin : i+1]) {
				return
			}
			begin, count = i+1, 0
		}
	}
}

// sentence says in a language that the entities of a status were represented.
func sentence(lang string, status placardv1.ParticipationStatus, names []string) string {
	a := attendances[lang]
	said := a.said[status]
	begin := said.many
	switch {
	case len(names) == 1 && said.one != "":
		begin = said.one
	case len(names) == 2 && said.two != "":
		begin = said.two
	}
	// A name that is an abbreviation brings its full stop along.
	return begin + a.colon + strings.TrimSuffix(enumerate(lang, names), ".") + a.stop
}

// enumerate lists names in a language: "A, B and C". Where a name has a comma in
// it, semicolons part them.
func enumerate(lang string, names []string) string {
	a := attendances[lang]
	comma := a.comma
	for _, n := range names {
		if strings.ContainsAny(n, ",،，") {
			comma = a.semicolon
		}
	}
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	and := a.and
	if lang == "es" && beginsWithI(names[last]) {
		and = " e "
	}
	return strings.Join(names[:last], comma) + and + names[last]
}

// beginsWithI tells whether a Spanish word begins with the vowel i, before which
// "y" becomes "e": Indonesia, Islandia, Hispania, but not hierro nor Yemen.
func beginsWithI(word string) bool {
	word = strings.TrimPrefix(strings.ToLower(word), "h")
	if strings.HasPrefix(word, "í") {
		return true
	}
	rest, ok := strings.CutPrefix(word, "i")
	next, _ := utf8.DecodeRuneInString(rest)
	return ok && !strings.ContainsRune("aeouáéóú", next)
}
