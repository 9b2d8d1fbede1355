package server

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/answer"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/locale"
)

// gateway is the door for JSON. It translates each request into the same call
// that gRPC would make, and sends it the same way, in the process.
type gateway struct {
	server *Server
	// services are reached in the process.
	services *inProcess
	mux      *runtime.ServeMux
	routes   map[string]*route
}

// newGateway makes the door for JSON.
func (s *Server) newGateway(ctx context.Context, way station) (*gateway, error) {
	services := newInProcess(way)
	s.cfg.Register(services)
	g := &gateway{server: s, services: services, routes: readRoutes(s.cfg.Contract.Descriptors())}
	g.mux = runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, &marshaler{&runtime.JSONPb{
			MarshalOptions: protojson.MarshalOptions{EmitDefaultValues: true},
		}}),
		runtime.WithMiddlewares(g.strict),
		runtime.WithForwardResponseOption(tagged),
		runtime.WithForwardResponseRewriter(pickedInJSON),
		runtime.WithErrorHandler(g.failed),
		runtime.WithStreamErrorHandler(brokenOff),
		runtime.WithRoutingErrorHandler(g.unrouted),
		runtime.WithIncomingHeaderMatcher(incomingHeader),
		runtime.WithOutgoingHeaderMatcher(outgoingHeader),
		runtime.WithOutgoingTrailerMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithDisableHTTPMethodOverride(),
		runtime.WithDisablePathLengthFallback(),
		runtime.WithWriteContentLength(),
	)
	c := restCalls{services}
	for _, err := range []error{
		placardv1.RegisterAnnouncementServiceHandlerClient(ctx, g.mux, placardv1.NewAnnouncementServiceClient(c)),
		placardv1.RegisterCallerServiceHandlerClient(ctx, g.mux, placardv1.NewCallerServiceClient(c)),
		placardv1.RegisterChangeServiceHandlerClient(ctx, g.mux, placardv1.NewChangeServiceClient(c)),
		placardv1.RegisterCredentialsServiceHandlerClient(ctx, g.mux, placardv1.NewCredentialsServiceClient(c)),
		placardv1.RegisterDelegationServiceHandlerClient(ctx, g.mux, placardv1.NewDelegationServiceClient(c)),
		placardv1.RegisterDeliveryServiceHandlerClient(ctx, g.mux, placardv1.NewDeliveryServiceClient(c)),
		placardv1.RegisterDocumentServiceHandlerClient(ctx, g.mux, placardv1.NewDocumentServiceClient(c)),
		placardv1.RegisterEntityServiceHandlerClient(ctx, g.mux, placardv1.NewEntityServiceClient(c)),
		placardv1.RegisterFileServiceHandlerClient(ctx, g.mux, placardv1.NewFileServiceClient(c)),
		placardv1.RegisterInstrumentServiceHandlerClient(ctx, g.mux, placardv1.NewInstrumentServiceClient(c)),
		placardv1.RegisterInvitationServiceHandlerClient(ctx, g.mux, placardv1.NewInvitationServiceClient(c)),
		// The last one is tried first: a verb of an invitation before an invitation by its name.
		placardv1.RegisterCorrespondenceServiceHandlerClient(ctx, g.mux, placardv1.NewCorrespondenceServiceClient(c)),
		placardv1.RegisterKeyServiceHandlerClient(ctx, g.mux, placardv1.NewKeyServiceClient(c)),
		placardv1.RegisterMeetingServiceHandlerClient(ctx, g.mux, placardv1.NewMeetingServiceClient(c)),
		placardv1.RegisterOperationServiceHandlerClient(ctx, g.mux, placardv1.NewOperationServiceClient(c)),
		placardv1.RegisterParticipantListServiceHandlerClient(ctx, g.mux, placardv1.NewParticipantListServiceClient(c)),
		placardv1.RegisterParticipantServiceHandlerClient(ctx, g.mux, placardv1.NewParticipantServiceClient(c)),
		placardv1.RegisterPhotoServiceHandlerClient(ctx, g.mux, placardv1.NewPhotoServiceClient(c)),
		placardv1.RegisterReadingServiceHandlerClient(ctx, g.mux, placardv1.NewReadingServiceClient(c)),
		placardv1.RegisterSigningKeyServiceHandlerClient(ctx, g.mux, placardv1.NewSigningKeyServiceClient(c)),
		placardv1.RegisterStatisticsServiceHandlerClient(ctx, g.mux, placardv1.NewStatisticsServiceClient(c)),
	} {
		if err != nil {
			return nil, fmt.Errorf("open the door for JSON: %w", err)
		}
	}
	return g, nil
}

// incomingHeader chooses the headers that go with the call. The gateway adds
// Authorization by itself; request id and trace go in the context.
func incomingHeader(name string) (string, bool) {
	switch textproto.CanonicalMIMEHeaderKey(name) {
	case "Accept-Language", "Idempotency-Key":
		return strings.ToLower(name), true
	}
	return "", false
}

// outgoingHeader chooses the headers that a service may answer. Cache-Control is
// not among them, because the door has set its own: see tagged.
func outgoingHeader(name string) (string, bool) {
	switch name {
	case "content-disposition", "etag":
		return textproto.CanonicalMIMEHeaderKey(name), true
	}
	return "", false
}

// ServeHTTP implements http.Handler. It answers what is the same for every
// request of the API, and logs what never became a call.
func (g *gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start, c := time.Now(), callOf(r.Context())
	w.Header().Set("Cache-Control", "no-store")
	var refused *status.Status
	ctx := context.WithValue(r.Context(), refusedKey{}, &refused)
	ctx = locale.With(ctx, locale.Accept(r.Header.Get("Accept-Language")))
	r = r.WithContext(ctx)
	if err := g.server.addresses.take(network(c.address)); err != nil {
		g.server.refuse(w, r, err)
	} else {
		g.mux.ServeHTTP(w, r)
	}
	if c.method == "" {
		c.method = "none"
		g.server.cfg.Telemetry.RPC(c.method, doorREST, refused.Code(), time.Since(start))
		logCall(ctx, g.server.cfg.Log, c, refused, time.Since(start))
	}
}

// refusedKey is where writeStatus leaves what it answered.
type refusedKey struct{}

type exchangeKey struct{}

// exchange is a request whose route is known.
type exchange struct {
	*route
	// body as it was sent, if it is JSON.
	body []byte
	// readMask as it was sent, in the contract's names.
	readMask []string
}

type probeKey struct{}

// strict refuses what the gateway would let pass: parameters that nobody
// reads, bodies that are too large or not JSON.
func (g *gateway) strict(next runtime.HandlerFunc) runtime.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request, params map[string]string) {
		pattern, _ := runtime.HTTPPattern(r.Context())
		// No id has a colon: what follows one is a verb, and an unknown one here.
		known := pattern.Verb() != "" || !strings.Contains(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/'):], ":")
		if found, ok := r.Context().Value(probeKey{}).(*bool); ok {
			*found = known
			return
		}
		if !known {
			g.server.refusePath(w, r)
			return
		}
		e := exchange{route: g.routes[r.Method+" "+pattern.String()]}
		if e.route == nil {
			g.server.refuse(w, r, answer.Internal())
			return
		}
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			g.server.refuse(w, r, malformed("the query parameters are not encoded as such"))
			return
		}
		if err := fault.Invalid(e.unknownParameters(query)...); err != nil {
			g.server.refuse(w, r, err)
			return
		}
		// A body is read for those who have a key.
		var who access.Principal
		if r.ContentLength != 0 {
			if who, err = g.server.principal(r.Context(), r.Header.Get("Authorization")); err != nil {
				g.server.refuse(w, r, err)
				return
			}
		}
		r.Header.Del("Grpc-Timeout") // of REST there is none
		e.masksInProto(query)
		e.readMask = readMask(query)
		r.URL.RawQuery = query.Encode()
		if up := e.upload; up != nil {
			if r.ContentLength != 0 {
				if err := g.server.cfg.Contract.May(who, fmt.Sprintf("/%s/%s", e.method.Parent().FullName(), e.method.Name())); err != nil {
					g.server.refuse(w, r, err)
					return
				}
			}
			body, leave, err := g.server.receiveBody(w, r, up, who.Name())
			if err != nil {
				g.server.refuse(w, r, err)
				return
			}
			defer leave()
			r.Body = body
		} else {
			if e.body, err = readBody(w, r, e.route); err != nil {
				g.server.refuse(w, r, err)
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(e.body))
		}
		next(w, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, e)), params)
	}
}

// readBody reads a body if it is JSON, is wanted and is not too large.
func readBody(w http.ResponseWriter, r *http.Request, rt *route) ([]byte, error) {
	if r.ContentLength == 0 {
		return nil, nil
	}
	if r.ContentLength > maxMessage {
		w.Header().Set("Connection", "close") // the rest of it is not read
		return nil, tooLarge()
	}
	media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" || !strings.EqualFold(cmp.Or(parameters["charset"], "utf-8"), "utf-8") ||
		!plain(r) {
		return nil, fault.New(codes.InvalidArgument, "UNSUPPORTED_MEDIA_TYPE",
			"the body must be JSON in UTF-8, not compressed: Content-Type: application/json")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxMessage))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, tooLarge()
	case err != nil:
		return nil, malformed("the body ended early")
	case len(body) > 0 && rt.rule.GetBody() == "":
		return nil, malformed("this method takes no body; parameters belong in the query")
	}
	return body, nil
}

// plain tells whether a body is sent as it is, not compressed.
func plain(r *http.Request) bool {
	return strings.EqualFold(cmp.Or(r.Header.Get("Content-Encoding"), "identity"), "identity")
}

// failed answers an error: of the call, or of the gateway that could not make
// the call.
func (g *gateway) failed(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
	c := callOf(ctx)
	e, _ := r.Context().Value(exchangeKey{}).(exchange)
	st, ok := status.FromError(err)
	if ok && reason(st) != "" {
		writeStatus(w, r, e.inJSON(st))
		return
	}
	switch {
	case r.Context().Err() != nil:
		g.server.refuse(w, r, faultOf(ctx, err)) // nobody is there to read it
	case c.method != "":
		// The call is answered; what it answered could not be written as JSON.
		g.server.cfg.Log.ErrorContext(ctx, "answer not written", "method", c.method, "request_id", c.id, "error", err.Error())
		g.server.refuse(w, r, answer.Internal())
	case ok && st.Code() != codes.InvalidArgument && e.route != nil:
		g.server.refuse(w, r, faultOf(ctx, err))
	case e.route != nil:
		g.server.refuse(w, r, e.explain(r.URL.Query(), e.body))
	default:
		g.server.refuse(w, r, malformed("the path is not encoded as such"))
	}
}

// brokenOff ends a stream that fails after its beginning was sent. Of a file
// nothing more can be said: the connection is broken off, so that nobody takes
// it for whole.
func brokenOff(ctx context.Context, err error) *status.Status {
	if method, ok := runtime.RPCMethod(ctx); ok && answersFile(method) {
		panic(http.ErrAbortHandler)
	}
	return status.Convert(err)
}

// unrouted answers a request without a route.
func (g *gateway) unrouted(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, code int) {
	if r.Context().Value(probeKey{}) != nil {
		return
	}
	switch code {
	case http.StatusMethodNotAllowed:
		if methods := g.allowed(r); len(methods) > 0 {
			g.server.refuseMethod(w, r, methods...)
			return
		}
		g.server.refusePath(w, r)
	case http.StatusNotFound:
		g.server.refusePath(w, r)
	default:
		g.server.refuse(w, r, malformed("the path is not encoded as such"))
	}
}

// allowed are the methods that a path has.
func (g *gateway) allowed(r *http.Request) []string {
	var methods []string
	for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete} {
		found := false
		probe := r.Clone(context.WithValue(r.Context(), probeKey{}, &found))
		probe.Method = m
		if m == r.Method {
			continue
		}
		g.mux.ServeHTTP(discard{}, probe)
		if found {
			methods = append(methods, m)
		}
	}
	return methods
}

// discard is a ResponseWriter for a probe, which asks whether a route exists.
type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

// marshaler writes JSON, and files as they are. An item of a stream of JSON
// ends with a line feed; a part of a file with nothing.
type marshaler struct{ *runtime.JSONPb }

func (m *marshaler) ContentType(v any) string {
	if file, ok := v.(*httpbody.HttpBody); ok {
		return file.GetContentType()
	}
	return m.JSONPb.ContentType(v)
}

func (m *marshaler) Marshal(v any) ([]byte, error) {
	if file, ok := v.(*httpbody.HttpBody); ok {
		return file.GetData(), nil
	}
	list, pruned := v.(picked)
	if pruned {
		v = list.Message
	}
	text, err := m.JSONPb.Marshal(v)
	if pruned && err == nil {
		return list.pruneJSON(text)
	}
	switch v.(type) {
	case map[string]any, map[string]proto.Message:
		text = append(text, '\n')
	}
	return text, err
}

func (m *marshaler) Delimiter() []byte { return nil }

// NewDecoder reads the whole body, so that what follows its JSON is refused. A
// file is taken as it is.
func (m *marshaler) NewDecoder(r io.Reader) runtime.Decoder {
	if body, ok := r.(*rawBody); ok {
		return runtime.DecoderFunc(body.into)
	}
	return runtime.DecoderFunc(func(v any) error {
		text, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(text)) == 0 {
			return io.EOF // no body: an empty message
		}
		if !json.Valid(text) {
			return errors.New("not one JSON value") // explain says more
		}
		return m.Unmarshal(text, v)
	})
}

// newPages makes the pages for people, nil for none.
func (s *Server) newPages(g *gateway) (http.Handler, error) {
	if s.cfg.Pages == nil {
		return nil, nil
	}
	count := func(l *limiter) func(context.Context) error {
		return func(ctx context.Context) error {
			if err := l.take(network(callOf(ctx).address)); err != nil {
				return s.status(ctx, faultOf(ctx, err)).Err()
			}
			return nil
		}
	}
	pages, err := s.cfg.Pages(Inside{
		Calls: pageCalls{g.services}, CountRequest: count(s.addresses), CountSignIn: count(s.signIns),
		MakeRoom: s.makeRoom, Stopping: s.stopped,
	})
	if err != nil {
		return nil, fmt.Errorf("make the pages: %w", err)
	}
	return pages, nil
}

// writeStatus answers a status as google.rpc.Status in JSON.
func writeStatus(w http.ResponseWriter, r *http.Request, st *status.Status) {
	text, err := protojson.Marshal(st.Proto())
	if err != nil {
		text = []byte(`{"code":13,"message":"the error cannot be written"}`)
	}
	h := w.Header()
	h.Del("Transfer-Encoding")
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(text)))
	if st.Code() == codes.Unauthenticated {
		h.Set("WWW-Authenticate", `Bearer realm="placard"`)
	}
	for _, d := range st.Details() {
		if again, ok := d.(*errdetails.RetryInfo); ok {
			h.Set("Retry-After", strconv.Itoa(int(math.Ceil(again.GetRetryDelay().AsDuration().Seconds()))))
		}
	}
	if refused, ok := r.Context().Value(refusedKey{}).(**status.Status); ok {
		*refused = st
	}
	w.WriteHeader(httpStatus(st))
	_, _ = w.Write(text) //nolint:gosec // it is JSON, said so and not to be sniffed; if it fails the caller is gone
}

// httpStatus is the status of HTTP for an error.
func httpStatus(st *status.Status) int {
	switch reason(st) {
	case "MESSAGE_TOO_LARGE", "FILE_TOO_LARGE":
		return http.StatusRequestEntityTooLarge
	case "UNSUPPORTED_MEDIA_TYPE":
		return http.StatusUnsupportedMediaType
	case "METHOD_NOT_ALLOWED":
		return http.StatusMethodNotAllowed
	}
	return runtime.HTTPStatusFromCode(st.Code())
}
