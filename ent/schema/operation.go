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

// Operation is long work that somebody started and may wait for. The request is
// kept until its end only.
type Operation struct{ ent.Schema }

// Mixin of Operation.
func (Operation) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Times{}, mixin.Scoped{Narrow: narrowOperation}}
}

// Fields of Operation.
func (Operation) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable(),
		field.String("meeting_id").Immutable(),
		field.String("method").Immutable().Comment("the full name of the RPC, without the slash at its beginning"),
		field.String("author").Immutable().Comment("the account that started it"),
		field.String("role").Immutable().Comment("the role in which it acts"),
		field.String("language").Immutable().Default("").Comment("the languages that were accepted, as Accept-Language has them"),
		field.Bytes("request").Optional().Comment("the request, without its content"),
		field.String("input").Default("").Comment("where the content of the request lies"),
		field.Int64("done_count").Default(0),
		field.Int64("total_count").Default(0),
		field.Bool("cancel_requested").Default(false),
		field.String("run").Default("").Comment("who does the work, a random id; empty while nobody does"),
		field.Int("lost_count").Default(0).Comment("how often whoever did it vanished without a word"),
		field.Time("beat_time").Comment("when whoever does it last showed to be alive; else when it was enqueued"),
		field.Bool("done").Default(false),
		field.Time("end_time").Optional().Nillable(),
		field.Bytes("response").Optional().Comment("google.protobuf.Any"),
		field.Bytes("error").Optional().Comment("google.rpc.Status"),
		field.String("blob").Default("").Comment("where the file that it made lies"),
	}
}

// Edges of Operation.
func (Operation) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("meeting", Meeting.Type).Field("meeting_id").Unique().Required().Immutable(),
	}
}

// Indexes of Operation.
func (Operation) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("meeting_id", "create_time", "id"),
		index.Fields("create_time", "id"),
		index.Fields("end_time", "id"),
		index.Fields("input"),
		index.Fields("blob"),
	}
}

func narrowOperation(s scope.Scope, sel *sql.Selector) {
	mixin.InMeetings(s, sel, "meeting_id")
	if !s.Drafts { // whoever prepares nothing starts nothing
		sel.Where(sql.False())
	}
}
