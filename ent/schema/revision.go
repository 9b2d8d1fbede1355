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

// Revision is one composition of a delegation. Its composition never changes;
// only what became of it does.
type Revision struct{ ent.Schema }

// Mixin of Revision.
func (Revision) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Owned{}, mixin.Scoped{Narrow: narrowRevision}}
}

// Fields of Revision.
func (Revision) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("delegation_id").Immutable(),
		field.Int32("number").Immutable(),
		field.String("state"),
		field.Bool("self_accepted").Immutable(),
		field.Bool("late"),
		field.String("author").Immutable(),
		field.String("channel").Immutable(),
		field.String("receipt_date").Immutable().Default(""),
		field.String("note_reference").Immutable().Default(""),
		field.String("note_date").Immutable().Default(""),
		field.JSON("members", []int64{}).Immutable().Comment("ids of the participant versions, in protocol order"),
		field.Strings("return_reasons").Optional(),
		field.Time("receive_time").Immutable(),
		field.Time("create_time").Immutable(),
		field.Time("review_time").Optional().Nillable(),
	}
}

// Edges of Revision.
func (Revision) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("delegation", Delegation.Type).Field("delegation_id").Unique().Required().Immutable(),
	}
}

// Indexes of Revision.
func (Revision) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("delegation_id", "number").Unique(),
		index.Fields("meeting_id"),
	}
}

func narrowRevision(s scope.Scope, sel *sql.Selector) {
	mixin.InMeetings(s, sel, "meeting_id")
	mixin.OfEntity(s, sel)
	mixin.NotAlone(s, sel)
	if s.InForce {
		sel.Where(sql.EQ(sel.C("state"), "ACCEPTED"))
	}
}
