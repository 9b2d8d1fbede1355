package server

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/fullstorydev/grpchan/inprocgrpc"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// inProcess leads to the services without a socket, on the way of every call. A
// call with one answer runs in the goroutine of whoever makes it, whose stack has
// grown already; a stream has one of its own.
type inProcess struct {
	way     station
	unary   map[string]unaryMethod
	streams *inprocgrpc.Channel
}

type unaryMethod struct {
	service any
	handle  grpc.MethodHandler
}

func newInProcess(way station) *inProcess {
	return &inProcess{
		way: way, unary: map[string]unaryMethod{},
		streams: (&inprocgrpc.Channel{}).WithServerStreamInterceptor(way.stream).WithCloner(handover{}),
	}
}

// RegisterService implements grpc.ServiceRegistrar.
func (p *inProcess) RegisterService(desc *grpc.ServiceDesc, service any) {
	p.streams.RegisterService(desc, service)
	for _, m := range desc.Methods {
		p.unary["/"+desc.ServiceName+"/"+m.MethodName] = unaryMethod{service, m.Handler}
	}
}

// Invoke implements grpc.ClientConnInterface. Of the options it knows those that
// ask for the metadata of the answer.
func (p *inProcess) Invoke(ctx context.Context, method string, req, resp any, opts ...grpc.CallOption) error {
	m, ok := p.unary[method]
	if !ok {
		return status.Errorf(codes.Unimplemented, "there is no method %s", method)
	}
	sent, _ := metadata.FromOutgoingContext(ctx)
	answered := &answerMetadata{method: method}
	ctx = metadata.NewIncomingContext(context.WithValue(ctx, insideKey{}, ctx), sent)
	got, err := m.handle(m.service, grpc.NewContextWithServerTransportStream(ctx, answered),
		func(into any) error { return handover{}.Copy(into, req) }, p.way.unary)
	for _, o := range opts {
		switch o := o.(type) {
		case grpc.HeaderCallOption:
			*o.HeaderAddr = answered.header
		case grpc.TrailerCallOption:
			*o.TrailerAddr = answered.trailer
		}
	}
	if err != nil {
		return err //nolint:wrapcheck // it is a status
	}
	return handover{}.Copy(resp, got)
}

// NewStream implements grpc.ClientConnInterface.
func (p *inProcess) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	return p.streams.NewStream(ctx, desc, method, opts...) //nolint:wrapcheck // it is a status
}

type insideKey struct{}

// outsideOf is the context of whoever made a call in the process, nil for a call
// that came through a socket.
func outsideOf(ctx context.Context) context.Context {
	if outside, ok := ctx.Value(insideKey{}).(context.Context); ok {
		return outside
	}
	return inprocgrpc.ClientContext(ctx)
}

// answerMetadata keeps the metadata that a call answers. It is used by one
// goroutine, that of the call.
type answerMetadata struct {
	method          string
	header, trailer metadata.MD
}

// Method implements grpc.ServerTransportStream.
func (a *answerMetadata) Method() string { return a.method }

// SetHeader implements grpc.ServerTransportStream.
func (a *answerMetadata) SetHeader(md metadata.MD) error {
	a.header = metadata.Join(a.header, md)
	return nil
}

// SendHeader implements grpc.ServerTransportStream.
func (a *answerMetadata) SendHeader(md metadata.MD) error { return a.SetHeader(md) }

// SetTrailer implements grpc.ServerTransportStream.
func (a *answerMetadata) SetTrailer(md metadata.MD) error {
	a.trailer = metadata.Join(a.trailer, md)
	return nil
}

// restCalls are the calls of the gateway.
type restCalls struct{ *inProcess }

// Invoke implements grpc.ClientConnInterface.
func (c restCalls) Invoke(ctx context.Context, method string, req, resp any, opts ...grpc.CallOption) error {
	callOf(ctx).method = method
	return c.inProcess.Invoke(ctx, method, req, resp, opts...)
}

// pageCalls are the calls of the pages. One request of theirs makes several,
// each of which is a call of its own.
type pageCalls struct{ *inProcess }

// Invoke implements grpc.ClientConnInterface.
func (c pageCalls) Invoke(ctx context.Context, method string, req, resp any, opts ...grpc.CallOption) error {
	return c.inProcess.Invoke(ofPage(ctx, method), method, req, resp, opts...)
}

// NewStream implements grpc.ClientConnInterface.
func (c pageCalls) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	return c.inProcess.NewStream(ofPage(ctx, method), desc, method, opts...)
}

func ofPage(ctx context.Context, method string) context.Context {
	own := *callOf(ctx)
	own.door, own.method = doorPage, method
	return context.WithValue(ctx, callKey{}, &own)
}

// NewStream makes the header of a stream of files wait for the first part, so
// that an error before it is answered as an error, not as a file.
func (c restCalls) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	callOf(ctx).method = method
	s, err := c.inProcess.NewStream(ctx, desc, method, opts...)
	if err != nil || !answersFile(method) {
		return s, err
	}
	return &fileStream{ClientStream: s}, nil
}

type fileStream struct {
	grpc.ClientStream
	first *httpbody.HttpBody
	ended bool
}

// SendMsg implements grpc.ClientStream. A call that was refused before its
// request was read says io.EOF here and why where it is received, as any
// stream of gRPC does.
func (s *fileStream) SendMsg(m any) error {
	if err := s.ClientStream.SendMsg(m); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func (s *fileStream) Header() (metadata.MD, error) {
	first := &httpbody.HttpBody{}
	err := s.RecvMsg(first)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if s.ended = err != nil; !s.ended {
		s.first = first
	}
	return s.ClientStream.Header()
}

func (s *fileStream) RecvMsg(m any) error {
	into, ok := m.(*httpbody.HttpBody)
	switch {
	case s.ended:
		return io.EOF
	case s.first != nil && ok:
		proto.Merge(into, s.first)
		s.first = nil
		return nil
	default:
		return s.ClientStream.RecvMsg(m)
	}
}

// handover passes messages between the gateway and the services. Neither keeps
// what it gives away, so nothing below the first level is copied.
type handover struct{}

func (handover) Copy(to, from any) error {
	dst, err := message(to)
	if err != nil {
		return err
	}
	src, err := message(from)
	if err != nil {
		return err
	}
	proto.Reset(dst.Interface())
	src.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		dst.Set(f, v)
		return true
	})
	dst.SetUnknown(src.GetUnknown())
	return nil
}

func (h handover) Clone(from any) (any, error) {
	src, err := message(from)
	if err != nil {
		return nil, err
	}
	to := src.New().Interface()
	return to, h.Copy(to, from)
}

func message(m any) (protoreflect.Message, error) {
	v, ok := m.(protoadapt.MessageV2)
	if !ok {
		return nil, fmt.Errorf("%T is not a message", m)
	}
	return v.ProtoReflect(), nil
}
