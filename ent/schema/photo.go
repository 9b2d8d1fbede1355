package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/un-placard/placard/ent/mixin"
	"github.com/un-placard/placard/ent/scope"
)

// Photo is the photograph of a participant, whose id it has. There is a row once
// one was sent. The picture lies outside of the database.
type Photo struct{ ent.Schema }

// Mixin of Photo.
func (Photo) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Owned{}, mixin.Times{}, mixin.Revision{}, mixin.Scoped{Narrow: narrowPhoto}}
}

// Fields of Photo.
func (Photo) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable().Comment("the last part of the participant's name"),
		field.String("state"),
		field.String("rejection").Default("").Comment("empty where it is not rejected"),
		field.String("rejection_note").Default(""),
		field.Strings("findings").Optional(),
		field.Bool("late"),
		field.Int64("size_bytes"),
		field.String("sha256"),
		field.String("blob").Comment("where its content lies; empty where it was withdrawn"),
		field.String("author"),
		field.Time("upload_time"),
		field.Time("decide_time").Optional().Nillable(),
	}
}

// Edges of Photo.
func (Photo) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("meeting", Meeting.Type).Field("meeting_id").Unique().Required().Immutable(),
		edge.To("entity", Entity.Type).Field("entity_id").Unique().Required().Immutable(),
	}
}

// Indexes of Photo. Those with the state are for the queue of who reviews: of all
// meetings, of one, and of one entity.
func (Photo) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("meeting_id", "entity_id", "id"),
		index.Fields("entity_id", "meeting_id", "id"),
		index.Fields("upload_time", "id"),
		index.Fields("meeting_id", "upload_time", "id"),
		index.Fields("entity_id", "upload_time", "id"),
		index.Fields("state", "upload_time", "id"),
		index.Fields("meeting_id", "state", "upload_time", "id"),
		index.Fields("entity_id", "state", "upload_time", "id"),
		index.Fields("meeting_id", "entity_id", "id").StorageKey("photo_late").Annotations(entsql.IndexWhere("late")),
		index.Fields("upload_time", "id").StorageKey("photo_late_upload_time").Annotations(entsql.IndexWhere("late")),
		index.Fields("blob"),
	}
}

// narrowPhoto shows to who sees only what is in force the photographs of those
// who stand in an accepted composition.
func narrowPhoto(s scope.Scope, sel *sql.Selector) {
	mixin.InMeetings(s, sel, "meeting_id")
	mixin.OfEntity(s, sel)
	mixin.OfParticipant(s, sel, "id")
	if s.InForce {
		t := sql.Table("participant_versions").As("attending")
		// The offset has PostgreSQL look for each photograph of a page by the index,
		// and not join the tables whole.
		sel.Where(sql.Exists(sql.Select(t.C("id")).From(t).Where(sql.And(
			sql.ColumnsEQ(t.C("meeting_id"), sel.C("meeting_id")),
			sql.ColumnsEQ(t.C("entity_id"), sel.C("entity_id")),
			sql.ColumnsEQ(t.C("participant_id"), sel.C("id")),
			sql.P(func(b *sql.Builder) { b.Ident(t.C("accepted_order")).WriteString(" > 0") }), // a literal, for the partial index
		)).Limit(1).Offset(0)))
	}
}
