package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/un-placard/placard/ent/mixin"
)

// Reading is that somebody read personal data. A row is never changed.
type Reading struct{ ent.Schema }

// Mixin of Reading.
func (Reading) Mixin() []ent.Mixin { return []ent.Mixin{mixin.Scoped{Narrow: narrowPrepared}} }

// Fields of Reading.
func (Reading) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable().Comment("in the order of time"),
		field.String("meeting_id").Immutable().Comment("`-` where it went over several"),
		field.String("entity_id").Immutable().Comment("`-` where it went over several, or is about none in particular"),
		field.String("kind").Immutable(),
		field.String("resource").Immutable(),
		field.String("principal").Immutable(),
		field.String("role").Immutable(),
		field.String("key").Immutable(),
		field.String("method").Immutable(),
		field.Time("create_time").Immutable(),
	}
}

// Indexes of Reading.
func (Reading) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("meeting_id", "id"),
		index.Fields("meeting_id", "entity_id", "id"),
		index.Fields("meeting_id", "principal", "id"),
		index.Fields("meeting_id", "kind", "id"),
		index.Fields("entity_id", "id"),
		index.Fields("principal", "id"),
		index.Fields("create_time", "id"),
	}
}
