// Command placard is the server of the delegation management service, and what
// its operator needs beside it.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	_ "time/tzdata" // time zones where the machine has none

	"github.com/spf13/cobra"
	"google.golang.org/grpc/grpclog"
)

// Exit codes.
const (
	exitFailed = 1 // it was tried and failed, or a check found something
	exitUsage  = 2 // the arguments or the settings are wrong; nothing was tried
)

// memoryLimit is from how much memory on the runtime collects what is not needed any
// more instead of asking the machine for more, in bytes: files and photographs are
// large and short-lived. It refuses nothing. GOMEMLIMIT says otherwise.
const memoryLimit = 400 << 20

func main() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	// gRPC and its gateway have one log for the whole program, chosen before
	// anything of them runs: errors, as JSON like every other line.
	errs := slog.NewLogLogger(slog.NewJSONHandler(os.Stderr, nil), slog.LevelWarn).Writer()
	grpclog.SetLoggerV2(grpclog.NewLoggerV2(io.Discard, io.Discard, errs))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends the program at once.
	context.AfterFunc(ctx, stop)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program with what it reads and writes.
func run(ctx context.Context, args, environ []string, stdout, stderr io.Writer) int {
	root := newRoot(environ) //nolint:contextcheck // the commands have it from cobra
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	root.PrintErrf("placard: %v\n", err)
	if errors.As(err, new(usageError)) {
		return exitUsage
	}
	return exitFailed
}

// usageError is a mistake in the arguments or the settings.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func newRoot(environ []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "placard",
		Short: "Delegations to intergovernmental meetings",
		Long: `Placard takes the composition of delegations to intergovernmental meetings:
from the invitation to the list of participants.

A server needs nothing but a folder. ` + "`placard demo`" + ` shows one with
meetings in it; ` + "`placard serve`" + ` runs your own.

Exit codes: 1 for what failed, 2 for wrong arguments or settings.`,
		Example: `  placard demo
  placard serve --dir /var/lib/placard
  placard key create --role secretariat`,
		SilenceUsage:  true,
		SilenceErrors: true,
		// What follows is a subcommand; anything else is a mistake.
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w (see `%s --help`)", err, cmd.CommandPath())}
	})
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		newServe(environ), newMigrate(environ), newKey(environ), newImport(environ), newEntities(environ), newInstruments(environ),
		newVerify(), newCheck(environ), newDemo(), newVersion(),
	)
	strict(root)
	return root
}

// strict makes superfluous arguments a mistake of usage, in all commands.
func strict(cmd *cobra.Command) {
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return usageError{fmt.Errorf("%w (see `%s --help`)", err, cmd.CommandPath())}
			}
			return nil
		}
	}
	for _, c := range cmd.Commands() {
		strict(c)
	}
}
