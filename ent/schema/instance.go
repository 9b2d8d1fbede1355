package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
)

// Instance is the one row that tells one life of a database from another.
type Instance struct{ ent.Schema }

// Fields of Instance.
func (Instance) Fields() []ent.Field {
	return []ent.Field{
		field.Int64("id").Immutable(),
		field.String("epoch").Comment("renewed when the database was restored from a copy"),
		field.String("secret_fingerprint").Default("").Comment("tells whether the server has the secret of this database"),
	}
}
