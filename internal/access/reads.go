package access

import (
	"cmp"
	"errors"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/name"
)

// Reading is that somebody is answered personal data of others.
type Reading struct {
	// Kind is what is read.
	Kind placardv1.Reading_Kind
	// Resource is the name that was asked for, empty where the request has none.
	Resource string
	// Meeting and Entity are the ids of those that it is about, `-` where it goes
	// over several, or over none in particular.
	Meeting, Entity string
	// Method is the full name of the method that was called:
	// `placard.v1.ParticipantService.GetParticipant`.
	Method string
}

// reads is what a method answers whose reading is recorded.
type reads struct {
	kind placardv1.Reading_Kind
	// contacts are the fields of the answer that hold how persons are reached.
	contacts plan[struct{}]
	// subject leads to the field of the request that says what is read.
	subject []protoreflect.FieldDescriptor
	// items is the field of the request that names single resources below the
	// subject, nil for none.
	items protoreflect.FieldDescriptor
}

// readReads reads what a method answers; nil for nothing whose reading is recorded.
func readReads(d protoreflect.MethodDescriptor) *reads {
	option, _ := proto.GetExtension(d.Options(), placardv1.E_Reads).(placardv1.Reads)
	if option == placardv1.Reads_READS_UNSPECIFIED {
		return nil
	}
	r := &reads{subject: subject(d.Input())}
	switch option {
	case placardv1.Reads_READS_PHOTOGRAPH:
		r.kind = placardv1.Reading_PHOTOGRAPH
	case placardv1.Reads_READS_EXPORT:
		r.kind = placardv1.Reading_EXPORT
	default:
		r.kind = placardv1.Reading_CONTACTS
		r.contacts = newPlan(d.Output(), func(f protoreflect.FieldDescriptor) (struct{}, bool) {
			return struct{}{}, IsContact(f)
		})
	}
	if f := d.Input().Fields().ByName("names"); f != nil && f.IsList() && f.Kind() == protoreflect.StringKind {
		r.items = f
	}
	return r
}

// IsContact tells whether a field holds how a person is reached.
func IsContact(f protoreflect.FieldDescriptor) bool {
	is, _ := proto.GetExtension(f.Options(), placardv1.E_Contact).(bool)
	return is
}

// subject leads to the field of a request that says what is read: what is copied,
// else the name, the parent, or the name of the resource that the request carries.
func subject(d protoreflect.MessageDescriptor) []protoreflect.FieldDescriptor {
	for _, field := range []protoreflect.Name{"source", "name", "parent"} {
		if f := d.Fields().ByName(field); f != nil && f.Kind() == protoreflect.StringKind {
			return []protoreflect.FieldDescriptor{f}
		}
	}
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		if f.Message() == nil || f.IsList() || f.IsMap() {
			continue
		}
		if own := f.Message().Fields().ByName("name"); own != nil && identifier(own) {
			return []protoreflect.FieldDescriptor{f, own}
		}
	}
	return nil
}

// Reads tells whether what a method answers a caller may be a reading. A mission
// sees nobody but its own delegation, and a link nobody but its own participant:
// theirs is none.
func (c *Contract) Reads(p Principal, method string) bool {
	m, ok := c.methods[method]
	return ok && m.reads != nil && p.Role != placardv1.Access_MISSION && p.Role != placardv1.Access_LINK
}

// Reading answers what a caller reads with an answer, as it was redacted; false
// where the answer holds nothing whose reading is recorded.
func (c *Contract) Reading(p Principal, method string, request, response proto.Message) (Reading, bool) {
	if !c.Reads(p, method) {
		return Reading{}, false
	}
	m := c.methods[method]
	if m.reads.kind == placardv1.Reading_CONTACTS && !m.reads.hasContact(response.ProtoReflect()) {
		return Reading{}, false
	}
	r := m.reads.about(request.ProtoReflect())
	r.Method = string(m.descriptor.FullName())
	if r.Meeting == name.Wildcard && len(p.Meetings) == 1 {
		r.Meeting = p.Meetings[0]
	}
	return r, true
}

var errFound = errors.New("found")

// hasContact tells whether an answer says of anybody how to reach them.
func (r *reads) hasContact(answer protoreflect.Message) bool {
	return r.contacts.walk(answer, nil, func(m protoreflect.Message, s *step[struct{}], _ *place) error {
		if m.Get(s.field).String() != "" {
			return errFound
		}
		return nil
	}) != nil
}

// about is what a request reads.
func (r *reads) about(request protoreflect.Message) Reading {
	out := Reading{Kind: r.kind, Resource: valueAt(request, r.subject)}
	out.Meeting, out.Entity = orWildcard(name.MeetingOf(out.Resource)), orWildcard(name.EntityOf(out.Resource))
	if r.items == nil {
		return out
	}
	// The single ones may have in common what the name above them leaves open.
	items := request.Get(r.items).List()
	if out.Meeting == name.Wildcard {
		out.Meeting = common(items, name.MeetingOf)
	}
	if out.Entity == name.Wildcard {
		out.Entity = common(items, name.EntityOf)
	}
	return out
}

// valueAt is the text at a field of a message.
func valueAt(m protoreflect.Message, at []protoreflect.FieldDescriptor) string {
	for i, f := range at {
		if i == len(at)-1 {
			return m.Get(f).String()
		}
		m = m.Get(f).Message()
	}
	return ""
}

// orWildcard is a part of a name, `-` for one that is missing.
func orWildcard(part string) string { return cmp.Or(part, name.Wildcard) }

// common is a part that names have in common, `-` where they differ.
func common(names protoreflect.List, part func(string) string) string {
	var all string
	for i := range names.Len() {
		one := orWildcard(part(names.Get(i).String()))
		if i > 0 && one != all {
			return name.Wildcard
		}
		all = one
	}
	return orWildcard(all)
}
