package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
)

func newKey(environ []string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Create, list and revoke keys",
		Long: `Works on the keys with which systems identify themselves
(Authorization: Bearer plc_…), directly in the database: also beside a running
server, and before there is any key that could call one.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newKeyCreate(environ), newKeyList(environ), newKeyRevoke(environ))
	return cmd
}

func newKeyCreate(environ []string) *cobra.Command {
	flags := config.DatabaseFlags()
	var role, entity, label, account string
	var meetings []string
	var expires time.Duration
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Create a key and print its secret",
		Long: `Creates a key and prints its secret, this once: the database holds only a hash.

Roles: ` + strings.Join(roles(), ", ") + `.
A mission's key is bound to its entity; those of secretariat, pass_office, gate
and reader can be bound to meetings.`,
		Example: `  placard key create --role mission --entity AUT
  placard key create --role secretariat --meeting wgtip-2026 --expires 720h --name "mailing tool"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			k, err := wantedKey(role, entity, meetings)
			if err != nil {
				return usageError{err}
			}
			k.DisplayName, k.Account = label, account
			if account != "" && !strings.Contains(account, "/") {
				k.Account = "accounts/" + account
			}
			if expires < 0 {
				return usageError{errors.New("--expires: is negative")}
			}
			if expires > 0 {
				k.ExpireTime = timestamppb.New(time.Now().Add(expires))
			}
			return withCore(cmd, flags, environ, func(c *app.Core) error {
				made, err := c.CreateKey(cmd.Context(), k)
				if err != nil {
					return explain(err)
				}
				if asJSON {
					return printJSON(cmd, made)
				}
				// The secret alone on standard output, for scripts.
				cmd.PrintErrf("%s, %s; keep the secret, it is not shown again:\n", made.GetName(), describe(made))
				cmd.Println(made.GetSecret())
				return nil
			})
		},
	}
	cmd.Flags().StringVar(&role, "role", "", "role of the key")
	cmd.Flags().StringVar(&entity, "entity", "", "code of the entity, for the role mission: AUT")
	cmd.Flags().StringSliceVar(&meetings, "meeting", nil, "meeting that the key is bound to (may be repeated)")
	cmd.Flags().DurationVar(&expires, "expires", 0, "how long it works: 720h (default: until it is revoked)")
	cmd.Flags().StringVar(&label, "name", "", "what it is for")
	cmd.Flags().StringVar(&account, "account", "", "service account that it acts as (default: that of the role)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the whole key as JSON")
	cmd.Flags().AddFlagSet(flags)
	return cmd
}

func newKeyList(environ []string) *cobra.Command {
	flags := config.DatabaseFlags()
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List all keys, without their secrets",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withDatabase(cmd, flags, environ, func(c *app.Core) error {
				keys, err := c.AllKeys(cmd.Context())
				if err != nil {
					return err
				}
				if asJSON {
					return printJSON(cmd, &placardv1.ListKeysResponse{Keys: keys})
				}
				w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
				// Flush answers what went wrong.
				_, _ = fmt.Fprintln(w, "KEY\tBOUND TO\tSTATE\tLAST USE\tNAME")
				for _, k := range keys {
					_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n",
						k.GetName(), describe(k), state(k, time.Now()), moment(k.GetLastUseTime()), k.GetDisplayName())
				}
				return w.Flush()
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the keys as JSON")
	cmd.Flags().AddFlagSet(flags)
	return cmd
}

func newKeyRevoke(environ []string) *cobra.Command {
	flags := config.DatabaseFlags()
	cmd := &cobra.Command{
		Use:   "revoke KEY...",
		Short: "Revoke keys, for ever",
		Long: `Revokes keys, for ever. Running servers notice it within seconds. A key is named
as ` + "`placard key list`" + ` does: never by its secret.`,
		Example: `  placard key revoke keys/4f7d2c`,
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withDatabase(cmd, flags, environ, func(c *app.Core) error {
				for _, id := range args {
					k, err := c.RevokeKey(cmd.Context(), name.Key(strings.TrimPrefix(id, "keys/")))
					if err != nil {
						return explain(err)
					}
					cmd.Printf("%s is revoked\n", k.GetName())
				}
				return nil
			})
		},
	}
	cmd.Flags().AddFlagSet(flags)
	return cmd
}

// withCore opens what works on the database, which it makes where there is
// none, and closes it afterwards.
func withCore(cmd *cobra.Command, flags *pflag.FlagSet, environ []string, fn func(*app.Core) error) error {
	cfg, log, err := valid(cmd, flags, environ)
	if err != nil {
		return err
	}
	return inCore(cmd, cfg, log, fn)
}

// withDatabase is withCore for a database that is there: a mistake in --dir is
// told, and makes nothing.
func withDatabase(cmd *cobra.Command, flags *pflag.FlagSet, environ []string, fn func(*app.Core) error) error {
	cfg, log, err := valid(cmd, flags, environ)
	if err != nil {
		return err
	}
	if err := app.FindDatabase(cfg); err != nil {
		return err
	}
	return inCore(cmd, cfg, log, fn)
}

func inCore(cmd *cobra.Command, cfg config.Config, log *slog.Logger, fn func(*app.Core) error) (err error) {
	c, err := app.OpenCore(cmd.Context(), cfg, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return fn(c)
}

// roles are the roles that a key can have, as they are typed.
func roles() []string {
	var out []string
	for i := range placardv1.Access_Role_name {
		if r := placardv1.Access_Role(i); r != placardv1.Access_ROLE_UNSPECIFIED && r != placardv1.Access_LINK {
			out = append(out, strings.ToLower(r.String()))
		}
	}
	slices.Sort(out)
	return out
}

// wantedKey reads what a key is bound to. Entities and meetings are given by
// their ids or their names.
func wantedKey(role, entity string, meetings []string) (*placardv1.Key, error) {
	role = strings.ReplaceAll(strings.ToLower(role), "-", "_")
	if !slices.Contains(roles(), role) {
		return nil, fmt.Errorf("--role: want one of %s", strings.Join(roles(), ", "))
	}
	k := &placardv1.Key{Role: placardv1.Access_Role(placardv1.Access_Role_value[strings.ToUpper(role)])}
	if entity != "" {
		k.Entity = name.Entity(strings.TrimPrefix(entity, "entities/"))
	}
	for _, m := range meetings {
		k.Meetings = append(k.Meetings, name.Meeting(strings.TrimPrefix(m, "meetings/")))
	}
	return k, nil
}

// explain names everything that is wrong with a key, by its flags.
func explain(err error) error {
	f, ok := fault.As(err)
	if !ok {
		return err
	}
	if len(f.Violations) == 0 {
		return errors.New(f.Message)
	}
	var out []error
	for _, v := range f.Violations {
		out = append(out, fmt.Errorf("%s: %s", strings.TrimPrefix(v.Field, "key."), v.Message))
	}
	return errors.Join(out...)
}

// describe says what a key is bound to.
func describe(k *placardv1.Key) string {
	out := strings.ToLower(k.GetRole().String())
	if k.GetEntity() != "" {
		out += " of " + name.EntityOf(k.GetEntity())
	}
	if len(k.GetMeetings()) > 0 {
		out += " for " + strings.Join(k.GetMeetings(), ", ")
	}
	return out
}

func state(k *placardv1.Key, now time.Time) string {
	switch {
	case k.GetRevokeTime() != nil:
		return "revoked"
	case k.GetExpireTime() == nil:
		return "works"
	case k.GetExpireTime().AsTime().After(now):
		return "works until " + moment(k.GetExpireTime())
	default:
		return "expired"
	}
}

func moment(t *timestamppb.Timestamp) string {
	if t == nil {
		return "-"
	}
	return t.AsTime().Format("2006-01-02 15:04Z")
}

func printJSON(cmd *cobra.Command, m proto.Message) error {
	text, err := (protojson.MarshalOptions{Multiline: true}).Marshal(m)
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	cmd.Println(string(text))
	return nil
}
