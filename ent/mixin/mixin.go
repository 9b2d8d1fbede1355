// Package mixin holds what several tables have in common.
package mixin

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	entmixin "entgo.io/ent/schema/mixin"
)

// Times records when a row was made and last changed. The store's clock gives
// both: UTC, to the microsecond, so that both engines keep the same value.
type Times struct{ entmixin.Schema }

// Fields of the mixin.
func (Times) Fields() []ent.Field {
	return []ent.Field{
		field.Time("create_time").Immutable(),
		field.Time("update_time"),
	}
}

// Revision counts the changes of a row, from 1. The etag is made from it.
type Revision struct{ entmixin.Schema }

// Fields of the mixin.
func (Revision) Fields() []ent.Field {
	return []ent.Field{field.Int64("revision").Default(1)}
}

// Owned places a row in a meeting and with an entity, both by the last part of
// their names. The scope of the caller is checked by them.
type Owned struct{ entmixin.Schema }

// Fields of the mixin.
func (Owned) Fields() []ent.Field {
	return []ent.Field{
		field.String("meeting_id").Immutable(),
		field.String("entity_id").Immutable(),
	}
}
