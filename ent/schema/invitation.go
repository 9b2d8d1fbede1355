package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/un-placard/placard/ent/mixin"
	"github.com/un-placard/placard/ent/scope"
)

// Invitation is the invitation of an entity to a meeting.
type Invitation struct{ ent.Schema }

// Mixin of Invitation.
func (Invitation) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Owned{}, mixin.Times{}, mixin.Revision{}, mixin.Scoped{Narrow: narrowInvitation}}
}

// Fields of Invitation.
func (Invitation) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("participation_status"),
		field.String("language"),
		field.String("reference").Default(""),
		field.String("channel"),
		field.String("addressee").Default(""),
		field.Strings("emails").Optional(),
		field.String("state"),
		field.Time("issue_time").Optional().Nillable(),
		field.Time("response_time").Optional().Nillable(),
		field.Text("entity_names").Default("").Comment("the names of the entity as the meeting was concluded, as the register had them; empty before"),
	}
}

// Edges of Invitation.
func (Invitation) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("meeting", Meeting.Type).Field("meeting_id").Unique().Required().Immutable(),
		edge.To("entity", Entity.Type).Field("entity_id").Unique().Required().Immutable(),
	}
}

// Indexes of Invitation.
func (Invitation) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("meeting_id", "entity_id").Unique(),
		index.Fields("entity_id", "meeting_id"),
		// The orders and filters of the list, over all meetings.
		index.Fields("update_time", "meeting_id", "entity_id"),
		index.Fields("state", "meeting_id", "entity_id"),
		index.Fields("participation_status", "meeting_id", "entity_id"),
		index.Fields("language", "meeting_id", "entity_id"),
	}
}

func narrowInvitation(s scope.Scope, sel *sql.Selector) {
	mixin.InMeetings(s, sel, "meeting_id")
	mixin.OfEntity(s, sel)
	mixin.NotAlone(s, sel)
	if !s.Drafts {
		sel.Where(sql.NEQ(sel.C("state"), "DRAFT"))
	}
}
