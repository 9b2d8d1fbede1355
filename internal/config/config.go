// Package config holds the settings of a server. Each has one name, which is
// its flag (`--allow-plaintext`), its variable (`PLACARD_ALLOW_PLAINTEXT`) and
// its key in the file (`allow-plaintext`). What stands later here wins: the
// default, the file, the environment, the flag.
package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"

	"github.com/un-placard/placard/internal/job"
	"github.com/un-placard/placard/internal/mail"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store"
)

// Config is all settings of a server.
type Config struct {
	// Dir is the folder of whatever the server keeps in files.
	Dir string `koanf:"dir"`
	// DB is `postgres://…` or the path of a SQLite file; empty: placard.db in Dir.
	DB string `koanf:"db"`
	// DBConns limits the connections to the database; 0: a default of the engine.
	DBConns int `koanf:"db-conns"`
	// Blobs is `s3://bucket?…` or the folder of the contents of files; empty:
	// blobs in Dir.
	Blobs string `koanf:"blobs"`
	// Migrate brings the schema of PostgreSQL up to date at the start, as is
	// always done on SQLite.
	Migrate bool `koanf:"migrate"`
	// Secret is the secret of the installation, 32 bytes in base64. It has no
	// flag: the arguments of a program are seen by all users of a machine.
	Secret string `koanf:"secret"`
	// SecretFile holds the secret instead; empty: secret.key in Dir, which is
	// made where it is missing.
	SecretFile string `koanf:"secret-file"`

	// HTTP and GRPC are the addresses to listen on.
	HTTP string `koanf:"http"`
	GRPC string `koanf:"grpc"`
	// TLSCert and TLSKey are the files of a certificate for both, in PEM.
	TLSCert string `koanf:"tls-cert"`
	TLSKey  string `koanf:"tls-key"`
	// AllowPlaintext lets the server listen without TLS where other machines
	// can reach it, for example behind a proxy that ends TLS.
	AllowPlaintext bool `koanf:"allow-plaintext"`

	// Timeout is how long a request may take; a stream has 5 minutes at least.
	Timeout time.Duration `koanf:"timeout"`
	// StopTimeout is how long requests in progress have when the server stops.
	StopTimeout time.Duration `koanf:"stop-timeout"`
	// AddressRate is how many requests a second one address may send, 0 for any
	// number; AddressBurst is how many of them at once. All missions in a house
	// may have one address.
	AddressRate  float64 `koanf:"address-rate"`
	AddressBurst int     `koanf:"address-burst"`
	// PrincipalRate and PrincipalBurst say the same of one caller, whatever its
	// addresses and keys.
	PrincipalRate  float64 `koanf:"principal-rate"`
	PrincipalBurst int     `koanf:"principal-burst"`

	// PublicURL is how people reach the pages: `https://placard.example.org`. Links
	// that are sent to people begin with it. Empty: the address of REST.
	PublicURL string `koanf:"public-url"`

	// SMTP is the mail server, HOST:PORT; empty: messages are written into the
	// folder outbox in Dir.
	SMTP string `koanf:"smtp"`
	// SMTPTLS is starttls, tls or none: how a connection to it is encrypted.
	SMTPTLS string `koanf:"smtp-tls"`
	// SMTPUser and SMTPPassword sign in to it. The password has no flag, as Secret.
	SMTPUser     string `koanf:"smtp-user"`
	SMTPPassword string `koanf:"smtp-password"`
	// SMTPTimeout is how long it may take for one message.
	SMTPTimeout time.Duration `koanf:"smtp-timeout"`
	// SMTPRetry is the time between the first two attempts for a message that it
	// does not take; the later ones grow with it, up to four hours of each minute.
	SMTPRetry time.Duration `koanf:"smtp-retry"`
	// MailFrom is the sender of messages: `Name <address>`.
	MailFrom string `koanf:"mail-from"`
	// Bounces is the folder in which the reports about messages that came back
	// arrive; empty: none.
	Bounces string `koanf:"bounces"`

	// ShowOutbox shows the messages in the folder outbox as a page to everybody. Only
	// the demo does.
	ShowOutbox bool `koanf:"-"`

	// Soffice is the program of LibreOffice, which makes PDF; empty: `soffice`
	// where PATH has it, and no PDF otherwise.
	Soffice string `koanf:"soffice"`

	// LogLevel is debug, info, warn or error; LogFormat is json or text.
	LogLevel  string `koanf:"log-level"`
	LogFormat string `koanf:"log-format"`
}

// Default is a server that only this machine reaches, with a SQLite database.
func Default() Config {
	return Config{
		Dir:            "data",
		HTTP:           "127.0.0.1:8080",
		GRPC:           "127.0.0.1:9090",
		Timeout:        30 * time.Second,
		StopTimeout:    20 * time.Second,
		AddressRate:    500,
		AddressBurst:   1000,
		PrincipalRate:  200,
		PrincipalBurst: 400,
		SMTPTLS:        string(mail.StartTLS),
		SMTPTimeout:    time.Minute,
		SMTPRetry:      time.Minute,
		MailFrom:       "Placard <placard@localhost>",
		LogLevel:       "info",
		LogFormat:      "json",
	}
}

// Flags makes the flags of the settings.
func Flags() *pflag.FlagSet {
	d := Default()
	fs := DatabaseFlags()
	fs.String("blobs", d.Blobs, "s3://bucket?… or a folder for the contents of files (default blobs in --dir)")
	fs.Bool("migrate", d.Migrate, "bring the schema of PostgreSQL up to date at the start")
	fs.String("http", d.HTTP, "address of REST and the pages")
	fs.String("grpc", d.GRPC, "address of gRPC")
	fs.String("tls-cert", d.TLSCert, "certificate file (PEM) for both addresses")
	fs.String("tls-key", d.TLSKey, "key file (PEM) of the certificate")
	fs.Bool("allow-plaintext", d.AllowPlaintext, "listen without TLS where other machines can reach the server")
	fs.Duration("timeout", d.Timeout, "how long a request may take")
	fs.Duration("stop-timeout", d.StopTimeout, "how long requests in progress have when the server stops")
	fs.Float64("address-rate", d.AddressRate, "requests a second from one address (0: any number)")
	fs.Int("address-burst", d.AddressBurst, "how many of them at once")
	fs.Float64("principal-rate", d.PrincipalRate, "requests a second of one caller (0: any number)")
	fs.Int("principal-burst", d.PrincipalBurst, "how many of them at once")
	fs.String("public-url", d.PublicURL, "how people reach the pages, for links that are sent to them (default http://ADDRESS of --http)")
	fs.String("smtp", d.SMTP, "mail server, HOST:PORT (default none: messages are files in --dir/outbox)")
	fs.String("smtp-tls", d.SMTPTLS, "starttls, tls or none: how connections to the mail server are encrypted")
	fs.String("smtp-user", d.SMTPUser, "who signs in to the mail server, with PLACARD_SMTP_PASSWORD")
	fs.Duration("smtp-timeout", d.SMTPTimeout, "how long the mail server may take for one message")
	fs.Duration("smtp-retry", d.SMTPRetry, "time between the first two attempts; the later ones grow with it")
	fs.String("mail-from", d.MailFrom, "sender of messages: Name <address>")
	fs.String("bounces", d.Bounces, "folder of the reports about messages that came back")
	fs.String("soffice", d.Soffice, "program of LibreOffice, which makes PDF (default soffice in PATH)")
	return fs
}

// DatabaseFlags makes the flags of the settings that commands need which work
// on the database and serve nothing.
func DatabaseFlags() *pflag.FlagSet {
	d := Default()
	fs := pflag.NewFlagSet("settings", pflag.ContinueOnError)
	fs.String("config", "", "TOML file with settings, named as these flags (PLACARD_CONFIG)")
	fs.String("dir", d.Dir, "folder of the database, the secret and other files")
	fs.String("db", d.DB, "postgres://… or a SQLite file (default placard.db in --dir)")
	fs.Int("db-conns", d.DBConns, "how many connections to the database (default 20, SQLite: 2 for each processor)")
	fs.String("secret-file", d.SecretFile, "file of the installation's secret (default secret.key in --dir; or PLACARD_SECRET)")
	fs.String("log-level", d.LogLevel, "debug, info, warn or error")
	fs.String("log-format", d.LogFormat, "json or text")
	return fs
}

// prefix of the variables of the environment.
const prefix = "PLACARD_"

// Load reads the settings: the defaults, the file that the flag `config` or
// PLACARD_CONFIG names, the environment (as of os.Environ), and the flags that
// were given. It does not judge them: see Validate.
func Load(flags *pflag.FlagSet, environ []string) (Config, error) {
	known := []string{"secret", "smtp-password"}
	Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })

	k := koanf.New(".")
	fromEnv := env.Provider("", env.Opt{
		Prefix:      prefix,
		EnvironFunc: func() []string { return environ },
		// What is not a setting is somebody else's; what is empty is not set.
		TransformFunc: func(name, value string) (string, any) {
			key := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(name, prefix)), "_", "-")
			if value == "" || !slices.Contains(known, key) {
				return "", nil
			}
			return key, value
		},
	})
	if path := configFile(flags, environ); path != "" {
		if err := k.Load(file.Provider(path), toml.Parser()); err != nil {
			return Config{}, fmt.Errorf("read settings from %s: %w", path, err)
		}
		for _, key := range k.Keys() {
			if !slices.Contains(known, key) || key == "config" {
				return Config{}, fmt.Errorf("read settings from %s: there is no setting %q", path, key)
			}
		}
	}
	if err := k.Load(fromEnv, nil); err != nil {
		return Config{}, fmt.Errorf("read settings from the environment: %w", err)
	}
	if err := k.Load(posflag.Provider(flags, ".", k), nil); err != nil {
		return Config{}, fmt.Errorf("read settings from flags: %w", err)
	}
	c := Default()
	if err := k.Unmarshal("", &c); err != nil {
		return Config{}, fmt.Errorf("read settings: %w", err)
	}
	return c, nil
}

func configFile(flags *pflag.FlagSet, environ []string) string {
	if path, err := flags.GetString("config"); err == nil && path != "" {
		return path
	}
	for _, e := range environ {
		if path, ok := strings.CutPrefix(e, prefix+"CONFIG="); ok {
			return path
		}
	}
	return ""
}

// Database is the URL of the database, or the path of its file.
func (c Config) Database() string {
	if c.DB == "" {
		return filepath.Join(c.Dir, "placard.db")
	}
	return c.DB
}

// Postgres tells whether the database is PostgreSQL.
func (c Config) Postgres() bool { return store.IsPostgres(c.Database()) }

// BlobStore is the URL of the bucket of the contents of files, or their folder.
func (c Config) BlobStore() string {
	if c.Blobs == "" {
		return filepath.Join(c.Dir, "blobs")
	}
	return c.Blobs
}

// SecretPath is the file of the secret; empty where the setting holds it itself.
func (c Config) SecretPath() string {
	switch {
	case c.Secret != "":
		return ""
	case c.SecretFile != "":
		return c.SecretFile
	default:
		return filepath.Join(c.Dir, "secret.key")
	}
}

// OpenSecret answers the secret of the installation. It makes the file of the
// secret where there is none.
func (c Config) OpenSecret() (secret.Secret, error) {
	if path := c.SecretPath(); path != "" {
		return secret.Open(path)
	}
	return secret.Parse(c.Secret)
}

// MailRoom says how messages leave the server.
func (c Config) MailRoom() mail.Config {
	return mail.Config{
		Server: c.SMTP, Encryption: mail.Encryption(c.SMTPTLS), User: c.SMTPUser, Password: c.SMTPPassword,
		Timeout: c.SMTPTimeout, Retry: c.SMTPRetry, From: c.MailFrom, Connections: job.MailWorkers,
		Outbox: c.OutboxFolder(), Bounces: c.Bounces,
	}
}

// OutboxFolder is where messages are written where there is no mail server.
func (c Config) OutboxFolder() string { return filepath.Join(c.Dir, "outbox") }
