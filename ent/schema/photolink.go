package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/un-placard/placard/ent/mixin"
)

// PhotoLink is the link by which a participant, whose id it has, sends a photograph.
// The token of the link stands nowhere: it is computed of the row and the secret of
// the installation.
type PhotoLink struct{ ent.Schema }

// Mixin of PhotoLink.
func (PhotoLink) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Owned{}, mixin.Times{}, mixin.Scoped{Narrow: narrowPhoto}}
}

// Fields of PhotoLink.
func (PhotoLink) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable().Comment("the last part of the participant's name"),
		field.Int("generation").Comment("from 1; the tokens of earlier ones do not work"),
		field.Time("expire_time"),
		field.String("address_key").Comment("the address folded that it was sent to: one that the participant has no more ends it"),
	}
}

// Edges of PhotoLink.
func (PhotoLink) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("meeting", Meeting.Type).Field("meeting_id").Unique().Required().Immutable(),
		edge.To("entity", Entity.Type).Field("entity_id").Unique().Required().Immutable(),
	}
}

// Indexes of PhotoLink.
func (PhotoLink) Indexes() []ent.Index {
	return []ent.Index{index.Fields("meeting_id", "entity_id", "id")}
}
