package delegation

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/ent/db/predicate"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/page"
	"github.com/un-placard/placard/internal/store"
)

// Called is what is compared of persons who may be one.
type Called struct {
	// Key and LatinKey are the folded names, LatinKey "" where no Latin form is
	// given.
	Key, LatinKey string
	// Email is the e-mail address as given, or "".
	Email string
}

// Alike parts those who are called `key`, in their own script or in Latin, into
// groups of who may be one person, by their indexes: the same e-mail address,
// or the same Latin form. A name that is the Latin form of another is one too.
// Whoever is like nobody is in no group.
func Alike(key string, persons []Called) [][]int {
	latin := slices.ContainsFunc(persons, func(p Called) bool { return p.LatinKey == key })
	var groups [][]int
	in := make([]int, len(persons)) // the group of each
	first := map[string]int{}       // who first had an address or a form
	for i, p := range persons {
		in[i] = len(groups)
		groups = append(groups, []int{i})
		if p.LatinKey == "" && latin {
			p.LatinKey = key
		}
		for what, value := range map[string]string{"e-mail": strings.ToLower(p.Email), "Latin form": p.LatinKey} {
			if value == "" {
				continue
			}
			j, seen := first[what+value]
			if !seen {
				first[what+value] = i
				continue
			}
			if from, to := in[i], in[j]; from != to {
				for _, k := range groups[from] {
					in[k] = to
				}
				groups[to], groups[from] = append(groups[to], groups[from]...), nil
			}
		}
	}
	return slices.DeleteFunc(groups, func(g []int) bool {
		return len(g) < 2 || !slices.ContainsFunc(g, func(i int) bool { return persons[i].Key == key })
	})
}

// alikeGroup are participants who may be one person.
type alikeGroup struct {
	// groupKey is where the group stands in the list.
	groupKey
	persons []*placardv1.Participant
}

// groupKey orders groups by their folded name and by the first of the persons.
type groupKey struct{ Key, First string }

func (k groupKey) compare(other groupKey) int {
	return cmp.Or(strings.Compare(k.Key, other.Key), strings.Compare(k.First, other.First))
}

// namesAtOnce is how many names that several have are looked through at once at
// the least: most are those of namesakes, and make no group.
const namesAtOnce = 500

// ListPossibleDuplicates answers a page of groups.
func (s *Service) ListPossibleDuplicates(ctx context.Context, req *placardv1.ListPossibleDuplicatesRequest) (*placardv1.ListPossibleDuplicatesResponse, error) {
	if err := store.SeesMeeting(ctx, s.store.Client(), req.GetParent()); err != nil {
		return nil, err
	}
	binding := []string{"ListPossibleDuplicates", req.GetParent()}
	var last groupKey
	if _, err := s.pages.Decode(ctx, req.GetPageToken(), &last, binding...); err != nil {
		return nil, err
	}
	size := page.Size(req.GetPageSize())
	limit := max(size+1, namesAtOnce)
	var found []alikeGroup
	// The name of the last group may have more of them.
	for from := sql.GTE; len(found) <= size; from = sql.GT {
		names, err := s.sharedNames(ctx, name.MeetingOf(req.GetParent()), from, cmp.Or(last.Key, " "), limit)
		if err != nil {
			return nil, err
		}
		groups, err := s.alike(ctx, name.MeetingOf(req.GetParent()), names)
		if err != nil {
			return nil, err
		}
		for _, g := range groups {
			if g.compare(last) > 0 {
				found = append(found, g)
			}
		}
		if len(names) < limit {
			break
		}
		last = groupKey{Key: names[limit-1].key}
	}
	out := &placardv1.ListPossibleDuplicatesResponse{}
	for _, g := range found[:min(size, len(found))] {
		out.Groups = append(out.Groups, &placardv1.ListPossibleDuplicatesResponse_Group{Participants: g.persons})
	}
	if len(found) <= size {
		return out, nil
	}
	var err error
	out.NextPageToken, err = s.pages.Encode(ctx, found[size-1].groupKey, binding...)
	return out, err
}

// sharedName is a folded name that several persons of a meeting have.
type sharedName struct {
	key string
	// latin says that it is the Latin form of one and the name of another.
	latin bool
}

// sharedNames reads the names from a key on that several have, in their order.
func (s *Service) sharedNames(ctx context.Context, meeting string, from func(string, any) *sql.Predicate, key string, limit int) ([]sharedName, error) {
	q := func(column string) *db.ParticipantVersionQuery {
		return s.latest(meeting).Where(func(sel *sql.Selector) { sel.Where(from(sel.C(column), key)) })
	}
	keys, err := q(participantversion.FieldSearchKey).Modify(func(sel *sql.Selector) {
		c := sel.C(participantversion.FieldSearchKey)
		sel.Select(c).GroupBy(c).Having(sql.GT(sql.Count("*"), 1)).OrderBy(c).Limit(limit)
	}).Strings(ctx)
	if err != nil {
		return nil, fmt.Errorf("read shared names: %w", err)
	}
	forms, err := q(participantversion.FieldLatinKey).Where(isNameOfAnother).Modify(func(sel *sql.Selector) {
		c := sel.C(participantversion.FieldLatinKey)
		sel.Select(c).GroupBy(c).OrderBy(c).Limit(limit)
	}).Strings(ctx)
	if err != nil {
		return nil, fmt.Errorf("read shared Latin forms: %w", err)
	}
	var out []sharedName
	for _, k := range keys {
		out = append(out, sharedName{key: k, latin: slices.Contains(forms, k)})
	}
	for _, k := range forms {
		if !slices.Contains(keys, k) {
			out = append(out, sharedName{key: k, latin: true})
		}
	}
	slices.SortFunc(out, func(a, b sharedName) int { return strings.Compare(a.key, b.key) })
	return out[:min(limit, len(out))], nil
}

// isNameOfAnother keeps the persons whose Latin form is the name of another.
func isNameOfAnother(sel *sql.Selector) {
	t := sql.Table(participantversion.Table).As("another")
	sel.Where(sql.Exists(sql.Select(t.C(participantversion.FieldID)).From(t).Where(sql.And(
		sql.ColumnsEQ(t.C(participantversion.FieldMeetingID), sel.C(participantversion.FieldMeetingID)),
		sql.ColumnsEQ(t.C(participantversion.FieldSearchKey), sel.C(participantversion.FieldLatinKey)),
		sql.ColumnsNEQ(t.C(participantversion.FieldParticipantID), sel.C(participantversion.FieldParticipantID)),
		sql.P(func(b *sql.Builder) { b.Ident(t.C(participantversion.FieldLatestOrder)).WriteString(" > 0") }), // a literal, as in placedIn
	))))
}

// alike reads who has some names, and parts them into groups.
func (s *Service) alike(ctx context.Context, meeting string, names []sharedName) ([]alikeGroup, error) {
	var keys, forms []string
	for _, n := range names {
		keys = append(keys, n.key)
		if n.latin {
			forms = append(forms, n.key)
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	called := []predicate.ParticipantVersion{participantversion.SearchKeyIn(keys...)}
	if len(forms) > 0 {
		called = append(called, participantversion.LatinKeyIn(forms...))
	}
	versions, err := s.latest(meeting).Where(participantversion.Or(called...)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read namesakes: %w", err)
	}
	slices.SortFunc(versions, func(a, b *db.ParticipantVersion) int {
		return cmp.Or(strings.Compare(a.EntityID, b.EntityID), strings.Compare(a.ParticipantID, b.ParticipantID))
	})
	by := map[string][]*db.ParticipantVersion{}
	for _, v := range versions {
		by[v.SearchKey] = append(by[v.SearchKey], v)
		if v.LatinKey != v.SearchKey {
			by[v.LatinKey] = append(by[v.LatinKey], v)
		}
	}
	var out []alikeGroup
	for _, key := range keys {
		var persons []Called
		for _, v := range by[key] {
			persons = append(persons, Called{Key: v.SearchKey, LatinKey: v.LatinKey, Email: v.Email})
		}
		for _, group := range Alike(key, persons) {
			slices.Sort(group)
			g := alikeGroup{groupKey: groupKey{Key: key}}
			for _, i := range group {
				g.persons = append(g.persons, participantFromVersion(by[key][i], placardv1.CompositionView_LATEST))
			}
			g.First = g.persons[0].GetName()
			out = append(out, g)
		}
	}
	slices.SortFunc(out, func(a, b alikeGroup) int { return a.compare(b.groupKey) })
	return out, nil
}

// latest are the persons of a meeting in their latest compositions.
func (s *Service) latest(meeting string) *db.ParticipantVersionQuery {
	return s.store.Client().ParticipantVersion.Query().
		Where(participantversion.MeetingID(meeting), placedIn(participantversion.FieldLatestOrder))
}
