package app_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/health/grpc_health_v1"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app"
	"github.com/un-placard/placard/internal/app/apptest"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

func TestRun(t *testing.T) {
	apptest.Each(t, func(t *testing.T, env *apptest.Env) {
		admin := env.Key(t, placardv1.Access_ADMIN, "")
		for _, path := range []string{"/healthz", "/readyz"} {
			if status, _ := apptest.Do(t, env.Request(t, "", http.MethodGet, path, nil)); status != http.StatusOK {
				t.Errorf("GET %s: %d", path, status)
			}
		}
		health, err := grpc_health_v1.NewHealthClient(env.GRPC).Check(t.Context(), &grpc_health_v1.HealthCheckRequest{})
		if err != nil || health.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
			t.Errorf("health: %v, %v", health, err)
		}

		// The register is there, through both doors.
		status, body := env.REST(t, admin, http.MethodGet, "/v1/entities/AUT", nil)
		if status != http.StatusOK || body["code"] != "AUT" {
			t.Errorf("GET /v1/entities/AUT: %d %v", status, body)
		}
		entity, err := placardv1.NewEntityServiceClient(env.GRPC).GetEntity(
			apptest.As(t.Context(), admin), &placardv1.GetEntityRequest{Name: "entities/MEX"})
		if err != nil || entity.GetShortName().GetEs() != "México" {
			t.Errorf("GetEntity: %v, %v", entity, err)
		}
		if status, _ := env.REST(t, "", http.MethodGet, "/v1/entities/AUT", nil); status != http.StatusUnauthorized {
			t.Errorf("without a key: %d", status)
		}

		if err := env.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
		if conn, err := net.DialTimeout("tcp", strings.TrimPrefix(env.HTTP, "http://"), time.Second); err == nil {
			_ = conn.Close()
			t.Error("it listens after it stopped")
		}
	})
}

func TestRestart(t *testing.T) {
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			dir, url := t.TempDir(), storetest.URL(t, engine)
			same := func(cfg *config.Config) { cfg.Dir, cfg.DB = dir, url }
			first := apptest.StartOn(t, same)
			key := first.Key(t, placardv1.Access_MISSION, "AUT")
			if err := first.Stop(); err != nil {
				t.Fatal(err)
			}
			second := apptest.StartOn(t, same)
			if status, body := second.REST(t, key, http.MethodGet, "/v1/caller", nil); status != http.StatusOK {
				t.Errorf("the key of before: %d %v", status, body)
			}
		})
	}
}

func TestTwoServersOnOnePostgres(t *testing.T) {
	url := storetest.URL(t, storetest.Postgres)
	secretFile := filepath.Join(t.TempDir(), "secret.key")
	first := apptest.StartOn(t, func(cfg *config.Config) { cfg.DB = url; secretFile = cfg.SecretPath() })
	second := apptest.StartOn(t, func(cfg *config.Config) { cfg.DB, cfg.SecretFile = url, secretFile })
	key := first.Key(t, placardv1.Access_READER, "")
	if status, body := second.REST(t, key, http.MethodGet, "/v1/caller", nil); status != http.StatusOK {
		t.Errorf("a key of the other server: %d %v", status, body)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			tests := []struct {
				name    string
				prepare func(t *testing.T, cfg *config.Config)
				want    error
				says    string
			}{
				{
					name:    "the network without TLS",
					prepare: func(_ *testing.T, cfg *config.Config) { cfg.HTTP = ":0" },
					says:    "allow-plaintext",
				},
				{
					name: "a newer schema",
					prepare: func(t *testing.T, cfg *config.Config) {
						execute(t, cfg.DB, "UPDATE schema_migrations SET version = version + 1")
					},
					want: store.ErrSchemaNewer, says: "newer placard",
				},
				{
					name: "a dirty schema",
					prepare: func(t *testing.T, cfg *config.Config) {
						execute(t, cfg.DB, "UPDATE schema_migrations SET dirty = true")
					},
					want: store.ErrSchemaDirty, says: "restore",
				},
				{
					name: "another secret",
					prepare: func(t *testing.T, cfg *config.Config) {
						other := *cfg
						other.Dir = t.TempDir()
						c, err := app.OpenCore(t.Context(), other, quiet())
						if err != nil {
							t.Fatal(err)
						}
						if err := c.Close(); err != nil {
							t.Fatal(err)
						}
					},
					want: store.ErrOtherSecret, says: "secret",
				},
				{
					name: "an address that is taken",
					prepare: func(t *testing.T, cfg *config.Config) {
						l, err := net.Listen("tcp", "127.0.0.1:0")
						if err != nil {
							t.Fatal(err)
						}
						t.Cleanup(func() { _ = l.Close() })
						cfg.GRPC = l.Addr().String()
					},
					says: "address already in use",
				},
			}
			for _, tt := range tests {
				t.Run(tt.name, func(t *testing.T) {
					cfg := config.Default()
					cfg.Dir, cfg.DB = t.TempDir(), storetest.URL(t, engine)
					cfg.HTTP, cfg.GRPC = "127.0.0.1:0", "127.0.0.1:0"
					tt.prepare(t, &cfg)
					a, err := app.New(t.Context(), cfg, quiet())
					if err == nil {
						run(t, a)
						t.Fatal("it starts")
					}
					if tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
						t.Errorf("error %q, want %v that says %q", err, tt.want, tt.says)
					}
				})
			}
		})
	}
}

func TestMigrateAtStart(t *testing.T) {
	t.Run(storetest.SQLite, func(t *testing.T) {
		apptest.StartOn(t, func(cfg *config.Config) { cfg.DB = storetest.Empty(t, storetest.SQLite) })
	})
	t.Run(storetest.Postgres, func(t *testing.T) {
		url := storetest.Empty(t, storetest.Postgres)
		cfg := config.Default()
		cfg.Dir, cfg.DB, cfg.HTTP, cfg.GRPC = t.TempDir(), url, "127.0.0.1:0", "127.0.0.1:0"
		_, err := app.New(t.Context(), cfg, quiet())
		if !errors.Is(err, store.ErrSchemaOlder) || !strings.Contains(err.Error(), "placard migrate") {
			t.Errorf("error %v, want one that says to migrate", err)
		}
		apptest.StartOn(t, func(cfg *config.Config) { cfg.DB, cfg.Migrate = url, true })
	})
}

func TestCheck(t *testing.T) {
	for _, engine := range storetest.Engines() {
		t.Run(engine, func(t *testing.T) {
			cfg := config.Default()
			cfg.Dir, cfg.DB = t.TempDir(), storetest.URL(t, engine)
			c, err := app.OpenCore(t.Context(), cfg, quiet())
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
			for _, f := range app.Check(t.Context(), cfg) {
				if f.Err != nil {
					t.Errorf("%s: %v", f.What, f.Err)
				}
			}
			wrong := cfg
			wrong.Dir, wrong.LogLevel = t.TempDir(), "loud"
			got := map[string]bool{}
			for _, f := range app.Check(t.Context(), wrong) {
				if f.Err != nil {
					got[f.What] = true
				}
			}
			if !got["settings"] || !got["secret"] || len(got) != 2 {
				t.Errorf("found wrong: %v, want settings and secret", got)
			}
		})
	}
}

func run(t *testing.T, a *app.App) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.Run(ctx); err != nil {
		t.Error(err)
	}
}

func execute(t *testing.T, url, statement string) {
	t.Helper()
	s := storetest.OpenURL(t, url)
	if _, err := s.Writer().ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }
