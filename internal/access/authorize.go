package access

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/un-placard/placard/ent/scope"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
)

const registerType = name.TypeEntity

// May refuses a role that may not call a method, and a method that the
// contract does not have.
func (c *Contract) May(p Principal, method string) error {
	m, ok := c.methods[method]
	if !ok || !slices.Contains(m.roles, p.Role) {
		return fault.Denied("ROLE_NOT_ALLOWED",
			fmt.Sprintf("the role %s may not call %s", p.Role, method), "role", p.Role.String(), "method", method)
	}
	return nil
}

// Check refuses what a caller may not ask for: a field that its role may not
// set, and the name of any resource outside its scope, at whatever depth of
// the request. Such a resource is NOT_FOUND whether it exists or not.
func (c *Contract) Check(p Principal, method string, request proto.Message) error {
	if err := c.May(p, method); err != nil {
		return err
	}
	m, r := c.methods[method], request.ProtoReflect()
	err := m.writes.walk(r, nil, func(_ protoreflect.Message, s *step[[]Role], at *place) error {
		return mayWrite(p.Role, s.mark, at)
	})
	if err != nil {
		return err
	}
	if err := checkMask(p.Role, m.writes, r); err != nil {
		return err
	}
	reach := p.Scope()
	return m.names.walk(r, nil, func(msg protoreflect.Message, s *step[reference], at *place) error {
		value := msg.Get(s.field)
		if !s.field.IsList() {
			return s.mark.check(reach, at, value.String())
		}
		for i := range value.List().Len() {
			at.index = i
			if err := s.mark.check(reach, at, value.List().Get(i).String()); err != nil {
				return err
			}
		}
		return nil
	})
}

// Redact leaves out of a response what a role may not read. It changes the
// response, which its handler gives away.
func (c *Contract) Redact(p Principal, method string, response proto.Message) {
	m, ok := c.methods[method]
	if !ok {
		return
	}
	hidden := m.hidden[p.Role]
	if len(hidden) == 0 {
		return
	}
	// The visitor never fails.
	_ = hidden.walk(response.ProtoReflect(), nil, func(msg protoreflect.Message, s *step[struct{}], _ *place) error {
		msg.Clear(s.field)
		return nil
	})
}

func mayWrite(role Role, writers []Role, at fmt.Stringer) error {
	if allows(writers, role) {
		return nil
	}
	return fault.Denied("FIELD_NOT_WRITABLE", fmt.Sprintf("the role %s may not set %s", role, at),
		"role", role.String(), "field", at.String())
}

// checkMask refuses an update mask that names a field which the role may not
// write: a field that is named and not set would be emptied.
func checkMask(role Role, writes plan[[]Role], request protoreflect.Message) error {
	field := maskOf(request.Descriptor())
	if field == nil || len(writes) == 0 || !request.Has(field) {
		return nil
	}
	mask, ok := request.Get(field).Message().Interface().(*fieldmaskpb.FieldMask)
	if !ok {
		return nil
	}
	for _, s := range writes {
		if s.below == nil || s.field.IsList() {
			continue
		}
		for _, restricted := range *s.below {
			for _, path := range mask.GetPaths() {
				first, _, _ := strings.Cut(path, ".")
				if !restricted.marked || first != "*" && first != string(restricted.field.Name()) {
					continue
				}
				if err := mayWrite(role, restricted.mark, &place{above: &place{field: s.field, index: -1}, field: restricted.field, index: -1}); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// maskOf is the field of an update that says what is changed (AIP-134), or nil.
func maskOf(request protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	f := request.Fields().ByName("update_mask")
	if f == nil || f.Message() == nil || f.Message().FullName() != "google.protobuf.FieldMask" {
		return nil
	}
	return f
}

// check refuses a name that is none of its type, or that the caller's scope
// does not hold. A wildcard stands for whatever the scope holds; where it is
// allowed, the rules of the field say.
func (r reference) check(s scope.Scope, at fmt.Stringer, value string) error {
	for _, pattern := range r.patterns {
		parts, ok := pattern.match(value)
		if !ok {
			continue
		}
		meeting, inMeeting := parts["meeting"]
		if inMeeting && meeting != name.Wildcard && !s.Meeting(meeting) {
			return fault.NotFound(value)
		}
		entity, ofEntity := parts["entity"]
		if ofEntity && !r.register && entity != name.Wildcard && !s.Of(entity) {
			return fault.NotFound(value)
		}
		participant, ofParticipant := parts["participant"]
		if ofParticipant && participant != name.Wildcard && !s.Is(participant) {
			return fault.NotFound(value)
		}
		return nil
	}
	return fault.Invalid(fault.Violation{
		Field: at.String(), Reason: "RESOURCE_NAME_INVALID", Message: "is not the name of such a resource",
	})
}
