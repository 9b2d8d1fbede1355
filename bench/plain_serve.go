package main

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

// servePlain runs the hand-written servers until the context ends.
func servePlain(ctx context.Context, at, httpAddr, grpcAddr string) error {
	p, err := newPlain(ctx, at)
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", grpcAddr)
	if err != nil {
		return err
	}
	g := grpc.NewServer(grpc.UnaryInterceptor(p.intercept))
	placardv1.RegisterParticipantServiceServer(g, p)
	placardv1.RegisterDelegationServiceServer(g, p)
	web := &http.Server{Addr: httpAddr, Handler: p.routes(), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 2)
	go func() { failed <- g.Serve(listener) }()
	go func() { failed <- web.ListenAndServe() }()
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	g.Stop()
	return errors.Join(err, web.Close())
}

// routes are the calls through REST.
func (p *plain) routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, answer func(r *http.Request, caller, name string) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			caller, err := p.authenticate(r.Context(), r.Header.Get("Authorization"))
			var out any
			if err == nil {
				out, err = answer(r, caller, strings.TrimPrefix(r.URL.Path, "/v1/"))
			}
			if err != nil {
				code := map[codes.Code]int{codes.Unauthenticated: 401, codes.NotFound: 404, codes.InvalidArgument: 400, codes.FailedPrecondition: 400}[status.Code(err)]
				http.Error(w, err.Error(), max(code, 400))
				return
			}
			text, err := json.Marshal(out)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(text)
		})
	}
	const one = "/v1/meetings/{m}/delegations/{e}/participants/{p}"
	handle("GET "+one, func(r *http.Request, caller, name string) (any, error) { return p.get(r.Context(), caller, name) })
	handle("GET /v1/meetings/{m}/delegations/{e}/participants", func(r *http.Request, caller, name string) (any, error) {
		out, err := p.list(r.Context(), caller, strings.TrimSuffix(name, "/participants"))
		return list{Participants: out}, err
	})
	handle("PATCH "+one, func(r *http.Request, caller, name string) (any, error) {
		var in participant
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
		return p.correct(r.Context(), caller, name, in.Phone)
	})
	handle("POST /v1/meetings/{m}/delegations/{submit}", func(r *http.Request, caller, name string) (any, error) {
		var in submission
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
		return p.submit(r.Context(), caller, strings.TrimSuffix(name, ":submit"), in.Participants)
	})
	return mux
}

type callerKey struct{}

func (p *plain) intercept(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	v := metadata.ValueFromIncomingContext(ctx, "authorization")
	if len(v) != 1 {
		return nil, errUnauthenticated
	}
	caller, err := p.authenticate(ctx, v[0])
	if err != nil {
		return nil, err
	}
	return handler(context.WithValue(ctx, callerKey{}, caller), req)
}

func callerOf(ctx context.Context) string {
	c, _ := ctx.Value(callerKey{}).(string)
	return c
}
