package web

import (
	"bytes"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/un-placard/placard/internal/secret"
)

func TestIsHEIC(t *testing.T) {
	for content, want := range map[string]bool{
		"\x00\x00\x00\x18ftypheic\x00\x00":     true,
		"\x00\x00\x00\x18ftypmif1":             true,
		"\x00\x00\x00\x1cftypavif":             false,
		"\x00\x00\x00\x18ftyp":                 false,
		"\x00\x00\x00\x18ftypisom\x00\x00\x00": false,
		"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01": false,
		"":                                     false,
	} {
		if got := isHEIC([]byte(content)); got != want {
			t.Errorf("%q: %v", content, got)
		}
	}
}

func TestOfPhoto(t *testing.T) {
	for path, want := range map[string]bool{
		"/photo": true, "/photo/pll_x_1_y": true, "/photo/picture": true, "/photograph": false, "/meetings": false, "/photos/x": false,
	} {
		if got := ofPhoto(httptest.NewRequest(http.MethodGet, path, nil)); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

// The first file that is not empty counts: the other field of the form may be.
func TestReadPhotoForm(t *testing.T) {
	type field struct{ name, file, content string }
	file := func(content string) field { return field{"photo", "a.jpg", content} }
	large := strings.Repeat("x", maxPhoto+1)
	for what, tt := range map[string]struct {
		fields []field
		want   photoForm
		err    error
	}{
		"nothing":        {},
		"a file":         {[]field{{"for", "", "p1"}, file("one"), file("")}, photoForm{"p1", []byte("one")}, nil},
		"the second":     {[]field{{"for", "", "p1"}, file(""), file("two")}, photoForm{"p1", []byte("two")}, nil},
		"both":           {[]field{{"for", "", "p1"}, file("one"), file("two")}, photoForm{"p1", []byte("one")}, nil},
		"something else": {[]field{{"name", "", "x"}}, photoForm{}, nil},
		"as large as may be": {
			[]field{file(large[1:]), {"for", "", "p1"}}, photoForm{"p1", []byte(large[1:])}, nil},
		"too large": {[]field{file(large), {"for", "", "p1"}}, photoForm{}, errTooLarge},
	} {
		t.Run(what, func(t *testing.T) {
			var body bytes.Buffer
			w := multipart.NewWriter(&body)
			for _, f := range tt.fields {
				part, err := w.CreateFormField(f.name)
				if f.file != "" {
					part, err = w.CreateFormFile(f.name, f.file)
				}
				if err != nil {
					t.Fatal(err)
				}
				_, _ = part.Write([]byte(f.content))
			}
			_ = w.Close()
			r := httptest.NewRequest(http.MethodPost, photoPath, &body)
			r.Header.Set("Content-Type", w.FormDataContentType())
			got, err := readPhotoForm(r, maxPhoto)
			if !errors.Is(err, tt.err) {
				t.Fatalf("error %v", err)
			}
			if err == nil && (got.participant != tt.want.participant || !bytes.Equal(got.content, tt.want.content)) {
				t.Errorf("for %q, %d bytes", got.participant, len(got.content))
			}
		})
	}
	t.Run("takes no more memory than it was given", func(t *testing.T) {
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		part, err := w.CreateFormFile("photo", "a.jpg")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write([]byte(large[1:]))
		_ = w.Close()
		r := httptest.NewRequest(http.MethodPost, photoPath, &body)
		r.Header.Set("Content-Type", w.FormDataContentType())
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := readPhotoForm(r, maxPhoto); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > maxPhoto*5/4 {
			t.Errorf("%d bytes were allocated for %d", n, maxPhoto)
		}
	})
	t.Run("a form without files", func(t *testing.T) {
		r := httptest.NewRequest(http.MethodPost, photoPath, strings.NewReader("photo=x"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if got, err := readPhotoForm(r, maxPhoto); err != nil || got.content != nil {
			t.Errorf("%v, %v", got, err)
		}
	})
	t.Run("one that ends early", func(t *testing.T) {
		r := httptest.NewRequest(http.MethodPost, photoPath, strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a\"\r\n\r\nabc"))
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		if _, err := readPhotoForm(r, maxPhoto); err == nil || errors.Is(err, errTooLarge) {
			t.Errorf("%v", err)
		}
	})
}

// What is a session in one cookie is none in another.
func TestSessionOfAnotherCookie(t *testing.T) {
	s, err := newSealer(secret.New())
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := s.seal(photoCookie, session{Key: "pll_x", Expires: 1 << 40})
	if err != nil {
		t.Fatal(err)
	}
	for name, ok := range map[string]bool{photoCookie: true, sessionCookie: false} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.AddCookie(&http.Cookie{Name: name, Value: sealed})
		if _, err := s.session(r, name, time.Unix(0, 0)); (err == nil) != ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
