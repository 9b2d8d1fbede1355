package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/demo"
)

func newDemo() *cobra.Command {
	cfg := config.Default()
	cfg.Dir, cfg.LogFormat, cfg.LogLevel = "", "text", "warn"
	cfg.ShowOutbox = true
	var keysFile string
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a server with two meetings in it, to try",
		Long: `Runs a server on a fresh folder with two meetings, keys for everybody and four
commands to paste.

` + demo.Past + ` is the meeting of the note verbale CU 2009/180(A): Vienna, 27 to 29 January
2010, concluded. ` + demo.Open + ` has the same content with dates that lie ahead, and takes
compositions; some fictitious delegations are there already.

Only flags count here: the demo reads no file of settings and no variables, so
that it never writes into another database.`,
		Example: `  placard demo
  placard demo --dir try --http 127.0.0.1:0 --grpc 127.0.0.1:0 --keys keys.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDemo(cmd, cfg, keysFile)
		},
	}
	f := cmd.Flags()
	f.StringVar(&cfg.Dir, "dir", cfg.Dir, "new folder, which stays (default: a temporary one)")
	f.StringVar(&cfg.HTTP, "http", cfg.HTTP, "address of REST and the pages")
	f.StringVar(&cfg.GRPC, "grpc", cfg.GRPC, "address of gRPC")
	f.BoolVar(&cfg.AllowPlaintext, "allow-plaintext", cfg.AllowPlaintext, "listen where other machines can reach the demo")
	f.StringVar(&keysFile, "keys", "", "file for the keys, JSON (default keys.json in the folder)")
	f.StringVar(&cfg.LogLevel, "log-level", cfg.LogLevel, "debug, info, warn or error")
	return cmd
}

func runDemo(cmd *cobra.Command, cfg config.Config, keysFile string) (err error) {
	ends := "Ctrl-C stops the server; `placard serve --dir " + cfg.Dir + "` starts it again."
	if cfg.Dir == "" {
		if cfg.Dir, err = os.MkdirTemp("", "placard-demo-"); err != nil {
			return fmt.Errorf("make folder of the demo: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(cfg.Dir)) }()
		ends = "Ctrl-C stops the server and removes its folder, " + cfg.Dir + "."
	}
	if err := cfg.Validate(); err != nil {
		return usageError{fmt.Errorf("settings:\n%w", err)}
	}
	if _, err := os.Stat(cfg.Database()); err == nil {
		return usageError{fmt.Errorf("%s has a database already: the demo wants a new folder (`placard serve --dir %s` runs what is there)",
			cfg.Dir, cfg.Dir)}
	}
	if keysFile == "" {
		keysFile = filepath.Join(cfg.Dir, "keys.json")
	}
	prepared := false
	defer func() {
		if !prepared {
			// Half a demo is in the way of the next attempt.
			err = errors.Join(err, discard(cfg.Database()))
		}
	}()
	a, err := app.New(cmd.Context(), cfg, newLog(cmd.ErrOrStderr(), cfg))
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(cmd.Context())
	group.Go(func() error { return a.Run(ctx) })
	group.Go(func() error {
		err := prepareDemo(ctx, cmd, a, keysFile)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil // stopped meanwhile
		case err != nil:
			return fmt.Errorf("prepare the demo: %w", err)
		}
		prepared = true
		cmd.Printf("\n%s\n", ends)
		return nil
	})
	return group.Wait()
}

// prepareDemo fills the server and says what to try.
func prepareDemo(ctx context.Context, cmd *cobra.Command, a *app.App, keysFile string) error {
	admin, err := a.CreateKey(ctx, &placardv1.Key{Role: placardv1.Access_ADMIN, DisplayName: "demo"})
	if err != nil {
		return err
	}
	http, grpc := a.Addrs()
	now := a.Store.Now()
	keys, err := demo.Seed(ctx, grpc, admin.GetSecret(), now)
	if err != nil {
		return err
	}
	commands, err := demo.Commands(keys, http, grpc, now)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(keys, "", "  ")
	if err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	if err := writeSecret(keysFile, append(text, '\n')); err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	return demo.Print(cmd.OutOrStdout(), keys, commands, http, grpc, keysFile)
}

// discard removes a SQLite database that is closed.
func discard(database string) error {
	var errs []error
	for _, suffix := range []string{"", "-wal", "-shm", ".lock"} {
		if err := os.Remove(database + suffix); !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// writeSecret writes a file that only its owner reads, whatever there was
// before. It is there whole or not at all.
func writeSecret(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // made with 0600
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
