package entity

import (
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

// outdated answers the entities of a register that are not among those that
// are present, or are there with another kind or other names.
func outdated(register []*placardv1.Entity, present map[string]*placardv1.Entity) []*placardv1.Entity {
	var out []*placardv1.Entity
	for _, e := range register {
		if !proto.Equal(e, present[e.GetCode()]) {
			out = append(out, e)
		}
	}
	return out
}

// NamesOn answers the names that an entity had on a day (YYYY-MM-DD): an Entity
// with these only.
func NamesOn(e *placardv1.Entity, day string) *placardv1.Entity {
	for _, former := range e.GetFormerNames() { // the oldest first
		if day < former.GetValidUntil() {
			return &placardv1.Entity{ShortName: former.GetShortName(), FormalName: former.GetFormalName()}
		}
	}
	return &placardv1.Entity{ShortName: e.GetShortName(), FormalName: e.GetFormalName()}
}
