package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
)

// Request remembers a write with a request id (AIP-155) for 24 hours: what it
// wrote, never what it answered.
type Request struct{ ent.Schema }

// Fields of Request.
func (Request) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("principal").Immutable(),
		field.String("method").Immutable(),
		field.String("request_id").Immutable(),
		field.Bytes("hash").Immutable().Comment("keyed hash of the request"),
		field.String("resource").Default(""),
		field.Int64("resource_revision").Default(0),
		field.Time("create_time").Immutable(),
	}
}

// Indexes of Request.
func (Request) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("principal", "method", "request_id").Unique(),
		index.Fields("create_time"),
	}
}
