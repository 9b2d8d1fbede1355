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

// LetterTemplate is the text of one kind of letter of a meeting, in the place of the
// one that is built in.
type LetterTemplate struct{ ent.Schema }

// Mixin of LetterTemplate.
func (LetterTemplate) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Times{}, mixin.Revision{}, mixin.Scoped{Narrow: narrowLetterTemplate}}
}

// Fields of LetterTemplate.
func (LetterTemplate) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("meeting_id").Immutable(),
		field.String("kind").Immutable().Comment("the last part of its name"),
		field.Text("texts").Comment("JSON of the contract's LetterTemplate.Texts"),
	}
}

// Edges of LetterTemplate.
func (LetterTemplate) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("meeting", Meeting.Type).Field("meeting_id").Unique().Required().Immutable(),
	}
}

// Indexes of LetterTemplate.
func (LetterTemplate) Indexes() []ent.Index {
	return []ent.Index{index.Fields("meeting_id", "kind").Unique()}
}

// A mission gets letters that are made of the templates of its meetings.
func narrowLetterTemplate(s scope.Scope, sel *sql.Selector) {
	mixin.InMeetings(s, sel, "meeting_id")
	if s.InForce {
		sel.Where(sql.False())
	}
}

// narrowPrepared shows rows of a meeting to the Secretariat only.
func narrowPrepared(s scope.Scope, sel *sql.Selector) {
	mixin.InMeetings(s, sel, "meeting_id")
	if !s.Drafts {
		sel.Where(sql.False())
	}
}
