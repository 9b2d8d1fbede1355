package participantlist

import (
	"slices"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

// orderField is the field in which a person differs whom others were put before
// or behind.
const orderField = "order"

// difference is what became of one delegation from one list to another.
type difference struct {
	pair
	changes
}

// pair is a delegation as it stands on two lists, without its persons.
type pair struct {
	// before and after are nil where the delegation is not on the list.
	before, after *delegation
}

// shown is the delegation as the later list has it, and where it is not on that,
// as the base does.
func (p pair) shown() delegation {
	if p.after != nil {
		return *p.after
	}
	return *p.before
}

// both tells whether the delegation is on both lists.
func (p pair) both() bool { return p.before != nil && p.after != nil }

// renamed tells whether both lists have the delegation under different names.
func (p pair) renamed() bool {
	return p.both() && p.before.name.GetText() != p.after.name.GetText()
}

// transferred tells whether both lists have the delegation in different parts.
func (p pair) transferred() bool { return p.both() && p.before.status != p.after.status }

// settled tells whether nothing differs, as can be said without the persons: a
// revision never changes.
func (p pair) settled() bool {
	return p.both() && p.before.revision == p.after.revision && !p.renamed() && !p.transferred()
}

// size is how many persons have to be read to compare the delegation.
func (p pair) size() int {
	n := 0
	for _, d := range []*delegation{p.before, p.after} {
		if d != nil {
			n += d.persons
		}
	}
	return n
}

// pairs answers the delegations of two lists that have to be compared, in the
// order of the list in a language. One that is no longer on the later list stands
// where it stood.
func pairs(base, later []part, language string) []pair {
	byEntity := map[string]pair{}
	for _, p := range base {
		for _, d := range p.delegations {
			byEntity[d.entity] = pair{before: &d}
		}
	}
	for _, p := range later {
		for _, d := range p.delegations {
			byEntity[d.entity] = pair{before: byEntity[d.entity].before, after: &d}
		}
	}
	var shown []delegation
	for _, p := range byEntity {
		if !p.settled() {
			shown = append(shown, p.shown())
		}
	}
	var out []pair
	for _, p := range divide(shown, language) {
		for _, d := range p.delegations {
			out = append(out, byEntity[d.entity])
		}
	}
	return out
}

// nothing tells whether the delegation is the same on both lists.
func (d difference) nothing() bool {
	return d.both() && !d.renamed() && !d.transferred() && d.persons() == 0
}

// changes are what became of the persons of one delegation.
type changes struct {
	added     []addition
	corrected []correction
	removed   []*placardv1.ParticipantList_Person
}

// addition is a person on the later list only.
type addition struct {
	person *placardv1.ParticipantList_Person
	// behind is who stands directly before the person on the later list, nil for
	// the first one.
	behind *placardv1.ParticipantList_Person
	// atEnd says that nobody of the base stands behind the person.
	atEnd bool
}

// correction is a person on both lists, differently.
type correction struct {
	before, after *placardv1.ParticipantList_Person
	// fields are those that differ, as JSON names them.
	fields []string
	// behind is as in an addition.
	behind *placardv1.ParticipantList_Person
}

// moved tells whether the person was put before or behind others.
func (c correction) moved() bool { return slices.Contains(c.fields, orderField) }

// reworded tells whether what is said of the person differs.
func (c correction) reworded() bool { return len(c.fields) > 1 || !c.moved() }

// compare compares the persons of a delegation on two lists, in their orders.
// Persons are the same where their participant is. As few as possible are said
// to have moved: one who is put before all others has, and nobody else.
func compare(before, after []*placardv1.ParticipantList_Person) changes {
	stood := make(map[string]int, len(before))
	for i, p := range before {
		stood[p.GetParticipant()] = i
	}
	// Where those on both lists stood, in the order of the later list.
	var places []int
	lastOfBoth := -1
	for i, p := range after {
		if place, ok := stood[p.GetParticipant()]; ok {
			places, lastOfBoth = append(places, place), i
		}
	}
	stayed := longestRise(places)
	var out changes
	var behind *placardv1.ParticipantList_Person
	for i, p := range after {
		place, ok := stood[p.GetParticipant()]
		if !ok {
			out.added = append(out.added, addition{person: p, behind: behind, atEnd: i > lastOfBoth})
		} else {
			delete(stood, p.GetParticipant())
			fields := differing(before[place], p)
			if !stayed[place] {
				fields = append(fields, orderField)
			}
			if len(fields) > 0 {
				out.corrected = append(out.corrected, correction{before: before[place], after: p, fields: fields, behind: behind})
			}
		}
		behind = p
	}
	for _, p := range before {
		if _, left := stood[p.GetParticipant()]; left {
			out.removed = append(out.removed, p)
		}
	}
	return out
}

// persons is how many persons differ.
func (c changes) persons() int { return len(c.added) + len(c.corrected) + len(c.removed) }

// differing answers the fields in which two words about a person differ.
func differing(a, b *placardv1.ParticipantList_Person) []string {
	var out []string
	all := a.ProtoReflect().Descriptor().Fields()
	for i := range all.Len() {
		field := all.Get(i)
		if !a.ProtoReflect().Get(field).Equal(b.ProtoReflect().Get(field)) {
			out = append(out, field.JSONName())
		}
	}
	return out
}

// longestRise answers the members of a longest rising subsequence of different
// numbers (by patience sorting).
func longestRise(numbers []int) map[int]bool {
	// tops are, for each length, the place of the least number that ends a rise of
	// that length; under is the place of the number before each in its rise.
	var tops []int
	under := make([]int, len(numbers))
	for i, n := range numbers {
		at, _ := slices.BinarySearchFunc(tops, n, func(top, n int) int { return numbers[top] - n })
		under[i] = -1
		if at > 0 {
			under[i] = tops[at-1]
		}
		if at == len(tops) {
			tops = append(tops, i)
		} else {
			tops[at] = i
		}
	}
	out := make(map[int]bool, len(tops))
	if len(tops) == 0 {
		return out
	}
	for i := tops[len(tops)-1]; i >= 0; i = under[i] {
		out[numbers[i]] = true
	}
	return out
}

// view is a way to show the persons of a delegation.
type view func([]*placardv1.ParticipantList_Person) []*placardv1.ParticipantList_Person

// asTheyAre shows persons as they are.
func asTheyAre(persons []*placardv1.ParticipantList_Person) []*placardv1.ParticipantList_Person {
	return persons
}

// printed are persons as the document shows them: the head first, and of their
// functions only whose is the head's.
func printed(persons []*placardv1.ParticipantList_Person) []*placardv1.ParticipantList_Person {
	out := make([]*placardv1.ParticipantList_Person, len(persons))
	for i, p := range headFirst(persons) {
		out[i] = &placardv1.ParticipantList_Person{
			Participant: p.GetParticipant(), Honorific: p.GetHonorific(), DisplayName: p.GetDisplayName(),
			LatinName: p.GetLatinName(), FunctionalTitle: p.GetFunctionalTitle(), Organization: p.GetOrganization(),
		}
		if p.GetRole() == placardv1.Participant_HEAD {
			out[i].Role = placardv1.Participant_HEAD
		}
	}
	return out
}
