package delegation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql"

	"github.com/un-placard/placard/ent/db/participantname"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/internal/filter"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/store"
)

// nameKey is the key by which a name is searched, compared and sorted: its words
// as they are shown and, where a script writes the parts as one word, the parts
// as well.
func nameKey(given, family string) string {
	shown := locale.DisplayName(given, family)
	key := locale.SearchKey(shown)
	if shown == family+given && given != "" && family != "" {
		key = locale.SearchKey(shown, family, given)
	}
	if len(key) > maxKey {
		key = strings.ToValidUTF8(key[:maxKey], "") // without the half of a letter
	}
	return key
}

// maxKey is how long the key of a name is at the most, in bytes: it stands in
// page tokens, which have 2,000, and in indexes, where PostgreSQL takes 2,700.
// Folded, a letter may have as many as 33 of them.
const maxKey = 1000

// search is the condition that a name has, for each word, a word that begins
// with it. Among the persons of one entity it looks at all; among more it takes
// those of whom a name ever had the longest of the words, and looks at these.
func (a area) search(s *sql.Selector, words []string) *sql.Predicate {
	named := filter.WordsIn(participantversion.FieldSearchKey, participantversion.FieldLatinKey)(s, words)
	if a.entity != "" {
		return named
	}
	n := sql.Table(participantname.Table)
	first := filter.Longest(words)
	found := sql.Select(n.C(participantname.FieldMeetingID), n.C(participantname.FieldEntityID), n.C(participantname.FieldParticipantID)).
		From(n).Where(sql.And(
		sql.GTE(n.C(participantname.FieldWord), first),
		sql.LT(n.C(participantname.FieldWord), first+"\U0010FFFF"),
	))
	if a.meeting != "" {
		found.Where(sql.EQ(n.C(participantname.FieldMeetingID), a.meeting))
	}
	candidate := sql.P(func(b *sql.Builder) {
		b.Wrap(func(b *sql.Builder) {
			b.IdentComma(s.C(participantversion.FieldMeetingID), s.C(participantversion.FieldEntityID),
				s.C(participantversion.FieldParticipantID))
		}).WriteString(" IN ").Wrap(func(b *sql.Builder) { b.Join(found) })
	})
	// As in placedIn, for the index by which a candidate is found.
	return sql.And(candidate, sql.ExprP(s.C(a.placed)+" > 0"), named)
}

// nameWord is a word that a participant is named with.
type nameWord struct{ word, participant string }

// nameWords are the words in the keys of a name.
func nameWords(participant, search, latin string) []nameWord {
	words := strings.Fields(search + " " + latin)
	slices.Sort(words)
	var out []nameWord
	for _, word := range slices.Compact(words) {
		out = append(out, nameWord{word, participant})
	}
	return out
}

// putNames keeps the words of those who are new or have another name, for
// searches. Rows are only added; what a person is named now, the versions say.
func (d *dossier) putNames(ctx context.Context, tx *store.Tx, names []nameWord) error {
	// In the order of their index, which is quicker.
	slices.SortStableFunc(names, func(a, b nameWord) int { return strings.Compare(a.word, b.word) })
	rows := store.Rows{Table: participantname.Table, Once: true, Columns: []string{
		participantname.FieldWord, participantname.FieldMeetingID, participantname.FieldEntityID, participantname.FieldParticipantID,
	}}
	for _, n := range names {
		rows.Values = append(rows.Values, []any{n.word, d.row.MeetingID, d.row.EntityID, n.participant})
	}
	if _, err := tx.Insert(ctx, rows); err != nil {
		return fmt.Errorf("write names: %w", err)
	}
	return nil
}

// namedAs tells whether a person is named exactly as another.
func (p Person) namedAs(q Person) bool {
	return p.GivenName == q.GivenName && p.FamilyName == q.FamilyName &&
		p.LatinGivenName == q.LatinGivenName && p.LatinFamilyName == q.LatinFamilyName
}
