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
