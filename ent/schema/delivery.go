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

// Delivery is one message to one recipient. Its text is made when it is sent.
type Delivery struct{ ent.Schema }

// Mixin of Delivery.
func (Delivery) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Owned{}, mixin.Times{}, mixin.Revision{}, mixin.Scoped{Narrow: narrowDelivery}}
}

// Fields of Delivery.
func (Delivery) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable().Comment("in the order of creation"),
		field.String("kind").Immutable(),
		field.String("participant_id").Immutable().Default("").Comment("empty where it goes to the mission"),
		field.String("source").Immutable().Default("").Comment("what it is about: the id of an announcement, a revision, a deadline and its days"),
		field.String("language").Immutable(),
		field.String("address").Immutable(),
		field.String("address_key").Immutable().Comment("the address folded, by which one address is known"),
		field.String("once").Immutable().Comment("a message of the meeting with the same value is the same message"),
		field.String("state"),
		field.Int("attempt_count").Default(0),
		field.String("reason").Default(""),
		field.Time("next_attempt_time").Optional().Nillable(),
		field.Time("send_time").Optional().Nillable(),
		field.Time("claim_time").Optional().Nillable().Comment("until when it is one server's to send; where that vanished, it is another's afterwards"),
	}
}

// Edges of Delivery.
func (Delivery) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("meeting", Meeting.Type).Field("meeting_id").Unique().Required().Immutable(),
		edge.To("entity", Entity.Type).Field("entity_id").Unique().Required().Immutable(),
	}
}

// Indexes of Delivery.
func (Delivery) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("meeting_id", "once").Unique(),
		index.Fields("meeting_id", "id"),
		index.Fields("meeting_id", "entity_id", "id"),
		index.Fields("entity_id", "id"),
		index.Fields("meeting_id", "state", "id"),
		index.Fields("entity_id", "state", "id"),
		index.Fields("state", "id"),
		index.Fields("meeting_id", "source", "id"),
		index.Fields("meeting_id", "source", "state", "id"),
		index.Fields("meeting_id", "kind", "id"),
		index.Fields("entity_id", "kind", "id"),
		index.Fields("kind", "id"),
		index.Fields("meeting_id", "address_key", "state"),
	}
}

// narrowDelivery shows deliveries to the Secretariat and to the mission that they
// are about.
func narrowDelivery(s scope.Scope, sel *sql.Selector) {
	narrowOwned(s, sel)
	if s.InForce {
		sel.Where(sql.False())
	}
}
