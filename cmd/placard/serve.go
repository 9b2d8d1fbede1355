package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/un-placard/placard/internal/app"
	"github.com/un-placard/placard/internal/config"
)

func newServe(environ []string) *cobra.Command {
	flags := config.Flags()
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run a server",
		Long: `Runs a server: REST and pages on --http, gRPC on --grpc.

Without further settings it keeps a SQLite database and its secret in --dir and
is reached from this machine only. With ` + "`--db postgres://…`" + ` any number of
servers stand before one database; they share one secret (--secret-file or
PLACARD_SECRET), and the schema is brought up to date by ` + "`placard migrate`" + `.

Other machines reach it where it listens on an address of the network: with
--tls-cert and --tls-key, or with --allow-plaintext behind a proxy that ends TLS.

Every setting is a flag here, a variable (--allow-plaintext: PLACARD_ALLOW_PLAINTEXT)
and a key in the TOML file of --config (allow-plaintext = true). Flags win over
variables, and these over the file.

SIGINT or SIGTERM stops it: requests in progress are finished first.`,
		Example: `  placard serve --dir /var/lib/placard
  placard serve --db postgres://placard@db/placard --secret-file /etc/placard/secret.key \
    --http :443 --grpc :9090 --tls-cert cert.pem --tls-key key.pem`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			cfg, log, err := valid(cmd, flags, environ)
			if err != nil {
				return err
			}
			remove, err := ownTemp(cfg.Dir)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, remove()) }()
			a, err := app.New(cmd.Context(), cfg, log)
			if err != nil {
				return err
			}
			return a.Run(cmd.Context())
		},
	}
	cmd.Flags().AddFlagSet(flags)
	return cmd
}
