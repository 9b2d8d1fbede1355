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

// Document is a document of a meeting.
type Document struct{ ent.Schema }

// Mixin of Document.
func (Document) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Times{}, mixin.Revision{}, mixin.Scoped{Narrow: narrowDocument}}
}

// Fields of Document.
func (Document) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("meeting_id").Immutable(),
		field.String("document_id").Immutable().Comment("the last part of its name"),
		field.String("symbol"),
		field.String("symbol_key").Comment("the symbol in capitals, unique at the meeting"),
		field.Text("content").Comment("JSON of the contract's Document, without what has a column"),
	}
}

// Edges of Document.
func (Document) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("meeting", Meeting.Type).Field("meeting_id").Unique().Required().Immutable(),
		edge.From("versions", DocumentVersion.Type).Ref("document"),
	}
}

// Indexes of Document.
func (Document) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("meeting_id", "document_id").Unique(),
		index.Fields("meeting_id", "symbol_key").Unique(),
		index.Fields("meeting_id", "update_time", "document_id"),
	}
}

// The documents of a meeting are for whoever sees the meeting.
func narrowDocument(s scope.Scope, sel *sql.Selector) {
	mixin.InMeetings(s, sel, "meeting_id")
	mixin.NotAlone(s, sel)
	if !s.Drafts {
		meetings := sql.Table("meetings").As("shown")
		sel.Where(sql.Exists(sql.Select(meetings.C("id")).From(meetings).Where(sql.And(
			sql.ColumnsEQ(meetings.C("id"), sel.C("meeting_id")),
			sql.NEQ(meetings.C("state"), "DRAFT"),
		))))
	}
	if s.Entity != "" {
		sel.Where(sql.Exists(invited(s.Entity, sel.C("meeting_id"))))
	}
}

// DocumentVersion is the stored file of one language of a document. Its content
// lies outside of the database.
type DocumentVersion struct{ ent.Schema }

// Fields of DocumentVersion.
func (DocumentVersion) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.Int64("document_row").Immutable(),
		field.String("language").Immutable(),
		field.String("media_type"),
		field.Int64("size_bytes"),
		field.String("sha256"),
		field.String("blob").Comment("where its content lies"),
	}
}

// Edges of DocumentVersion.
func (DocumentVersion) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("document", Document.Type).Field("document_row").Unique().Required().Immutable(),
	}
}

// Indexes of DocumentVersion.
func (DocumentVersion) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("document_row", "language").Unique(),
		index.Fields("blob"),
	}
}
