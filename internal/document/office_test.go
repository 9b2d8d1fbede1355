//go:build unix

package document_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/un-placard/placard/internal/document"
)

// program makes a program that stands in for LibreOffice.
func program(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "office")
	if err := os.WriteFile(path, []byte("#!/bin/sh\nfor source; do :; done\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func hello(w io.Writer) error {
	_, err := io.WriteString(w, "hello")
	return err
}

func TestOffice(t *testing.T) {
	t.Setenv("PLACARD_SECRET", "of the server")
	t.Setenv("TMPDIR", t.TempDir())
	office := document.NewOffice(program(t, `(cat "$source"; env) > "${source%.docx}.pdf"`))
	var got string
	err := office.PDF(t.Context(), hello, func(r io.Reader) error {
		text, err := io.ReadAll(r)
		got = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(got, "hello") {
		t.Errorf("the program did not get the document: %q", got)
	}
	if strings.Contains(got, "of the server") {
		t.Error("the program gets the variables of the server")
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestOfficeFails(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	read := func(io.Reader) error { t.Error("there is nothing to read"); return nil }
	t.Run("not installed", func(t *testing.T) {
		if err := document.NewOffice("no-such-office").PDF(t.Context(), hello, read); !errors.Is(err, document.ErrUnavailable) {
			t.Errorf("got %v", err)
		}
	})
	for name, script := range map[string]string{
		"says so":        `echo cannot read >&2; exit 3`,
		"says all well":  `echo cannot read`,
		"says very much": `yes cannot read | head -c 1000000; echo; echo cannot read`,
	} {
		t.Run(name, func(t *testing.T) {
			err := document.NewOffice(program(t, script)).PDF(t.Context(), hello, read)
			if err == nil || !strings.Contains(err.Error(), "cannot read") || len(err.Error()) > 2000 {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("the document is not written", func(t *testing.T) {
		gone := errors.New("gone")
		err := document.NewOffice("true").PDF(t.Context(), func(io.Writer) error { return gone }, read)
		if !errors.Is(err, gone) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("stopped with all that it started", func(t *testing.T) {
		alive := filepath.Join(t.TempDir(), "alive")
		office := document.NewOffice(program(t, `(sleep 2; touch `+alive+`) & wait`))
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		if err := office.PDF(ctx, hello, read); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		time.Sleep(2500 * time.Millisecond)
		if _, err := os.Stat(alive); err == nil {
			t.Error("a child lives on")
		}
	})
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestOfficeOneAtATime(t *testing.T) {
	busy := filepath.Join(t.TempDir(), "busy")
	office := document.NewOffice(program(t,
		`mkdir `+busy+` || exit 1; sleep 0.1; cp "$source" "${source%.docx}.pdf"; rmdir `+busy))
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if err := office.PDF(t.Context(), hello, func(io.Reader) error { return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := office.PDF(ctx, hello, func(io.Reader) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that is gone: %v", err)
	}
}
