package delegation

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/fault"
)

// person is a present person of a test: "id given family externalID role".
func person(id, given, family, external string, role placardv1.Participant_Role) Person {
	return Person{ID: id, Version: int64(len(id)), Said: Said{GivenName: given, FamilyName: family, ExternalID: external, Role: role}}
}

func ids(c Composition) string {
	var out []string
	for _, p := range c {
		if p.ID == "" {
			out = append(out, "new")
			continue
		}
		out = append(out, p.ID)
	}
	return strings.Join(out, " ")
}

func reasons(violations []fault.Violation) []string {
	var out []string
	for _, v := range violations {
		out = append(out, v.Field+" "+v.Reason)
	}
	return out
}

func TestMatch(t *testing.T) {
	const rep = placardv1.Participant_REPRESENTATIVE
	present := Composition{
		person("p1", "María", "Ejemplo", "A1", placardv1.Participant_HEAD),
		person("p2", "Jean", "d'Épreuve", "", rep),
		person("p3", "Jean", "D'EPREUVE", "", rep),
		person("p4", "", "مثال", "A4", rep),
		person("p5", "Ana", "Muestra", "", rep),
	}
	in := func(id, given, family, external string) Submitted {
		return Submitted{ID: id, Said: Said{GivenName: given, FamilyName: family, ExternalID: external}}
	}
	for _, c := range []struct {
		name      string
		submitted []Submitted
		want      string
		wantBad   []string
	}{
		{"by name of the participant, whatever else changed", []Submitted{in("p1", "Another", "Name", "Z9")}, "p1", nil},
		{"by external id, with a corrected spelling", []Submitted{in("", "Mary", "Muster", "A1")}, "p1", nil},
		{"by folded name", []Submitted{in("", "ANA", "muestra", "")}, "p5", nil},
		{"a folded name takes a new external id", []Submitted{in("", "Ana", "Muestra", "A5")}, "p5", nil},
		{"another external id is another person", []Submitted{in("", "María", "Ejemplo", "A9")}, "new", nil},
		{"without external id the name finds who has one", []Submitted{in("", "Maria", "Ejemplo", "")}, "p1", nil},
		{"unknown is new", []Submitted{in("", "Nobody", "Yet", "")}, "new", nil},
		{"two present with the name", []Submitted{in("", "Jean", "d'Epreuve", "")}, "new", []string{"participants[0].name AMBIGUOUS_MATCH"}},
		{"two submitted with the name", []Submitted{in("", "Ana", "Muestra", ""), in("", "ana", "muestra", "")}, "new new",
			[]string{"participants[0].name AMBIGUOUS_MATCH", "participants[1].name AMBIGUOUS_MATCH"}},
		{"two submitted, one by id: the other is new", []Submitted{in("p5", "Ana", "Muestra", ""), in("", "Ana", "Muestra", "")}, "p5 new", nil},
		{"a name of nobody here", []Submitted{in("p9", "X", "Y", "")}, "new", []string{"participants[0].name UNKNOWN_PARTICIPANT"}},
		{"the same participant twice", []Submitted{in("p1", "X", "Y", ""), in("p1", "X", "Z", "")}, "p1 new", []string{"participants[1].name DUPLICATE_PARTICIPANT"}},
		{"who is named first does not lose to an external id", []Submitted{in("", "X", "Y", "A1"), in("p1", "María", "Ejemplo", "")}, "new p1", nil},
		{"ids exchanged between two persons follow the ids", []Submitted{in("", "María", "Ejemplo", "A4"), in("", "", "مثال", "A1")}, "p4 p1", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, bad := Match(c.submitted, present, nil)
			if ids(got) != c.want {
				t.Errorf("matched %q, want %q", ids(got), c.want)
			}
			if diff := cmp.Diff(c.wantBad, reasons(bad)); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("an ambiguous match names the candidates", func(t *testing.T) {
		_, bad := Match([]Submitted{in("", "jean", "d'epreuve", "")}, present, nil)
		if len(bad) != 1 || !strings.Contains(bad[0].Message, "participants/p2") || !strings.Contains(bad[0].Message, "participants/p3") {
			t.Errorf("got %v", bad)
		}
	})
}

// TestMatchLeaving: who is leaving is taken back, unless somebody present is meant.
func TestMatchLeaving(t *testing.T) {
	const rep = placardv1.Participant_REPRESENTATIVE
	present := Composition{person("p1", "Ana", "Muestra", "A1", rep)}
	leaving := Composition{
		person("l1", "Ana", "Muestra", "", rep), person("l2", "Bo", "Prueba", "A1", rep),
		person("l3", "Cy", "Modelo", "", rep), person("l4", "Cy", "MODELO", "", rep),
	}
	for _, c := range []struct {
		name      string
		submitted Submitted
		want      string
		wantBad   []string
	}{
		{"by its name", Submitted{ID: "l1"}, "l1", nil},
		{"by the full name", Submitted{Said: Said{GivenName: "bo", FamilyName: "prueba"}}, "l2", nil},
		{"who is present goes before, by the full name", Submitted{Said: Said{GivenName: "Ana", FamilyName: "Muestra"}}, "p1", nil},
		{"who is present goes before, by external id", Submitted{Said: Said{ExternalID: "A1"}}, "p1", nil},
		{"two who are leaving", Submitted{Said: Said{GivenName: "Cy", FamilyName: "Modelo"}}, "new", []string{"participants[0].name AMBIGUOUS_MATCH"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, bad := Match([]Submitted{c.submitted}, present, leaving)
			if ids(got) != c.want {
				t.Errorf("matched %q, want %q", ids(got), c.want)
			}
			if diff := cmp.Diff(c.wantBad, reasons(bad)); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPlan is what becomes of a composition, on time and late, by the policy of the
// meeting.
func TestPlan(t *testing.T) {
	const rep = placardv1.Participant_REPRESENTATIVE
	const asLate, refuse, review = placardv1.Meeting_ACCEPT_AS_LATE, placardv1.Meeting_REFUSE, placardv1.Meeting_ACCEPT_AS_LATE_FOR_REVIEW
	onTime, late := time.Date(2010, 1, 15, 22, 59, 59, 0, time.UTC), time.Date(2010, 1, 15, 23, 0, 0, 0, time.UTC)
	deadline := late
	a, b, c := person("a", "Ana", "Muestra", "", placardv1.Participant_HEAD), person("b", "Bo", "Prueba", "", rep), person("c", "Cy", "Modelo", "", rep)
	with := func(p Person, change func(*Said)) Person { change(&p.Said); p.Version = 0; return p }
	phone := with(b, func(s *Said) { s.Phone = "1" })
	online := with(b, func(s *Said) { s.Modality = placardv1.Participant_ONLINE })
	spelled := with(a, func(s *Said) { s.FamilyName = "MUESTRA" })
	accepted := Composition{a, b}
	for _, x := range []struct {
		name     string
		policy   placardv1.Meeting_LatePolicy
		received time.Time
		// latest is nil where it is the accepted one; none says that there is neither.
		latest, wanted Composition
		none           bool
		closed         bool
		// want is the state, what is in force afterwards, L for late and W for
		// withheld, and who waits.
		want string
	}{
		// What the other policies do with what is late.
		{name: "a withdrawal is in force at once", policy: asLate, received: late, wanted: Composition{a}, want: "ACCEPTED [a] []"},
		{name: "a telephone number is in force at once", policy: asLate, received: late, wanted: Composition{a, phone}, want: "ACCEPTED [a b+] []"},
		{name: "REFUSE takes a withdrawal", policy: refuse, received: late, wanted: Composition{a}, want: "ACCEPTED [a] []"},
		{name: "an addition waits and is late", policy: asLate, received: late, wanted: Composition{a, b, c}, want: "SUBMITTED [a b] L [c]"},
		{name: "all is withdrawn at once", policy: asLate, received: late, wanted: Composition{}, want: "WITHDRAWN [] []"},
		// On time the third policy is as they are.
		{name: "on time, a withdrawal", policy: review, received: onTime, wanted: Composition{a}, want: "ACCEPTED [a] []"},
		{name: "on time, a telephone number", policy: review, received: onTime, wanted: Composition{a, phone}, want: "ACCEPTED [a b+] []"},
		{name: "on time, all withdrawn", policy: review, received: onTime, wanted: Composition{}, want: "WITHDRAWN [] []"},
		{name: "on time, an addition with a withdrawal", policy: review, received: onTime, wanted: Composition{a, c}, want: "SUBMITTED [a] [c]"},
		// Late, everything waits.
		{name: "an addition", policy: review, received: late, wanted: Composition{a, b, c}, want: "SUBMITTED [a b] LW [c]"},
		{name: "a withdrawal", policy: review, received: late, wanted: Composition{a}, want: "SUBMITTED [a b] LW [b]"},
		{name: "all withdrawn", policy: review, received: late, wanted: Composition{}, want: "SUBMITTED [a b] LW [a b]"},
		{name: "a telephone number", policy: review, received: late, wanted: Composition{a, phone}, want: "SUBMITTED [a b] LW [b]"},
		{name: "a spelling", policy: review, received: late, wanted: Composition{spelled, b}, want: "SUBMITTED [a b] LW [a]"},
		{name: "the protocol order", policy: review, received: late, wanted: Composition{b, a}, want: "SUBMITTED [a b] LW [b a]"},
		{name: "one in the place of another", policy: review, received: late, wanted: Composition{a, c}, want: "SUBMITTED [a b] LW [c b]"},
		{name: "CND 64: from the room to the screen", policy: review, received: late, wanted: Composition{a, online}, want: "SUBMITTED [a b] LW [b]"},
		{name: "after the closing, before the deadline", policy: review, received: onTime, closed: true, wanted: Composition{a}, want: "SUBMITTED [a b] LW [b]"},
		{name: "the first composition", policy: review, received: late, none: true, wanted: Composition{a}, want: "SUBMITTED [] LW [a]"},
		{name: "withdrawn before anything was accepted", policy: review, received: late, none: true, latest: Composition{a}, wanted: Composition{}, want: "SUBMITTED [] LW [a]"},
		{name: "a late change is taken back: nothing is left to review", policy: review, received: late, latest: Composition{a}, wanted: Composition{a, b}, want: "ACCEPTED [a b] []"},
		// What waited because it was late does not wait for being late once it is
		// sent again on time: the deadline was moved.
		{name: "after the deadline was moved", policy: review, received: onTime, latest: Composition{a}, wanted: Composition{spelled}, want: "ACCEPTED [a+] []"},
	} {
		t.Run(x.name, func(t *testing.T) {
			d := &dossier{
				intake: Intake{LatePolicy: x.policy, Deadline: &deadline},
				row:    &db.Delegation{State: "ACCEPTED", AcceptedRevision: 1, SubmitTime: onTime.Add(-time.Hour)},
				latest: accepted, accepted: accepted, acceptedReceived: onTime.Add(-time.Hour),
			}
			if x.closed {
				at := onTime.Add(-time.Minute)
				d.intake.Closed = &at
			}
			if x.none {
				d.row, d.latest, d.accepted, d.acceptedReceived = nil, nil, nil, time.Time{}
			}
			if x.latest != nil {
				d.latest = x.latest
				if x.none {
					d.row = &db.Delegation{State: "SUBMITTED", SubmitTime: onTime.Add(-time.Hour)}
				}
			}
			diff := Compare(d.latest, x.wanted)
			p := d.plan(x.wanted, diff, communication{received: x.received})
			if got := planned(d, p, diff); got != x.want {
				t.Errorf("planned %s, want %s", got, x.want)
			}
			if p.hasInForce == x.none && len(x.wanted) > 0 {
				t.Errorf("in force: %v", p.hasInForce)
			}
		})
	}
}

// planned shows a plan: "SUBMITTED [a b+] LW [c]", with a + for who is in force
// with other words than before.
func planned(d *dossier, p plan, diff []Difference) string {
	var inForce, waiting []string
	before := d.accepted.index()
	for _, person := range p.inForce {
		if person.Said != before[person.ID].Said {
			person.ID += "+"
		}
		inForce = append(inForce, person.ID)
	}
	for _, item := range diff {
		if item.Review {
			waiting = append(waiting, item.Person.ID)
		}
	}
	marks := map[bool]string{true: "L"}[p.late] + map[bool]string{true: "W"}[p.withheld]
	if marks != "" {
		marks += " "
	}
	return fmt.Sprintf("%s %v %s%v", p.state, inForce, marks, waiting)
}

func TestInForce(t *testing.T) {
	const rep, head = placardv1.Participant_REPRESENTATIVE, placardv1.Participant_HEAD
	a, b := person("a", "A", "A", "", head), person("b", "B", "B", "", rep)
	with := func(p Person, change func(*Said)) Person { change(&p.Said); return p }
	for _, c := range []struct {
		name             string
		accepted, wanted Composition
		want             Composition
	}{
		{"an addition waits", Composition{a}, Composition{a, b}, Composition{a}},
		{"a withdrawal does not", Composition{a, b}, Composition{a}, Composition{a}},
		{"a withdrawal with an addition", Composition{a}, Composition{b}, Composition{}},
		{"a phone number does not wait",
			Composition{a}, Composition{with(a, func(s *Said) { s.Phone = "1" })},
			Composition{with(a, func(s *Said) { s.Phone = "1" })}},
		{"a name waits, its phone number does not",
			Composition{a}, Composition{with(a, func(s *Said) { s.Phone, s.FamilyName = "1", "Z" })},
			Composition{with(a, func(s *Said) { s.Phone = "1" })}},
		{"an accent does not wait",
			Composition{with(a, func(s *Said) { s.FamilyName = "Müller" })}, Composition{with(a, func(s *Said) { s.FamilyName = "MULLER" })},
			Composition{with(a, func(s *Said) { s.FamilyName = "MULLER" })}},
		{"an accent does not wait for the role that comes with it",
			Composition{a}, Composition{with(a, func(s *Said) { s.GivenName, s.Role = "Á", rep })},
			Composition{with(a, func(s *Said) { s.GivenName = "Á" })}},
		{"a name goes as a whole: half of another one is not in force",
			Composition{a}, Composition{with(a, func(s *Said) { s.GivenName, s.FamilyName = "Á", "Z" })}, Composition{a}},
		{"a first Latin form waits", Composition{a}, Composition{with(a, func(s *Said) { s.LatinFamilyName = "A" })}, Composition{a}},
		{"a title in another spelling does not wait, one in other words does",
			Composition{with(a, func(s *Said) { s.Honorific, s.FunctionalTitle, s.Organization = "HE Ms", "Director", "Ministry" })},
			Composition{with(a, func(s *Said) {
				s.Honorific, s.FunctionalTitle, s.Organization = "H.E. Ms.", "Director-General", "MINISTRY"
			})},
			Composition{with(a, func(s *Said) { s.Honorific, s.FunctionalTitle, s.Organization = "H.E. Ms.", "Director", "MINISTRY" })}},
		{"a modality waits", Composition{a}, Composition{with(a, func(s *Said) { s.Modality = placardv1.Participant_ONLINE })}, Composition{a}},
		{"a spelling is one of the name that was reviewed",
			Composition{Person{ID: "a", Said: Said{GivenName: "Ma", FamilyName: "rin Ana"}, Reviewed: &Said{GivenName: "Marin", FamilyName: "Ana"}}},
			Composition{{ID: "a", Said: Said{GivenName: "rin Ana", FamilyName: "Ma"}}},
			Composition{{ID: "a", Said: Said{GivenName: "Ma", FamilyName: "rin Ana"}}}},
		{"roles that are exchanged wait",
			Composition{a, b}, Composition{with(a, func(s *Said) { s.Role = rep }), with(b, func(s *Said) { s.Role = head })},
			Composition{a, b}},
		{"the order does not wait", Composition{a, b}, Composition{b, a}, Composition{b, a}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := InForce(c.accepted, c.wanted)
			if !got.Equal(c.want) {
				t.Errorf("got %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestCompare(t *testing.T) {
	const rep = placardv1.Participant_REPRESENTATIVE
	a, b, c, d := person("a", "A", "A", "", rep), person("b", "B", "B", "", rep), person("c", "C", "C", "", rep), person("d", "D", "D", "", rep)
	changed := b
	changed.Email, changed.FamilyName = "b@example.org", "Bee"
	show := func(diff []Difference) []string {
		var out []string
		for _, x := range diff {
			out = append(out, fmt.Sprint(x.Kind, " ", x.Person.ID, " ", x.Fields, " ", x.Review))
		}
		return out
	}
	for _, x := range []struct {
		name          string
		before, after Composition
		want          []string
	}{
		{"nothing", Composition{a, b}, Composition{a, b}, nil},
		{"the first composition", nil, Composition{a}, []string{"ADDED a [] true"}},
		{"who stays does not move by an addition before", Composition{a, b}, Composition{c, a, b}, []string{"ADDED c [] true"}},
		{"who stays does not move by a withdrawal before", Composition{a, b, c}, Composition{b, c}, []string{"WITHDRAWN a [] false"}},
		{"a move", Composition{a, b}, Composition{b, a}, []string{"CHANGED b [order] false", "CHANGED a [order] false"}},
		{"all at once, in order", Composition{a, b, c}, Composition{d, changed, c},
			[]string{"ADDED d [] true", "CHANGED b [familyName email] true", "WITHDRAWN a [] false"}},
	} {
		t.Run(x.name, func(t *testing.T) {
			if diff := cmp.Diff(x.want, show(Compare(x.before, x.after))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	const rep, head = placardv1.Participant_REPRESENTATIVE, placardv1.Participant_HEAD
	got := Check(Composition{
		person("", "A", "A", "X", head),
		person("", "B", "B", "X", head),
		person("", " ", "", "", rep),
		person("", "D", "D", "X", head),
		person("", "E", "E", "", rep),
	})
	want := []string{
		"participants[1].role TOO_MANY_HEADS", "participants[1].external_id DUPLICATE_EXTERNAL_ID",
		"participants[2].family_name NAME_EMPTY",
		"participants[3].role TOO_MANY_HEADS", "participants[3].external_id DUPLICATE_EXTERNAL_ID",
	}
	if diff := cmp.Diff(want, reasons(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestSpelling(t *testing.T) {
	for _, c := range []struct {
		what       string
		a, b       [2]string
		same       bool
		inSameText bool
	}{
		{"case and accents", [2]string{"José", "NÚÑEZ"}, [2]string{"Jose", "Nunez"}, true, true},
		{"letters of Arabic", [2]string{"أحمد", "على"}, [2]string{"احمد", "علي"}, true, true},
		{"a hyphen", [2]string{"Jean-Pierre", "Muestra"}, [2]string{"Jean Pierre", "Muestra"}, true, true},
		{"no hyphen", [2]string{"Jean-Pierre", "Muestra"}, [2]string{"Jeanpierre", "Muestra"}, true, true},
		{"an apostrophe", [2]string{"Sean", "O’Sample"}, [2]string{"Sean", "OSample"}, true, true},
		{"full stops", [2]string{"J.R.", "Sample"}, [2]string{"J. R.", "Sample"}, true, true},
		{"spaces", [2]string{"Anna", "Van den Muster"}, [2]string{"Anna", "Vandenmuster"}, true, true},
		{"the parts exchanged", [2]string{"Li", "Example"}, [2]string{"Example", "Li"}, true, false},
		{"the parts exchanged, and a hyphen", [2]string{"Xiao-ming", "Li"}, [2]string{"Li", "Xiaoming"}, true, false},
		{"a name in one part", [2]string{"", "Juan Muestra López"}, [2]string{"Juan", "Muestra López"}, true, true},
		{"a middle name moved", [2]string{"Juan Muestra", "López"}, [2]string{"Juan", "López Muestra"}, true, false},
		{"another letter", [2]string{"Erika", "Meier"}, [2]string{"Erika", "Maier"}, false, false},
		{"a name more", [2]string{"Erika", "Muster"}, [2]string{"Erika Anna", "Muster"}, false, false},
		{"another person", [2]string{"Erika", "Muster"}, [2]string{"Max", "Muster"}, false, false},
		{"an anagram", [2]string{"Marin", "Ana"}, [2]string{"Maria", "Ann"}, false, false},
		{"letters that go round", [2]string{"Marin", "Ana"}, [2]string{"rinAna", "Ma"}, false, false},
		{"nothing", [2]string{}, [2]string{}, true, true},
		{"something where nothing was", [2]string{}, [2]string{"A", ""}, false, false},
		{"two names without a letter", [2]string{"-", ""}, [2]string{".", ""}, false, false},
	} {
		t.Run(c.what, func(t *testing.T) {
			if oneName(c.a[0], c.a[1], c.b[0], c.b[1]) != c.same || oneName(c.b[0], c.b[1], c.a[0], c.a[1]) != c.same {
				t.Errorf("%q and %q: one name %v, want %v", c.a, c.b, !c.same, c.same)
			}
			if a, b := strings.Join(c.a[:], " "), strings.Join(c.b[:], " "); oneText(a, b) != c.inSameText {
				t.Errorf("%q and %q: one text %v, want %v", a, b, !c.inSameText, c.inSameText)
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	const rep, head = placardv1.Participant_REPRESENTATIVE, placardv1.Participant_HEAD
	const headless, waits = placardv1.Delegation_HEAD_MISSING, placardv1.Delegation_LATE_WAITS_FOR_REVIEW
	for _, c := range []struct {
		name     string
		of       Composition
		withheld bool
		want     []placardv1.Delegation_Warning
	}{
		{"with a head", Composition{person("a", "A", "A", "", rep), person("b", "B", "B", "", head)}, false, nil},
		{"without one", Composition{person("a", "A", "A", "", rep)}, false, []placardv1.Delegation_Warning{headless}},
		{"withdrawn", nil, false, nil},
		{"without one, and late", Composition{person("a", "A", "A", "", rep)}, true, []placardv1.Delegation_Warning{headless, waits}},
		{"withdrawn late", nil, true, []placardv1.Delegation_Warning{waits}},
	} {
		if diff := cmp.Diff(c.want, Warnings(c.of, c.withheld)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestAlike(t *testing.T) {
	const ivan, latin = "иван петров", "ivan petrov"
	for _, c := range []struct {
		name    string
		key     string
		persons []Called
		want    [][]int
	}{
		{"one name and nothing else", latin, []Called{{latin, "", ""}, {latin, "", ""}}, nil},
		{"one e-mail address", latin, []Called{{latin, "", "I@Example.org"}, {latin, "", ""}, {latin, "", "i@example.org"}}, [][]int{{2, 0}}},
		{"other e-mail addresses", latin, []Called{{latin, "", "a@example.org"}, {latin, "", "b@example.org"}}, nil},
		{"one Latin form", ivan, []Called{{ivan, latin, ""}, {ivan, latin, ""}}, [][]int{{1, 0}}},
		{"other Latin forms", ivan, []Called{{ivan, latin, ""}, {ivan, "iwan petrow", ""}}, nil},
		{"other Latin forms and one e-mail address", ivan, []Called{{ivan, latin, "i@example.org"}, {ivan, "iwan petrow", "i@example.org"}}, [][]int{{1, 0}}},
		{"the Latin form of one is the name of the other", latin, []Called{{ivan, latin, ""}, {latin, "", ""}}, [][]int{{1, 0}}},
		{"two pairs", latin, []Called{{latin, "", "a@example.org"}, {latin, "", "b@example.org"}, {latin, "", "a@example.org"}, {latin, "", "b@example.org"}},
			[][]int{{2, 0}, {3, 1}}},
		{"one by one", ivan, []Called{{ivan, latin, "a@example.org"}, {ivan, "", "a@example.org"}, {ivan, latin, ""}}, [][]int{{2, 1, 0}}},
		{"two Latin forms of names that are not the same", latin, []Called{{ivan, latin, ""}, {"іван петров", latin, ""}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Alike(c.key, c.persons)
			if diff := cmp.Diff(sorted(c.want), sorted(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// sorted are groups in one order.
func sorted(groups [][]int) []string {
	var out []string
	for _, g := range groups {
		slices.Sort(g)
		out = append(out, fmt.Sprint(g))
	}
	slices.Sort(out)
	return out
}

func TestCheckWithdrawals(t *testing.T) {
	limit := func(n int32) *int32 { return &n }
	for _, c := range []struct {
		present, withdrawn int
		limit              *int32
		ok                 bool
	}{
		{0, 0, nil, true},
		{4, 2, nil, true},
		{4, 3, nil, false},
		{3, 2, nil, false},
		{1, 1, nil, false},
		{4, 3, limit(3), true},
		{4, 1, limit(0), false},
		{4, 0, limit(0), true},
	} {
		err := CheckWithdrawals(c.present, c.withdrawn, c.limit)
		if (err == nil) != c.ok {
			t.Errorf("%d of %d withdrawn: %v", c.withdrawn, c.present, err)
		}
	}
}

func TestIntake(t *testing.T) {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	// 15 January 2010 ends at 24:00 in Vienna: 23:00 UTC.
	deadline := time.Date(2010, 1, 16, 0, 0, 0, 0, vienna)
	closed := time.Date(2010, 1, 14, 12, 0, 0, 0, time.UTC)
	second := func(s string) time.Time {
		at, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, c := range []struct {
		name     string
		intake   Intake
		received time.Time
		late     bool
	}{
		{"no deadline", Intake{}, second("2030-01-01T00:00:00Z"), false},
		{"the last second of the day", Intake{Deadline: &deadline}, second("2010-01-15T22:59:59Z"), false},
		{"24:00", Intake{Deadline: &deadline}, second("2010-01-15T23:00:00Z"), true},
		{"closed before the deadline", Intake{Deadline: &deadline, Closed: &closed}, second("2010-01-14T12:00:00Z"), true},
		{"before the closing", Intake{Deadline: &deadline, Closed: &closed}, second("2010-01-14T11:59:59Z"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.intake.Late(c.received); got != c.late {
				t.Errorf("late = %v", got)
			}
		})
	}
	t.Run("states", func(t *testing.T) {
		for state, reason := range map[placardv1.Meeting_State]string{
			placardv1.Meeting_DRAFT: "MEETING_NOT_OPEN", placardv1.Meeting_ANNOUNCED: "MEETING_NOT_OPEN",
			placardv1.Meeting_OPEN: "", placardv1.Meeting_CLOSED: "", placardv1.Meeting_CONCLUDED: "MEETING_CONCLUDED",
		} {
			got := ""
			if f, ok := fault.As(Intake{State: state}.Takes()); ok {
				got = f.Reason
			}
			if got != reason {
				t.Errorf("%s: reason %q, want %q", state, got, reason)
			}
		}
	})
	t.Run("policy", func(t *testing.T) {
		late := second("2010-02-01T00:00:00Z")
		for policy, want := range map[placardv1.Meeting_LatePolicy]struct{ refuses, withholds bool }{
			placardv1.Meeting_ACCEPT_AS_LATE:            {},
			placardv1.Meeting_REFUSE:                    {refuses: true},
			placardv1.Meeting_ACCEPT_AS_LATE_FOR_REVIEW: {withholds: true},
		} {
			in := Intake{Deadline: &deadline, LatePolicy: policy}
			if err := in.TakesAttendance(late, vienna); (err != nil) != want.refuses {
				t.Errorf("%s: %v", policy, err)
			}
			if got := in.Withholds(late); got != want.withholds {
				t.Errorf("%s withholds: %v", policy, got)
			}
			if onTime := deadline.Add(-1); in.TakesAttendance(onTime, vienna) != nil || in.Withholds(onTime) {
				t.Errorf("%s: on time it is as any other", policy)
			}
		}
		f, _ := fault.As(Intake{Deadline: &deadline, LatePolicy: placardv1.Meeting_REFUSE}.TakesAttendance(late, vienna))
		want := map[string]string{"deadline": "2010-01-15T23:00:00Z", "venueTime": "2010-01-16T00:00:00+01:00", "timeZone": "Europe/Vienna"}
		if diff := cmp.Diff(want, f.Meta); diff != "" || !strings.Contains(f.Message, "15 January 2010, 24:00 (Europe/Vienna, UTC+1) = 23:00 UTC") {
			t.Errorf("says %q (-want +got):\n%s", f.Message, diff)
		}
	})
}

func TestReceived(t *testing.T) {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2010, 1, 16, 9, 0, 0, 0, time.UTC)
	deadline := time.Date(2010, 1, 16, 0, 0, 0, 0, vienna)
	in := Intake{Deadline: &deadline}
	for _, c := range []struct {
		day  string
		late bool
		bad  bool
	}{
		{"", true, false},
		{"2010-01-15", false, false},
		{"2010-01-16", true, false},
		{"2010-01-17", false, true},
	} {
		got, err := Received(c.day, vienna, now)
		if (err != nil) != c.bad {
			t.Errorf("%q: %v", c.day, err)
		}
		if err == nil && in.Late(got) != c.late {
			t.Errorf("%q: late = %v", c.day, !c.late)
		}
	}
}

func TestMove(t *testing.T) {
	c := Composition{{ID: "a"}, {ID: "b"}, {ID: "c"}}
	for _, x := range []struct {
		id    string
		order int
		want  string
	}{
		{"c", 1, "c a b"}, {"a", 2, "b a c"}, {"a", 9, "b c a"}, {"b", 2, "a b c"}, {"b", 0, "a b c"}, {"x", 1, "a b c"},
	} {
		if got := ids(Move(c, x.id, x.order)); got != x.want {
			t.Errorf("move %s to %d: %s, want %s", x.id, x.order, got, x.want)
		}
	}
	if ids(c) != "a b c" {
		t.Errorf("the composition itself changed: %s", ids(c))
	}
}
