package page

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.einride.tech/aip/ordering"

	"github.com/un-placard/placard/internal/fault"
)

// Orders are the orders that a list has.
type Orders[T any] struct {
	// Unset is the order where none is asked for.
	Unset Keyset[T]
	// Named are those that can be asked for (AIP-132), each ascending, by the
	// names of the contract.
	Named map[string]Keyset[T]
}

// By is the order that `order_by` asks for: one name, alone or followed by
// `desc`, which turns the order around. Names in JSON are understood too. Any
// other text is a fault on the field `order_by` that says what the list knows.
func (o Orders[T]) By(text string) (Keyset[T], error) {
	var wish ordering.OrderBy
	if err := wish.UnmarshalString(strings.TrimSpace(text)); err != nil || len(wish.Fields) > 1 {
		return o.Unset, o.invalid()
	}
	if len(wish.Fields) == 0 {
		return o.Unset, nil
	}
	for name, keys := range o.Named {
		if asked := wish.Fields[0]; asked.Path == name || asked.Path == inJSON(name) {
			keys.Descending = asked.Desc
			return keys, nil
		}
	}
	return o.Unset, o.invalid()
}

func (o Orders[T]) invalid() error {
	return fault.Invalid(fault.Violation{
		Field: "order_by", Reason: "ORDER_BY_INVALID",
		Message: fmt.Sprintf("knows %s; one of them, alone or followed by desc",
			strings.Join(slices.Sorted(maps.Keys(o.Named)), ", ")),
	})
}

// inJSON is the name of a field in JSON: `create_time` is `createTime`.
func inJSON(name string) string {
	parts := strings.Split(name, "_")
	for i, part := range parts[1:] {
		parts[i+1] = strings.ToUpper(part[:1]) + part[1:]
	}
	return strings.Join(parts, "")
}
