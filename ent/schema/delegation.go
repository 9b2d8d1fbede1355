package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/un-placard/placard/ent/mixin"
	"github.com/un-placard/placard/ent/scope"
)

// Delegation is the delegation of an entity to a meeting. It shows its latest
// revision; the history is in Revision.
type Delegation struct{ ent.Schema }

// Mixin of Delegation.
func (Delegation) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Owned{}, mixin.Times{}, mixin.Revision{}, mixin.Scoped{Narrow: narrowDelegation}}
}

// Fields of Delegation.
func (Delegation) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("state"),
		field.Int32("latest_revision"),
		field.Int32("accepted_revision").Default(0),
		field.Int32("participant_count"),
		field.Bool("late"),
		field.Time("submit_time").Comment("when the last change of who attends was received"),
		field.Time("accept_time").Optional().Nillable(),
		field.Strings("return_reasons").Optional(),
		field.Strings("warnings").Optional(),
		field.String("note_reference").Default(""),
		field.String("note_date").Default(""),
		field.String("channel"),
		field.String("receipt_date").Default(""),
		field.String("focal_name").Default(""),
		field.String("focal_email").Default(""),
		field.String("focal_phone").Default(""),
	}
}

// Edges of Delegation.
func (Delegation) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("meeting", Meeting.Type).Field("meeting_id").Unique().Required().Immutable(),
		edge.To("entity", Entity.Type).Field("entity_id").Unique().Required().Immutable(),
		edge.From("revisions", Revision.Type).Ref("delegation"),
		edge.From("versions", ParticipantVersion.Type).Ref("delegation"),
	}
}

// Indexes of Delegation.
func (Delegation) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("meeting_id", "entity_id").Unique(),
		index.Fields("entity_id", "meeting_id"),
		// The orders and filters of the list, over all meetings.
		index.Fields("submit_time", "meeting_id", "entity_id"),
		index.Fields("update_time", "meeting_id", "entity_id"),
		index.Fields("state", "meeting_id", "entity_id"),
		index.Fields("channel", "meeting_id", "entity_id"),
		index.Fields("meeting_id", "entity_id").StorageKey("delegation_late").Annotations(entsql.IndexWhere("late")),
	}
}

func narrowDelegation(s scope.Scope, sel *sql.Selector) {
	mixin.InMeetings(s, sel, "meeting_id")
	mixin.OfEntity(s, sel)
	mixin.NotAlone(s, sel)
	if s.InForce {
		sel.Where(sql.GT(sel.C("accepted_revision"), 0))
	}
}
