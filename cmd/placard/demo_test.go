package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// The commands that the demo prints work as they are pasted, in their order,
// and pasted again.
func TestDemo(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	keysFile := filepath.Join(t.TempDir(), "keys.json")
	ctx, cancel := context.WithCancel(t.Context())
	var out, errs buffer
	ended := make(chan int, 1)
	args := []string{"demo", "--dir", dir, "--http", "127.0.0.1:0", "--grpc", "127.0.0.1:0", "--keys", keysFile}
	begun := time.Now()
	go func() { ended <- run(ctx, args, nil, &out, &errs) }()
	t.Cleanup(func() {
		cancel()
		if code := <-ended; code != 0 {
			t.Errorf("exit code %d: %s", code, errs.String())
		}
	})
	waitFor(t, func() bool {
		if strings.Contains(out.String(), "Ctrl-C") {
			return true
		}
		select {
		case code := <-ended:
			ended <- code
			t.Fatalf("the demo ends with %d: %s", code, errs.String())
		default:
		}
		return false
	})
	t.Logf("ready after %v", time.Since(begun))

	t.Run("keys", func(t *testing.T) {
		info, err := os.Stat(keysFile)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("keys: %v, %v; want a file that only its owner reads", info, err)
		}
		text, err := os.ReadFile(keysFile)
		if err != nil {
			t.Fatal(err)
		}
		var keys struct {
			Secretariat, PassOffice, Reader string
			Missions                        map[string]string
		}
		if err := json.Unmarshal(text, &keys); err != nil {
			t.Fatal(err)
		}
		for _, k := range []string{keys.Secretariat, keys.PassOffice, keys.Reader, keys.Missions["AUT"], keys.Missions["MEX"], keys.Missions["EUE"]} {
			if !strings.HasPrefix(k, "plc_") {
				t.Errorf("%q is not a key", k)
			}
		}
	})

	commands := regexp.MustCompile(`(?m)^# [1-4]\. .*\n(.*)$`).FindAllStringSubmatch(out.String(), -1)
	if len(commands) != 4 {
		t.Fatalf("%d commands in:\n%s", len(commands), out.String())
	}
	for i, want := range [][]string{
		{`"state":"SUBMITTED"`, `"latestRevision":1`, `"kind":"ADDED"`, "MUSTERMANN"},
		{`"familyName":"Beispiel"`, `"state":"PENDING"`, `"email":"anna.beispiel@example.org"`},
		{`"state":"ACCEPTED"`, `"acceptedRevision":1`},
		{"Anna Beispiel", "Austria", "Egipto"},
	} {
		for _, when := range []string{"pasted", "pasted again"} {
			if i == 1 && when == "pasted again" {
				continue // it only reads
			}
			t.Run(commands[i][0][2:3]+" "+when, func(t *testing.T) {
				cmd := exec.CommandContext(t.Context(), "sh", "-c", commands[i][1])
				cmd.Dir = t.TempDir() // nothing of this module is needed
				var said bytes.Buffer
				cmd.Stderr = &said
				answer, err := cmd.Output()
				if err != nil {
					t.Fatalf("%v: %s%s\n%s", err, answer, said.String(), commands[i][1])
				}
				var compact bytes.Buffer
				if err := json.Compact(&compact, answer); err != nil {
					t.Fatalf("%v:\n%s", err, answer)
				}
				for _, w := range want {
					if !strings.Contains(compact.String(), w) {
						t.Errorf("the answer has no %s:\n%s", w, compact.String())
					}
				}
			})
		}
	}

	t.Run("a folder with a database is refused", func(t *testing.T) {
		code, _, errs := placard(t, args...)
		if code != exitUsage || !strings.Contains(errs, "has a database already") {
			t.Errorf("exit code %d: %s", code, errs)
		}
	})
}

// An attempt that fails leaves nothing that is in the way of the next.
func TestDemoFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	dir := t.TempDir()
	code, _, errs := placard(t, "demo", "--dir", dir, "--http", "127.0.0.1:0", "--grpc", l.Addr().String())
	if code != exitFailed || !strings.Contains(errs, "address already in use") {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "placard.db*")); err != nil || len(left) > 0 {
		t.Errorf("it leaves %v (%v)", left, err)
	}
}

// waitFor waits until something is so.
func waitFor(t *testing.T, is func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}

// buffer is a bytes.Buffer for two goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
