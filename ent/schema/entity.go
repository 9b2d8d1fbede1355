// Package schema holds the tables. Enumerations are stored by the names that
// their values have in the contract.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/un-placard/placard/ent/mixin"
)

// Entity is whoever may be represented. Its id is its code.
type Entity struct{ ent.Schema }

// Mixin of Entity.
func (Entity) Mixin() []ent.Mixin { return []ent.Mixin{mixin.Times{}, mixin.Revision{}} }

// Fields of Entity.
func (Entity) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable(),
		field.String("kind"),
		field.String("alpha2_code").Default(""),
		field.String("m49_code").Default(""),
		field.String("region").Default("REGION_UNSPECIFIED"),
		field.String("consultative_status").Default("CONSULTATIVE_STATUS_UNSPECIFIED"),
		field.String("language").Default(""),
		field.String("search_key").Default("").Comment("all its names, folded"),
		field.Bool("edited").Default(false).Comment("changed by the Secretariat: the register of the program leaves it alone"),
		field.Text("names").Comment("JSON of the contract's Entity with its names only"),
	}
}
