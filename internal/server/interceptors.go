package server

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net"
	"runtime/debug"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/answer"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/store"
)

// path is the way of every call, through either door.
func (s *Server) path() station {
	return join(
		// Who is on the line: the request id, the address, the languages.
		around(identify),
		// How many calls, how long: also those that fail below.
		around(s.measure),
		// One line in the log for each call.
		around(s.log).except(infrastructure),
		// A panic ends one call, not the server.
		around(s.recover),
		// Errors become statuses with a reason; unknown ones are logged and hidden.
		around(s.answer),
		// Before anything that costs: how often this address calls.
		around(s.limitAddress),
		// Who calls. The context below has the principal and its scope.
		around(s.authenticate).except(infrastructure),
		// How often this principal calls, through any address and key.
		around(s.limitPrincipal).except(infrastructure),
		// No call takes for ever.
		around(s.deadline).except(infrastructure),
		// A message that could not be read is refused here, not before, so that
		// it is counted, logged and answered like any other.
		onMessage(decoded, nil),
		// The rules of the contract for the values of fields.
		onMessage(s.validate, nil).except(infrastructure),
		// Who reads personal data of others: kept before the answer leaves, of what
		// the stations below let out.
		s.record().except(infrastructure),
		// The rules of the contract for roles, fields and names; and what of the
		// answer the role may read.
		onMessage(s.authorize, s.redact).except(infrastructure),
		// A write that is repeated is done once (AIP-155).
		station{unary: s.once, stream: passStream}.except(infrastructure),
		// Of a list only the fields that the caller wants (AIP-157).
		station{unary: s.pick, stream: passStream}.except(infrastructure),
	)
}

// infrastructure are the services that need no key: the health of the server
// and the contract, which is public.
func infrastructure(method string) bool {
	return strings.HasPrefix(method, "/grpc.health.v1.Health/") ||
		strings.HasPrefix(method, "/grpc.reflection.v1.ServerReflection/") ||
		strings.HasPrefix(method, "/grpc.reflection.v1alpha.ServerReflection/")
}

func passStream(srv any, ss grpc.ServerStream, _ *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
	return handler(srv, ss)
}

// Doors by which calls come in.
const (
	doorGRPC = "grpc"
	doorREST = "rest"
	doorPage = "page"
)

// call is what is known of a call while it is answered.
type call struct {
	// id is the request id, of the caller's choice or ours.
	id string
	// door is doorGRPC, doorREST or doorPage.
	door string
	// address of the caller, without port.
	address string
	// method is the full name of the RPC; empty while it is not known.
	method string
	// principal is as whom the caller acts; empty while it is not known.
	principal string
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{}
}

// maxRequestID is the length of the longest request id that is taken over.
const maxRequestID = 128

// printable tells whether an id is fit for headers and logs.
func printable(id string) bool {
	for i := range len(id) {
		if id[i] < '!' || id[i] > '~' {
			return false
		}
	}
	return id != "" && len(id) <= maxRequestID
}

// requestID takes over the id that the caller gave a request, or makes one.
func requestID(given string) string {
	if printable(given) {
		return given
	}
	return rand.Text()
}

// header is the value of a header of a call. One that is there more than once
// counts as not there.
func header(ctx context.Context, name string) string {
	if v := metadata.ValueFromIncomingContext(ctx, name); len(v) == 1 {
		return v[0]
	}
	return ""
}

func identify(ctx context.Context, method string, next func(context.Context) error) error {
	var c *call
	if outside := outsideOf(ctx); outside != nil {
		// The gateway's: its context stays outside, except for the trace.
		own := *callOf(outside)
		c = &own
		span := trace.SpanFromContext(outside)
		span.SetName(strings.TrimPrefix(method, "/"))
		ctx = trace.ContextWithSpan(ctx, span)
	} else {
		c = &call{method: method, id: requestID(header(ctx, "x-request-id")), door: doorGRPC}
		if p, ok := peer.FromContext(ctx); ok {
			c.address = host(p.Addr.String())
		}
	}
	ctx = context.WithValue(ctx, callKey{}, c)
	ctx = locale.With(ctx, locale.Accept(header(ctx, "accept-language")))
	if err := grpc.SetHeader(ctx, metadata.Pairs("x-request-id", c.id)); err != nil {
		return fmt.Errorf("answer the request id: %w", err)
	}
	return next(ctx)
}

// host is an address without its port.
func host(address string) string {
	if h, _, err := net.SplitHostPort(address); err == nil {
		return h
	}
	return address
}

func (s *Server) measure(ctx context.Context, method string, next func(context.Context) error) error {
	start := time.Now()
	err := next(ctx)
	s.cfg.Telemetry.RPC(method, callOf(ctx).door, status.Code(err), time.Since(start))
	return err
}

func (s *Server) log(ctx context.Context, _ string, next func(context.Context) error) error {
	start := time.Now()
	err := next(ctx)
	logCall(ctx, s.cfg.Log, callOf(ctx), status.Convert(err), time.Since(start))
	return err
}

// logCall writes the line of a call. It holds no values of the request: names
// of people and addresses are in them.
func logCall(ctx context.Context, log *slog.Logger, c *call, st *status.Status, took time.Duration) {
	level := slog.LevelInfo
	if hidden(st.Code()) {
		level = slog.LevelError
	}
	log.LogAttrs(ctx, level, "call",
		slog.String("method", c.method), slog.String("door", c.door),
		slog.String("code", st.Code().String()), slog.String("reason", reason(st)),
		slog.Duration("took", took), slog.String("principal", c.principal), slog.String("request_id", c.id))
}

// reason is the reason in a status, or "".
func reason(st *status.Status) string {
	for _, d := range st.Details() {
		if info, ok := d.(*errdetails.ErrorInfo); ok {
			return info.GetReason()
		}
	}
	return ""
}

// hidden tells whether a code stands for a fault of ours.
func hidden(c codes.Code) bool {
	return c == codes.Internal || c == codes.Unknown || c == codes.DataLoss
}

func (s *Server) recover(ctx context.Context, method string, next func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.cfg.Log.ErrorContext(ctx, "panic", "method", method, "request_id", callOf(ctx).id,
				"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = s.status(ctx, answer.Internal()).Err()
		}
	}()
	return next(ctx)
}

func (s *Server) answer(ctx context.Context, method string, next func(context.Context) error) error {
	err := next(ctx)
	if err == nil {
		return nil
	}
	f := faultOf(ctx, err)
	if f.Code == codes.Internal || f.Code == codes.Unavailable {
		s.cfg.Log.ErrorContext(ctx, "failed", "method", method, "request_id", callOf(ctx).id, "error", err.Error())
	}
	return s.status(ctx, f).Err()
}

// faultOf is what a caller is told of an error of a call.
func faultOf(ctx context.Context, err error) *fault.Error {
	f := answer.Fault(ctx, err)
	if st, plain := status.FromError(err); plain && f.Code == codes.Internal {
		switch st.Code() {
		case codes.Unimplemented:
			return fault.New(codes.Unimplemented, "UNIMPLEMENTED", "this method does not exist here")
		case codes.ResourceExhausted:
			return tooLarge()
		}
	}
	return f
}

func tooLarge() *fault.Error {
	return fault.New(codes.ResourceExhausted, "MESSAGE_TOO_LARGE",
		fmt.Sprintf("the message is larger than %d bytes", maxMessage), "limit", fmt.Sprint(maxMessage))
}

func malformed(why string) *fault.Error {
	return fault.New(codes.InvalidArgument, "MALFORMED_REQUEST", "the request cannot be read: "+why)
}

// status makes what is sent of a fault, in the caller's language.
func (s *Server) status(ctx context.Context, f *fault.Error) *status.Status {
	return answer.Status(ctx, s.messages, f, callOf(ctx).id)
}

func (s *Server) limitAddress(ctx context.Context, _ string, next func(context.Context) error) error {
	c := callOf(ctx)
	// Through REST it was counted before the body was read; of a page the
	// request is counted, not the calls that it makes.
	if c.door == doorGRPC {
		if err := s.addresses.take(network(c.address)); err != nil {
			return err
		}
	}
	return next(ctx)
}

// Authenticator finds out who calls.
type Authenticator interface {
	// Authenticate answers whom a token (`plc_…`) stands for, or a fault:
	// UNAUTHENTICATED, KEY_EXPIRED, KEY_REVOKED, LINK_EXPIRED, LINK_REVOKED.
	Authenticate(ctx context.Context, token string) (access.Principal, error)
}

func (s *Server) authenticate(ctx context.Context, _ string, next func(context.Context) error) error {
	p, err := s.principal(ctx, header(ctx, "authorization"))
	if err != nil {
		return err
	}
	callOf(ctx).principal = p.Name()
	return next(access.With(ctx, p))
}

// principal finds out who calls by the header Authorization.
func (s *Server) principal(ctx context.Context, authorization string) (access.Principal, error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return access.Principal{}, fault.New(codes.Unauthenticated, "UNAUTHENTICATED",
			"a key is needed: send it in the header Authorization, as Bearer plc_…")
	}
	return s.cfg.Authenticator.Authenticate(ctx, strings.TrimSpace(token))
}

func (s *Server) limitPrincipal(ctx context.Context, _ string, next func(context.Context) error) error {
	p := access.From(ctx)
	if err := s.principals.take(cmp.Or(p.Name(), p.Key)); err != nil {
		return err
	}
	return next(ctx)
}

// streamDeadline is how long a stream may take.
const streamDeadline = 5 * time.Minute

func (s *Server) deadline(ctx context.Context, method string, next func(context.Context) error) error {
	limit := s.cfg.Limits.Deadline
	if s.streams[method] {
		limit = max(limit, streamDeadline)
	}
	ctx, cancel := context.WithTimeout(ctx, limit) // an earlier one of the caller stays
	defer cancel()
	err := next(ctx)
	if err != nil && ctx.Err() != nil {
		// A database that was broken off says so in words of its own.
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return err
}

// decoded refuses a message that could not be received or decoded (see
// receiveMessage and lenient).
func decoded(ctx context.Context, _ string, m proto.Message) error {
	if err := arrivedWith(ctx); err != nil {
		return err
	}
	if !decodes(m) {
		return malformed("it is not a message of the contract (is all text in UTF-8?)")
	}
	return nil
}

func (s *Server) validate(_ context.Context, method string, m proto.Message) error {
	if s.cfg.Contract.ValidatedByService(method) {
		return nil
	}
	return s.cfg.Validator.ValidateRequest(m)
}

func (s *Server) authorize(ctx context.Context, method string, m proto.Message) error {
	return s.cfg.Contract.Check(access.From(ctx), method, m)
}

func (s *Server) redact(ctx context.Context, method string, m proto.Message) {
	s.cfg.Contract.Redact(access.From(ctx), method, m)
}

// once hands the request id of a write to the store.
func (s *Server) once(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	m, ok := req.(proto.Message)
	if !ok {
		return handler(ctx, req)
	}
	r, err := s.request(ctx, info.FullMethod, m.ProtoReflect())
	if err != nil {
		return nil, err
	}
	if r != nil {
		ctx = store.WithRequest(ctx, *r)
	}
	return handler(ctx, req)
}

// request is the identity of a write, nil for whatever need not be done once:
// what has no request id, and what only checks.
func (s *Server) request(ctx context.Context, method string, m protoreflect.Message) (*store.Request, error) {
	field := m.Descriptor().Fields().ByName("request_id")
	if field == nil || field.Kind() != protoreflect.StringKind {
		return nil, nil
	}
	id, key := m.Get(field).String(), header(ctx, "idempotency-key")
	sent := metadata.ValueFromIncomingContext(ctx, "idempotency-key")
	switch {
	case id == "" && len(sent) == 0:
		return nil, nil
	case len(sent) > 1 || len(sent) == 1 && !printable(key):
		return nil, fault.Invalid(fault.Violation{
			Field: "request_id", Reason: "STRING_PATTERN",
			Message: fmt.Sprintf("the header Idempotency-Key is sent once, with 1 to %d visible ASCII characters", maxRequestID),
		})
	case id != "" && key != "" && id != key:
		return nil, fault.Invalid(fault.Violation{
			Field: "request_id", Reason: "REQUEST_ID_MISMATCH", Message: "is not the same as the header Idempotency-Key",
		})
	}
	if only := m.Descriptor().Fields().ByName("validate_only"); only != nil && m.Get(only).Bool() {
		return nil, nil
	}
	hash, err := s.hash(m, field)
	if err != nil {
		return nil, err
	}
	return &store.Request{ID: cmp.Or(id, key), Method: method, Hash: hash}, nil
}

// hash is a keyed hash of a request without its id. A file in it is not copied.
func (s *Server) hash(m protoreflect.Message, id protoreflect.FieldDescriptor) ([]byte, error) {
	mac := hmac.New(sha256.New, s.requestKey)
	up := uploadOf(m.Descriptor())
	bare := m.New()
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		if f != id && (up == nil || f != up.content) {
			bare.Set(f, v)
		}
		return true
	})
	bare.SetUnknown(m.GetUnknown())
	text, err := proto.MarshalOptions{Deterministic: true}.Marshal(bare.Interface())
	if err != nil {
		return nil, fmt.Errorf("hash the request: %w", err)
	}
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(text)))) // where the file begins
	mac.Write(text)
	if up != nil {
		if body, ok := m.Get(up.content).Message().Interface().(*httpbody.HttpBody); ok {
			mac.Write(body.GetData())
		}
	}
	return mac.Sum(nil), nil
}
