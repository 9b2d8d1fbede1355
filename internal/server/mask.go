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

// masked is what the read mask of a method is of.
type masked struct {
	// of is the message whose fields it names.
	of protoreflect.MessageDescriptor
	// list is the field of the answer that holds what a method lists: its one
	// repeated message. Nil where the answer itself is the resource.
	list protoreflect.FieldDescriptor
}

// maskedBy is what the read mask of a method is of; nil for a method whose request
// has none.
func maskedBy(m protoreflect.MethodDescriptor) *masked {
	mask := m.Input().Fields().ByName("read_mask")
	if mask == nil || !isMask(mask) {
		return nil
	}
	if strings.HasPrefix(string(m.Name()), "Get") {
		return &masked{of: m.Output()}
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
	if found == nil {
		return nil
	}
	return &masked{of: found.Message(), list: found}
}

// readMasks reads the methods with a read mask, by the names that gRPC has for
// them.
func readMasks(methods []protoreflect.MethodDescriptor) map[string]*masked {
	masks := map[string]*masked{}
	for _, m := range methods {
		if mask := maskedBy(m); mask != nil {
			masks[fmt.Sprintf("/%s/%s", m.Parent().FullName(), m.Name())] = mask
		}
	}
	return masks
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

// pick answers of resources only the fields that the read mask names (AIP-157). The
// mask is read before the call, so that an invalid one costs nothing.
func (s *Server) pick(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	mask, ok := s.masks[info.FullMethod]
	asked, isMasked := req.(interface{ GetReadMask() *fieldmaskpb.FieldMask })
	if !ok || !isMasked {
		return handler(ctx, req)
	}
	wanted, err := readFields(mask.of, asked.GetReadMask().GetPaths())
	if err != nil {
		return nil, err
	}
	resp, err := handler(ctx, req)
	if err != nil || wanted == nil {
		return resp, err
	}
	m, ok := resp.(proto.Message)
	switch {
	case !ok:
	case mask.list == nil:
		wanted.prune(m.ProtoReflect())
	default:
		items := m.ProtoReflect().Get(mask.list).List()
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
	mask := maskedBy(e.method)
	if mask == nil {
		return resp, nil
	}
	wanted, err := readFields(mask.of, e.readMask)
	if err != nil || wanted == nil {
		return resp, err
	}
	return picked{resp, mask.list, wanted}, nil
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
	answer, all := p.Message.ProtoReflect().Descriptor(), p.wanted
	if p.list != nil {
		all = fields{}
		for i := range answer.Fields().Len() {
			all[string(answer.Fields().Get(i).Name())] = nil
		}
		all[string(p.list.Name())] = p.wanted
	}
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
