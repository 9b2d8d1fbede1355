package app_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app/apptest"
)

// TestConditionalRead: who has a resource as it is gets no body, until it
// changes; and what is not the caller's is not found with any tag.
func TestConditionalRead(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		c := newClients(t, env, env.GRPC, "conditional")
		meeting := c.newMeeting(t, "conditional", nil, "AUT")
		key := c.Key(t, "mission", "AUT")
		get := func(key, tag string) *http.Response {
			req := env.Request(t, key, http.MethodGet, "/v1/"+meeting, nil)
			if tag != "" {
				req.Header.Set("If-None-Match", tag)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			return resp
		}
		tag := get(key, "").Header.Get("Etag")
		if !strings.HasPrefix(tag, `W/"`) {
			t.Fatalf("tag %q", tag)
		}
		if resp := get(key, tag); resp.StatusCode != http.StatusNotModified || resp.Header.Get("Etag") != tag {
			t.Errorf("the same: %d %v", resp.StatusCode, resp.Header)
		}
		if resp := get(c.Key(t, "mission", "MEX"), tag); resp.StatusCode != http.StatusNotFound || resp.Header.Get("Etag") != "" {
			t.Errorf("another State: %d %v", resp.StatusCode, resp.Header)
		}
		must(c.meetings.CloseMeeting(c.As(t, c.Admin), &placardv1.CloseMeetingRequest{Name: meeting}))(t)
		if resp := get(key, tag); resp.StatusCode != http.StatusOK || resp.Header.Get("Etag") == tag {
			t.Errorf("changed: %d %v", resp.StatusCode, resp.Header)
		}
	})
}

func TestCompressed(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		key := env.Key(t, placardv1.Access_READER, "")
		read := func(path string) (string, string) {
			req := env.Request(t, key, http.MethodGet, path, nil)
			req.Header.Set("Accept-Encoding", "gzip")
			resp, err := http.DefaultTransport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			body := io.Reader(resp.Body)
			if resp.Header.Get("Content-Encoding") == "gzip" {
				if body, err = gzip.NewReader(resp.Body); err != nil {
					t.Fatal(err)
				}
			}
			text, err := io.ReadAll(body)
			if err != nil {
				t.Fatal(err)
			}
			return resp.Header.Get("Content-Encoding"), string(text)
		}
		if encoding, text := read("/v1/entities"); encoding != "gzip" || !strings.Contains(text, `"entities/AUT"`) {
			t.Errorf("a list: %q, %d characters", encoding, len(text))
		}
		if encoding, text := read("/v1/caller"); encoding != "" || !strings.Contains(text, "READER") {
			t.Errorf("a small answer: %q, %s", encoding, text)
		}
	})
}
