package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
)

// ChangeCounter is the one row whose value is the last sequence number. A
// transaction raises it as its last act, so the numbers have no gaps and stand
// in the order of commit.
type ChangeCounter struct{ ent.Schema }

// Fields of ChangeCounter.
func (ChangeCounter) Fields() []ent.Field {
	return []ent.Field{field.Int64("id").Immutable(), field.Int64("value")}
}
