package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/un-placard/placard/internal/app/apptest"
	"github.com/un-placard/placard/internal/store/storetest"
)

// placard runs the program and answers its exit code and what it writes.
func placard(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, nil, &out, &errs)
	return code, out.String(), errs.String()
}

func TestKeyCreate(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		database := []string{"--dir", env.Config.Dir, "--db", env.Config.DB}
		code, out, errs := placard(t, append([]string{
			"key", "create", "--role", "mission", "--entity", "AUT", "--expires", "720h", "--name", "nightly export",
		}, database...)...)
		if code != 0 {
			t.Fatalf("exit code %d: %s", code, errs)
		}
		secret := strings.TrimSpace(out)
		status, caller := env.REST(t, secret, http.MethodGet, "/v1/caller", nil)
		if status != http.StatusOK || caller["entity"] != "entities/AUT" || caller["role"] != "MISSION" {
			t.Errorf("the key works as: %d %v", status, caller)
		}

		code, out, errs = placard(t, append([]string{"key", "create", "--role", "reader", "--json"}, database...)...)
		if code != 0 {
			t.Fatalf("exit code %d: %s", code, errs)
		}
		var reader struct{ Name, Role, Secret string }
		if err := json.Unmarshal([]byte(out), &reader); err != nil || reader.Role != "READER" {
			t.Errorf("--json prints %s (%v)", out, err)
		}

		if code, _, errs = placard(t, append([]string{"key", "revoke", reader.Name}, database...)...); code != 0 {
			t.Errorf("revoke: exit code %d: %s", code, errs)
		}
		if status, body := env.REST(t, reader.Secret, http.MethodGet, "/v1/caller", nil); status != http.StatusUnauthorized {
			t.Errorf("the revoked key works: %d %v", status, body)
		}
		code, out, _ = placard(t, append([]string{"key", "list"}, database...)...)
		for _, want := range []string{"mission of AUT", "nightly export", "works until", "revoked"} {
			if code != 0 || !strings.Contains(out, want) {
				t.Errorf("list has no %q (exit code %d):\n%s", want, code, out)
			}
		}
		if strings.Contains(out, secret) {
			t.Error("list shows a secret")
		}
	})
}

func TestMigrate(t *testing.T) {
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			url := storetest.Empty(t, engine)
			steps := []struct {
				args []string
				want string
			}{
				{[]string{"--dry-run"}, "run `placard migrate`"},
				{nil, "before 0"},
				{[]string{"--dry-run"}, "up to date"},
				{[]string{"--restored"}, "new epoch"},
			}
			for _, s := range steps {
				code, out, errs := placard(t, append([]string{"migrate", "--db", url}, s.args...)...)
				if code != 0 || !strings.Contains(out, s.want) {
					t.Errorf("migrate %v: exit code %d, %q %q; want %q", s.args, code, out, errs, s.want)
				}
			}
		})
	}
}

func TestCheck(t *testing.T) {
	dir := t.TempDir()
	if code, out, _ := placard(t, "check", "--dir", dir); code != exitFailed || !strings.Contains(out, "WRONG  database") {
		t.Errorf("without a database: exit code %d\n%s", code, out)
	}
	for _, args := range [][]string{{"key", "list"}, {"key", "revoke", "keys/aaaaaaaaaaaa"}} {
		if code, out, errs := placard(t, append(args, "--dir", dir)...); code != exitFailed || out != "" || !strings.Contains(errs, "placard.db") {
			t.Errorf("%v without a database: exit code %d, %q %q", args, code, out, errs)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("they made %v (%v)", entries, err)
	}
	if code, _, errs := placard(t, "key", "create", "--role", "admin", "--dir", dir); code != 0 {
		t.Fatal(errs)
	}
	if code, out, errs := placard(t, "check", "--dir", dir); code != 0 || strings.Contains(out, "WRONG") {
		t.Errorf("exit code %d\n%s%s", code, out, errs)
	}
	if code, out, _ := placard(t, "check", "--dir", dir, "--http", ":80"); code != exitFailed || !strings.Contains(out, "allow-plaintext") {
		t.Errorf("on the network without TLS: exit code %d\n%s", code, out)
	}
}

func TestUsage(t *testing.T) {
	dir := t.TempDir()
	tests := []struct {
		args []string
		says string
	}{
		{[]string{"surve"}, "surve"},
		{[]string{"serve", "--htp", ":1"}, "htp"},
		{[]string{"serve", "now"}, "now"},
		{[]string{"serve", "--dir", dir, "--http", "0.0.0.0:0", "--log-format", "xml"}, "log-format"},
		{[]string{"serve", "--config", "/nowhere.toml"}, "nowhere"},
		{[]string{"key", "create", "--dir", dir, "--role", "king"}, "mission"},
		{[]string{"key", "revoke", "--dir", dir}, "arg"},
	}
	for _, tt := range tests {
		t.Run(tt.says, func(t *testing.T) {
			if code, _, errs := placard(t, tt.args...); code != exitUsage || !strings.Contains(errs, tt.says) {
				t.Errorf("exit code %d, says %q; want %d and %q", code, errs, exitUsage, tt.says)
			}
		})
	}
}

// What is wrong with a key is told by the contract's own rules.
func TestKeyCreateRefuses(t *testing.T) {
	dir := t.TempDir()
	tests := []struct {
		args []string
		says string
	}{
		{[]string{"--role", "mission"}, "entity"},
		{[]string{"--role", "mission", "--entity", "Österreich"}, "entity"},
		{[]string{"--role", "mission", "--entity", "XXX"}, "entities/XXX"},
		{[]string{"--role", "gate", "--meeting", "nowhere"}, "meetings/nowhere"},
		{[]string{"--role", "admin", "--meeting", "nowhere"}, "meetings"},
	}
	for _, tt := range tests {
		t.Run(strings.Join(tt.args, " "), func(t *testing.T) {
			code, _, errs := placard(t, append([]string{"key", "create", "--dir", dir}, tt.args...)...)
			if code != exitFailed || !strings.Contains(errs, tt.says) {
				t.Errorf("exit code %d, says %q; want %d and %q", code, errs, exitFailed, tt.says)
			}
		})
	}
}

func TestVersion(t *testing.T) {
	if code, out, _ := placard(t, "version"); code != 0 || !strings.HasPrefix(out, "placard ") || !strings.Contains(out, "go1.") {
		t.Errorf("exit code %d: %s", code, out)
	}
}

func TestServe(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out, log buffer
	ended := make(chan int, 1)
	args := []string{"serve", "--dir", t.TempDir()}
	go func() {
		ended <- run(ctx, args, []string{"PLACARD_HTTP=127.0.0.1:0", "PLACARD_GRPC=127.0.0.1:0"}, &out, &log)
	}()
	waitFor(t, func() bool { return strings.Contains(log.String(), `"msg":"listening"`) })
	cancel()
	if code := <-ended; code != 0 {
		t.Errorf("exit code %d: %s", code, log.String())
	}
	for line := range strings.Lines(log.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("the log has a line that is not JSON: %s", line)
		}
	}
}
