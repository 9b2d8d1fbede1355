package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/un-placard/placard/ent/mixin"
	"github.com/un-placard/placard/ent/scope"
)

// ParticipantName is a word that a participant was ever named with, folded: what
// a search by the beginnings of words finds. A search reads the names that hold
// from the versions, so that rows are only ever added.
type ParticipantName struct{ ent.Schema }

// Mixin of ParticipantName.
func (ParticipantName) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Owned{}, mixin.Scoped{Narrow: narrowParticipantName}}
}

// Fields of ParticipantName.
func (ParticipantName) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("word").Immutable(),
		field.String("participant_id").Immutable(),
	}
}

// Indexes of ParticipantName. A search reads nothing but the index.
func (ParticipantName) Indexes() []ent.Index {
	return []ent.Index{index.Fields("word", "meeting_id", "entity_id", "participant_id").Unique()}
}

func narrowParticipantName(s scope.Scope, sel *sql.Selector) {
	mixin.InMeetings(s, sel, "meeting_id")
	mixin.OfEntity(s, sel)
	mixin.OfParticipant(s, sel, "participant_id")
}
