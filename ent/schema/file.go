package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/un-placard/placard/ent/mixin"
)

// File is a file of a delegation. Its content lies outside of the database.
type File struct{ ent.Schema }

// Mixin of File.
func (File) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Owned{}, mixin.Times{}, mixin.Revision{}, mixin.Scoped{Narrow: narrowOwned}}
}

// Fields of File.
func (File) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable(),
		field.String("purpose").Immutable(),
		field.String("display_name").Immutable(),
		field.String("media_type").Immutable(),
		field.Int64("size_bytes").Immutable(),
		field.String("sha256").Immutable(),
		field.String("blob").Immutable().Comment("where its content lies"),
		field.String("author").Immutable(),
	}
}

// Edges of File.
func (File) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("meeting", Meeting.Type).Field("meeting_id").Unique().Required().Immutable(),
		edge.To("entity", Entity.Type).Field("entity_id").Unique().Required().Immutable(),
	}
}

// Indexes of File.
func (File) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("meeting_id", "entity_id", "id"),
		index.Fields("entity_id", "meeting_id", "id"),
		index.Fields("create_time", "id"),
		index.Fields("blob"),
	}
}
