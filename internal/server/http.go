package server

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/klauspost/compress/gzhttp"
	"github.com/swaggest/swgui/v5emb"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/metric/noop"
	"google.golang.org/grpc/codes"

	"github.com/un-placard/placard/internal/answer"
	"github.com/un-placard/placard/internal/fault"
)

// maxHeader is how large the headers of a request may be, in bytes.
const maxHeader = 64 << 10

// minCompressed is the size from which on an answer is compressed, in bytes.
const minCompressed = 1400

// docs is the page that shows the API. Its own script keeps the page free of
// inline scripts, which its security policy refuses.
//
//go:embed docs
var docs embed.FS

const (
	// nothing is the policy of what is not a page.
	nothing = "default-src 'none'; frame-ancestors 'none'"
	// docsPolicy lets the page load its own parts and call this server.
	docsPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
		"font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

// newHTTP makes what HTTP answers. `pages` may be nil.
func (s *Server) newHTTP(api, pages http.Handler) (http.Handler, error) {
	page, err := docs.ReadFile("docs/index.html")
	if err != nil {
		return nil, fmt.Errorf("read the page of the API: %w", err)
	}
	script, err := docs.ReadFile("docs/docs.js")
	if err != nil {
		return nil, fmt.Errorf("read the page of the API: %w", err)
	}
	// Answers of some size are compressed for who takes it (Accept-Encoding).
	compressed, err := gzhttp.NewWrapper(gzhttp.MinSize(minCompressed), gzhttp.ContentTypes([]string{
		"application/json", "text/csv", "text/html", "text/javascript", "text/css",
	}))
	if err != nil {
		return nil, fmt.Errorf("compress answers: %w", err)
	}
	mux := http.NewServeMux()
	mux.Handle("/v1/", otelhttp.NewHandler(conditional(api), "rest",
		otelhttp.WithTracerProvider(s.cfg.Telemetry.Tracer), otelhttp.WithPropagators(s.cfg.Telemetry.Propagator),
		otelhttp.WithMeterProvider(noop.NewMeterProvider()), // the station `measure` does it for both doors
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method }),
	))
	mux.Handle("/healthz", s.get(content("text/plain; charset=utf-8", []byte("ok\n"))))
	mux.Handle("/readyz", s.get(http.HandlerFunc(s.ready)))
	mux.Handle("/openapi.json", s.get(content("application/json", s.cfg.OpenAPI)))
	mux.Handle("/.well-known/jwks.json", conditional(s.get(http.HandlerFunc(s.signingKeys))))
	mux.Handle("/calendar/{token}", conditional(s.get(http.HandlerFunc(s.calendar))))
	mux.Handle("/metrics", s.get(s.cfg.Telemetry.Metrics()))
	swagger := v5emb.New("Placard", "/openapi.json", "/docs/")
	mux.Handle("/docs", s.get(http.RedirectHandler("/docs/", http.StatusMovedPermanently)))
	mux.Handle("/docs/", s.get(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", docsPolicy)
		switch r.URL.Path {
		case "/docs/":
			content("text/html; charset=utf-8", page).ServeHTTP(w, r)
		case "/docs/docs.js":
			content("text/javascript; charset=utf-8", script).ServeHTTP(w, r)
		case "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/docs/favicon-32x32.png":
			swagger.ServeHTTP(w, r)
		default:
			s.refusePath(w, r)
		}
	})))
	if pages != nil {
		for _, path := range []string{"/sign-in", "/sign-out", "/meetings", "/meetings/", "/photo", "/photo/", "/assets/", "/demo/"} {
			mux.Handle(path, pages)
		}
		mux.HandleFunc("/{$}", func(w http.ResponseWriter, r *http.Request) {
			if !strings.Contains(r.Header.Get("Accept"), "text/html") {
				s.refusePath(w, r)
				return
			}
			http.Redirect(w, r, "/meetings", http.StatusSeeOther)
		})
	}
	mux.HandleFunc("/", s.refusePath)
	return s.outermost(compressed(mux)), nil
}

func content(kind string, body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(body) // the caller is gone
	})
}

// get is a path that is only read.
func (s *Server) get(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			s.refuseMethod(w, r, http.MethodGet, http.MethodHead)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// readyLimit is how long the database may take to say that it is there, which
// signing keys are, or what a calendar shows.
const readyLimit = 2 * time.Second

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyLimit)
	defer cancel()
	err := context.Canceled
	if !s.stopping.Load() {
		err = s.cfg.Ready(ctx)
	}
	if err != nil {
		s.refuse(w, r, fault.New(codes.Unavailable, "UNAVAILABLE", "the server is not ready", answer.RetryAfter, "1"))
		return
	}
	content("text/plain; charset=utf-8", []byte("ready\n")).ServeHTTP(w, r)
}

// signingKeys answers the keys with which everybody verifies what the server
// signs. How long others keep them is how long a revoked one may still be
// taken for good.
func (s *Server) signingKeys(w http.ResponseWriter, r *http.Request) {
	if err := s.addresses.take(network(callOf(r.Context()).address)); err != nil {
		s.refuse(w, r, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), readyLimit)
	defer cancel()
	set, err := s.cfg.SigningKeys(ctx)
	if err != nil {
		s.cfg.Log.ErrorContext(ctx, "read signing keys", "request_id", callOf(ctx).id, "error", err)
		s.refuse(w, r, err)
		return
	}
	tag := sha256.Sum256(set)
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("ETag", `"`+hex.EncodeToString(tag[:8])+`"`)
	content("application/jwk-set+json", set).ServeHTTP(w, r)
}

// calendar answers the calendars of participants, which come by themselves again and
// again. The token stands in the address, as programs for calendars can do no other;
// so nothing of the address is logged, and whoever is between keeps no answer.
func (s *Server) calendar(w http.ResponseWriter, r *http.Request) {
	if err := s.addresses.take(network(callOf(r.Context()).address)); err != nil {
		s.refuse(w, r, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), readyLimit)
	defer cancel()
	content, err := s.cfg.Calendar(ctx, strings.TrimSuffix(r.PathValue("token"), ".ics")) // some programs take no other ending
	if err != nil {
		if _, known := fault.As(err); !known {
			s.cfg.Log.ErrorContext(ctx, "read a calendar", "request_id", callOf(ctx).id, "error", err)
		}
		s.refuse(w, r, err)
		return
	}
	tag := sha256.Sum256(content)
	w.Header().Set("Cache-Control", "private, max-age=0, must-revalidate")
	w.Header().Set("ETag", `"`+hex.EncodeToString(tag[:])+`"`)
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	_, _ = w.Write(content) // the caller is gone
}

// outermost gives every request an id and every answer its headers, and keeps
// a panic to the request that it is in.
func (s *Server) outermost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{id: requestID(r.Header.Get("X-Request-Id")), door: doorREST, address: host(r.RemoteAddr)}
		h := w.Header()
		h.Set("X-Request-Id", c.id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", nothing)
		if r.TLS != nil {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		a := &answerWriter{ResponseWriter: w}
		r = r.WithContext(context.WithValue(r.Context(), callKey{}, c))
		defer func() { //nolint:contextcheck // the request holds the context
			p := recover()
			if p == nil {
				return
			}
			err, _ := p.(error)
			aborted := errors.Is(err, http.ErrAbortHandler)
			if !aborted {
				s.cfg.Log.ErrorContext(r.Context(), "panic", "request_id", c.id, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			}
			if a.began || aborted {
				panic(http.ErrAbortHandler) // net/http breaks the connection off
			}
			s.refuse(a, r, answer.Internal())
		}()
		next.ServeHTTP(a, r)
	})
}

// answerWriter remembers whether an answer has begun.
type answerWriter struct {
	http.ResponseWriter
	began bool
}

func (w *answerWriter) WriteHeader(code int) {
	w.began = true
	w.ResponseWriter.WriteHeader(code)
}

func (w *answerWriter) Write(b []byte) (int, error) {
	w.began = true
	return w.ResponseWriter.Write(b)
}

// Flush sends what was written so far. What compresses asks for it here, and
// does not look behind.
func (w *answerWriter) Flush() {
	w.began = true
	_ = http.NewResponseController(w.ResponseWriter).Flush() // if it fails the caller is gone
}

// Unwrap lets http.ResponseController set deadlines.
func (w *answerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
