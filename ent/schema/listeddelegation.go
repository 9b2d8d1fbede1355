package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/un-placard/placard/ent/mixin"
)

// ListedDelegation is a delegation on an edition of the list of participants.
type ListedDelegation struct{ ent.Schema }

// Mixin of ListedDelegation.
func (ListedDelegation) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Owned{}, mixin.Scoped{Narrow: narrowOwned}}
}

// Fields of ListedDelegation.
func (ListedDelegation) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("edition_id").Immutable(),
		field.String("participation_status").Immutable(),
		field.Text("short_name").Immutable().Comment("JSON of the contract's LocalizedText"),
		field.Bool("late").Immutable(),
		field.Int64("revision_id").Immutable().Comment("the revision that is shown"),
		field.Int32("persons").Immutable(),
	}
}

// Edges of ListedDelegation.
func (ListedDelegation) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("edition", ListEdition.Type).Field("edition_id").Unique().Required().Immutable(),
		edge.To("revision", Revision.Type).Field("revision_id").Unique().Required().Immutable(),
	}
}

// Indexes of ListedDelegation.
func (ListedDelegation) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("edition_id", "entity_id").Unique(),
		index.Fields("revision_id"),
	}
}
