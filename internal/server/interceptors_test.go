package server_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/server"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/telemetry"
)

var httpCodes = map[codes.Code]int{
	codes.OK: 200, codes.InvalidArgument: 400, codes.Unauthenticated: 401, codes.PermissionDenied: 403, codes.NotFound: 404,
	codes.ResourceExhausted: 429, codes.Internal: 500, codes.Unimplemented: 501, codes.Unavailable: 503,
	codes.DeadlineExceeded: 504,
}

func detail[T any](err error) (T, bool) {
	for _, d := range status.Convert(err).Details() {
		if v, ok := d.(T); ok {
			return v, true
		}
	}
	var none T
	return none, false
}

func reasonOf(err error) string {
	info, _ := detail[*errdetails.ErrorInfo](err)
	return info.GetReason()
}

// TestBothDoors makes the same calls through gRPC and through REST.
func TestBothDoors(t *testing.T) {
	h := setup(t)
	entities := placardv1.NewEntityServiceClient(h.conn)
	participants := placardv1.NewParticipantServiceClient(h.conn)
	delegations := placardv1.NewDelegationServiceClient(h.conn)
	lists := placardv1.NewParticipantListServiceClient(h.conn)
	invitations := placardv1.NewInvitationServiceClient(h.conn)
	get := func(name string) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := entities.GetEntity(ctx, &placardv1.GetEntityRequest{Name: name})
			return err
		}
	}
	const aut, mex = "meetings/m1/delegations/AUT", "meetings/m1/delegations/MEX"
	for _, tt := range []struct {
		name               string
		key                string
		rpc                func(context.Context) error
		method, path, body string
		code               codes.Code
		reason             string
	}{
		{"found", "plc_aut", get("entities/AUT"), "GET", "/v1/entities/AUT", "", codes.OK, ""},
		{"not found", "plc_aut", get("entities/XXX"), "GET", "/v1/entities/XXX", "", codes.NotFound, "NOT_FOUND"},
		{"without a key", "", get("entities/AUT"), "GET", "/v1/entities/AUT", "", codes.Unauthenticated, "UNAUTHENTICATED"},
		{"with a key that there is not", "plc_none", get("entities/AUT"), "GET", "/v1/entities/AUT", "", codes.Unauthenticated, "UNAUTHENTICATED"},
		{"a panic", "plc_aut", get("entities/PANIC"), "GET", "/v1/entities/PANIC", "", codes.Internal, "INTERNAL"},
		{"an unknown error", "plc_aut", get("entities/FAIL"), "GET", "/v1/entities/FAIL", "", codes.Internal, "INTERNAL"},
		{"a busy database", "plc_aut", get("entities/BUSY"), "GET", "/v1/entities/BUSY", "", codes.Unavailable, "UNAVAILABLE"},
		{"a method that is not there", "plc_admin", func(ctx context.Context) error {
			_, err := delegations.GetDelegation(ctx, &placardv1.GetDelegationRequest{Name: aut})
			return err
		}, "GET", "/v1/" + aut, "", codes.Unimplemented, "UNIMPLEMENTED"},
		{"another State's delegation", "plc_aut", func(ctx context.Context) error {
			_, err := delegations.GetDelegation(ctx, &placardv1.GetDelegationRequest{Name: mex})
			return err
		}, "GET", "/v1/" + mex, "", codes.NotFound, "NOT_FOUND"},
		{"another State's participants", "plc_aut", func(ctx context.Context) error {
			_, err := participants.ListParticipants(ctx, &placardv1.ListParticipantsRequest{Parent: mex})
			return err
		}, "GET", "/v1/" + mex + "/participants", "", codes.NotFound, "NOT_FOUND"},
		{"another State's participant in an own submission", "plc_aut", func(ctx context.Context) error {
			_, err := delegations.SubmitDelegation(ctx, &placardv1.SubmitDelegationRequest{Name: aut, Participants: []*placardv1.Participant{
				{FamilyName: "A", Role: placardv1.Participant_HEAD, Name: mex + "/participants/p1"},
			}})
			return err
		}, "POST", "/v1/" + aut + ":submit", `{"participants":[{"familyName":"A","role":"HEAD","name":"` + mex + `/participants/p1"}]}`,
			codes.NotFound, "NOT_FOUND"},
		{"another State's participant in an update", "plc_aut", func(ctx context.Context) error {
			_, err := participants.UpdateParticipant(ctx, &placardv1.UpdateParticipantRequest{Participant: &placardv1.Participant{Name: mex + "/participants/p1", Order: 1}})
			return err
		}, "PATCH", "/v1/" + mex + "/participants/p1", `{"order":1}`, codes.NotFound, "NOT_FOUND"},
		{"another meeting in a batch", "plc_bound", func(ctx context.Context) error {
			_, err := invitations.BatchCreateInvitations(ctx, &placardv1.BatchCreateInvitationsRequest{Parent: "meetings/m1",
				Requests: []*placardv1.CreateInvitationRequest{{Parent: "meetings/m2", Invitation: &placardv1.Invitation{
					Entity: "entities/AUT", ParticipationStatus: placardv1.ParticipationStatus_STATE_PARTY,
				}}}})
			return err
		}, "POST", "/v1/meetings/m1/invitations:batchCreate",
			`{"requests":[{"parent":"meetings/m2","invitation":{"entity":"entities/AUT","participationStatus":"STATE_PARTY"}}]}`,
			codes.NotFound, "NOT_FOUND"},
		{"a role that may not", "plc_gate", func(ctx context.Context) error {
			_, err := participants.ListParticipants(ctx, &placardv1.ListParticipantsRequest{Parent: aut})
			return err
		}, "GET", "/v1/" + aut + "/participants", "", codes.PermissionDenied, "ROLE_NOT_ALLOWED"},
		{"a stream for a role that may not", "plc_gate", func(ctx context.Context) error {
			stream, err := lists.ExportParticipantList(ctx, &placardv1.ExportParticipantListRequest{Name: "meetings/m1/participantList"})
			if err != nil {
				return err
			}
			_, err = stream.Recv()
			return err
		}, "GET", "/v1/meetings/m1/participantList:export", "", codes.PermissionDenied, "ROLE_NOT_ALLOWED"},
		{"a stream with an invalid request", "plc_reader", func(ctx context.Context) error {
			stream, err := lists.ExportParticipantList(ctx, &placardv1.ExportParticipantListRequest{Name: "meetings/m1/participantList", Language: "de"})
			if err != nil {
				return err
			}
			_, err = stream.Recv()
			return err
		}, "GET", "/v1/meetings/m1/participantList:export?language=de", "", codes.InvalidArgument, "STRING_IN"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ctx := as(t, tt.key)
			if tt.key == "" {
				ctx = t.Context()
			}
			err := tt.rpc(ctx)
			if status.Code(err) != tt.code || reasonOf(err) != tt.reason {
				t.Errorf("gRPC: %v, want %v %s", err, tt.code, tt.reason)
			}
			got := h.send(tt.method, tt.path, tt.key, tt.body)
			if got.status != httpCodes[tt.code] || got.reason() != tt.reason {
				t.Errorf("REST: %d %s, want %d %s", got.status, got.body, httpCodes[tt.code], tt.reason)
			}
			for _, text := range []string{status.Convert(err).Message(), got.body} {
				if strings.Contains(text, "secret of the server") {
					t.Errorf("what is inside leaves: %s", text)
				}
			}
			if tt.code == codes.Unauthenticated && !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer") {
				t.Error("no WWW-Authenticate")
			}
		})
	}
	t.Run("what is inside stands in the log, with the request id", func(t *testing.T) {
		_ = h.send("GET", "/v1/entities/FAIL", "plc_aut", "", "X-Request-Id", "my-request")
		var found bool
		for _, line := range strings.Split(h.log.String(), "\n") {
			found = found || strings.Contains(line, "secret of the server") && strings.Contains(line, `"request_id":"my-request"`)
		}
		if !found || !strings.Contains(h.log.String(), `"msg":"panic"`) {
			t.Error(h.log.String())
		}
	})
	t.Run("the log has no names and no keys", func(t *testing.T) {
		if l := h.log.String(); strings.Contains(l, "delegations/MEX") || strings.Contains(l, "plc_") {
			t.Error(l)
		}
	})
	t.Run("the log says who called what and how it ended", func(t *testing.T) {
		want := []string{`"method":"/placard.v1.EntityService/GetEntity"`, `"principal":"entities/AUT"`, `"code":"NotFound"`, `"reason":"NOT_FOUND"`, `"door":"rest"`}
		if !slices.ContainsFunc(strings.Split(h.log.String(), "\n"), func(line string) bool {
			return !slices.ContainsFunc(want, func(w string) bool { return !strings.Contains(line, w) })
		}) {
			t.Errorf("no line has all of %v", want)
		}
	})
	t.Run("calls are counted, refused ones too", func(t *testing.T) {
		_ = h.send("GET", "/v1/nothing", "", "")
		got := h.send("GET", "/metrics", "", "").body
		for _, want := range []string{
			`placard_rpcs_total{code="NotFound",door="grpc",method="/placard.v1.EntityService/GetEntity"}`,
			`placard_rpcs_total{code="Internal",door="rest",method="/placard.v1.EntityService/GetEntity"}`,
			`placard_rpcs_total{code="NotFound",door="rest",method="none"}`,
		} {
			if !strings.Contains(got, want) {
				t.Errorf("the metrics lack %s", want)
			}
		}
	})
}

func TestRequestID(t *testing.T) {
	h := setup(t)
	t.Run("REST answers the caller's", func(t *testing.T) {
		if got := h.send("GET", "/v1/entities/AUT", "plc_aut", "", "X-Request-Id", "abc-1"); got.header.Get("X-Request-Id") != "abc-1" {
			t.Errorf("headers %v", got.header)
		}
	})
	t.Run("REST makes one, and errors hold it", func(t *testing.T) {
		got := h.send("GET", "/v1/entities/XXX", "plc_aut", "", "X-Request-Id", strings.Repeat("a", 200))
		id := got.header.Get("X-Request-Id")
		var held string
		for _, d := range got.failure(t).Details {
			held += d.RequestID
		}
		if len(id) < 20 || len(id) > 128 || held != id {
			t.Errorf("header %q, status %q", id, held)
		}
	})
	t.Run("gRPC answers the caller's", func(t *testing.T) {
		var md metadata.MD
		_, err := placardv1.NewEntityServiceClient(h.conn).GetEntity(as(t, "plc_aut", "x-request-id", "abc-2"),
			&placardv1.GetEntityRequest{Name: "entities/XXX"}, grpc.Header(&md))
		info, _ := detail[*errdetails.RequestInfo](err)
		if !slices.Equal(md.Get("x-request-id"), []string{"abc-2"}) || info.GetRequestId() != "abc-2" {
			t.Errorf("header %v, status %v", md, info)
		}
	})
}

func TestLanguage(t *testing.T) {
	h := setup(t)
	for header, want := range map[string]string{"es-MX, en;q=0.5": "es", "de": "en", "": "en", "zh-Hant": "zh", "ar": "ar"} {
		got := h.send("GET", "/v1/entities/XXX", "plc_aut", "", "Accept-Language", header)
		for _, d := range got.failure(t).Details {
			if d.Type == "type.googleapis.com/google.rpc.LocalizedMessage" && (d.Locale != want || d.Message == "") {
				t.Errorf("%q: answered in %s: %q, want %s", header, d.Locale, d.Message, want)
			}
		}
		if !strings.Contains(got.body, `"locale":"`+want+`"`) && !strings.Contains(got.body, `"locale": "`+want+`"`) {
			t.Errorf("%q: %s", header, got.body)
		}
	}
	t.Run("also where there is no call", func(t *testing.T) {
		if got := h.send("GET", "/v1/nothing", "", "", "Accept-Language", "fr"); !strings.Contains(got.body, `"fr"`) {
			t.Error(got.body)
		}
	})
}

func TestRedaction(t *testing.T) {
	h := setup(t)
	for key, want := range map[string]string{"plc_aut": "haddad@example.org", "plc_pass": ""} {
		out, err := placardv1.NewParticipantServiceClient(h.conn).ListParticipants(as(t, key),
			&placardv1.ListParticipantsRequest{Parent: "meetings/-/delegations/-"})
		if err != nil {
			t.Fatal(err)
		}
		if got := out.GetParticipants()[0].GetEmail(); got != want {
			t.Errorf("gRPC as %s: e-mail %q, want %q", key, got, want)
		}
		got := h.send("GET", "/v1/meetings/-/delegations/-/participants", key, "")
		if got.status != 200 || strings.Contains(got.body, "haddad@") != (want != "") {
			t.Errorf("REST as %s: %s", key, got.body)
		}
	}
}

func TestUndecodable(t *testing.T) {
	h := setup(t)
	for name, message := range map[string][]byte{
		"not UTF-8": {0x0a, 0x02, 0xff, 0xfe}, "cut off": {0x0a, 0x20, 'e'}, "no message at all": {0xff},
	} {
		for _, method := range []string{"/placard.v1.EntityService/GetEntity", placardv1.ParticipantListService_ExportParticipantList_FullMethodName} {
			stream, err := h.conn.NewStream(as(t, "plc_reader"), &grpc.StreamDesc{ServerStreams: true}, method, grpc.ForceCodec(raw{}))
			if err != nil {
				t.Fatal(err)
			}
			err = stream.SendMsg(message)
			if err == nil {
				err = stream.CloseSend()
			}
			if err == nil {
				err = stream.RecvMsg(&[]byte{})
			}
			if status.Code(err) != codes.InvalidArgument || reasonOf(err) != "MALFORMED_REQUEST" {
				t.Errorf("%s to %s: %v", name, method, err)
			}
		}
	}
	t.Run("too large", func(t *testing.T) {
		_, err := placardv1.NewEntityServiceClient(h.conn).GetEntity(as(t, "plc_aut"), &placardv1.GetEntityRequest{Name: strings.Repeat("a", 5<<20)})
		if status.Code(err) != codes.ResourceExhausted {
			t.Error(err)
		}
	})
}

// raw is a codec that sends bytes as they are.
type raw struct{}

func (raw) Marshal(v any) ([]byte, error) {
	b, ok := v.([]byte)
	if !ok {
		return nil, errors.New("not bytes")
	}
	return b, nil
}

func (raw) Unmarshal(b []byte, v any) error {
	p, ok := v.(*[]byte)
	if !ok {
		return errors.New("not bytes")
	}
	*p = slices.Clone(b)
	return nil
}

func (raw) Name() string { return "proto" }

// TestRecord: a reading is kept before the first part of a file goes out, and once;
// what cannot be kept does not go out.
func TestRecord(t *testing.T) {
	h := setup(t)
	export := func(key string) (parts int, err error) {
		stream, err := placardv1.NewParticipantListServiceClient(h.conn).ExportParticipantList(as(t, key),
			&placardv1.ExportParticipantListRequest{Name: "meetings/m1/participantList"})
		if err != nil {
			return 0, err
		}
		for {
			if _, err := stream.Recv(); err != nil {
				return parts, err
			}
			parts++
		}
	}
	if parts, err := export("plc_reader"); parts == 0 || !errors.Is(err, io.EOF) {
		t.Errorf("%d parts: %v", parts, err)
	}
	want := []access.Reading{{
		Kind: placardv1.Reading_EXPORT, Resource: "meetings/m1/participantList", Meeting: "m1", Entity: "-",
		Method: "placard.v1.ParticipantListService.ExportParticipantList",
	}}
	if diff := cmp.Diff(want, h.book.kept); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	h.book.err = fmt.Errorf("write it down: %w", store.ErrBusy)
	if parts, err := export("plc_reader"); parts != 0 || status.Code(err) != codes.Unavailable {
		t.Errorf("not kept: %d parts, %v", parts, err)
	}
	if parts, err := export("plc_aut"); parts == 0 || !errors.Is(err, io.EOF) {
		t.Errorf("a mission: %d parts, %v", parts, err)
	}
}

// TestRecordAtPages: a page reads as whoever it calls for.
func TestRecordAtPages(t *testing.T) {
	h := setup(t, func(cfg *server.Config) {
		cfg.Pages = func(in server.Inside) (http.Handler, error) {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ctx := metadata.AppendToOutgoingContext(r.Context(), "authorization", "Bearer plc_pass")
				stream, err := placardv1.NewParticipantListServiceClient(in.Calls).ExportParticipantList(ctx,
					&placardv1.ExportParticipantListRequest{Name: "meetings/m1/participantList"})
				if err == nil {
					_, err = stream.Recv()
				}
				_, _ = fmt.Fprint(w, status.Code(err))
			}), nil
		}
	})
	if got := h.send("GET", "/meetings", "", ""); got.body != "OK" || len(h.book.kept) != 1 || h.book.kept[0].Kind != placardv1.Reading_EXPORT {
		t.Errorf("%s, kept %v", got.body, h.book.kept)
	}
	h.book.err = store.ErrBusy
	if got := h.send("GET", "/meetings", "", ""); got.body != "Unavailable" {
		t.Errorf("not kept: %s", got.body)
	}
}

func TestStream(t *testing.T) {
	h := setup(t)
	stream, err := placardv1.NewParticipantListServiceClient(h.conn).ExportParticipantList(as(t, "plc_reader", "x-request-id", "abc-3"),
		&placardv1.ExportParticipantListRequest{Name: "meetings/m1/participantList"})
	if err != nil {
		t.Fatal(err)
	}
	var text string
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text += string(part.GetData())
	}
	if text != "\ufeffname,entity\r\nHaddad,AUT\r\n" {
		t.Errorf("got %q", text)
	}
	md, err := stream.Header()
	if err != nil || !slices.Equal(md.Get("x-request-id"), []string{"abc-3"}) {
		t.Errorf("header %v, %v", md, err)
	}
}

func TestLimits(t *testing.T) {
	clock := time.Date(2010, 1, 27, 10, 0, 0, 0, time.UTC)
	slow := func(l server.Limits) func(*server.Config) {
		l.Deadline = 30 * time.Second
		return func(c *server.Config) { c.Limits, c.Now = l, func() time.Time { return clock } }
	}
	t.Run("per principal, through both doors", func(t *testing.T) {
		h := setup(t, slow(server.Limits{PrincipalRate: 0.5, PrincipalBurst: 2}))
		client := placardv1.NewEntityServiceClient(h.conn)
		call := func(key string) error {
			_, err := client.GetEntity(as(t, key), &placardv1.GetEntityRequest{Name: "entities/AUT"})
			return err
		}
		if err := call("plc_aut"); err != nil {
			t.Fatal(err)
		}
		if got := h.send("GET", "/v1/entities/AUT", "plc_aut", ""); got.status != 200 {
			t.Fatal(got.body)
		}
		err := call("plc_aut")
		again, ok := detail[*errdetails.RetryInfo](err)
		if status.Code(err) != codes.ResourceExhausted || reasonOf(err) != "RATE_LIMITED" || !ok || again.GetRetryDelay().AsDuration() != 2*time.Second {
			t.Errorf("gRPC: %v %v", err, again)
		}
		got := h.send("GET", "/v1/entities/AUT", "plc_aut", "")
		if got.status != 429 || got.reason() != "RATE_LIMITED" || got.header.Get("Retry-After") != "2" {
			t.Errorf("REST: %d %s %v", got.status, got.body, got.header)
		}
		if err := call("plc_reader"); err != nil {
			t.Errorf("another principal: %v", err)
		}
	})
	t.Run("per address, before the key and the body", func(t *testing.T) {
		h := setup(t, slow(server.Limits{AddressRate: 1, AddressBurst: 3}))
		for range 3 {
			if got := h.send("POST", submit, "", "not JSON"); got.status != 401 {
				t.Fatal(got.body)
			}
		}
		if got := h.send("POST", submit, "", "not JSON"); got.status != 429 || got.reason() != "RATE_LIMITED" {
			t.Errorf("REST: %d %s", got.status, got.body)
		}
		_, err := placardv1.NewEntityServiceClient(h.conn).GetEntity(as(t, "plc_aut"), &placardv1.GetEntityRequest{Name: "entities/AUT"})
		if reasonOf(err) != "RATE_LIMITED" {
			t.Errorf("gRPC: %v", err)
		}
		if got := h.send("GET", "/healthz", "", ""); got.status != 200 {
			t.Errorf("health: %d", got.status)
		}
	})
}

func TestBusyDatabase(t *testing.T) {
	got := setup(t).send("GET", "/v1/entities/BUSY", "plc_aut", "")
	if got.status != 503 || got.reason() != "UNAVAILABLE" || got.header.Get("Retry-After") != "1" {
		t.Errorf("%d %s %v", got.status, got.body, got.header)
	}
}

func TestDeadline(t *testing.T) {
	h := setup(t, func(c *server.Config) { c.Limits.Deadline = 50 * time.Millisecond })
	t.Run("of the server", func(t *testing.T) {
		_, err := placardv1.NewEntityServiceClient(h.conn).GetEntity(as(t, "plc_aut"), &placardv1.GetEntityRequest{Name: "entities/SLOW"})
		if status.Code(err) != codes.DeadlineExceeded || reasonOf(err) != "DEADLINE_EXCEEDED" {
			t.Error(err)
		}
		if got := h.send("GET", "/v1/entities/SLOW", "plc_aut", ""); got.status != 504 || got.reason() != "DEADLINE_EXCEEDED" {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
	t.Run("of the caller", func(t *testing.T) {
		got := h.send("GET", "/v1/entities/SLOW", "plc_aut", "", "Grpc-Timeout", "5m")
		if got.status != 504 || got.reason() != "DEADLINE_EXCEEDED" {
			t.Errorf("%d %s", got.status, got.body)
		}
	})
}

func TestInfrastructure(t *testing.T) {
	h := setup(t)
	t.Run("health needs no key", func(t *testing.T) {
		for _, service := range []string{"", "placard.v1.EntityService"} {
			got, err := healthpb.NewHealthClient(h.conn).Check(t.Context(), &healthpb.HealthCheckRequest{Service: service})
			if err != nil || got.GetStatus() != healthpb.HealthCheckResponse_SERVING {
				t.Errorf("%q: %v %v", service, got, err)
			}
		}
	})
	t.Run("nor does reflection", func(t *testing.T) {
		stream, err := reflectionpb.NewServerReflectionClient(h.conn).ServerReflectionInfo(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := stream.Send(&reflectionpb.ServerReflectionRequest{MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{}}); err != nil {
			t.Fatal(err)
		}
		got, err := stream.Recv()
		if err != nil || !strings.Contains(got.String(), "placard.v1.EntityService") {
			t.Errorf("%v %v", got, err)
		}
	})
}

func TestStop(t *testing.T) {
	h := setup(t, func(c *server.Config) { c.Grace = 5 * time.Second })
	watch, err := healthpb.NewHealthClient(h.conn).Watch(t.Context(), &healthpb.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := watch.Recv(); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	var rest answer
	var rpc error
	group.Go(func() { rest = h.send("GET", "/v1/entities/SLOW", "plc_aut", "") })
	group.Go(func() {
		_, rpc = placardv1.NewEntityServiceClient(h.conn).GetEntity(as(t, "plc_aut"), &placardv1.GetEntityRequest{Name: "entities/SLOW"})
	})
	<-h.memory.arrived
	<-h.memory.arrived
	h.stop()
	got, err := watch.Recv()
	if err != nil || got.GetStatus() != healthpb.HealthCheckResponse_NOT_SERVING {
		t.Errorf("health while stopping: %v %v", got, err)
	}
	// gRPC takes no further calls while the one through REST is still answered.
	for until := time.Now().Add(4 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		conn, err := net.Dial("tcp", h.conn.Target())
		if err != nil {
			break
		}
		_ = conn.Close()
		if time.Now().After(until) {
			t.Fatal("gRPC waits for REST to stop")
		}
	}
	close(h.memory.hold)
	group.Wait()
	if rest.status != 200 || rpc != nil {
		t.Errorf("calls in progress were broken off: %d, %v", rest.status, rpc)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestPlaintext(t *testing.T) {
	tel, err := telemetry.New(t.Context(), telemetry.Config{})
	if err != nil {
		t.Fatal(err)
	}
	probe, err := net.Listen("tcp", "[::1]:0")
	if err == nil {
		_ = probe.Close()
	}
	ipv6 := err == nil
	for _, tt := range []struct {
		http, grpc string
		allow      bool
		refused    bool
	}{
		{"127.0.0.1:0", "[::1]:0", false, false},
		{"localhost:0", "localhost:0", false, false},
		{":0", "127.0.0.1:0", false, true},
		{"127.0.0.1:0", "0.0.0.0:0", false, true},
		{"[::]:0", "0.0.0.0:0", true, false},
	} {
		if !ipv6 && strings.Contains(tt.grpc, "::1") {
			t.Logf("this machine has no IPv6: %s is left out", tt.grpc)
			continue
		}
		house := setup(t, func(c *server.Config) {
			own := *c
			own.HTTPAddr, own.GRPCAddr, own.AllowPlaintext, own.Telemetry = tt.http, tt.grpc, tt.allow, tel
			s, err := server.New(t.Context(), own)
			if errors.Is(err, server.ErrPlaintext) != tt.refused {
				t.Errorf("%s and %s: %v", tt.http, tt.grpc, err)
			}
			if err == nil {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		})
		house.stop()
	}
}

func TestTLS(t *testing.T) {
	cert, key, pool := certificate(t)
	h := setup(t, func(c *server.Config) { c.TLSCert, c.TLSKey = cert, key })
	config := &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS12}
	client := http.Client{Transport: &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}}
	resp, err := client.Get(strings.Replace(h.url, "http://", "https://", 1) + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.ProtoMajor != 2 || resp.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%s %v", resp.Proto, resp.Header)
	}
	conn, err := grpc.NewClient(h.conn.Target(), grpc.WithTransportCredentials(credentials.NewTLS(config)))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := placardv1.NewEntityServiceClient(conn).GetEntity(as(t, "plc_aut"), &placardv1.GetEntityRequest{Name: "entities/AUT"}); err != nil {
		t.Error(err)
	}
}

// certificate makes one for localhost.
func certificate(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	text, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for file, text := range map[string][]byte{cert: certPEM, key: pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: text})} {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(certPEM)
	return cert, key, pool
}
