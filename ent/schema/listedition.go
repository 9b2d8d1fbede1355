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

// ListEdition is a list of participants as it was issued. With its
// ListedDelegations it holds whatever of the list may change later; the
// persons stand in the revisions that they name, which never change.
type ListEdition struct{ ent.Schema }

// Mixin of ListEdition.
func (ListEdition) Mixin() []ent.Mixin { return []ent.Mixin{mixin.Scoped{Narrow: narrowListEdition}} }

// Fields of ListEdition.
func (ListEdition) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("meeting_id").Immutable(),
		field.Int64("sequence").Immutable().Comment("the number of the last change that it takes account of"),
		field.Time("change_time").Immutable().Comment("when that change was made"),
		field.Bool("provisional").Immutable(),
		field.Text("content").Immutable().Comment("JSON of the contract's Meeting: its texts, days and zone"),
		field.String("signing_key").Immutable().Comment("the id of the key that seals it"),
		field.String("author").Immutable(),
		field.Time("create_time").Immutable(),
	}
}

// Edges of ListEdition.
func (ListEdition) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("meeting", Meeting.Type).Field("meeting_id").Unique().Required().Immutable(),
		edge.From("delegations", ListedDelegation.Type).Ref("edition"),
	}
}

// Indexes of ListEdition.
func (ListEdition) Indexes() []ent.Index {
	return []ent.Index{index.Fields("meeting_id", "sequence").Unique()}
}

func narrowListEdition(s scope.Scope, sel *sql.Selector) {
	mixin.InMeetings(s, sel, "meeting_id")
	mixin.NotAlone(s, sel)
	if s.InForce {
		sel.Where(sql.EQ(sel.C("provisional"), false))
	}
	if s.Entity != "" {
		d := sql.Table("listed_delegations")
		sel.Where(sql.Exists(sql.Select(d.C("id")).From(d).Where(sql.And(
			sql.ColumnsEQ(d.C("edition_id"), sel.C("id")),
			sql.EQ(d.C("entity_id"), s.Entity),
		))))
	}
}
