package apptest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"google.golang.org/genproto/googleapis/api/annotations"
	"google.golang.org/genproto/googleapis/api/httpbody"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// REST is a client connection that speaks JSON over HTTP by the mappings of
// the contract, so that one test drives both doors with the same typed calls.
// Outgoing metadata become headers.
type REST struct {
	// Base is the address of the server: http://127.0.0.1:1234.
	Base string
}

var _ grpc.ClientConnInterface = REST{}

// Invoke calls a unary method.
func (c REST) Invoke(ctx context.Context, method string, args, reply any, _ ...grpc.CallOption) error {
	body, err := c.call(ctx, method, args.(proto.Message))
	if err != nil {
		return err
	}
	if file, ok := reply.(*httpbody.HttpBody); ok {
		file.Data = body
		return nil
	}
	return protojson.Unmarshal(body, reply.(proto.Message))
}

// NewStream calls a method that streams a file: its one message is the whole body.
func (c REST) NewStream(ctx context.Context, _ *grpc.StreamDesc, method string, _ ...grpc.CallOption) (grpc.ClientStream, error) {
	return &restStream{ctx: ctx, conn: c, method: method}, nil
}

var variable = regexp.MustCompile(`\{([^=}]+)=?([^}]*)\}`)

func (c REST) call(ctx context.Context, method string, args proto.Message) ([]byte, error) {
	req, err := c.request(ctx, method, args)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusOK {
		return body, nil
	}
	st := &spb.Status{}
	if err := protojson.Unmarshal(body, st); err != nil {
		return nil, fmt.Errorf("%s %s: HTTP %d with a body that is no google.rpc.Status: %q", req.Method, req.URL, resp.StatusCode, body)
	}
	return nil, status.ErrorProto(st)
}

// request maps a call to HTTP as google.api.http says.
func (c REST) request(ctx context.Context, method string, args proto.Message) (*http.Request, error) {
	name := protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(method, "/"), "/", "."))
	d, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
	if err != nil {
		return nil, err
	}
	rule, _ := proto.GetExtension(d.Options(), annotations.E_Http).(*annotations.HttpRule)
	verb, path := pattern(rule)
	rest := proto.Clone(args)
	path = variable.ReplaceAllStringFunc(path, func(v string) string {
		return take(rest.ProtoReflect(), strings.Split(variable.FindStringSubmatch(v)[1], "."))
	})
	var body []byte
	switch rule.GetBody() {
	case "":
	case "*":
		body, err = protojson.Marshal(rest)
	default:
		f := rest.ProtoReflect().Descriptor().Fields().ByName(protoreflect.Name(rule.GetBody()))
		if file, ok := rest.ProtoReflect().Get(f).Message().Interface().(*httpbody.HttpBody); ok {
			body = file.GetData() // as it is
		} else {
			body, err = protojson.Marshal(rest.ProtoReflect().Get(f).Message().Interface())
		}
		rest.ProtoReflect().Clear(f)
	}
	if err != nil {
		return nil, err
	}
	u := c.Base + path
	if rule.GetBody() != "*" {
		query, err := parameters(rest)
		if err != nil {
			return nil, err
		}
		if len(query) > 0 {
			u += "?" + query.Encode()
		}
	}
	req, err := http.NewRequestWithContext(ctx, verb, u, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if md, ok := metadata.FromOutgoingContext(ctx); ok {
		for key, values := range md {
			req.Header[http.CanonicalHeaderKey(key)] = values
		}
	}
	return req, nil
}

func pattern(rule *annotations.HttpRule) (verb, path string) {
	switch p := rule.GetPattern().(type) {
	case *annotations.HttpRule_Get:
		return http.MethodGet, p.Get
	case *annotations.HttpRule_Post:
		return http.MethodPost, p.Post
	case *annotations.HttpRule_Patch:
		return http.MethodPatch, p.Patch
	case *annotations.HttpRule_Delete:
		return http.MethodDelete, p.Delete
	default:
		return "", ""
	}
}

// take answers the text of a field and clears it, because it stands in the path.
func take(m protoreflect.Message, path []string) string {
	f := m.Descriptor().Fields().ByName(protoreflect.Name(path[0]))
	if len(path) > 1 {
		return take(m.Mutable(f).Message(), path[1:])
	}
	v := m.Get(f).String()
	m.Clear(f)
	return v
}

// parameters are the fields that stand neither in the path nor in the body.
func parameters(m proto.Message) (url.Values, error) {
	text, err := protojson.Marshal(m)
	if err != nil {
		return nil, err
	}
	var fields map[string]any
	numbers := json.NewDecoder(bytes.NewReader(text))
	numbers.UseNumber()
	if err := numbers.Decode(&fields); err != nil {
		return nil, err
	}
	query := url.Values{}
	addParameters(query, "", fields)
	return query, nil
}

// addParameters adds fields to a query; those of a message within have its name
// before theirs.
func addParameters(query url.Values, prefix string, fields map[string]any) {
	for key, value := range fields {
		switch v := value.(type) {
		case []any:
			for _, item := range v {
				query.Add(prefix+key, fmt.Sprint(item))
			}
		case map[string]any:
			addParameters(query, prefix+key+".", v)
		default:
			query.Set(prefix+key, fmt.Sprint(v))
		}
	}
}

type restStream struct {
	grpc.ClientStream
	ctx    context.Context
	conn   REST
	method string
	body   []byte
	done   bool
}

func (s *restStream) SendMsg(m any) (err error) {
	s.body, err = s.conn.call(s.ctx, s.method, m.(proto.Message))
	return err
}

func (s *restStream) CloseSend() error { return nil }

func (s *restStream) RecvMsg(m any) error {
	if s.done {
		return io.EOF
	}
	s.done = true
	proto.Merge(m.(proto.Message), &httpbody.HttpBody{Data: s.body})
	return nil
}
