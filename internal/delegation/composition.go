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
	name    string
	contact bool
	same    func(a, b Said) bool
}

var fields = []field{
	{"honorific", false, func(a, b Said) bool { return a.Honorific == b.Honorific }},
	{"givenName", false, func(a, b Said) bool { return a.GivenName == b.GivenName }},
	{"familyName", false, func(a, b Said) bool { return a.FamilyName == b.FamilyName }},
	{"latinGivenName", false, func(a, b Said) bool { return a.LatinGivenName == b.LatinGivenName }},
	{"latinFamilyName", false, func(a, b Said) bool { return a.LatinFamilyName == b.LatinFamilyName }},
	{"functionalTitle", false, func(a, b Said) bool { return a.FunctionalTitle == b.FunctionalTitle }},
	{"organization", false, func(a, b Said) bool { return a.Organization == b.Organization }},
	{"role", false, func(a, b Said) bool { return a.Role == b.Role }},
	{"modality", false, func(a, b Said) bool { return a.Modality == b.Modality }},
	{"email", true, func(a, b Said) bool { return a.Email == b.Email }},
	{"phone", true, func(a, b Said) bool { return a.Phone == b.Phone }},
	{"language", true, func(a, b Said) bool { return a.Language == b.Language }},
	{"externalId", true, func(a, b Said) bool { return a.ExternalID == b.ExternalID }},
}

// WithContact answers what is said, with the contact details of another.
func (s Said) WithContact(of Said) Said {
	s.Email, s.Phone, s.Language, s.ExternalID = of.Email, of.Phone, of.Language, of.ExternalID
	return s
}

// Attends tells whether two say the same of who attends, and how: all but the
// contact details.
func (s Said) Attends(other Said) bool { return s == other.WithContact(s) }

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
// `accepted` is in force: whoever is no longer wanted is gone, contact details
// and the order are as wanted, and all else is as it was accepted. What
// `wanted` has beyond it waits for review.
func InForce(accepted, wanted Composition) Composition {
	before := accepted.index()
	out := make(Composition, 0, len(accepted))
	for _, w := range wanted {
		p, ok := before[w.ID]
		if !ok {
			continue
		}
		if said := p.WithContact(w.Said); said != p.Said {
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
		d := Difference{Kind: placardv1.CompositionDifference_Item_CHANGED, Person: p}
		for _, f := range fields {
			if !f.same(old.Said, p.Said) {
				d.Fields = append(d.Fields, f.name)
				d.Review = d.Review || !f.contact
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
