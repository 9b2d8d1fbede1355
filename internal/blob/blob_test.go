package blob_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/un-placard/placard/internal/blob"
	"github.com/un-placard/placard/internal/blob/blobtest"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

func put(t *testing.T, s *blob.Store, content string) string {
	t.Helper()
	key, err := s.Put(t.Context(), []byte(content))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func keysOf(t *testing.T, s *blob.Store, before time.Time) []string {
	t.Helper()
	var out []string
	err := s.Each(t.Context(), before, func(keys []string) error {
		out = append(out, keys...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func TestStore(t *testing.T) {
	blobtest.Each(t, func(t *testing.T, s *blob.Store) {
		large := strings.Repeat("0123456789abcdef", 20<<20/16)
		var keys []string
		for _, content := range []string{"a", "a", large} {
			key := put(t, s, content)
			r, err := s.Read(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err := errors.Join(err, r.Close()); err != nil || string(got) != content {
				t.Errorf("%d bytes came back of %d: %v", len(got), len(content), err)
			}
			keys = append(keys, key)
		}
		slices.Sort(keys)
		if got := keysOf(t, s, time.Now().Add(time.Minute)); !slices.Equal(got, keys) {
			t.Errorf("there are %v, want %v", got, keys)
		}
		if got := keysOf(t, s, time.Now().Add(-time.Minute)); len(got) != 0 {
			t.Errorf("old are %v", got)
		}
		for range 2 { // the second time it is gone
			if err := s.Remove(t.Context(), keys[0]); err != nil {
				t.Error(err)
			}
		}
		if _, err := s.Read(t.Context(), keys[0]); !errors.Is(err, blob.ErrNone) {
			t.Errorf("a removed content: %v", err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := s.Put(ended, []byte("too late")); err == nil {
			t.Error("kept for a caller who went away")
		}
		if got := keysOf(t, s, time.Now().Add(time.Minute)); len(got) != 2 {
			t.Errorf("there are %v", got)
		}
	})
}

// TestWrite: a content that is written piece by piece is there as a whole, can be
// read from any place, and is not there where its writer fails.
func TestWrite(t *testing.T) {
	blobtest.Each(t, func(t *testing.T, s *blob.Store) {
		content := strings.Repeat("0123456789abcdef", 12<<20/16) + "end"
		written, err := s.Write(t.Context(), func(w io.Writer) error {
			for rest := content; rest != ""; {
				n := min(len(rest), 1000)
				if _, err := io.WriteString(w, rest[:n]); err != nil {
					return err
				}
				rest = rest[n:]
			}
			return nil
		})
		sum := sha256.Sum256([]byte(content))
		if err != nil || written.Size != int64(len(content)) || written.SHA256 != hex.EncodeToString(sum[:]) {
			t.Fatalf("written %+v: %v", written, err)
		}
		r, err := s.Seek(t.Context(), written.Key)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != content {
			t.Errorf("%d bytes came back of %d: %v", len(got), len(content), err)
		}
		if _, err := r.Seek(-3, io.SeekEnd); err != nil {
			t.Error(err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != "end" {
			t.Errorf("%q is at the end: %v", got, err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if _, err := s.Seek(t.Context(), "none"); !errors.Is(err, blob.ErrNone) {
			t.Errorf("a content that is not there: %v", err)
		}
		failed := errors.New("failed")
		ended, cancel := context.WithCancel(t.Context())
		for what, write := range map[string]func(io.Writer) error{
			"at its beginning": func(io.Writer) error { return failed },
			"in the middle": func(w io.Writer) error {
				_, err := io.WriteString(w, content)
				return errors.Join(err, failed)
			},
		} {
			if _, err := s.Write(ended, write); !errors.Is(err, failed) {
				t.Errorf("its writer fails %s: %v", what, err)
			}
		}
		if _, err := s.Write(ended, func(w io.Writer) error {
			cancel()
			_, err := io.WriteString(w, content)
			return err
		}); err == nil {
			t.Error("kept for somebody who went away")
		}
		if got := keysOf(t, s, time.Now().Add(time.Minute)); len(got) != 1 {
			t.Errorf("there are %v", got)
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", file)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file)
	bucket := blobtest.Bucket(t)
	missing := strings.Replace(bucket, "s3://files", "s3://other", 1)
	for _, where := range []string{
		file, filepath.Join(file, "below"), missing, "s3://", bucket + "&accelerate=true", bucket + "&ssetype=none",
		bucket + "&kmskeyid=k", bucket + "&ssetype=AES256&kmskeyid=k", bucket + "&profile=none",
		"s3://files?use_path_style=perhaps", "s3://files?endpoint=ftp://127.0.0.1", "s3://files?endpoint=http://127.0.0.1/below",
	} {
		if s, err := blob.Open(t.Context(), where); err == nil {
			t.Errorf("%s was opened: %v", where, s.Close())
		}
	}
}

// TestBucket: what the URL of a bucket says is in the requests.
func TestBucket(t *testing.T) {
	var got *http.Request
	service := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r }))
	t.Cleanup(service.Close)
	profiles := filepath.Join(t.TempDir(), "credentials")
	if err := os.WriteFile(profiles, []byte("[files]\naws_access_key_id = OFPROFILE\naws_secret_access_key = x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", profiles)
	t.Setenv("AWS_CONFIG_FILE", profiles)
	t.Setenv("AWS_ACCESS_KEY_ID", "OFENVIRONMENT")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "x")
	t.Setenv("AWS_REGION", "eu-west-3")
	for query, want := range map[string]struct{ credential, encryption, key string }{
		"":                               {"OFENVIRONMENT/eu-west-3", "", ""},
		"&region=eu-central-1":           {"OFENVIRONMENT/eu-central-1", "", ""},
		"&profile=files":                 {"OFPROFILE/eu-west-3", "", ""},
		"&ssetype=AES256":                {"OFENVIRONMENT/eu-west-3", "AES256", ""},
		"&ssetype=aws:kms":               {"OFENVIRONMENT/eu-west-3", "aws:kms", ""},
		"&ssetype=aws:kms&kmskeyid=abcd": {"OFENVIRONMENT/eu-west-3", "aws:kms", "abcd"},
	} {
		s := blobtest.Open(t, "s3://files?use_path_style=true&endpoint="+service.URL+query)
		key := put(t, s, "content")
		signed := strings.Split(got.Header.Get("Authorization"), "/") // …Credential=key/day/region/…
		credential := strings.TrimPrefix(signed[0], "AWS4-HMAC-SHA256 Credential=") + "/" + signed[2]
		if got.URL.Path != "/files/"+key || credential != want.credential ||
			got.Header.Get("X-Amz-Server-Side-Encryption") != want.encryption ||
			got.Header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id") != want.key {
			t.Errorf("%s: %s with %v", query, got.URL, got.Header)
		}
		// The service compares this, and nobody else can have changed it.
		if got.Header.Get("Content-Md5") == "" || !strings.Contains(got.Header.Get("Authorization"), "content-md5;") {
			t.Errorf("%s: no signed checksum in %v", query, got.Header)
		}
	}
}

// TestKeep: a content stays if a row may name it, and not otherwise.
func TestKeep(t *testing.T) {
	blobtest.Each(t, func(t *testing.T, s *blob.Store) {
		storetest.Each(t, func(t *testing.T, rows *store.Store) {
			ctx := storetest.System(t)
			n := func() int { return len(keysOf(t, s, time.Now().Add(time.Minute))) }
			before := n()
			write := func(ctx context.Context, tx *store.Tx, key string) (string, error) {
				tx.Record(store.Change{Verb: "upload", Type: "t", Resource: key})
				return key, nil
			}
			again := func(_ context.Context, done store.Done) (string, error) { return done.Resource, nil }
			once := store.WithRequest(ctx, store.Request{ID: "once", Method: "m", Hash: []byte{1}})
			first, err := blob.Keep(once, s, rows, []byte("content"), write, again)
			if err != nil || n() != before+1 {
				t.Fatalf("%v, %d contents", err, n()-before)
			}
			second, err := blob.Keep(once, s, rows, []byte("content"), write, again)
			if err != nil || second != first || n() != before+1 {
				t.Errorf("repeated: %v, %s and %s, %d contents", err, first, second, n()-before)
			}
			refused := errors.New("refused")
			_, err = blob.Keep(ctx, s, rows, []byte("content"), func(context.Context, *store.Tx, string) (string, error) {
				return "", refused
			}, again)
			if !errors.Is(err, refused) || n() != before+1 {
				t.Errorf("refused: %v, %d contents", err, n()-before)
			}
			// The commit fails after the row was written: whether it is there, the
			// server cannot know.
			ended, cancel := context.WithCancel(ctx)
			_, err = blob.Keep(ended, s, rows, []byte("content"), func(ctx context.Context, tx *store.Tx, key string) (string, error) {
				cancel()
				return write(ctx, tx, key)
			}, again)
			if err == nil || n() != before+2 {
				t.Errorf("not known: %v, %d contents", err, n()-before)
			}
			swept, err := s.Sweep(ctx, rows, time.Now().Add(time.Minute))
			if err != nil || swept != before+2 || n() != 0 {
				t.Errorf("swept %d of %d, %d stay: %v", swept, before+2, n(), err)
			}
		})
	})
}

func TestRecognize(t *testing.T) {
	whole := "%PDF-1.4\n1 0 obj\nstartxref\n9\n%%EOF\n"
	zipEnd := "PK\x05\x06" + strings.Repeat("\x00", 16) + "\x00\x00"
	all := []blob.Kind{blob.PDF, blob.JPEG, blob.PNG, blob.DOCX}
	for name, x := range map[string]struct {
		content, want string
	}{
		"a PDF":                               {whole, "application/pdf"},
		"a PDF with something behind its end": {whole + strings.Repeat("\n", 900), "application/pdf"},
		"a PDF with much behind its end":      {whole + strings.Repeat("\n", 1100), "FILE_TYPE"},
		"a PDF with an archive inside":        {strings.Replace(whole, "obj", zipEnd+"obj", 1), "application/pdf"},
		"a PDF that ends as an archive":       {whole + zipEnd, "FILE_TYPE"},
		"a PDF that ends as one with comment": {whole + zipEnd[:20] + "\x03\x00abc", "FILE_TYPE"},
		"a PDF behind a blank":                {" " + whole, "FILE_TYPE"},
		"a PDF with a page in front":          {strings.Replace(whole, "1 0", "<ScRiPt>", 1), "FILE_TYPE"},
		"a PDF with a page far inside":        {strings.Replace(whole, "1 0", strings.Repeat(" ", 1024)+"<script>", 1), "application/pdf"},
		"nothing":                             {"", "FILE_EMPTY"},
		"a blank":                             {" ", "FILE_TYPE"},
		"a page":                              {"<html>%PDF-1.4 startxref %%EOF", "FILE_TYPE"},
		"a picture of another kind":           {"GIF89a", "FILE_TYPE"},
		"half a picture":                      {"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "FILE_TYPE"},
		"an archive":                          {"PK\x03\x04" + zipEnd, "FILE_TYPE"},
	} {
		kind, err := blob.Recognize("content", []byte(x.content), all...)
		got := string(kind)
		if f, ok := fault.As(err); ok {
			got = f.Violations[0].Reason
		}
		if got != x.want {
			t.Errorf("%s: %s (%v), want %s", name, got, err, x.want)
		}
	}
	if _, err := blob.Recognize("content", []byte(whole), blob.PNG); err == nil {
		t.Error("a PDF was taken where none is")
	}
}

func FuzzRecognize(f *testing.F) {
	f.Add([]byte("%PDF-1.4\nstartxref\n9\n%%EOF\n"))
	f.Add([]byte("PK\x03\x04PK\x05\x06"))
	f.Fuzz(func(t *testing.T, content []byte) {
		kind, err := blob.Recognize("content", content, blob.PDF, blob.JPEG, blob.PNG, blob.DOCX)
		if err == nil && bytes.HasPrefix(content, []byte("<")) {
			t.Errorf("taken as %s", kind)
		}
	})
}
