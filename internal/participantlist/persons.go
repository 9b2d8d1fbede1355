package participantlist

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
)

// batchSize is about how many persons are in memory at once.
const batchSize = 1000

// The statements that read the persons of revisions, in protocol order. ent has
// no words for the members of a revision, which are a list within a row. SQLite
// takes the tables of a CROSS JOIN in the order in which they are written.
var (
	personsOfSQLite = personsOf(
		"CROSS JOIN json_each(r.members) AS m CROSS JOIN participant_versions AS v ON v.id = m.value",
		"IN (SELECT value FROM json_each($1))", "m.key")
	personsOfPostgres = personsOf(
		"CROSS JOIN LATERAL jsonb_array_elements_text(r.members) WITH ORDINALITY AS m (value, place)"+
			" JOIN participant_versions AS v ON v.id = m.value::bigint",
		"= ANY (CAST($1 AS bigint[]))", "m.place")
)

func personsOf(members, among, place string) string {
	return "SELECT r.id, v.participant_id, v.honorific, v.given_name, v.family_name, v.latin_given_name, v.latin_family_name," +
		" v.functional_title, v.organization, v.role, v.modality FROM revisions AS r " + members +
		" WHERE r.id " + among + " AND v.role NOT IN ('" + strings.Join(unlisted, "', '") + "') ORDER BY r.id, " + place
}

// readPersons answers the persons of delegations of an outline, each in protocol
// order. Contact details are not read.
//
// It reads past the scope of the caller, which would leave out of an edition
// whoever is not in force any more. What a revision says never changes, so it
// is enough that the outline, which names the revisions, was read in the scope.
func readPersons(
	ctx context.Context, s *store.Store, meeting string, of []delegation,
) ([][]*placardv1.ParticipantList_Person, error) {
	at := make(map[int64]int, len(of))
	revisions := make([]string, len(of))
	prefixes := make([]string, len(of))
	for i, d := range of {
		at[d.revision], revisions[i] = i, strconv.FormatInt(d.revision, 10)
		prefixes[i] = name.Participant(meeting, d.entity, "")
	}
	statement, among := personsOfSQLite, "["+strings.Join(revisions, ",")+"]"
	if s.Postgres() {
		statement, among = personsOfPostgres, "{"+strings.Join(revisions, ",")+"}"
	}
	persons := make([][]*placardv1.ParticipantList_Person, len(of))
	err := s.Visit(ctx, statement, []any{among}, func(scan func(...any) error) error {
		var revision int64
		var id, given, family, latinGiven, latinFamily, role, modality string
		p := &placardv1.ParticipantList_Person{}
		if err := scan(&revision, &id, &p.Honorific, &given, &family, &latinGiven, &latinFamily,
			&p.FunctionalTitle, &p.Organization, &role, &modality); err != nil {
			return err
		}
		i := at[revision]
		p.Participant = prefixes[i] + id
		p.DisplayName = locale.DisplayName(given, family)
		p.LatinName = locale.DisplayName(latinGiven, latinFamily)
		p.Role = placardv1.Participant_Role(placardv1.Participant_Role_value[role])
		p.Modality = placardv1.Participant_Modality(placardv1.Participant_Modality_value[modality])
		persons[i] = append(persons[i], p)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read persons: %w", err)
	}
	return persons, nil
}
