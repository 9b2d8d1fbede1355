package access

import (
	"errors"
	"fmt"
	"strings"

	"buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go/buf/validate"
	"buf.build/go/protovalidate"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/un-placard/placard/internal/fault"
)

// Validator checks messages against the rules of the contract.
type Validator struct{ rules protovalidate.Validator }

// NewValidator compiles the rules of all requests, so that no caller waits for
// it and a rule that does not compile is found at the start.
func NewValidator(c *Contract) (*Validator, error) {
	var requests []protoreflect.MessageDescriptor
	for _, m := range c.Descriptors() {
		requests = append(requests, m.Input())
	}
	rules, err := protovalidate.New(protovalidate.WithMessageDescriptors(requests...))
	if err != nil {
		return nil, fmt.Errorf("compile the rules of the contract: %w", err)
	}
	return &Validator{rules}, nil
}

// Validate answers everything that is wrong with a message, in one fault.
// Fields are named by their paths in the contract's names, after `prefix`: the
// field of the request that the message stands in, or "".
//
// A list that is too long is answered alone: its items are not looked at.
func (v *Validator) Validate(m proto.Message, prefix string) error {
	if err := tooLong(m.ProtoReflect(), prefix); err != nil {
		return err
	}
	return violations(v.rules.Validate(m), prefix)
}

// tooLong answers the lists of a message that have more items than they may.
func tooLong(m protoreflect.Message, prefix string) error {
	var found []fault.Violation
	m.Range(func(f protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		rules, _ := proto.GetExtension(f.Options(), validate.E_Field).(*validate.FieldRules)
		limit := rules.GetRepeated().GetMaxItems()
		if f.IsList() && limit > 0 && uint64(value.List().Len()) > limit {
			found = append(found, fault.Violation{
				Field: strings.TrimPrefix(prefix+"."+string(f.Name()), "."), Reason: "REPEATED_MAX_ITEMS",
				Message: fmt.Sprintf("must contain no more than %d item(s), and has %d", limit, value.List().Len()),
			})
		}
		return true
	})
	return fault.Invalid(found...)
}

// ValidateRequest is Validate for a request as it arrives. In an update
// (AIP-134) the resource is partial: its own fields are left to the service,
// which validates the resource as it would become. Its name is needed.
func (v *Validator) ValidateRequest(m proto.Message) error {
	r := m.ProtoReflect()
	if maskOf(r.Descriptor()) == nil {
		return v.Validate(m, "")
	}
	var found []fault.Violation
	err := violations(v.rules.Validate(m, protovalidate.WithFilter(partial(r.Descriptor()))), "")
	if f, ok := fault.As(err); ok {
		found = f.Violations
	} else if err != nil {
		return err
	}
	for i := range r.Descriptor().Fields().Len() {
		f := r.Descriptor().Fields().Get(i)
		if f.Message() == nil || f.IsList() || resource(f.Message()) == nil || !r.Has(f) {
			continue
		}
		if id := identifierOf(f.Message()); id != nil && !r.Get(f).Message().Has(id) {
			found = append(found, fault.Violation{
				Field: fmt.Sprintf("%s.%s", f.Name(), id.Name()), Reason: "REQUIRED", Message: "value is required",
			})
		}
	}
	return fault.Invalid(found...)
}

func identifierOf(m protoreflect.MessageDescriptor) protoreflect.FieldDescriptor {
	for i := range m.Fields().Len() {
		if f := m.Fields().Get(i); identifier(f) {
			return f
		}
	}
	return nil
}

// partial leaves out the rules of the resource in an update: of the message
// as a whole and of its own fields, except its name and the messages in it
// that are set.
func partial(request protoreflect.MessageDescriptor) protovalidate.Filter {
	updated := map[protoreflect.FullName]bool{}
	for i := range request.Fields().Len() {
		if m := request.Fields().Get(i).Message(); m != nil && resource(m) != nil {
			updated[m.FullName()] = true
		}
	}
	return protovalidate.FilterFunc(func(m protoreflect.Message, d protoreflect.Descriptor) bool {
		if !updated[m.Descriptor().FullName()] {
			return true
		}
		f, ok := d.(protoreflect.FieldDescriptor)
		return ok && (identifier(f) || f.Message() != nil && m.Has(f))
	})
}

// violations makes a fault of what protovalidate found. Any other error of it
// is a defect of the rules.
func violations(err error, prefix string) error {
	if err == nil {
		return nil
	}
	var found *protovalidate.ValidationError
	if !errors.As(err, &found) {
		return fmt.Errorf("apply the rules of the contract: %w", err)
	}
	var all []fault.Violation
	for _, v := range found.Violations {
		at := protovalidate.FieldPathString(v.Proto.GetField())
		if prefix != "" {
			at = strings.TrimSuffix(prefix+"."+at, ".")
		}
		reason := strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(v.Proto.GetRuleId()))
		all = append(all, fault.Violation{Field: at, Reason: reason, Message: v.Proto.GetMessage()})
	}
	return fault.Invalid(all...)
}
