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

// Credentials are the credentials of an entity for a meeting. There is a row
// once something was received.
type Credentials struct{ ent.Schema }

// Mixin of Credentials.
func (Credentials) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Owned{}, mixin.Times{}, mixin.Revision{}, mixin.Scoped{Narrow: narrowOwned}}
}

// Fields of Credentials.
func (Credentials) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("state"),
		field.String("form"),
		field.String("receipt_date"),
		field.Bool("late").Comment("whether the day of receipt is after the day on which they are due"),
		field.String("signatory_name").Default(""),
		field.String("signatory_title").Default(""),
		field.String("signatory_capacity"),
		field.String("remarks").Default(""),
		field.Time("decide_time").Optional().Nillable(),
	}
}

// Edges of Credentials.
func (Credentials) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("meeting", Meeting.Type).Field("meeting_id").Unique().Required().Immutable(),
		edge.To("entity", Entity.Type).Field("entity_id").Unique().Required().Immutable(),
	}
}

// Indexes of Credentials.
func (Credentials) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("meeting_id", "entity_id").Unique(),
		index.Fields("entity_id", "meeting_id"),
		index.Fields("meeting_id", "update_time", "entity_id"),
		index.Fields("update_time", "meeting_id", "entity_id"),
	}
}

// narrowOwned narrows to the meetings and to the entity of the caller. It is for
// what belongs to whole delegations.
func narrowOwned(s scope.Scope, sel *sql.Selector) {
	mixin.InMeetings(s, sel, "meeting_id")
	mixin.OfEntity(s, sel)
	mixin.NotAlone(s, sel)
}
