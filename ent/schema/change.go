package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/un-placard/placard/ent/mixin"
	"github.com/un-placard/placard/ent/scope"
)

// Change is one entry of the change log. Its id is its sequence number. It
// holds no personal data.
type Change struct{ ent.Schema }

// Mixin of Change.
func (Change) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Scoped{Narrow: narrowChange}}
}

// Fields of Change.
func (Change) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").Immutable(),
		field.Time("create_time").Immutable(),
		field.String("principal").Immutable(),
		field.String("on_behalf_of").Immutable().Default(""),
		field.String("verb").Immutable(),
		field.String("resource_type").Immutable(),
		field.String("resource").Immutable(),
		field.Int64("revision").Immutable(),
		field.Strings("paths").Immutable().Optional(),
		field.String("meeting_id").Immutable().Default("").Comment("the meeting that the resource belongs to, if any"),
		field.String("entity_id").Immutable().Default("").Comment("the entity whose mission may see the change, if any"),
		field.Bool("in_force").Immutable().Comment("whether it concerns what those see who see only what is in force"),
	}
}

// Indexes of Change.
func (Change) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("meeting_id", "id"),
		index.Fields("entity_id", "id"),
	}
}

func narrowChange(s scope.Scope, sel *sql.Selector) {
	mixin.NotAlone(s, sel)
	if len(s.Meetings) > 0 || !s.AnyMeeting {
		mixin.InMeetings(s, sel, "meeting_id")
	}
	if s.Entity != "" {
		sel.Where(sql.Or(
			sql.EQ(sel.C("entity_id"), s.Entity),
			sql.And(
				sql.EQ(sel.C("entity_id"), ""),
				sql.In(sel.C("resource_type"), "placard.un.org/Meeting", "placard.un.org/Document"),
				sql.EQ(sel.C("in_force"), true),
				sql.Exists(invited(s.Entity, sel.C("meeting_id"))),
			),
		))
	}
	if s.InForce {
		sel.Where(sql.EQ(sel.C("in_force"), true))
	}
	// Changes of keys are for those who see the keys.
	sel.Where(sql.Or(sql.NEQ(sel.C("resource_type"), "placard.un.org/Key"), seenKey(s, sel.C("resource"))))
}

// seenKey is whether a resource is a key of a role that the caller sees.
func seenKey(s scope.Scope, resource string) *sql.Predicate {
	return sql.P(func(b *sql.Builder) {
		b.WriteString("EXISTS (SELECT 1 FROM keys WHERE keys.id = substr(").Ident(resource).
			WriteString(", 6) AND keys.role IN (") // behind "keys/"
		for i, role := range append([]string{""}, s.KeyRoles...) {
			if i > 0 {
				b.Comma()
			}
			b.Arg(role)
		}
		b.WriteString("))")
	})
}
