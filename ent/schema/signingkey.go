package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"

	"github.com/un-placard/placard/ent/mixin"
)

// SigningKey is a key with which the server signs. Its id is the thumbprint of
// the public key. Everybody may see it.
type SigningKey struct{ ent.Schema }

// Mixin of SigningKey.
func (SigningKey) Mixin() []ent.Mixin { return []ent.Mixin{mixin.Times{}, mixin.Revision{}} }

// Fields of SigningKey.
func (SigningKey) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable(),
		field.Bytes("public_key").Immutable(),
		field.Bytes("private_key").Sensitive().Immutable().Comment("encrypted under the secret of the installation"),
		field.String("state"),
		field.Time("retire_time").Optional().Nillable(),
		field.Time("revoke_time").Optional().Nillable(),
	}
}

// Indexes of SigningKey.
func (SigningKey) Indexes() []ent.Index {
	return []ent.Index{
		index.Fields("create_time", "id"),
		index.Fields("state").Unique().StorageKey("signing_key_active").Annotations(entsql.IndexWhere("state = 'ACTIVE'")),
	}
}
