package server

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/un-placard/placard/internal/fault"
)

// route is how a method is called through JSON (google.api.http).
type route struct {
	method protoreflect.MethodDescriptor
	rule   *annotations.HttpRule
	// inPath are the fields that stand in the path.
	inPath []string
	// upload is the file that a request carries, nil for none.
	upload *upload
}

// readRoutes reads the routes of methods, by HTTP method and path template.
func readRoutes(methods []protoreflect.MethodDescriptor) map[string]*route {
	routes := map[string]*route{}
	for _, m := range methods {
		rule, _ := proto.GetExtension(m.Options(), annotations.E_Http).(*annotations.HttpRule)
		if rule == nil {
			continue
		}
		for _, r := range append([]*annotations.HttpRule{rule}, rule.GetAdditionalBindings()...) {
			verb, template := pattern(r)
			routes[verb+" "+template] = &route{method: m, rule: r, inPath: variables(template), upload: uploadOf(m.Input())}
		}
	}
	return routes
}

func pattern(r *annotations.HttpRule) (verb, template string) {
	switch p := r.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return http.MethodGet, p.Get
	case *annotations.HttpRule_Put:
		return http.MethodPut, p.Put
	case *annotations.HttpRule_Post:
		return http.MethodPost, p.Post
	case *annotations.HttpRule_Delete:
		return http.MethodDelete, p.Delete
	case *annotations.HttpRule_Patch:
		return http.MethodPatch, p.Patch
	default:
		return r.GetCustom().GetKind(), r.GetCustom().GetPath()
	}
}

// variables are the fields in a path template: `/v1/{meeting.name=meetings/*}`
// has meeting.name.
func variables(template string) []string {
	var names []string
	for _, part := range strings.Split(template, "{")[1:] {
		name, _, _ := strings.Cut(part, "}")
		name, _, _ = strings.Cut(name, "=")
		names = append(names, name)
	}
	return names
}

// unknownParameters are the query parameters that the method does not read.
func (rt *route) unknownParameters(query url.Values) []fault.Violation {
	var found []fault.Violation
	for key := range query {
		fields := fieldsOf(rt.method.Input(), key)
		read := len(fields) > 0 && rt.rule.GetBody() != "*" && !slices.Contains(rt.inPath, protoPath(fields)) &&
			string(fields[0].Name()) != rt.rule.GetBody()
		if !read {
			found = append(found, fault.Violation{
				Field: key, Reason: "UNKNOWN_PARAMETER", Message: "is not a query parameter of this method",
			})
		}
	}
	slices.SortFunc(found, func(a, b fault.Violation) int { return strings.Compare(a.Field, b.Field) })
	return found
}

// masksInProto turns the paths of masks in a query from the JSON's names
// (`latePolicy`) into those of the contract, which the gateway wants there. An
// update mask is of the body, a read mask of what is answered; an empty one of
// these is as good as none.
func (rt *route) masksInProto(query url.Values) {
	var of protoreflect.MessageDescriptor
	if mask := maskedBy(rt.method); mask != nil {
		of = mask.of
	} else if body := rt.method.Input().Fields().ByName(protoreflect.Name(rt.rule.GetBody())); body != nil {
		of = body.Message()
	}
	for key, values := range query {
		fields := fieldsOf(rt.method.Input(), key)
		if of == nil || len(fields) != 1 || !isMask(fields[0]) {
			continue
		}
		if rt.rule.GetBody() == "" && len(values) == 1 && values[0] == "" {
			delete(query, key)
			continue
		}
		for i, value := range values {
			paths := strings.Split(value, ",")
			for j, path := range paths {
				if named := fieldsOf(of, path); len(named) > 0 {
					paths[j] = protoPath(named)
				}
			}
			values[i] = strings.Join(paths, ",")
		}
	}
}

// fieldsOf are the fields that a path (`page_size`, `pageSize`,
// `meeting.endDate`) goes through; none where one does not exist.
func fieldsOf(m protoreflect.MessageDescriptor, path string) []protoreflect.FieldDescriptor {
	var fields []protoreflect.FieldDescriptor
	for _, part := range strings.Split(path, ".") {
		if m == nil {
			return nil
		}
		f := fieldOf(m, part)
		if f == nil {
			return nil
		}
		fields = append(fields, f)
		m = f.Message()
	}
	return fields
}

// fieldOf finds a field by its name in JSON or in the contract.
func fieldOf(m protoreflect.MessageDescriptor, name string) protoreflect.FieldDescriptor {
	if f := m.Fields().ByJSONName(name); f != nil {
		return f
	}
	return m.Fields().ByName(protoreflect.Name(name))
}

func protoPath(fields []protoreflect.FieldDescriptor) string {
	var names []string
	for _, f := range fields {
		names = append(names, string(f.Name()))
	}
	return strings.Join(names, ".")
}

// inJSON turns the field paths in a status from the contract's names into
// those of the JSON that was sent: in lowerCamelCase and, where the body is
// one field of the request, without its name.
func (rt *route) inJSON(st *status.Status) *status.Status {
	if rt == nil {
		return st
	}
	p := st.Proto()
	var field, jsonField string // of the fault as a whole; the first detail has it
	for i, detail := range p.GetDetails() {
		m, err := detail.UnmarshalNew()
		if err != nil {
			continue
		}
		switch d := m.(type) {
		case *errdetails.BadRequest:
			for _, v := range d.GetFieldViolations() {
				from := v.GetField()
				v.Field = rt.jsonPath(from)
				p.Message = renamed(p, from, v.GetField())
			}
		case *errdetails.ErrorInfo:
			from, ok := d.GetMetadata()["field"]
			if !ok {
				continue
			}
			field, jsonField = from, rt.jsonPath(from)
			d.Metadata["field"] = jsonField
			p.Message = strings.Replace(p.GetMessage(), field, jsonField, 1)
		case *errdetails.LocalizedMessage:
			if field == "" {
				continue
			}
			d.Message = strings.Replace(d.GetMessage(), field, jsonField, 1)
		default:
			continue
		}
		if err := p.GetDetails()[i].MarshalFrom(m); err != nil {
			continue
		}
	}
	return status.FromProto(p)
}

// renamed is a message that begins with the path of a field, with its new path.
func renamed(p *spb.Status, from, to string) string {
	if rest, ok := strings.CutPrefix(p.GetMessage(), from+": "); ok && to != "" {
		return to + ": " + rest
	}
	return p.GetMessage()
}

// jsonPath turns a path of the contract into one of the JSON:
// `meeting.agenda_topics[2].en` is `agendaTopics[2].en` where the body is the
// meeting. The body as a whole is "".
func (rt *route) jsonPath(path string) string {
	var names []string
	m := rt.method.Input()
	for _, part := range strings.Split(path, ".") {
		name, index, indexed := strings.Cut(part, "[")
		if m != nil {
			f := m.Fields().ByName(protoreflect.Name(name))
			m = nil
			if f != nil {
				name, m = f.JSONName(), f.Message()
			}
		}
		if indexed {
			name += "[" + index
		}
		names = append(names, name)
	}
	if body := rt.rule.GetBody(); body != "" && body != "*" {
		if f := rt.method.Input().Fields().ByName(protoreflect.Name(body)); f != nil && names[0] == f.JSONName() {
			names = names[1:]
		}
	}
	return strings.Join(names, ".")
}

// explain says what is wrong with a request that the gateway could not read:
// everything, each with its path.
func (rt *route) explain(query url.Values, body []byte) *fault.Error {
	if !utf8.Valid(body) {
		return malformed("the body is not in UTF-8")
	}
	var found []fault.Violation
	for key, values := range query {
		// One parameter at a time, as if it were alone.
		none := utilities.NewDoubleArray(nil)
		err := (&runtime.DefaultQueryParser{}).Parse(dynamicpb.NewMessage(rt.method.Input()), url.Values{key: values}, none)
		if err != nil {
			fields := fieldsOf(rt.method.Input(), key)
			found = append(found, fault.Violation{Field: key, Reason: "INVALID_VALUE", Message: expectation(fields[len(fields)-1])})
		}
	}
	slices.SortFunc(found, func(a, b fault.Violation) int { return strings.Compare(a.Field, b.Field) })
	if len(body) > 0 {
		m := rt.method.Input()
		if b := rt.rule.GetBody(); b != "*" {
			m = m.Fields().ByName(protoreflect.Name(b)).Message()
		}
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		var value any
		if err := decoder.Decode(&value); err != nil {
			return malformed("the body is not JSON: " + err.Error())
		}
		if _, err := decoder.Token(); err != io.EOF {
			return malformed("something follows the JSON in the body")
		}
		found = append(found, explainMessage(m, value, "")...)
	}
	if f, ok := fault.As(fault.Invalid(found...)); ok {
		return f
	}
	return malformed("a field or parameter is there twice, or something else that JSON allows and the contract does not")
}

// explainMessage finds what in a value keeps it from being a message.
func explainMessage(m protoreflect.MessageDescriptor, value any, at string) []fault.Violation {
	object, ok := value.(map[string]any)
	if !ok {
		return []fault.Violation{{Field: cmp.Or(at, "body"), Reason: "INVALID_VALUE", Message: "must be an object"}}
	}
	prefix := at
	if at != "" {
		prefix += "."
	}
	var keys []string
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	var found []fault.Violation
	for _, key := range keys {
		f := fieldOf(m, key)
		if f == nil {
			found = append(found, fault.Violation{Field: prefix + key, Reason: "UNKNOWN_FIELD", Message: "is not a field of this request"})
			continue
		}
		if object[key] == nil {
			continue
		}
		items, list := object[key].([]any)
		switch {
		case !f.IsList():
			found = append(found, explainValue(f, object[key], prefix+key)...)
		case !list:
			found = append(found, fault.Violation{Field: prefix + key, Reason: "INVALID_VALUE", Message: "must be a list"})
		default:
			for i, item := range items {
				if len(found) > fault.MaxViolations {
					break
				}
				found = append(found, explainValue(f, item, fmt.Sprintf("%s%s[%d]", prefix, key, i))...)
			}
		}
	}
	return found
}

// explainValue finds what in a value keeps it from being one of a field.
func explainValue(f protoreflect.FieldDescriptor, value any, at string) []fault.Violation {
	if m := f.Message(); m != nil && !f.IsMap() && m.ParentFile().Package() != "google.protobuf" {
		return explainMessage(m, value, at)
	}
	if f.IsList() {
		value = []any{value}
	}
	// Whether it is one, the decoder knows best.
	text, err := json.Marshal(map[string]any{string(f.Name()): value})
	if err == nil {
		err = protojson.Unmarshal(text, dynamicpb.NewMessage(f.ContainingMessage()))
	}
	if err == nil {
		return nil
	}
	why := "INVALID_VALUE"
	if f.Enum() != nil {
		why = "UNKNOWN_VALUE"
	}
	return []fault.Violation{{Field: at, Reason: why, Message: expectation(f)}}
}

// expectation says what a field takes.
func expectation(f protoreflect.FieldDescriptor) string {
	if e := f.Enum(); e != nil {
		var names []string
		for i := range e.Values().Len() {
			if v := e.Values().Get(i); v.Number() != 0 {
				names = append(names, string(v.Name()))
			}
		}
		return "must be one of " + strings.Join(names, ", ")
	}
	switch f.Kind() {
	case protoreflect.BoolKind:
		return "must be true or false"
	case protoreflect.StringKind:
		return "must be a text"
	case protoreflect.BytesKind:
		return "must be bytes in base64"
	case protoreflect.MessageKind:
		switch f.Message().FullName() {
		case "google.protobuf.Timestamp":
			return "must be a time in the form 2010-01-27T10:00:00Z"
		case "google.protobuf.FieldMask":
			return "must be names of fields, separated by commas"
		}
		return "must be a " + string(f.Message().Name())
	default:
		return "must be a number (" + f.Kind().String() + ")"
	}
}

// answersFile tells whether a method answers a file (google.api.HttpBody).
func answersFile(method string) bool {
	name := protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(method, "/"), "/", "."))
	d, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
	if err != nil {
		return false
	}
	m, ok := d.(protoreflect.MethodDescriptor)
	return ok && m.Output().FullName() == "google.api.HttpBody"
}

// refuse answers an error that no call answered.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	writeStatus(w, r, s.status(r.Context(), faultOf(r.Context(), err)))
}

func (s *Server) refusePath(w http.ResponseWriter, r *http.Request) {
	s.refuse(w, r, fault.New(codes.NotFound, "PATH_NOT_FOUND", "there is nothing at this path: see /openapi.json"))
}

func (s *Server) refuseMethod(w http.ResponseWriter, r *http.Request, allowed ...string) {
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	s.refuse(w, r, fault.New(codes.Unimplemented, "METHOD_NOT_ALLOWED",
		fmt.Sprintf("this path takes %s", strings.Join(allowed, ", ")), "allowed", strings.Join(allowed, ", ")))
}
