package config

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/un-placard/placard/internal/blob"
	"github.com/un-placard/placard/internal/mail"
	"github.com/un-placard/placard/internal/secret"
	"github.com/un-placard/placard/internal/store"
)

// Validate answers all that is wrong with the settings, each problem with the
// name of its setting (errors.Join).
func (c Config) Validate() error {
	var problems []error
	wrong := func(setting, format string, args ...any) {
		problems = append(problems, fmt.Errorf("%s: %w", setting, fmt.Errorf(format, args...)))
	}

	if c.Dir == "" {
		wrong("dir", "is empty")
	}
	if c.DBConns < 0 {
		wrong("db-conns", "is negative")
	}
	if strings.Contains(c.Blobs, "://") && !blob.IsBucket(c.Blobs) {
		wrong("blobs", "%q is neither s3://bucket nor a folder", c.Blobs)
	}
	if c.Secret != "" {
		if _, err := secret.Parse(c.Secret); err != nil {
			wrong("secret", "%w", err)
		}
		if c.SecretFile != "" {
			wrong("secret-file", "is set beside secret: one of them is enough")
		}
	}
	if c.SecretFile != "" {
		// Where one is named it is expected to be there: a new one would not be
		// the secret of the database.
		if _, err := os.Stat(c.SecretFile); err != nil {
			wrong("secret-file", "%w (to make one: openssl rand -base64 32)", err)
		}
	}

	encrypted := c.TLSCert != "" && c.TLSKey != ""
	switch {
	case encrypted:
		if _, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey); err != nil {
			wrong("tls-cert", "%w", err)
		}
	case c.TLSCert != "":
		wrong("tls-key", "is needed with tls-cert")
	case c.TLSKey != "":
		wrong("tls-cert", "is needed with tls-key")
	}
	for _, a := range []struct{ setting, address string }{{"http", c.HTTP}, {"grpc", c.GRPC}} {
		local, err := loopback(a.address)
		if err != nil {
			wrong(a.setting, "%w", err)
		} else if !local && !encrypted && !c.AllowPlaintext {
			wrong(a.setting, "%s can be reached from other machines: set tls-cert and tls-key, "+
				"or allow-plaintext where a proxy in front ends TLS", a.address)
		}
	}
	if c.HTTP == c.GRPC && !anyPort(c.HTTP) {
		wrong("grpc", "is the same address as http")
	}

	if c.Timeout <= 0 {
		wrong("timeout", "is not positive")
	}
	if c.StopTimeout <= 0 {
		wrong("stop-timeout", "is not positive")
	}
	for _, r := range []struct {
		name  string
		rate  float64
		burst int
	}{{"address", c.AddressRate, c.AddressBurst}, {"principal", c.PrincipalRate, c.PrincipalBurst}} {
		if r.rate < 0 {
			wrong(r.name+"-rate", "is negative")
		}
		if r.rate > 0 && r.burst < 1 {
			wrong(r.name+"-burst", "is less than 1")
		}
	}

	c.validateMail(wrong)

	if c.Soffice != "" {
		if _, err := exec.LookPath(c.Soffice); err != nil {
			wrong("soffice", "%w", err)
		}
	}

	if err := new(slog.Level).UnmarshalText([]byte(c.LogLevel)); err != nil {
		wrong("log-level", "%q is none of debug, info, warn, error", c.LogLevel)
	}
	if c.LogFormat != "json" && c.LogFormat != "text" {
		wrong("log-format", "%q is neither json nor text", c.LogFormat)
	}
	return errors.Join(problems...)
}

// validateMail says what is wrong with how messages leave.
func (c Config) validateMail(wrong func(setting, format string, args ...any)) {
	if c.PublicURL != "" {
		if u, err := url.Parse(c.PublicURL); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" ||
			strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			wrong("public-url", "%q is not https://HOST", c.PublicURL)
		}
	}
	if _, err := mail.ParseSender(c.MailFrom); err != nil {
		wrong("mail-from", "%w", err)
	}
	if !slices.Contains([]mail.Encryption{mail.StartTLS, mail.TLS, mail.Plaintext}, mail.Encryption(c.SMTPTLS)) {
		wrong("smtp-tls", "%q is none of starttls, tls, none", c.SMTPTLS)
	}
	if c.SMTPTimeout <= 0 {
		wrong("smtp-timeout", "is not positive")
	}
	if c.SMTPRetry <= 0 {
		wrong("smtp-retry", "is not positive")
	}
	if c.Bounces != "" {
		if info, err := os.Stat(c.Bounces); err != nil || !info.IsDir() {
			wrong("bounces", "%s is no folder", c.Bounces)
		}
	}
	if c.SMTP == "" {
		if c.SMTPUser != "" {
			wrong("smtp-user", "is set without smtp")
		}
		return
	}
	if host, port, err := net.SplitHostPort(c.SMTP); err != nil {
		wrong("smtp", "want HOST:PORT: %w", err)
	} else if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 || host == "" {
		wrong("smtp", "want HOST:PORT")
	}
	if c.MailFrom == Default().MailFrom {
		wrong("mail-from", "is needed with smtp")
	}
	switch {
	case c.SMTPUser != "" && c.SMTPPassword == "":
		wrong("smtp-password", "is needed with smtp-user (PLACARD_SMTP_PASSWORD, or in the file)")
	case c.SMTPUser == "" && c.SMTPPassword != "":
		wrong("smtp-user", "is needed with smtp-password")
	case c.SMTPUser != "" && c.SMTPTLS == string(mail.Plaintext):
		wrong("smtp-tls", "a password is not sent without encryption")
	}
}

// loopback tells whether only this machine reaches an address.
func loopback(address string) (bool, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return false, fmt.Errorf("want HOST:PORT: %w", err)
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return false, fmt.Errorf("%q is not the number of a port", port)
	}
	if host == "localhost" {
		return true, nil
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback(), nil
}

func anyPort(address string) bool {
	_, port, err := net.SplitHostPort(address)
	return err == nil && port == "0"
}

// LogValue is what a log may show of the settings.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("db", store.Redact(c.Database())),
		slog.String("blobs", c.BlobStore()),
		slog.String("http", c.HTTP),
		slog.String("grpc", c.GRPC),
		slog.Bool("tls", c.TLSCert != ""),
		slog.String("smtp", c.SMTP),
	)
}
