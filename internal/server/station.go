package server

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// station is one stop on the way of a call, for calls with one answer and for
// streams. It is written once, with around or onMessage.
type station struct {
	unary  grpc.UnaryServerInterceptor
	stream grpc.StreamServerInterceptor
}

// around makes a station of what is done before and after a call.
func around(f func(ctx context.Context, method string, next func(context.Context) error) error) station {
	return station{
		unary: func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			var resp any
			err := f(ctx, info.FullMethod, func(ctx context.Context) error {
				var err error
				resp, err = handler(ctx, req)
				return err
			})
			if err != nil {
				return nil, err
			}
			return resp, nil
		},
		stream: func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			return f(ss.Context(), info.FullMethod, func(ctx context.Context) error {
				return handler(srv, &stream{ServerStream: ss, ctx: ctx})
			})
		},
	}
}

// onMessage makes a station of what is done with every message of a call: on
// its way in, where it may be refused, and on its way out. Either may be nil.
func onMessage(in func(ctx context.Context, method string, m proto.Message) error, out func(ctx context.Context, method string, m proto.Message)) station {
	pass := func(ctx context.Context, method string, m any) error {
		if p, ok := m.(proto.Message); ok && in != nil {
			return in(ctx, method, p)
		}
		return nil
	}
	answer := func(ctx context.Context, method string, m any) {
		if p, ok := m.(proto.Message); ok && out != nil {
			out(ctx, method, p)
		}
	}
	return station{
		unary: func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			if err := pass(ctx, info.FullMethod, req); err != nil {
				return nil, err
			}
			resp, err := handler(ctx, req)
			if err != nil {
				return nil, err
			}
			answer(ctx, info.FullMethod, resp)
			return resp, nil
		},
		stream: func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			return handler(srv, &stream{
				ServerStream: ss, ctx: ss.Context(),
				in:  func(m any) error { return pass(ss.Context(), info.FullMethod, m) },
				out: func(m any) { answer(ss.Context(), info.FullMethod, m) },
			})
		},
	}
}

// except lets the calls of some methods pass a station by.
func (s station) except(exempt func(method string) bool) station {
	return station{
		unary: func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			if exempt(info.FullMethod) {
				return handler(ctx, req)
			}
			return s.unary(ctx, req, info, handler)
		},
		stream: func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			if exempt(info.FullMethod) {
				return handler(srv, ss)
			}
			return s.stream(srv, ss, info, handler)
		},
	}
}

// join makes one station of several, which are passed in their order.
func join(stations ...station) station {
	return station{
		unary: func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			for i := len(stations) - 1; i >= 0; i-- {
				s, next := stations[i], handler
				handler = func(ctx context.Context, req any) (any, error) { return s.unary(ctx, req, info, next) }
			}
			return handler(ctx, req)
		},
		stream: func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			for i := len(stations) - 1; i >= 0; i-- {
				s, next := stations[i], handler
				handler = func(srv any, ss grpc.ServerStream) error { return s.stream(srv, ss, info, next) }
			}
			return handler(srv, ss)
		},
	}
}

// stream is a stream with a context of its own, whose messages a station sees.
type stream struct {
	grpc.ServerStream
	ctx context.Context
	in  func(m any) error
	out func(m any)
}

func (s *stream) Context() context.Context { return s.ctx }

func (s *stream) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	if s.in == nil {
		return nil
	}
	return s.in(m)
}

func (s *stream) SendMsg(m any) error {
	if s.out != nil {
		s.out(m)
	}
	return s.ServerStream.SendMsg(m)
}
