package participantlist

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

// on makes a list of persons of words such as "a", "b:title", "c*": b with a
// functional title, and c as the head.
func on(words string) []*placardv1.ParticipantList_Person {
	var out []*placardv1.ParticipantList_Person
	for _, word := range strings.Fields(words) {
		id, isHead := strings.CutSuffix(word, "*")
		id, title, _ := strings.Cut(id, ":")
		p := &placardv1.ParticipantList_Person{Participant: id, DisplayName: strings.ToUpper(id), FunctionalTitle: title}
		if isHead {
			p.Role = placardv1.Participant_HEAD
		}
		out = append(out, p)
	}
	return out
}

// said are changes in words: "+b after a", "+b at the end after a", "~c title
// after b", "-d".
func said(c changes) []string {
	behind := func(p *placardv1.ParticipantList_Person) string {
		if p == nil {
			return "first"
		}
		return "after " + p.GetParticipant()
	}
	var out []string
	for _, a := range c.added {
		end := ""
		if a.atEnd {
			end = " at the end"
		}
		out = append(out, fmt.Sprintf("+%s%s %s", a.person.GetParticipant(), end, behind(a.behind)))
	}
	for _, p := range c.corrected {
		if p.before.GetParticipant() != p.after.GetParticipant() {
			out = append(out, "another person")
		}
		out = append(out, fmt.Sprintf("~%s %s %s", p.after.GetParticipant(), strings.Join(p.fields, ","), behind(p.behind)))
	}
	for _, p := range c.removed {
		out = append(out, "-"+p.GetParticipant())
	}
	return out
}

func TestCompare(t *testing.T) {
	for _, test := range []struct {
		name, before, after string
		want                []string
	}{
		{"nothing", "a b c", "a b c", nil},
		{"nobody on either", "", "", nil},
		{"added at the end", "a b", "a b c d", []string{"+c at the end after b", "+d at the end after c"}},
		{"added in the middle", "a b", "a c b", []string{"+c after a"}},
		{"added at the beginning", "a b", "c a b", []string{"+c first"}},
		{"a new delegation", "", "a b", []string{"+a at the end first", "+b at the end after a"}},
		{"removed", "a b c", "a c", []string{"-b"}},
		{"a delegation that is gone", "a b", "", []string{"-a", "-b"}},
		{"corrected", "a b:adviser", "a b:expert", []string{"~b functionalTitle after a"}},
		{"a new head", "a* b", "a b*", []string{"~a role first", "~b role after a"}},
		{"replaced in place", "a b c", "a d c", []string{"+d after a", "-b"}},
		{"one who was put first", "a b c d", "d a b c", []string{"~d order first"}},
		{"one who was put last", "a b c d", "b c d a", []string{"~a order after d"}},
		{"one who was put elsewhere, and others between", "a b c d", "b x c a y d", []string{
			"+x after b", "+y after a", "~a order after c",
		}},
		{"moved and corrected", "a b c", "c:chief a b", []string{"~c functionalTitle,order first"}},
		{"those behind one who is gone have not moved", "a b c d", "b c d", []string{"-a"}},
		{"turned around", "a b c", "c b a", []string{"~b order after c", "~a order after b"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := compare(on(test.before), on(test.after))
			// Which of those in another order have moved is not said.
			if test.name == "turned around" {
				if got.persons() != 2 {
					t.Errorf("got %v", said(got))
				}
				return
			}
			if diff := cmp.Diff(test.want, said(got)); diff != "" {
				t.Error(diff)
			}
			if (got.persons() == 0) != (len(test.want) == 0) {
				t.Errorf("%d persons", got.persons())
			}
		})
	}
}

// Whoever does what is said, with the list of the base before him, has the later
// list before him.
func TestCompareIsEnough(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func() []*placardv1.ParticipantList_Person {
		letters := strings.Split("abcdefghij", "")
		random.Shuffle(len(letters), func(i, j int) { letters[i], letters[j] = letters[j], letters[i] })
		for i := range letters {
			if random.IntN(4) == 0 {
				letters[i] += ":title"
			}
		}
		return on(strings.Join(letters[:random.IntN(len(letters)+1)], " "))
	}
	for range 2000 {
		before, after := pick(), pick()
		got := compare(before, after)
		if diff := cmp.Diff(names(after), names(follow(before, got))); diff != "" {
			t.Fatalf("%v to %v by %v: %s", names(before), names(after), said(got), diff)
		}
	}
}

// names are persons with their titles.
func names(persons []*placardv1.ParticipantList_Person) string {
	var out []string
	for _, p := range persons {
		out = append(out, p.GetParticipant()+p.GetFunctionalTitle())
	}
	return strings.Join(out, " ")
}

// follow does what changes say.
func follow(list []*placardv1.ParticipantList_Person, c changes) []*placardv1.ParticipantList_Person {
	is := func(p *placardv1.ParticipantList_Person) func(*placardv1.ParticipantList_Person) bool {
		return func(o *placardv1.ParticipantList_Person) bool { return o.GetParticipant() == p.GetParticipant() }
	}
	out := slices.Clone(list)
	for _, p := range c.removed {
		out = slices.DeleteFunc(out, is(p))
	}
	type put struct {
		person, behind *placardv1.ParticipantList_Person
	}
	var puts []put
	for _, a := range c.added {
		puts = append(puts, put{a.person, a.behind})
	}
	for _, p := range c.corrected {
		if p.reworded() {
			out[slices.IndexFunc(out, is(p.before))] = p.after
		}
		if p.moved() {
			out = slices.DeleteFunc(out, is(p.before))
			puts = append(puts, put{p.after, p.behind})
		}
	}
	// Whoever stands behind one who has no place yet waits for that one.
	for len(puts) > 0 {
		p := puts[0]
		puts = puts[1:]
		at := -1
		if p.behind != nil {
			if at = slices.IndexFunc(out, is(p.behind)); at < 0 {
				puts = append(puts, p)
				continue
			}
		}
		out = slices.Insert(out, at+1, p.person)
	}
	return out
}

func TestLongestRise(t *testing.T) {
	for _, test := range []struct {
		numbers []int
		want    int
	}{
		{nil, 0}, {[]int{5}, 1}, {[]int{1, 2, 3}, 3}, {[]int{3, 2, 1}, 1}, {[]int{3, 0, 1, 2}, 3},
		{[]int{1, 2, 3, 0}, 3}, {[]int{0, 4, 1, 5, 2, 3}, 4},
	} {
		got := longestRise(test.numbers)
		last, count := -1, 0
		for _, n := range test.numbers {
			if got[n] {
				if n <= last {
					t.Errorf("%v: %d does not rise", test.numbers, n)
				}
				last, count = n, count+1
			}
		}
		if count != test.want || len(got) != test.want {
			t.Errorf("%v: %v, want %d", test.numbers, got, test.want)
		}
	}
}

func TestPairs(t *testing.T) {
	party, signatory := placardv1.ParticipationStatus_STATE_PARTY, placardv1.ParticipationStatus_SIGNATORY
	of := func(code, name string, status placardv1.ParticipationStatus, revision int64) delegation {
		return delegation{entity: code, name: &placardv1.ShownText{Text: name, Language: "en"}, status: status, revision: revision, persons: 2}
	}
	base := divide([]delegation{
		of("AUT", "Austria", party, 1), of("BEL", "Belgium", party, 2), of("CZE", "Czech Republic", party, 3),
		of("DEU", "Germany", signatory, 4), of("EGY", "Egypt", party, 5), of("PER", "Peru", party, 6),
	}, "en")
	later := divide([]delegation{
		of("AUT", "Austria", party, 1), of("CZE", "Czechia", party, 3), of("DEU", "Germany", party, 4),
		of("EGY", "Egypt", party, 7), of("FRA", "France", party, 8), of("PER", "Peru", party, 6),
	}, "en")
	var got []string
	for _, p := range pairs(base, later, "en") {
		got = append(got, fmt.Sprintf("%s both=%t renamed=%t transferred=%t %d persons",
			p.shown().entity, p.both(), p.renamed(), p.transferred(), p.size()))
	}
	want := []string{
		"BEL both=false renamed=false transferred=false 2 persons",
		"CZE both=true renamed=true transferred=false 4 persons",
		"EGY both=true renamed=false transferred=false 4 persons",
		"FRA both=false renamed=false transferred=false 2 persons",
		"DEU both=true renamed=false transferred=true 4 persons",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestPrinted(t *testing.T) {
	persons := on("a b* c")
	persons[0].Role, persons[2].Modality = placardv1.Participant_EXPERT, placardv1.Participant_ONLINE
	other := on("a b* c")
	other[0].Role, other[2].Modality = placardv1.Participant_ADVISER, placardv1.Participant_IN_PERSON
	if got := names(printed(persons)); got != "b a c" {
		t.Errorf("got %s", got)
	}
	if got := compare(printed(persons), printed(other)); got.persons() > 0 {
		t.Errorf("what is not printed differs: %v", said(got))
	}
	if got := said(compare(printed(on("a* b")), printed(on("a b*")))); !slices.Equal(got, []string{"~b role,order first", "~a role after b"}) &&
		!slices.Equal(got, []string{"~b role first", "~a role,order after b"}) {
		t.Errorf("another head: %v", got)
	}
	if persons[0].GetRole() != placardv1.Participant_EXPERT {
		t.Error("what was printed is no more what it was")
	}
}
