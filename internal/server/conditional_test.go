package server

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestConditional(t *testing.T) {
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/fails" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Etag", `W/"7"`)
		w.Header().Set("Content-Length", "4")
		_, _ = w.Write([]byte("body"))
	})
	for name, x := range map[string]struct {
		method, path, have string
		status             int
		body               string
	}{
		"nothing at hand":   {"GET", "/", "", 200, "body"},
		"the same":          {"GET", "/", `W/"7"`, 304, ""},
		"the same, strong":  {"GET", "/", `"7"`, 304, ""},
		"one of several":    {"GET", "/", `"6", W/"7"`, 304, ""},
		"any":               {"GET", "/", `*`, 304, ""},
		"only the head":     {"HEAD", "/", `"7"`, 304, ""},
		"another":           {"GET", "/", `"8"`, 200, "body"},
		"a write":           {"POST", "/", `"7"`, 200, "body"},
		"an error":          {"GET", "/fails", `*`, 404, ""},
		"a part of the tag": {"GET", "/", `7`, 200, "body"},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			r := httptest.NewRequest(x.method, x.path, nil)
			if x.have != "" {
				r.Header.Set("If-None-Match", x.have)
			}
			conditional(answer).ServeHTTP(w, r)
			if w.Code != x.status || w.Body.String() != x.body {
				t.Errorf("%d %q, want %d %q", w.Code, w.Body, x.status, x.body)
			}
			if w.Code == http.StatusNotModified && (w.Header().Get("Etag") == "" || w.Header().Get("Content-Length") != "") {
				t.Errorf("headers %v", w.Header())
			}
		})
	}
}
