package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/un-placard/placard/internal/config"
)

func TestLoad(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "placard.toml")
	write(t, file, `
http = "127.0.0.1:1111"
grpc = "127.0.0.1:2222"
timeout = "10s"
address-rate = 5
dir = "from-file"
`)
	tests := []struct {
		name    string
		args    []string
		environ []string
		want    func(c *config.Config)
	}{
		{name: "defaults", want: func(*config.Config) {}},
		{
			name: "file over defaults", args: []string{"--config", file},
			want: func(c *config.Config) {
				c.HTTP, c.GRPC, c.Timeout, c.AddressRate, c.Dir =
					"127.0.0.1:1111", "127.0.0.1:2222", 10*time.Second, 5, "from-file"
			},
		},
		{
			name: "environment over file, flags over both",
			args: []string{"--grpc", "127.0.0.1:4444"},
			environ: []string{
				"PLACARD_CONFIG=" + file, "PLACARD_HTTP=127.0.0.1:3333", "PLACARD_GRPC=127.0.0.1:3334",
				"PLACARD_ALLOW_PLAINTEXT=true", "PLACARD_STOP_TIMEOUT=3s", "PLACARD_DIR=",
			},
			want: func(c *config.Config) {
				c.HTTP, c.GRPC, c.Timeout, c.AddressRate, c.Dir =
					"127.0.0.1:3333", "127.0.0.1:4444", 10*time.Second, 5, "from-file"
				c.AllowPlaintext, c.StopTimeout = true, 3*time.Second
			},
		},
		{
			name: "a flag with the value of the default", args: []string{"--config", file, "--dir", "data"},
			want: func(c *config.Config) {
				c.HTTP, c.GRPC, c.Timeout, c.AddressRate = "127.0.0.1:1111", "127.0.0.1:2222", 10*time.Second, 5
			},
		},
		{
			name: "other variables are not settings", environ: []string{"PLACARD_TEST_POSTGRES=x", "HTTP=y"},
			want: func(*config.Config) {},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := load(tt.args, tt.environ)
			if err != nil {
				t.Fatal(err)
			}
			want := config.Default()
			tt.want(&want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	misspelt := filepath.Join(t.TempDir(), "misspelt.toml")
	write(t, misspelt, `alow-plaintext = true`)
	tests := []struct {
		name    string
		args    []string
		environ []string
		want    string
	}{
		{"a setting that is not there", []string{"--config", misspelt}, nil, "alow-plaintext"},
		{"a file that is not there", nil, []string{"PLACARD_CONFIG=/nowhere.toml"}, "/nowhere.toml"},
		{"a value of another type", nil, []string{"PLACARD_MIGRATE=perhaps"}, "migrate"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := load(tt.args, tt.environ); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one that names %s", err, tt.want)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(c *config.Config)
		want   []string // the settings that are named, in order
	}{
		{"defaults", func(*config.Config) {}, nil},
		{"loopback of IPv6", func(c *config.Config) { c.HTTP = "[::1]:0" }, nil},
		{"any address without TLS", func(c *config.Config) { c.HTTP, c.GRPC = ":8080", "0.0.0.0:9090" }, []string{"http", "grpc"}},
		{"a name without TLS", func(c *config.Config) { c.HTTP = "placard.example.org:443" }, []string{"http"}},
		{"plaintext allowed", func(c *config.Config) { c.HTTP, c.AllowPlaintext = ":8080", true }, nil},
		{"half a certificate", func(c *config.Config) { c.TLSCert = "cert.pem" }, []string{"tls-key"}},
		{"a certificate that is not there", func(c *config.Config) { c.TLSCert, c.TLSKey = "/no/cert.pem", "/no/key.pem" }, []string{"tls-cert"}},
		{"a mail server", func(c *config.Config) { c.SMTP, c.MailFrom = "mail.example.org:587", "Placard <placard@example.org>" }, nil},
		{"a mail server without a sender", func(c *config.Config) { c.SMTP = "mail.example.org:587" }, []string{"mail-from"}},
		{"a mail server without a port", func(c *config.Config) { c.SMTP, c.MailFrom = "mail.example.org", "a@b.example" }, []string{"smtp"}},
		{"a user without a mail server", func(c *config.Config) { c.SMTPUser = "u" }, []string{"smtp-user"}},
		{"a user without a password", func(c *config.Config) { c.SMTP, c.MailFrom, c.SMTPUser = "m:25", "a@b.example", "u" }, []string{"smtp-password"}},
		{
			"a password in the clear",
			func(c *config.Config) {
				c.SMTP, c.MailFrom, c.SMTPUser, c.SMTPPassword, c.SMTPTLS = "m:25", "a@b.example", "u", "p", "none"
			},
			[]string{"smtp-tls"},
		},
		{"a public address with a path", func(c *config.Config) { c.PublicURL = "https://placard.example/app" }, []string{"public-url"}},
		{"a public address", func(c *config.Config) { c.PublicURL = "https://placard.example/" }, nil},
		{"no folder of reports", func(c *config.Config) { c.Bounces = "/no/folder" }, []string{"bounces"}},
		{
			"everything at once",
			func(c *config.Config) {
				*c = config.Config{Secret: "short", HTTP: "8080", GRPC: "127.0.0.1:port", AddressRate: -1, PrincipalRate: 1}
			},
			[]string{
				"dir", "secret", "http", "grpc", "timeout", "stop-timeout",
				"address-rate", "principal-burst", "mail-from", "smtp-tls", "smtp-timeout", "smtp-retry", "log-level", "log-format",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := config.Default()
			tt.change(&c)
			var got []string
			if err := c.Validate(); err != nil {
				for line := range strings.Lines(err.Error()) {
					setting, _, _ := strings.Cut(line, ":")
					got = append(got, setting)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("settings named (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOpenSecret(t *testing.T) {
	t.Parallel()
	c := config.Default()
	c.Dir = filepath.Join(t.TempDir(), "new")
	made, err := c.OpenSecret()
	if err != nil {
		t.Fatal(err)
	}
	first, err := made.Fingerprint()
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.OpenSecret()
	if err != nil {
		t.Fatal(err)
	}
	if second, err := again.Fingerprint(); err != nil || second != first {
		t.Errorf("a second reading gives another secret (%v)", err)
	}
	info, err := os.Stat(filepath.Join(c.Dir, "secret.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("secret.key: %v, %v; want a file that only its owner reads", info, err)
	}
}

func load(args, environ []string) (config.Config, error) {
	flags := config.Flags()
	if err := flags.Parse(args); err != nil {
		return config.Config{}, err
	}
	return config.Load(flags, environ)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
