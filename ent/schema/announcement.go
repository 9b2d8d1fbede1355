package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/un-placard/placard/ent/mixin"
)

// Announcement is what the Secretariat tells the participants of a meeting.
type Announcement struct{ ent.Schema }

// Mixin of Announcement.
func (Announcement) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Times{}, mixin.Revision{}, mixin.Scoped{Narrow: narrowPrepared}}
}

// Fields of Announcement.
func (Announcement) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("meeting_id").Immutable(),
		field.String("announcement_id").Immutable().Comment("the last part of its name"),
		field.String("state"),
		field.Text("content").Comment("JSON of the contract's Announcement, without what has a column"),
		field.String("author").Immutable(),
		field.Time("send_time").Optional().Nillable(),
		field.String("cursor").Default("").Comment("the last participant whose delivery was made"),
	}
}

// Edges of Announcement.
func (Announcement) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("meeting", Meeting.Type).Field("meeting_id").Unique().Required().Immutable(),
	}
}

// Indexes of Announcement.
func (Announcement) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("meeting_id", "announcement_id").Unique(),
		index.Fields("meeting_id", "create_time", "id"),
		index.Fields("create_time", "id"),
		index.Fields("state", "send_time", "id"),
	}
}
