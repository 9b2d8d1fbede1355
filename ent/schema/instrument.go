package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/un-placard/placard/ent/mixin"
)

// Instrument is a convention or a protocol, with the table of its Parties. Its
// id is the last part of its name.
type Instrument struct{ ent.Schema }

// Mixin of Instrument.
func (Instrument) Mixin() []ent.Mixin { return []ent.Mixin{mixin.Times{}, mixin.Revision{}} }

// Fields of Instrument.
func (Instrument) Fields() []ent.Field {
	return []ent.Field{
		field.String("id").Immutable(),
		field.String("adoption_date").Default(""),
		field.String("in_force_date").Default(""),
		field.Text("content").Comment("JSON of the contract's Instrument, without what has a column"),
	}
}
