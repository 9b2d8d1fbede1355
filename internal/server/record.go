package server

import (
	"context"
	"errors"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/un-placard/placard/internal/access"
)

// Recorder keeps who read personal data.
type Recorder interface {
	// Record keeps that the caller of the context reads something. What is not kept
	// is not shown: an error is the answer of the call.
	Record(ctx context.Context, r access.Reading) error
}

// record is a station that has readings of personal data kept before their answers
// leave. It sees answers as the role reads them, and with the fields that were asked
// for.
func (s *Server) record() station {
	return station{
		unary: func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
			resp, err := handler(ctx, req)
			if err != nil || !s.cfg.Contract.Reads(access.From(ctx), info.FullMethod) {
				return resp, err
			}
			if err := s.recordAnswer(ctx, info.FullMethod, req, resp); err != nil {
				return nil, err
			}
			return resp, nil
		},
		stream: func(srv any, ss grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
			if !s.cfg.Contract.Reads(access.From(ss.Context()), info.FullMethod) {
				return handler(srv, ss)
			}
			return handler(srv, &recordedStream{ServerStream: ss, record: func(req, resp any) error {
				return s.recordAnswer(ss.Context(), info.FullMethod, req, resp)
			}})
		},
	}
}

func (s *Server) recordAnswer(ctx context.Context, method string, req, resp any) error {
	asked, ok := req.(proto.Message)
	answered, yes := resp.(proto.Message)
	if !ok || !yes {
		return errors.New("record a reading: not messages")
	}
	r, ok := s.cfg.Contract.Reading(access.From(ctx), method, asked, answered)
	if !ok {
		return nil
	}
	return s.cfg.Readings.Record(ctx, r)
}

// recordedStream is a stream whose first part goes out once its reading is kept.
type recordedStream struct {
	grpc.ServerStream
	record func(req, resp any) error
	// asked is the request.
	asked any
	kept  bool
}

// RecvMsg implements grpc.ServerStream.
func (s *recordedStream) RecvMsg(m any) error {
	if err := s.ServerStream.RecvMsg(m); err != nil {
		return err
	}
	if s.asked == nil {
		s.asked = m
	}
	return nil
}

// SendMsg implements grpc.ServerStream.
func (s *recordedStream) SendMsg(m any) error {
	if !s.kept {
		if err := s.record(s.asked, m); err != nil {
			return err
		}
		s.kept = true
	}
	return s.ServerStream.SendMsg(m)
}
