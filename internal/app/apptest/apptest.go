// Package apptest starts whole servers for tests that go through the public
// contract, on each engine.
package apptest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db/photolink"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/app"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/link"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

// Env is a server that runs until the test ends.
type Env struct {
	// HTTP is the address of REST: `http://127.0.0.1:41234`.
	HTTP string
	// GRPC is a connection to gRPC.
	GRPC *grpc.ClientConn
	// Store is the server's own.
	Store *store.Store
	// App is the server.
	App *app.App
	// Config are its settings.
	Config config.Config

	stop func() error
}

// Option changes the settings of the server.
type Option func(*config.Config)

// Each runs a test once for each engine, as subtests `sqlite` and `postgres`,
// with a server of its own. The two run at once, after the function that calls
// Each has returned.
func Each(t *testing.T, fn func(t *testing.T, env *Env), opts ...Option) {
	t.Helper()
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			fn(t, Start(t, engine, opts...))
		})
	}
}

// Start starts a server on a fresh database of an engine. It has no limits of
// rate.
func Start(t *testing.T, engine string, opts ...Option) *Env {
	t.Helper()
	return StartOn(t, append([]Option{func(cfg *config.Config) { cfg.DB = storetest.URL(t, engine) }}, opts...)...)
}

// StartOn starts a server with the settings that the options make.
func StartOn(t *testing.T, opts ...Option) *Env {
	t.Helper()
	cfg := config.Default()
	cfg.Dir = t.TempDir()
	cfg.HTTP, cfg.GRPC = "127.0.0.1:0", "127.0.0.1:0"
	cfg.DBConns = 10
	cfg.AddressRate, cfg.PrincipalRate = 0, 0
	cfg.StopTimeout = 5 * time.Second
	for _, opt := range opts {
		opt(&cfg)
	}
	log := slog.New(slog.NewTextHandler(output{t}, &slog.HandlerOptions{Level: slog.LevelWarn}))
	a, err := app.New(t.Context(), cfg, log)
	if err != nil {
		t.Fatalf("start server: %v", err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()

	httpAddr, grpcAddr := a.Addrs()
	env := &Env{HTTP: "http://" + httpAddr, Store: a.Store, App: a, Config: cfg}
	var done bool
	env.stop = func() error {
		if done {
			return nil
		}
		done = true
		cancel()
		return <-ended
	}
	t.Cleanup(func() {
		if err := env.stop(); err != nil {
			t.Errorf("stop server: %v", err)
		}
	})
	env.GRPC = Dial(t, grpcAddr)
	return env
}

// Stop stops the server and answers what Run answers.
func (e *Env) Stop() error { return e.stop() }

// Dial connects to a gRPC address without TLS until the test ends.
func Dial(t *testing.T, address string) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// Key makes a key and answers its secret. `entity` is the code of a mission's
// entity, "" for other roles; meetings are the ids that it is bound to.
func (e *Env) Key(t *testing.T, role placardv1.Access_Role, entity string, meetings ...string) string {
	t.Helper()
	k := &placardv1.Key{Role: role}
	if entity != "" {
		k.Entity = name.Entity(entity)
	}
	for _, m := range meetings {
		k.Meetings = append(k.Meetings, name.Meeting(m))
		// An account of its own: the one of the role is for those that are
		// bound to nothing.
		k.Account = "accounts/" + strings.ReplaceAll(strings.ToLower(role.String()), "_", "-") + "-" + strings.Join(meetings, "-")
	}
	made, err := e.App.CreateKey(t.Context(), k)
	if err != nil {
		t.Fatalf("create key of %s: %v", role, err)
	}
	return made.GetSecret()
}

// Link is the token of the link by which a participant sends a photograph, as it is
// now; the participant has to have one.
func (e *Env) Link(t *testing.T, participant string) string {
	t.Helper()
	seed, err := e.Config.OpenSecret()
	if err != nil {
		t.Fatal(err)
	}
	signer, err := link.New(seed)
	if err != nil {
		t.Fatal(err)
	}
	row, err := e.Store.Client().PhotoLink.Query().Where(photolink.ID(name.ParticipantOf(participant))).Only(access.AsSystem(t.Context()))
	if err != nil {
		t.Fatalf("read the link of %s: %v", participant, err)
	}
	return signer.Token(link.Photo, row.ID, row.Generation)
}

// As is a context for calls of gRPC with a key, or with a link.
func As(ctx context.Context, key string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+key)
}

// REST calls the server with a key ("" for none) and answers the status and the
// JSON that came. `body` is JSON text, or something to make JSON of, or nil.
func (e *Env) REST(t *testing.T, key, method, path string, body any) (int, map[string]any) {
	t.Helper()
	req := e.Request(t, key, method, path, body)
	status, text := Do(t, req)
	out := map[string]any{}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &out); err != nil {
			t.Fatalf("%s %s answers %d with no JSON object: %v\n%s", method, path, status, err, text)
		}
	}
	return status, out
}

// Request makes a request as REST does, to add headers before Do sends it.
func (e *Env) Request(t *testing.T, key, method, path string, body any) *http.Request {
	t.Helper()
	var content io.Reader
	switch b := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(b)
	case []byte:
		content = bytes.NewReader(b)
	default:
		text, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, e.HTTP+path, content)
	if err != nil {
		t.Fatal(err)
	}
	if content != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		req.Header.Set("Authorization", "Bearer "+key)
	}
	return req
}

// Do sends a request and answers the status and the body.
func Do(t *testing.T, req *http.Request) (int, []byte) {
	t.Helper()
	res, err := http.DefaultClient.Do(req) //nolint:gosec // to the test's own server
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // it was read
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s %s: read answer: %v", req.Method, req.URL.Path, err)
	}
	return res.StatusCode, text
}

// output is the log of a test.
type output struct{ t *testing.T }

func (o output) Write(line []byte) (int, error) {
	o.t.Log(string(bytes.TrimSpace(line)))
	return len(line), nil
}

// FreeAddress is an address of this machine that nothing listens on.
func FreeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// Listens tells whether something listens on an address.
func Listens(address string) bool {
	conn, err := net.DialTimeout("tcp", address, time.Second)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}
