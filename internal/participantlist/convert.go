package participantlist

import (
	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
)

// fill puts an outline and its persons into a list.
func fill(list *placardv1.ParticipantList, e edition, o outline, persons map[string][]*db.ParticipantVersion) {
	headings := locale.Words(e.language).Statuses
	list.Title = o.title
	for _, p := range o.parts {
		shown := &placardv1.ParticipantList_Part{ParticipationStatus: p.status, Heading: headings[p.status]}
		for _, d := range p.delegations {
			row := delegationFromOutline(d, personsFromVersions(persons[d.entity]))
			shown.Delegations = append(shown.Delegations, row)
			list.DelegationCount++
			list.PersonCount += int32(len(row.Persons))
		}
		list.Parts = append(list.Parts, shown)
	}
}

func delegationFromOutline(d delegation, persons []*placardv1.ParticipantList_Person) *placardv1.ParticipantList_Delegation {
	return &placardv1.ParticipantList_Delegation{
		Entity: name.Entity(d.entity), EntityName: d.name, Late: &d.late, Persons: persons,
	}
}

func personsFromVersions(rows []*db.ParticipantVersion) []*placardv1.ParticipantList_Person {
	persons := make([]*placardv1.ParticipantList_Person, len(rows))
	for i, row := range rows {
		persons[i] = personFromVersion(row)
	}
	return persons
}

func personFromVersion(v *db.ParticipantVersion) *placardv1.ParticipantList_Person {
	return &placardv1.ParticipantList_Person{
		Participant:     name.Participant(v.MeetingID, v.EntityID, v.ParticipantID),
		Honorific:       v.Honorific,
		DisplayName:     locale.DisplayName(v.GivenName, v.FamilyName),
		LatinName:       locale.DisplayName(v.LatinGivenName, v.LatinFamilyName),
		FunctionalTitle: v.FunctionalTitle,
		Organization:    v.Organization,
		Role:            placardv1.Participant_Role(placardv1.Participant_Role_value[v.Role]),
		Modality:        placardv1.Participant_Modality(placardv1.Participant_Modality_value[v.Modality]),
	}
}
