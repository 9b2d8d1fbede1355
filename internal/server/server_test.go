package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/server"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/telemetry"
)

// memory is the contract, kept in memory: enough of it to see what the way of
// a call does to requests and answers.
type memory struct {
	placardv1.UnimplementedCallerServiceServer
	placardv1.UnimplementedDelegationServiceServer
	placardv1.UnimplementedEntityServiceServer
	placardv1.UnimplementedInvitationServiceServer
	placardv1.UnimplementedMeetingServiceServer
	placardv1.UnimplementedParticipantListServiceServer
	placardv1.UnimplementedParticipantServiceServer

	entities map[string]*placardv1.Entity
	// hold keeps GetEntity waiting for `entities/SLOW`.
	hold chan struct{}
	// arrived has one for each call that began to wait.
	arrived chan struct{}

	mu sync.Mutex
	// written are the requests that reached a write.
	written []any
}

func (m *memory) register(r grpc.ServiceRegistrar) {
	placardv1.RegisterCallerServiceServer(r, m)
	placardv1.RegisterDelegationServiceServer(r, m)
	placardv1.RegisterEntityServiceServer(r, m)
	placardv1.RegisterInvitationServiceServer(r, m)
	placardv1.RegisterMeetingServiceServer(r, m)
	placardv1.RegisterParticipantListServiceServer(r, m)
	placardv1.RegisterParticipantServiceServer(r, m)
}

func (m *memory) write(req any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.written = append(m.written, req)
}

func (m *memory) GetEntity(ctx context.Context, req *placardv1.GetEntityRequest) (*placardv1.Entity, error) {
	switch req.GetName() {
	case "entities/PANIC":
		panic("secret of the server")
	case "entities/FAIL":
		return nil, errors.New("select from entities: secret of the server")
	case "entities/BUSY":
		return nil, fmt.Errorf("read entity: %w", store.ErrBusy)
	case "entities/SLOW":
		m.arrived <- struct{}{}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("read entity: %w", errors.New("interrupted"))
		case <-m.hold:
			return &placardv1.Entity{Name: req.GetName()}, nil
		}
	}
	if e, ok := m.entities[req.GetName()]; ok {
		return e, nil
	}
	return nil, fault.NotFound(req.GetName())
}

func (m *memory) ListEntities(context.Context, *placardv1.ListEntitiesRequest) (*placardv1.ListEntitiesResponse, error) {
	out := &placardv1.ListEntitiesResponse{}
	for _, e := range m.entities {
		out.Entities = append(out.Entities, e)
	}
	return out, nil
}

func (m *memory) GetMeeting(_ context.Context, req *placardv1.GetMeetingRequest) (*placardv1.Meeting, error) {
	return &placardv1.Meeting{Name: req.GetName()}, nil
}

func (m *memory) CreateMeeting(_ context.Context, req *placardv1.CreateMeetingRequest) (*placardv1.Meeting, error) {
	m.write(req)
	return req.GetMeeting(), nil
}

func (m *memory) UpdateMeeting(_ context.Context, req *placardv1.UpdateMeetingRequest) (*placardv1.Meeting, error) {
	m.write(req)
	return req.GetMeeting(), nil
}

func (m *memory) DeleteMeeting(_ context.Context, req *placardv1.DeleteMeetingRequest) (*emptypb.Empty, error) {
	m.write(req)
	return &emptypb.Empty{}, nil
}

func (m *memory) SubmitDelegation(_ context.Context, req *placardv1.SubmitDelegationRequest) (*placardv1.SubmitDelegationResponse, error) {
	m.write(req)
	return &placardv1.SubmitDelegationResponse{Delegation: &placardv1.Delegation{Name: req.GetName()}}, nil
}

func (m *memory) BatchCreateInvitations(_ context.Context, req *placardv1.BatchCreateInvitationsRequest) (*placardv1.BatchCreateInvitationsResponse, error) {
	m.write(req)
	return &placardv1.BatchCreateInvitationsResponse{}, nil
}

func (m *memory) ListParticipants(context.Context, *placardv1.ListParticipantsRequest) (*placardv1.ListParticipantsResponse, error) {
	return &placardv1.ListParticipantsResponse{Participants: []*placardv1.Participant{
		{FamilyName: "Haddad", Email: proto.String("haddad@example.org"), Phone: proto.String("+43 1"), ExternalId: proto.String("7")},
	}}, nil
}

func (m *memory) UpdateParticipant(_ context.Context, req *placardv1.UpdateParticipantRequest) (*placardv1.Participant, error) {
	m.write(req)
	return req.GetParticipant(), nil
}

func (m *memory) CreateParticipant(_ context.Context, req *placardv1.CreateParticipantRequest) (*placardv1.Participant, error) {
	m.write(req)
	return req.GetParticipant(), nil
}

func (m *memory) GetParticipantList(_ context.Context, req *placardv1.GetParticipantListRequest) (*placardv1.ParticipantList, error) {
	return &placardv1.ParticipantList{Name: req.GetName(), Parts: []*placardv1.ParticipantList_Part{
		{Delegations: []*placardv1.ParticipantList_Delegation{{Entity: "entities/AUT", Late: proto.Bool(true)}}},
	}}, nil
}

func (m *memory) ExportParticipantList(
	req *placardv1.ExportParticipantListRequest, stream grpc.ServerStreamingServer[httpbody.HttpBody],
) error {
	if req.GetName() == "meetings/gone/participantList" {
		return fault.NotFound(req.GetName())
	}
	if err := stream.SetHeader(metadata.Pairs("content-disposition", `attachment; filename="list.csv"`)); err != nil {
		return err
	}
	for _, part := range []string{"\ufeffname,", "entity\r\n", "Haddad,AUT\r\n"} {
		if err := stream.Send(&httpbody.HttpBody{ContentType: "text/csv; charset=utf-8", Data: []byte(part)}); err != nil {
			return err
		}
	}
	if req.GetName() == "meetings/broken/participantList" {
		return errors.New("the disk is gone")
	}
	return nil
}

// keys are callers by token.
type keys map[string]access.Principal

func (k keys) Authenticate(_ context.Context, token string) (access.Principal, error) {
	p, ok := k[token]
	if !ok {
		return p, fault.New(codes.Unauthenticated, "UNAUTHENTICATED", "no such key")
	}
	return p, nil
}

var callers = keys{
	"plc_admin":       {Role: placardv1.Access_ADMIN, Account: "accounts/admin"},
	"plc_secretariat": {Role: placardv1.Access_SECRETARIAT, Account: "accounts/secretariat"},
	"plc_bound":       {Role: placardv1.Access_SECRETARIAT, Account: "accounts/bound", Meetings: []string{"m1"}},
	"plc_aut":         {Role: placardv1.Access_MISSION, Entity: "AUT"},
	"plc_pass":        {Role: placardv1.Access_PASS_OFFICE, Account: "accounts/pass-office"},
	"plc_reader":      {Role: placardv1.Access_READER, Account: "accounts/reader"},
	"plc_gate":        {Role: placardv1.Access_GATE, Account: "accounts/gate"},
}

// house is a running server.
type house struct {
	t      *testing.T
	url    string
	memory *memory
	conn   *grpc.ClientConn
	log    *lines
	ready  error
	book   *book
	stop   func()
	done   chan error
}

// book keeps readings, unless it has an error.
type book struct {
	mu   sync.Mutex
	kept []access.Reading
	err  error
}

// Record implements server.Recorder.
func (b *book) Record(_ context.Context, r access.Reading) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == nil {
		b.kept = append(b.kept, r)
	}
	return b.err
}

// lines is a log that a test may read while the server writes.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func setup(t *testing.T, change ...func(*server.Config)) *house {
	t.Helper()
	contract, err := access.ReadContract()
	if err != nil {
		t.Fatal(err)
	}
	validator, err := access.NewValidator(contract)
	if err != nil {
		t.Fatal(err)
	}
	tel, err := telemetry.New(t.Context(), telemetry.Config{})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, log: &lines{}, book: &book{}, done: make(chan error, 1), memory: &memory{
		hold: make(chan struct{}), arrived: make(chan struct{}, 10),
		entities: map[string]*placardv1.Entity{"entities/AUT": {
			Name: "entities/AUT", Code: "AUT", ShortName: &placardv1.LocalizedText{En: "Austria", Es: "Austria"},
		}},
	}}
	cfg := server.Config{
		HTTPAddr: "127.0.0.1:0", GRPCAddr: "127.0.0.1:0", Log: slog.New(slog.NewJSONHandler(h.log, nil)), Telemetry: tel,
		Contract: contract, Validator: validator, Authenticator: callers, Readings: h.book, Register: h.memory.register,
		Ready:   func(context.Context) error { return h.ready },
		OpenAPI: []byte(`{"openapi":"3.1.0"}`), Secret: secret.New(),
		Limits: server.Limits{Deadline: 30 * time.Second}, Grace: 10 * time.Second,
	}
	for _, c := range change {
		c(&cfg)
	}
	ctx, cancel := context.WithCancel(context.Background())
	s, err := server.New(ctx, cfg)
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	rest, rpc := s.Addrs()
	h.url, h.stop = "http://"+rest.String(), cancel
	go func() { h.done <- s.Run(ctx) }()
	h.conn, err = grpc.NewClient(rpc.String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = h.conn.Close()
		cancel()
		select {
		case err := <-h.done:
			if err != nil {
				t.Errorf("Run() = %v", err)
			}
		case <-time.After(15 * time.Second):
			t.Error("the server does not stop")
		}
	})
	return h
}

// as is a context of a gRPC call with a key.
func as(t *testing.T, key string, pairs ...string) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	t.Cleanup(cancel)
	return metadata.AppendToOutgoingContext(ctx, append([]string{"authorization", "Bearer " + key}, pairs...)...)
}

// answer is what REST answers.
type answer struct {
	status int
	header http.Header
	body   string
}

// failure is a google.rpc.Status in JSON.
type failure struct {
	Code    int
	Message string
	Details []struct {
		Type            string `json:"@type"`
		Reason          string
		Domain          string
		Metadata        map[string]string
		Locale          string
		Message         string
		RequestID       string `json:"requestId"`
		RetryDelay      string
		FieldViolations []struct{ Field, Reason, Description string }
	}
}

func (a answer) failure(t *testing.T) failure {
	t.Helper()
	var f failure
	if err := json.Unmarshal([]byte(a.body), &f); err != nil {
		t.Fatalf("%q is not a status: %v", a.body, err)
	}
	return f
}

// reason is the reason of a failure, or "".
func (a answer) reason() string {
	var f failure
	_ = json.Unmarshal([]byte(a.body), &f)
	for _, d := range f.Details {
		if d.Type == "type.googleapis.com/google.rpc.ErrorInfo" {
			return d.Reason
		}
	}
	return ""
}

// violations are those of a failure: field and reason.
func (a answer) violations() []string {
	var f failure
	_ = json.Unmarshal([]byte(a.body), &f)
	var all []string
	for _, d := range f.Details {
		for _, v := range d.FieldViolations {
			all = append(all, strings.TrimSpace(v.Field+" "+v.Reason))
		}
	}
	return all
}

// send sends a request. A body is sent as JSON unless the headers say otherwise.
func (h *house) send(method, path, key, body string, headers ...string) answer {
	h.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.url+path, reader)
	if err != nil {
		h.t.Fatal(err)
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i+1] == "" {
			req.Header.Del(headers[i])
		} else {
			req.Header.Set(headers[i], headers[i+1])
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(text)}
}
