package delegation

import (
	"slices"
	"time"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
)

// Said is what a composition says of one person, exactly as given.
type Said struct {
	Honorific       string
	GivenName       string
	FamilyName      string
	LatinGivenName  string
	LatinFamilyName string
	FunctionalTitle string
	Organization    string
	Role            placardv1.Participant_Role
	Modality        placardv1.Participant_Modality
	// The contact details, which are corrected without review.
	Email      string
	Phone      string
	Language   string
	ExternalID string
}

// field is one field of Said, by its name in the contract.
type field struct {
	name string
	// contact says that it is a contact detail.
	contact bool
	same    func(a, b Said) bool
	// slight tells whether a change of it is in force at once: a correction of
	// spelling or of a contact detail. nil: never.
	slight func(before, after Said) bool
	// take takes the field over; nil where slight is.
	take func(to *Said, from Said)
}

var fields = []field{
	text("honorific", func(s *Said) *string { return &s.Honorific }),
	named("givenName", func(s *Said) *string { return &s.GivenName }, Said.oneName),
	named("familyName", func(s *Said) *string { return &s.FamilyName }, Said.oneName),
	named("latinGivenName", func(s *Said) *string { return &s.LatinGivenName }, Said.oneLatinName),
	named("latinFamilyName", func(s *Said) *string { return &s.LatinFamilyName }, Said.oneLatinName),
	text("functionalTitle", func(s *Said) *string { return &s.FunctionalTitle }),
	text("organization", func(s *Said) *string { return &s.Organization }),
	{name: "role", same: func(a, b Said) bool { return a.Role == b.Role }},
	{name: "modality", same: func(a, b Said) bool { return a.Modality == b.Modality }},
	contact("email", func(s *Said) *string { return &s.Email }),
	contact("phone", func(s *Said) *string { return &s.Phone }),
	contact("language", func(s *Said) *string { return &s.Language }),
	contact("externalId", func(s *Said) *string { return &s.ExternalID }),
}

// named is a part of a name: it is corrected where the whole name is the same.
func named(name string, of func(*Said) *string, slight func(a, b Said) bool) field {
	return field{
		name:   name,
		same:   func(a, b Said) bool { return *of(&a) == *of(&b) },
		slight: slight,
		take:   func(to *Said, from Said) { *of(to) = *of(&from) },
	}
}

// text is a field in other words than names.
func text(name string, of func(*Said) *string) field {
	return named(name, of, func(a, b Said) bool { return oneText(*of(&a), *of(&b)) })
}

func contact(name string, of func(*Said) *string) field {
	f := named(name, of, func(Said, Said) bool { return true })
	f.contact = true
	return f
}

// Corrected is what is said of a person in force once `wanted` is written:
// contact details as wanted, and names, titles and organizations where they
// are only spelled otherwise than as they were reviewed.
func (s Said) Corrected(wanted, reviewed Said) Said {
	for _, f := range fields {
		if f.slight != nil && f.slight(reviewed, wanted) {
			f.take(&s, wanted)
		}
	}
	return s
}

func (s Said) oneName(other Said) bool {
	return oneName(s.GivenName, s.FamilyName, other.GivenName, other.FamilyName)
}

func (s Said) oneLatinName(other Said) bool {
	return oneName(s.LatinGivenName, s.LatinFamilyName, other.LatinGivenName, other.LatinFamilyName)
}

// respelled tells whether another writes the name, or its Latin form, in another
// way and it is the same.
func (s Said) respelled(other Said) bool {
	return (s.GivenName != other.GivenName || s.FamilyName != other.FamilyName) && s.oneName(other) ||
		(s.LatinGivenName != other.LatinGivenName || s.LatinFamilyName != other.LatinFamilyName) && s.oneLatinName(other)
}

// DisplayName of the person.
func (s Said) DisplayName() string { return locale.DisplayName(s.GivenName, s.FamilyName) }

// Person is one person in a composition.
type Person struct {
	Said
	// ID is the last part of the participant's name. It stays the same from
	// one composition to the next.
	ID string
	// Version is the row that says this, 0 where none does yet.
	Version int64
	// Created is when the person was first submitted.
	Created time.Time
	// Replaces is the ID of the person in whose place this one was put, if any.
	Replaces string
	// Reviewed is what was said when the person was last accepted by review,
	// where the spelling was corrected since; nil: what is said now.
	Reviewed *Said
}

// reviewed is what corrections of spelling are compared with, so that a name
// does not become another one in small steps.
func (p Person) reviewed() Said {
	if p.Reviewed != nil {
		return *p.Reviewed
	}
	return p.Said
}

// drifts tells whether a corrected spelling of the name in force is none of the
// name that was reviewed.
func (p Person) drifts(wanted Said) bool {
	was := p.reviewed()
	return p.oneName(wanted) && !was.oneName(wanted) || p.oneLatinName(wanted) && !was.oneLatinName(wanted)
}

// Composition is a delegation's persons in protocol order.
type Composition []Person

// Find answers where a person stands, or -1.
func (c Composition) Find(id string) int {
	return slices.IndexFunc(c, func(p Person) bool { return p.ID == id })
}

// Equal tells whether two compositions say the same, in the same order.
func (c Composition) Equal(other Composition) bool {
	return slices.EqualFunc(c, other, func(a, b Person) bool { return a.ID == b.ID && a.Said == b.Said })
}

// index finds persons by id.
func (c Composition) index() map[string]Person {
	m := make(map[string]Person, len(c))
	for _, p := range c {
		m[p.ID] = p
	}
	return m
}

// InForce is what is in force at once when `wanted` is written while
// `accepted` is in force: whoever is no longer wanted is gone, contact details,
// spellings and the order are as wanted, and all else is as it was accepted.
// What `wanted` has beyond it waits for review.
func InForce(accepted, wanted Composition) Composition {
	before := accepted.index()
	out := make(Composition, 0, len(accepted))
	for _, w := range wanted {
		p, ok := before[w.ID]
		if !ok {
			continue
		}
		if said := p.Corrected(w.Said, p.reviewed()); said != p.Said {
			p.Said, p.Version = said, 0
		}
		out = append(out, p)
	}
	return out
}

// Kind is the kind of a difference.
type Kind = placardv1.CompositionDifference_Item_Kind

// Difference is what happened to one person between two compositions.
type Difference struct {
	Kind   Kind
	Person Person
	// Fields that changed, by their JSON names.
	Fields []string
	// Review says that it waits for review where something is accepted.
	Review bool
	// onlyContact says that somebody's contact details or place changed, and
	// nothing else.
	onlyContact bool
}

// Compare answers what differs: added and changed persons in the order of
// `after`, then the withdrawn in the order of `before`. A person who only
// moved is changed in `order`.
func Compare(before, after Composition) []Difference {
	was, is := before.index(), after.index()
	// Who stays keeps a place among those who stay; only a change of that is a move.
	var stayed []string
	for _, p := range before {
		if _, ok := is[p.ID]; ok {
			stayed = append(stayed, p.ID)
		}
	}
	var out []Difference
	place := 0
	for _, p := range after {
		old, ok := was[p.ID]
		if !ok {
			out = append(out, Difference{Kind: placardv1.CompositionDifference_Item_ADDED, Person: p, Review: true})
			continue
		}
		d := Difference{Kind: placardv1.CompositionDifference_Item_CHANGED, Person: p, onlyContact: true}
		for _, f := range fields {
			if !f.same(old.Said, p.Said) {
				d.Fields = append(d.Fields, f.name)
				d.Review = d.Review || f.slight == nil || !f.slight(old.Said, p.Said)
				d.onlyContact = d.onlyContact && f.contact
			}
		}
		if stayed[place] != p.ID {
			d.Fields = append(d.Fields, "order")
		}
		place++
		if len(d.Fields) > 0 {
			out = append(out, d)
		}
	}
	for _, p := range before {
		if _, ok := is[p.ID]; !ok {
			out = append(out, Difference{Kind: placardv1.CompositionDifference_Item_WITHDRAWN, Person: p})
		}
	}
	return out
}
