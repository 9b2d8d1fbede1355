package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/un-placard/placard/internal/app"
	"github.com/un-placard/placard/internal/config"
)

func newCheck(environ []string) *cobra.Command {
	flags := config.Flags()
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Check settings and database",
		Long: `Checks, without changing anything, whether a server could start with these
settings, and whether its database is whole: its schema, its references and the
numbers of its change log. The exit code is 1 where something is wrong.`,
		Example: `  placard check --dir /var/lib/placard
  placard check --config /etc/placard.toml`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, _, err := settings(cmd, flags, environ)
			if err != nil {
				return err
			}
			whole := true
			for _, f := range app.Check(cmd.Context(), cfg) {
				if f.Err == nil {
					cmd.Printf("ok     %s\n", f.What)
					continue
				}
				whole = false
				for line := range strings.Lines(f.Err.Error()) {
					cmd.Printf("WRONG  %s: %s\n", f.What, strings.TrimSpace(line))
				}
			}
			if !whole {
				return errors.New("the check found something wrong")
			}
			return nil
		},
	}
	cmd.Flags().AddFlagSet(flags)
	return cmd
}
