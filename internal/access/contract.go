package access

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

// Contract is what the options of the contract say about who may do what. It
// is read once, at the start, and never changes.
type Contract struct {
	methods   map[string]*method
	resources map[string][]pattern
}

// method is one RPC: who may call it, and what of its messages is not for all.
type method struct {
	descriptor protoreflect.MethodDescriptor
	roles      []Role
	// writes are the fields of the request that only some roles may set.
	writes plan[[]Role]
	// names are the fields of the request that name resources.
	names plan[reference]
	// hidden are, for each role, the fields of the response that it may not
	// read. Most roles and methods have none.
	hidden map[Role]plan[struct{}]
	// reads is what it answers whose reading is recorded; nil for nothing.
	reads *reads
}

// ReadContract reads the options of every service of the contract. It fails
// where a method has no access option, so that none is open by omission.
func ReadContract() (*Contract, error) {
	c := &Contract{methods: map[string]*method{}, resources: map[string][]pattern{}}
	var files []protoreflect.FileDescriptor
	protoregistry.GlobalFiles.RangeFilesByPackage("placard.v1", func(f protoreflect.FileDescriptor) bool {
		files = append(files, f)
		return true
	})
	for _, f := range files {
		// Of resources whose message is not the contract's own.
		defined, _ := proto.GetExtension(f.Options(), annotations.E_ResourceDefinition).([]*annotations.ResourceDescriptor)
		for _, r := range defined {
			c.addResource(r)
		}
		c.readResources(f.Messages())
	}
	var errs []error
	for _, f := range files {
		for i := range f.Services().Len() {
			methods := f.Services().Get(i).Methods()
			for j := range methods.Len() {
				m, err := c.readMethod(methods.Get(j))
				if err != nil {
					errs = append(errs, fmt.Errorf("%s: %w", methods.Get(j).FullName(), err))
					continue
				}
				c.methods[path(methods.Get(j))] = m
			}
		}
	}
	return c, errors.Join(errs...)
}

// path is how gRPC calls a method: `/placard.v1.MeetingService/GetMeeting`.
func path(m protoreflect.MethodDescriptor) string {
	return fmt.Sprintf("/%s/%s", m.Parent().FullName(), m.Name())
}

// Methods are the full names of the methods that a role may call, as
// `placard.v1.MeetingService.GetMeeting`, in alphabetical order.
func (c *Contract) Methods(role Role) []string {
	var names []string
	for _, m := range c.methods {
		if slices.Contains(m.roles, role) {
			names = append(names, string(m.descriptor.FullName()))
		}
	}
	slices.Sort(names)
	return names
}

// Descriptors are the methods of the contract, ordered by name.
func (c *Contract) Descriptors() []protoreflect.MethodDescriptor {
	var all []protoreflect.MethodDescriptor
	for _, m := range c.methods {
		all = append(all, m.descriptor)
	}
	slices.SortFunc(all, func(a, b protoreflect.MethodDescriptor) int { return cmp.Compare(a.FullName(), b.FullName()) })
	return all
}

// ValidatedByService tells whether the service of a method checks the rules of
// the request itself, to answer them together with what only it can know.
func (c *Contract) ValidatedByService(method string) bool {
	m, ok := c.methods[method]
	if !ok {
		return false
	}
	by, _ := proto.GetExtension(m.descriptor.Options(), placardv1.E_ValidatedByService).(bool)
	return by
}

// MayRead tells whether a role may read a field. It does not tell whether the
// role may read the resource.
func MayRead(role Role, field protoreflect.FieldDescriptor) bool {
	return allows(fieldAccess(field).GetReaders(), role)
}

func (c *Contract) readMethod(d protoreflect.MethodDescriptor) (*method, error) {
	m := &method{descriptor: d, hidden: map[Role]plan[struct{}]{}, reads: readReads(d)}
	option, ok := proto.GetExtension(d.Options(), placardv1.E_Access).(*placardv1.Access)
	if !ok || len(option.GetRoles()) == 0 {
		return nil, errors.New("no role may call it (option placard.v1.access)")
	}
	m.roles = option.GetRoles()
	m.writes = newPlan(d.Input(), func(f protoreflect.FieldDescriptor) ([]Role, bool) {
		w := fieldAccess(f).GetWriters()
		return w, len(w) > 0
	})
	var errs []error
	m.names = newPlan(d.Input(), func(f protoreflect.FieldDescriptor) (reference, bool) {
		r, ok, err := c.reference(f)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.FullName(), err))
		}
		return r, ok
	})
	for _, role := range m.roles {
		p := newPlan(d.Output(), func(f protoreflect.FieldDescriptor) (struct{}, bool) {
			return struct{}{}, !MayRead(role, f)
		})
		if len(p) > 0 {
			m.hidden[role] = p
		}
	}
	return m, errors.Join(errs...)
}

func fieldAccess(f protoreflect.FieldDescriptor) *placardv1.FieldAccess {
	a, _ := proto.GetExtension(f.Options(), placardv1.E_FieldAccess).(*placardv1.FieldAccess)
	return a
}

// allows tells whether a list of an option lets a role; an empty one lets all.
func allows(roles []Role, role Role) bool { return len(roles) == 0 || slices.Contains(roles, role) }

// plan is where in messages of one type the marked fields are: the way to them
// without looking at any other field. A type without any has an empty plan.
type plan[M any] []*step[M]

type step[M any] struct {
	field  protoreflect.FieldDescriptor
	marked bool
	mark   M
	// below are the marked fields of the field's own message.
	below *plan[M]
}

// newPlan makes the plan of a type. `mark` answers the mark of a field, if it
// has one. Maps are not looked into: the contract has none.
func newPlan[M any](d protoreflect.MessageDescriptor, mark func(protoreflect.FieldDescriptor) (M, bool)) plan[M] {
	plans := map[protoreflect.FullName]*plan[M]{}
	var visit func(protoreflect.MessageDescriptor) *plan[M]
	visit = func(d protoreflect.MessageDescriptor) *plan[M] {
		if p, ok := plans[d.FullName()]; ok {
			return p
		}
		p := &plan[M]{}
		plans[d.FullName()] = p
		for i := range d.Fields().Len() {
			f := d.Fields().Get(i)
			s := &step[M]{field: f}
			s.mark, s.marked = mark(f)
			if m := f.Message(); m != nil && !f.IsMap() && leadsTo(m, mark, map[protoreflect.FullName]bool{}) {
				s.below = visit(m)
			}
			if s.marked || s.below != nil {
				*p = append(*p, s)
			}
		}
		return p
	}
	return *visit(d)
}

// leadsTo tells whether a type holds a marked field, at any depth.
func leadsTo[M any](
	d protoreflect.MessageDescriptor, mark func(protoreflect.FieldDescriptor) (M, bool), seen map[protoreflect.FullName]bool,
) bool {
	if seen[d.FullName()] {
		return false
	}
	seen[d.FullName()] = true
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		if _, ok := mark(f); ok {
			return true
		}
		if f.Message() != nil && !f.IsMap() && leadsTo(f.Message(), mark, seen) {
			return true
		}
	}
	return false
}

// walk visits the marked fields that are set in a message, and stops at the
// first error.
func (p plan[M]) walk(m protoreflect.Message, above *place, visit func(protoreflect.Message, *step[M], *place) error) error {
	for _, s := range p {
		if !m.Has(s.field) {
			continue
		}
		at := &place{above: above, field: s.field, index: -1}
		if s.marked {
			if err := visit(m, s, at); err != nil {
				return err
			}
		}
		if s.below == nil || !m.Has(s.field) {
			continue
		}
		if !s.field.IsList() {
			if err := s.below.walk(m.Get(s.field).Message(), at, visit); err != nil {
				return err
			}
			continue
		}
		list := m.Get(s.field).List()
		for i := range list.Len() {
			at.index = i
			if err := s.below.walk(list.Get(i).Message(), at, visit); err != nil {
				return err
			}
		}
	}
	return nil
}

// place is where in a message a walk is. Its path is written only where it is
// told: messages have thousands of places.
type place struct {
	above *place
	field protoreflect.FieldDescriptor
	index int // in a list, else -1
}

// String is the path in the contract's names: `requests[3].invitation.name`.
func (p *place) String() string {
	at := string(p.field.Name())
	if p.index >= 0 {
		at = fmt.Sprintf("%s[%d]", at, p.index)
	}
	if p.above != nil {
		at = p.above.String() + "." + at
	}
	return at
}

// pattern is one pattern of the name of a resource, in its parts:
// meetings, {meeting}, delegations, {entity}.
type pattern []string

// reference is what a field names.
type reference struct {
	// patterns of which a name matches one.
	patterns []pattern
	// register says that the name is an entity of the register, which is
	// everybody's to read.
	register bool
}

func (c *Contract) readResources(messages protoreflect.MessageDescriptors) {
	for i := range messages.Len() {
		m := messages.Get(i)
		c.addResource(resource(m))
		c.readResources(m.Messages())
	}
}

func (c *Contract) addResource(r *annotations.ResourceDescriptor) {
	for _, p := range r.GetPattern() {
		c.resources[r.GetType()] = append(c.resources[r.GetType()], strings.Split(p, "/"))
	}
}

func resource(m protoreflect.MessageDescriptor) *annotations.ResourceDescriptor {
	r, _ := proto.GetExtension(m.Options(), annotations.E_Resource).(*annotations.ResourceDescriptor)
	return r
}

func behaves(f protoreflect.FieldDescriptor, b annotations.FieldBehavior) bool {
	all, _ := proto.GetExtension(f.Options(), annotations.E_FieldBehavior).([]annotations.FieldBehavior)
	return slices.Contains(all, b)
}

// identifier tells whether a field is the name of the resource that it stands in.
func identifier(f protoreflect.FieldDescriptor) bool {
	return behaves(f, annotations.FieldBehavior_IDENTIFIER) && resource(f.ContainingMessage()) != nil
}

// reference answers what a field of a request names. What is only answered is
// ignored in a request (AIP-203), so it names nothing there.
func (c *Contract) reference(f protoreflect.FieldDescriptor) (reference, bool, error) {
	if f.Kind() != protoreflect.StringKind || behaves(f, annotations.FieldBehavior_OUTPUT_ONLY) {
		return reference{}, false, nil
	}
	option, _ := proto.GetExtension(f.Options(), annotations.E_ResourceReference).(*annotations.ResourceReference)
	var r reference
	switch {
	case option.GetChildType() != "":
		for _, p := range c.resources[option.GetChildType()] {
			r.patterns = append(r.patterns, parent(p))
		}
	case option.GetType() == "*":
		for _, patterns := range c.resources {
			r.patterns = append(r.patterns, patterns...)
		}
	case option.GetType() != "":
		r.patterns = c.resources[option.GetType()]
		r.register = option.GetType() == registerType
	case identifier(f):
		own := resource(f.ContainingMessage()).GetType()
		r.patterns, r.register = c.resources[own], own == registerType
	default:
		return r, false, nil
	}
	if len(r.patterns) == 0 {
		return r, false, errors.New("names a resource that the contract has no pattern of")
	}
	return r, true, nil
}

// parent is the pattern of the parent of a resource: without its id and its
// collection.
func parent(p pattern) pattern { return p[:max(0, len(p)-2)] }

// match takes a name apart by a pattern: the values of its variables, or false.
func (p pattern) match(name string) (map[string]string, bool) {
	parts := strings.Split(name, "/")
	if len(parts) != len(p) {
		return nil, false
	}
	values := map[string]string{}
	for i, part := range parts {
		variable, ok := strings.CutPrefix(p[i], "{")
		if !ok {
			if part != p[i] {
				return nil, false
			}
			continue
		}
		if part == "" {
			return nil, false
		}
		values[strings.TrimSuffix(variable, "}")] = part
	}
	return values, true
}
