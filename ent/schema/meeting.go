package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/un-placard/placard/ent/mixin"
	"github.com/un-placard/placard/ent/scope"
)

// Meeting is a meeting. Its id is the last part of its name.
type Meeting struct{ ent.Schema }

// Mixin of Meeting.
func (Meeting) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Times{}, mixin.Revision{}, mixin.Scoped{Narrow: narrowMeeting}}
}

// Fields of Meeting. What is filtered, sorted or decided on has a column; the
// texts stand together.
func (Meeting) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable(),
		field.String("state"),
		field.String("start_date"),
		field.String("end_date"),
		field.String("time_zone"),
		field.String("late_policy"),
		field.String("modality"),
		field.String("composition_deadline").Default(""),
		field.Time("deadline_time").Optional().Nillable(),
		field.Time("close_time").Optional().Nillable(),
		field.String("instrument_id").Default(""),
		field.Text("content").Comment("JSON of the contract's Meeting, without what has a column"),
	}
}

// Indexes of Meeting.
func (Meeting) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("start_date", "id"),
		index.Fields("state", "start_date", "id"),
		index.Fields("end_date"),
		index.Fields("instrument_id").Annotations(entsql.IndexWhere("instrument_id <> ''")),
	}
}

func narrowMeeting(s scope.Scope, sel *sql.Selector) {
	mixin.InMeetings(s, sel, "id")
	if !s.Drafts {
		sel.Where(sql.NEQ(sel.C("state"), "DRAFT"))
	}
	if s.Entity != "" {
		sel.Where(sql.Exists(invited(s.Entity, sel.C("id"))))
	}
}

// invited selects the issued invitation of an entity to the meeting whose id
// stands in a column of an outer query.
func invited(entity, meeting string) *sql.Selector {
	t := sql.Table("invitations").As("invited")
	return sql.Select(t.C("id")).From(t).Where(sql.And(
		sql.ColumnsEQ(t.C("meeting_id"), meeting),
		sql.EQ(t.C("entity_id"), entity),
		sql.NEQ(t.C("state"), "DRAFT"),
	))
}
