// Command profile is `placard serve` with a CPU profile of its whole life. It
// stands in for the real server where bench is asked for profiles; the server
// itself has no endpoint for that.
//
//	profile FILE --dir … --db …
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"

	"github.com/un-placard/placard/internal/app" //nolint:depguard // a main like cmd/placard
	"github.com/un-placard/placard/internal/config"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "profile:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	if len(os.Args) < 2 {
		return errors.New("usage: profile FILE SETTINGS")
	}
	flags := config.Flags()
	if err := flags.Parse(os.Args[2:]); err != nil {
		return err
	}
	cfg, err := config.Load(flags, os.Environ())
	if err != nil {
		return err
	}
	a, err := app.New(ctx, cfg, slog.New(slog.NewJSONHandler(os.Stderr, nil)))
	if err != nil {
		return err
	}
	file, err := os.Create(os.Args[1]) //nolint:gosec // the file that was asked for
	if err != nil {
		return errors.Join(err, a.Close(ctx))
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := pprof.StartCPUProfile(file); err != nil {
		return errors.Join(err, a.Close(ctx))
	}
	defer pprof.StopCPUProfile()
	return a.Run(ctx)
}
