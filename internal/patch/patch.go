// Package patch applies updates to resources (AIP-134) and says what they
// changed.
package patch

import (
	"slices"

	"go.einride.tech/aip/fieldmask"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/un-placard/placard/internal/fault"
)

// Apply answers a resource as it is after an update. The mask says which
// fields change; without one, those that are set in the update do, and `*` is
// all. What the caller does not write (output-only fields, the name, the etag)
// stays as it is.
//
// A path that the resource does not have, and a new value for an immutable
// field, are violations; `prefix` is the resource's field in the request.
func Apply[T proto.Message](prefix string, current, update T, mask *fieldmaskpb.FieldMask) (T, error) {
	var violations []fault.Violation
	full := fieldmask.IsFullReplacement(mask)
	for _, path := range mask.GetPaths() {
		if !full && !(&fieldmaskpb.FieldMask{Paths: []string{path}}).IsValid(current) {
			violations = append(violations, fault.Violation{
				Field: "update_mask", Reason: "UNKNOWN_FIELD",
				Message: "names " + path + ", which is not a field of the resource",
			})
		}
	}
	before, wish := current.ProtoReflect(), update.ProtoReflect()
	fields := before.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		wanted := wish.Has(f) && (full || len(mask.GetPaths()) == 0) || slices.Contains(mask.GetPaths(), string(f.Name()))
		if behaves(f, annotations.FieldBehavior_IMMUTABLE) && wanted && !wish.Get(f).Equal(before.Get(f)) {
			violations = append(violations, fault.Violation{
				Field: prefix + "." + string(f.Name()), Reason: "IMMUTABLE",
				Message: "cannot be changed",
			})
		}
	}
	if len(violations) > 0 {
		var none T
		return none, fault.Invalid(violations...)
	}
	out := proto.CloneOf(current)
	fieldmask.Update(mask, out, proto.CloneOf(update)) // it shares lists with the update, and writes into it
	after := out.ProtoReflect()
	for i := range fields.Len() {
		f := fields.Get(i)
		if !kept(f) {
			continue
		}
		if before.Has(f) {
			after.Set(f, before.Get(f))
		} else {
			after.Clear(f)
		}
	}
	return out, nil
}

// kept tells whether an update leaves a field alone.
func kept(f protoreflect.FieldDescriptor) bool {
	return f.Name() == "etag" || behaves(f, annotations.FieldBehavior_OUTPUT_ONLY,
		annotations.FieldBehavior_IDENTIFIER, annotations.FieldBehavior_IMMUTABLE)
}

func behaves(f protoreflect.FieldDescriptor, of ...annotations.FieldBehavior) bool {
	behaviors, _ := proto.GetExtension(f.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	return slices.ContainsFunc(behaviors, func(b annotations.FieldBehavior) bool { return slices.Contains(of, b) })
}

// Changed answers the fields in which two states of a resource differ, by
// their JSON names. The time of the change and the etag, which always do, are
// left out.
func Changed(before, after proto.Message) []string {
	var out []string
	a, b := before.ProtoReflect(), after.ProtoReflect()
	fields := a.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if f.Name() == "etag" || f.Name() == "update_time" {
			continue
		}
		if a.Has(f) != b.Has(f) || !a.Get(f).Equal(b.Get(f)) {
			out = append(out, f.JSONName())
		}
	}
	return out
}
