package server

import (
	"context"
	"net/http"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/proto"
)

// tagged answers the etag of a resource as a header too. It is weak: the same
// state may be written in other bytes, as compressed ones. What a service says of
// how long its answer may be kept takes the place of what holds for all.
func tagged(ctx context.Context, w http.ResponseWriter, answer proto.Message) error {
	md, _ := runtime.ServerMetadataFromContext(ctx)
	for _, kept := range md.HeaderMD.Get("cache-control") {
		w.Header().Set("Cache-Control", kept)
	}
	if r, ok := answer.(interface{ GetEtag() string }); ok && r.GetEtag() != "" {
		w.Header().Set("Etag", `W/"`+r.GetEtag()+`"`)
	}
	return nil
}

// conditional answers 304 Not Modified, without a body, to who reads a resource
// and has it as it is (If-None-Match, RFC 9110, 13.1.2).
func conditional(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if have := r.Header.Get("If-None-Match"); have != "" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			w = &conditionalWriter{ResponseWriter: w, have: have}
		}
		next.ServeHTTP(w, r)
	})
}

type conditionalWriter struct {
	http.ResponseWriter
	// have is what the caller has.
	have             string
	began, unchanged bool
}

func (w *conditionalWriter) WriteHeader(code int) {
	if w.began {
		return
	}
	w.began = true
	if code == http.StatusOK && sameTag(w.have, w.Header().Get("Etag")) {
		w.unchanged = true
		w.Header().Del("Content-Length")
		w.Header().Del("Content-Type")
		code = http.StatusNotModified
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *conditionalWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.unchanged {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController flush and set deadlines.
func (w *conditionalWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// sameTag tells whether an entity tag is among those of If-None-Match, by the
// weak comparison of RFC 9110, 8.8.3.2.
func sameTag(have, tag string) bool {
	if tag == "" {
		return false
	}
	for one := range strings.SplitSeq(have, ",") {
		one = strings.TrimSpace(one)
		if one == "*" || strings.TrimPrefix(one, "W/") == strings.TrimPrefix(tag, "W/") {
			return true
		}
	}
	return false
}
