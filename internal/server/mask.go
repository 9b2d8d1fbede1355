package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/un-placard/placard/internal/fault"
)

// listed is the field of an answer that holds what a method lists: its one
// repeated message. Nil for a method whose request has no read mask.
func listed(m protoreflect.MethodDescriptor) protoreflect.FieldDescriptor {
	mask := m.Input().Fields().ByName("read_mask")
	if mask == nil || !isMask(mask) {
		return nil
	}
	var found protoreflect.FieldDescriptor
	for i := range m.Output().Fields().Len() {
		f := m.Output().Fields().Get(i)
		if !f.IsList() || f.Message() == nil {
			continue
		}
		if found != nil {
			return nil
		}
		found = f
	}
	return found
}

// readLists reads the methods with a read mask, by the names that gRPC has for
// them.
func readLists(methods []protoreflect.MethodDescriptor) map[string]protoreflect.FieldDescriptor {
	lists := map[string]protoreflect.FieldDescriptor{}
	for _, m := range methods {
		if f := listed(m); f != nil {
			lists[fmt.Sprintf("/%s/%s", m.Parent().FullName(), m.Name())] = f
		}
	}
	return lists
}

func isMask(f protoreflect.FieldDescriptor) bool {
	return f.Message() != nil && f.Message().FullName() == "google.protobuf.FieldMask"
}

// fields are those of a message that a read mask names, each with those below
// it that are named; with none, all below it.
type fields map[string]fields

// readFields reads the paths of a read mask: nil for all fields.
func readFields(of protoreflect.MessageDescriptor, paths []string) (fields, error) {
	if len(paths) == 0 || len(paths) == 1 && paths[0] == "*" {
		return nil, nil
	}
	all := fields{}
	for _, path := range paths {
		if !all.add(of, path) {
			return nil, fault.Invalid(fault.Violation{
				Field: "read_mask", Reason: "READ_MASK_INVALID",
				Message: fmt.Sprintf("has %q; the resource has the fields %s", path, strings.Join(namesOf(of), ", ")),
			})
		}
	}
	return all, nil
}

// add adds a path, and answers false where there is no such field.
func (in fields) add(of protoreflect.MessageDescriptor, path string) bool {
	if of == nil {
		return false
	}
	name, rest, deeper := strings.Cut(path, ".")
	f := of.Fields().ByName(protoreflect.Name(name))
	if f == nil {
		return false
	}
	if !deeper {
		in[name] = nil
		return true
	}
	below, named := in[name]
	if below == nil {
		below = fields{}
	}
	if !named {
		in[name] = below // else all of it is wanted already
	}
	return below.add(f.Message(), rest)
}

func namesOf(m protoreflect.MessageDescriptor) []string {
	var names []string
	for i := range m.Fields().Len() {
		names = append(names, string(m.Fields().Get(i).Name()))
	}
	slices.Sort(names)
	return names
}

// prune takes all other fields out of a message.
func (in fields) prune(m protoreflect.Message) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		below, named := in[string(f.Name())]
		switch {
		case !named:
			m.Clear(f)
		case below == nil || f.Message() == nil:
		case f.IsList():
			for i := range v.List().Len() {
				below.prune(v.List().Get(i).Message())
			}
		default:
			below.prune(v.Message())
		}
		return true
	})
}

// pick answers of a list only the fields that its read mask names (AIP-157). The
// mask is read before the call, so that an invalid one costs nothing.
func (s *Server) pick(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	list, ok := s.lists[info.FullMethod]
	asked, isMasked := req.(interface{ GetReadMask() *fieldmaskpb.FieldMask })
	if !ok || !isMasked {
		return handler(ctx, req)
	}
	wanted, err := readFields(list.Message(), asked.GetReadMask().GetPaths())
	if err != nil {
		return nil, err
	}
	resp, err := handler(ctx, req)
	if err != nil || wanted == nil {
		return resp, err
	}
	if m, ok := resp.(proto.Message); ok {
		items := m.ProtoReflect().Get(list).List()
		for i := range items.Len() {
			wanted.prune(items.Get(i).Message())
		}
	}
	return resp, nil
}

// readMask takes the paths of a read mask out of a query.
func readMask(query url.Values) []string {
	for _, key := range []string{"readMask", "read_mask"} {
		if query.Has(key) {
			return strings.Split(query.Get(key), ",")
		}
	}
	return nil
}

// pickedInJSON makes the answer to a request with a read mask one whose JSON is
// pruned as well: JSON has a value for whatever an answer leaves out.
func pickedInJSON(ctx context.Context, resp proto.Message) (any, error) {
	e, _ := ctx.Value(exchangeKey{}).(exchange)
	if e.route == nil || len(e.readMask) == 0 {
		return resp, nil
	}
	list := listed(e.method)
	if list == nil {
		return resp, nil
	}
	wanted, err := readFields(list.Message(), e.readMask)
	if err != nil || wanted == nil {
		return resp, err
	}
	return picked{resp, list, wanted}, nil
}

// picked is an answer in JSON with a read mask: what the mask does not name is
// not there at all, not even empty.
type picked struct {
	proto.Message
	list   protoreflect.FieldDescriptor
	wanted fields
}

// pruneJSON takes all other fields out of the JSON of an answer.
func (p picked) pruneJSON(text []byte) ([]byte, error) {
	answer := p.Message.ProtoReflect().Descriptor()
	all := fields{}
	for i := range answer.Fields().Len() {
		all[string(answer.Fields().Get(i).Name())] = nil
	}
	all[string(p.list.Name())] = p.wanted
	var out bytes.Buffer
	out.Grow(len(text))
	if err := all.copyJSON(&out, answer, text); err != nil {
		return nil, fmt.Errorf("apply read mask: %w", err)
	}
	return out.Bytes(), nil
}

// copyJSON writes the wanted fields of an object, or of each in a list.
func (in fields) copyJSON(out *bytes.Buffer, of protoreflect.MessageDescriptor, text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	begin, err := d.Token()
	if err != nil {
		return err
	}
	first := true
	separate := func() {
		if !first {
			out.WriteByte(',')
		}
		first = false
	}
	switch begin {
	case json.Delim('['):
		out.WriteByte('[')
		for d.More() {
			var item json.RawMessage
			if err := d.Decode(&item); err != nil {
				return err
			}
			separate()
			if err := in.copyJSON(out, of, item); err != nil {
				return err
			}
		}
		out.WriteByte(']')
	case json.Delim('{'):
		out.WriteByte('{')
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return err
			}
			var value json.RawMessage
			if err := d.Decode(&value); err != nil {
				return err
			}
			name := fmt.Sprint(key)
			f := of.Fields().ByJSONName(name)
			if f == nil {
				continue
			}
			below, named := in[string(f.Name())]
			if !named {
				continue
			}
			separate()
			fmt.Fprintf(out, "%q:", name)
			if below == nil || f.Message() == nil {
				out.Write(value)
			} else if err := below.copyJSON(out, f.Message(), value); err != nil {
				return err
			}
		}
		out.WriteByte('}')
	default: // null
		out.Write(text)
	}
	return nil
}
