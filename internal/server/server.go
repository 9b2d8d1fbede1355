// Package server is the doors of Placard: gRPC, and the same contract as JSON.
// Calls through both go the same way (see path), and end the same way.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"

	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/telemetry"
)

// Config is what the server needs.
type Config struct {
	// HTTPAddr and GRPCAddr are where to listen: `127.0.0.1:8080`. With port 0
	// the system chooses one (see Addrs).
	HTTPAddr, GRPCAddr string
	// TLSCert and TLSKey are the files of the certificate, with its chain, and
	// of its key, in PEM. Both or none.
	TLSCert, TLSKey string
	// AllowPlaintext lets the server listen without TLS where others can reach
	// it: behind a proxy that has TLS. Keys and personal data travel readable
	// otherwise, so it is refused by default.
	AllowPlaintext bool
	// Log takes a line for each call.
	Log *slog.Logger
	// Telemetry takes metrics and traces.
	Telemetry *telemetry.Telemetry
	// Contract and Validator are the rules of the contract.
	Contract  *access.Contract
	Validator *access.Validator
	// Authenticator finds out who calls.
	Authenticator Authenticator
	// Readings keeps who read personal data.
	Readings Recorder
	// Ready tells whether the server can do its work: whether the database
	// answers.
	Ready func(ctx context.Context) error
	// SigningKeys are the public keys of what the server signs, as a JSON Web Key
	// Set (RFC 7517).
	SigningKeys func(ctx context.Context) ([]byte, error)
	// Calendar is what the calendar of a participant shows, whom the token in its
	// address stands for (RFC 5545); NOT_FOUND for any other token.
	Calendar func(ctx context.Context, token string) ([]byte, error)
	// Register registers all services of the contract. It is called once for
	// each door.
	Register func(grpc.ServiceRegistrar)
	// OpenAPI is the description of the API, in JSON.
	OpenAPI []byte
	// Pages makes the pages for people. It is called once; nil for none.
	Pages func(Inside) (http.Handler, error)
	// Limits of what one caller may ask. Neither they nor Grace have defaults
	// here: those are the settings'.
	Limits Limits
	// Secret keys the hashes of requests.
	Secret secret.Secret
	// Grace is how long calls in progress may take to end when the server
	// stops.
	Grace time.Duration
	// Now is the clock of the limits; time.Now when nil.
	Now func() time.Time
}

// Inside is what the server gives the pages for people.
type Inside struct {
	// Calls reaches the services in the process. Every call goes the way that
	// those of gRPC and REST go.
	Calls grpc.ClientConnInterface
	// CountRequest counts a request, and CountSignIn an attempt to sign in, for
	// the address that the context of the request has. They answer the status of
	// one too many, in the language of the context (see locale.With).
	CountRequest, CountSignIn func(context.Context) error
	// MakeRoom waits until there is room in memory for a file of a principal that
	// the body of a request carries, and gives it the time to arrive that a file
	// of its size has. Whoever has entered leaves. It answers a status as
	// CountRequest does.
	MakeRoom func(w http.ResponseWriter, r *http.Request, principal string, size int) (leave func(), err error)
	// Stopping is closed when the server begins to stop: what would go on for
	// ever ends then.
	Stopping <-chan struct{}
}

// Server are the open doors.
type Server struct {
	cfg        Config
	messages   *locale.Messages
	requestKey []byte
	addresses  *limiter
	signIns    *limiter
	principals *limiter
	// uploads are the methods that carry a file, and room is where those are.
	uploads map[string]*upload
	room    *room
	// streams tells which methods are streams.
	streams map[string]bool
	// masks has what a read mask is of, by method.
	masks    map[string]*masked
	stopping atomic.Bool
	// stopped is closed when stopping becomes true.
	stopped chan struct{}

	health       *health.Server
	grpc         *grpc.Server
	http         *http.Server
	grpcListener net.Listener
	httpListener net.Listener
}

// New opens the doors; Run lets callers in. Whoever does not call Run calls
// Close.
func New(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	config, err := tlsConfig(cfg)
	if err != nil {
		return nil, err
	}
	messages, err := locale.ReadMessages()
	if err != nil {
		return nil, err
	}
	requestKey, err := cfg.Secret.Key("request")
	if err != nil {
		return nil, err
	}
	s := &Server{
		cfg: cfg, messages: messages, requestKey: requestKey, streams: map[string]bool{}, masks: readMasks(cfg.Contract.Descriptors()),
		stopped: make(chan struct{}), uploads: uploadsOf(cfg.Contract.Descriptors()), room: newRoom(),
		addresses:  newLimiter(cfg.Limits.AddressRate, cfg.Limits.AddressBurst, cfg.Now),
		signIns:    newSignInLimiter(cfg.Limits.AddressRate, cfg.Now),
		principals: newLimiter(cfg.Limits.PrincipalRate, cfg.Limits.PrincipalBurst, cfg.Now),
	}
	way := s.path() //nolint:contextcheck // calls bring their own context
	s.grpc = s.newGRPC(way, config)
	api, err := s.newGateway(ctx, way)
	if err != nil {
		return nil, err
	}
	pages, err := s.newPages(api)
	if err != nil {
		return nil, err
	}
	handler, err := s.newHTTP(api, pages)
	if err != nil {
		return nil, err
	}
	s.http = &http.Server{
		Handler: handler, MaxHeaderBytes: maxHeader,
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute,
		WriteTimeout: streamDeadline + time.Minute, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(cfg.Log.Handler(), slog.LevelWarn),
	}
	if s.grpcListener, err = listen(ctx, cfg.GRPCAddr, cfg.AllowPlaintext || config != nil); err != nil {
		return nil, err
	}
	if s.httpListener, err = listen(ctx, cfg.HTTPAddr, cfg.AllowPlaintext || config != nil); err != nil {
		return nil, errors.Join(err, s.grpcListener.Close())
	}
	if config != nil {
		web := config.Clone()
		web.NextProtos = []string{"h2", "http/1.1"}
		s.http.TLSConfig = web
		s.httpListener = tls.NewListener(s.httpListener, web)
	}
	return s, nil
}

func tlsConfig(cfg Config) (*tls.Config, error) {
	if cfg.TLSCert == "" && cfg.TLSKey == "" {
		return nil, nil
	}
	certificate, err := tls.LoadX509KeyPair(cfg.TLSCert, cfg.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("read the TLS certificate: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, nil
}

// ErrPlaintext is answered where the server would listen without TLS for
// others than the machine that it runs on.
var ErrPlaintext = errors.New("refusing to listen without TLS on an address that others can reach")

func listen(ctx context.Context, address string, anywhere bool) (net.Listener, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", address, err)
	}
	// What was resolved counts, not what was written: "localhost", "".
	bound, err := netip.ParseAddrPort(l.Addr().String())
	if !anywhere && (err != nil || !bound.Addr().IsLoopback()) {
		return nil, errors.Join(fmt.Errorf("%s: %w: set a certificate, or say plainly that a proxy does TLS", address, ErrPlaintext), l.Close())
	}
	return l, nil
}

// Addrs are the addresses that the server listens on.
func (s *Server) Addrs() (http, grpc net.Addr) { return s.httpListener.Addr(), s.grpcListener.Addr() }

// Run lets callers in until the context ends. Then it tells whoever asks that
// it is not serving, lets calls in progress end, for as long as Config.Grace,
// and breaks off the rest.
func (s *Server) Run(ctx context.Context) error {
	group, failed := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := s.http.Serve(s.httpListener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve HTTP: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		if err := s.grpc.Serve(s.grpcListener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			return fmt.Errorf("serve gRPC: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-failed.Done()
		return s.stop(context.WithoutCancel(ctx))
	})
	return group.Wait()
}

func (s *Server) stop(ctx context.Context) error {
	s.stopping.Store(true)
	close(s.stopped)
	s.health.Shutdown()
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Grace)
	defer cancel()
	var doors errgroup.Group // both have the whole time: each may use it up
	doors.Go(func() error { return s.stopHTTP(ctx) })
	doors.Go(func() error { s.stopGRPC(ctx); return nil })
	return doors.Wait()
}

func (s *Server) stopHTTP(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = s.http.Close()
	}
	if err != nil {
		return fmt.Errorf("stop HTTP: %w", err)
	}
	return nil
}

func (s *Server) stopGRPC(ctx context.Context) {
	ended := make(chan struct{})
	go func() {
		s.grpc.GracefulStop()
		close(ended)
	}()
	select {
	case <-ended:
	case <-ctx.Done():
		s.grpc.Stop()
		<-ended
	}
}

// Close closes the doors of a server that does not run.
func (s *Server) Close() error {
	s.grpc.Stop()
	return errors.Join(s.grpcListener.Close(), s.httpListener.Close())
}
