package server

import (
	"crypto/tls"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/metric/noop"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/encoding"
	grpcproto "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/reflection"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// maxMessage is the size of the largest message received, in bytes, through
// either door; that of an upload is another (see upload).
const maxMessage = 4 << 20

// streamWorkers is how many goroutines of gRPC stay. More calls at once have one
// of their own each.
const streamWorkers = 32

// newGRPC makes the door for gRPC, with health and reflection.
func (s *Server) newGRPC(way station, config *tls.Config) *grpc.Server {
	options := []grpc.ServerOption{
		grpc.UnaryInterceptor(way.unary),
		grpc.StreamInterceptor(s.uploadsAside(way.stream)),
		grpc.StatsHandler(otelgrpc.NewServerHandler(
			otelgrpc.WithTracerProvider(s.cfg.Telemetry.Tracer),
			otelgrpc.WithPropagators(s.cfg.Telemetry.Propagator),
			otelgrpc.WithMeterProvider(noop.NewMeterProvider()), // the station `measure` does it for both doors
		)),
		grpc.ForceServerCodecV2(lenient{encoding.GetCodecV2(grpcproto.Name)}),
		grpc.MaxRecvMsgSize(maxMessage),
		grpc.MaxHeaderListSize(maxHeader),
		grpc.MaxConcurrentStreams(250),
		// Goroutines that stay: their stacks have grown to what a call needs,
		// which takes a third of the time of a small one (docs/performance.md).
		grpc.NumStreamWorkers(streamWorkers),
		grpc.ConnectionTimeout(10 * time.Second),
		// Idle connections are let go, dead ones are found.
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionIdle: 15 * time.Minute, Time: 2 * time.Minute, Timeout: 20 * time.Second,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 20 * time.Second, PermitWithoutStream: true}),
		// Stop waits for the calls that it breaks off: what they use is closed next.
		grpc.WaitForHandlers(true),
	}
	if config != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(config)))
	}
	g := grpc.NewServer(options...)
	s.cfg.Register(receiving{g, s, way})
	s.health = health.NewServer()
	for service, info := range g.GetServiceInfo() {
		s.health.SetServingStatus(service, healthpb.HealthCheckResponse_SERVING)
		for _, m := range info.Methods {
			s.streams["/"+service+"/"+m.Name] = m.IsClientStream || m.IsServerStream
		}
	}
	healthpb.RegisterHealthServer(g, s.health)
	reflection.Register(g)
	return g
}

// lenient decodes messages, and marks one that cannot be decoded (text that is
// not UTF-8, cut off) instead of failing. So it goes the way of all calls and
// is refused on it, by the station `decoded`. gRPC itself would answer
// INTERNAL, whatever the interceptors say.
type lenient struct{ encoding.CodecV2 }

// Unmarshal implements encoding.CodecV2.
func (l lenient) Unmarshal(data mem.BufferSlice, v any) error {
	err := l.CodecV2.Unmarshal(data, v)
	if m, ok := v.(proto.Message); ok && err != nil {
		markUndecoded(m)
		return nil
	}
	return err
}

func markUndecoded(m proto.Message) {
	proto.Reset(m)
	m.ProtoReflect().SetUnknown(protowire.AppendTag(nil, undecoded, protowire.EndGroupType))
}

// undecoded is the number of the field that marks a message. No contract can
// have it: it is one of those that protobuf keeps for implementations. The end
// of a group without a beginning cannot be sent either.
const undecoded protowire.Number = 19999

// decodes tells whether a message is what was sent.
func decodes(m proto.Message) bool {
	n, kind, _ := protowire.ConsumeTag(m.ProtoReflect().GetUnknown())
	return n != undecoded || kind != protowire.EndGroupType
}
