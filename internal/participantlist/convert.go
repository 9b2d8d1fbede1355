package participantlist

import (
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/name"
)

func delegationFromOutline(d delegation, persons []*placardv1.ParticipantList_Person) *placardv1.ParticipantList_Delegation {
	return &placardv1.ParticipantList_Delegation{
		Entity: name.Entity(d.entity), EntityName: d.name, Late: &d.late, Persons: persons,
	}
}

func delegationFromDifference(d difference) *placardv1.ParticipantListDifference_Delegation {
	shown := d.shown()
	out := &placardv1.ParticipantListDifference_Delegation{
		Entity: name.Entity(shown.entity), EntityName: shown.name, ParticipationStatus: shown.status,
		Added: addedPersons(d.added), Removed: d.removed,
	}
	if d.renamed() {
		out.EntityNameBefore = d.before.name
	}
	if d.transferred() {
		out.ParticipationStatusBefore = d.before.status
	}
	for _, c := range d.corrected {
		out.Corrected = append(out.Corrected, &placardv1.ParticipantListDifference_Correction{
			Before: c.before, After: c.after, Fields: c.fields,
		})
	}
	return out
}

func editionFromRow(row *db.ListEdition, count listedCount) *placardv1.ParticipantListEdition {
	return &placardv1.ParticipantListEdition{
		Name:            name.Edition(row.MeetingID, row.Sequence),
		Sequence:        row.Sequence,
		Provisional:     row.Provisional,
		DelegationCount: count.Delegations,
		PersonCount:     count.People,
		SigningKey:      name.SigningKey(row.SigningKey),
		Author:          &row.Author,
		CreateTime:      timestamppb.New(row.CreateTime),
	}
}

// toText writes a message as a row keeps it.
func toText(m proto.Message) (string, error) {
	text, err := protojson.Marshal(m)
	return string(text), err
}

// fromText reads what toText has written. What another version of the contract
// had beyond this one is left out.
func fromText(text string, m proto.Message) error {
	return protojson.UnmarshalOptions{DiscardUnknown: true}.Unmarshal([]byte(text), m)
}
