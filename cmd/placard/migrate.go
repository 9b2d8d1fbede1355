package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/app"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/store"
)

func newMigrate(environ []string) *cobra.Command {
	flags := config.DatabaseFlags()
	var dryRun, restored bool
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the schema of the database up to date",
		Long: `Brings the schema of the database up to date. Servers on PostgreSQL refuse to
start before that; on SQLite they do it themselves. Make a copy of the database
first: there is no way back to an older schema.

Where a database was restored from a copy, --restored makes those who follow the
change log begin anew: what they read after the copy was made is not there.`,
		Example: `  placard migrate --db postgres://placard@db/placard
  placard migrate --dry-run
  placard migrate --restored`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			cfg, _, err := valid(cmd, flags, environ)
			if err != nil {
				return err
			}
			ctx := access.AsSystem(cmd.Context())
			s, err := app.OpenStore(ctx, cfg)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.Close()) }()
			before, _, err := s.SchemaVersion(ctx)
			if err != nil {
				return err
			}
			if dryRun {
				cmd.Printf("the schema has version %d\n", before)
				if err := s.CheckSchema(ctx); err != nil && !errors.Is(err, store.ErrSchemaOlder) {
					return err
				} else if err != nil {
					cmd.Println(err)
					return nil
				}
				cmd.Println("it is up to date")
				return nil
			}
			if err := s.Migrate(ctx); err != nil {
				return err
			}
			after, _, err := s.SchemaVersion(ctx)
			if err != nil {
				return err
			}
			cmd.Printf("schema: version %d, before %d\n", after, before)
			if restored {
				if _, err := s.RenewEpoch(ctx); err != nil {
					return err
				}
				cmd.Println("change log: a new epoch; who follows it begins anew")
			}
			return nil
		},
	}
	cmd.Flags().AddFlagSet(flags)
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "only say whether there is something to do")
	cmd.Flags().BoolVar(&restored, "restored", false, "the database was restored from a copy")
	cmd.MarkFlagsMutuallyExclusive("dry-run", "restored")
	return cmd
}
