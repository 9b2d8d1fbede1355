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

// Key is a key of a system. Its id is the readable part of the key itself.
type Key struct{ ent.Schema }

// Mixin of Key.
func (Key) Mixin() []ent.Mixin {
	return []ent.Mixin{mixin.Times{}, mixin.Revision{}, mixin.Scoped{Narrow: narrowKey}}
}

// Fields of Key.
func (Key) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable(),
		field.String("display_name").Immutable().Default(""),
		field.String("role").Immutable(),
		field.String("entity_id").Immutable().Default(""),
		field.String("account").Immutable(),
		field.Bytes("hash").Immutable().Sensitive().Comment("SHA-256 of the secret"),
		field.Time("expire_time").Optional().Nillable().Immutable(),
		field.Time("revoke_time").Optional().Nillable(),
		field.Time("last_use_time").Optional().Nillable(),
	}
}

// Indexes of Key.
func (Key) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("account"),
		index.Fields("create_time", "id"),
	}
}

// Edges of Key.
func (Key) Edges() []ent.Edge {
	return []ent.Edge{edge.From("meetings", KeyMeeting.Type).Ref("key")}
}

// KeyMeeting binds a key to a meeting.
type KeyMeeting struct{ ent.Schema }

// Fields of KeyMeeting.
func (KeyMeeting) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id"),
		field.String("key_id").Immutable(),
		field.String("meeting_id").Immutable(),
	}
}

// Edges of KeyMeeting.
func (KeyMeeting) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("key", Key.Type).Field("key_id").Unique().Required().Immutable(),
		edge.To("meeting", Meeting.Type).Field("meeting_id").Unique().Required().Immutable(),
	}
}

// Indexes of KeyMeeting.
func (KeyMeeting) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("key_id", "meeting_id").Unique(),
		index.Fields("meeting_id"),
	}
}

// A key is seen by whoever could have made it: bound to no more than the
// caller is.
func narrowKey(s scope.Scope, sel *sql.Selector) {
	roles := make([]any, len(s.KeyRoles))
	for i, r := range s.KeyRoles {
		roles[i] = r
	}
	sel.Where(sql.In(sel.C("role"), roles...))
	mixin.OfEntity(s, sel)
	mixin.NotAlone(s, sel)
	if len(s.Meetings) == 0 {
		return
	}
	ids := make([]any, len(s.Meetings))
	for i, id := range s.Meetings {
		ids[i] = id
	}
	bound := sql.Table("key_meetings").As("bound")
	other := sql.Table("key_meetings").As("other")
	sel.Where(sql.And(
		sql.Exists(sql.Select(bound.C("id")).From(bound).Where(sql.ColumnsEQ(bound.C("key_id"), sel.C("id")))),
		sql.NotExists(sql.Select(other.C("id")).From(other).Where(sql.And(
			sql.ColumnsEQ(other.C("key_id"), sel.C("id")),
			sql.NotIn(other.C("meeting_id"), ids...),
		))),
	))
}
