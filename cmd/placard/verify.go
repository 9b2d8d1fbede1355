package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/seal"
)

func newVerify() *cobra.Command {
	var server, keyFile string
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "Verify the seal of a list of participants",
		Long: `Says whether a list of participants, exported as JSON, is what a server published,
to the letter, and whose seal it has. The keys are those that the server publishes
now, or a copy of them in a file. FILE may be - for standard input.

The exit code is 1 where the list was changed, was not sealed with one of the keys,
or could not be verified. See docs/signing.md.`,
		Example: `  placard verify participants.json --server https://placard.example.org
  placard verify - --keys jwks.json < participants.json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (server == "") == (keyFile == "") {
				return usageError{errors.New("want either --server or --keys")}
			}
			var base *url.URL
			if server != "" {
				var err error
				if base, err = serverURL(server); err != nil {
					return usageError{fmt.Errorf("--server: %w", err)}
				}
			}
			file, err := openOrInput(cmd, args[0])
			if err != nil {
				return err
			}
			defer func() { _ = file.Close() }() // it was only read
			keys, from, err := signingKeys(cmd.Context(), base, keyFile)
			if err != nil {
				return err
			}
			list, err := seal.Verify(file, keys)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			printSealed(cmd, list, from)
			return nil
		},
	}
	cmd.Flags().StringVar(&server, "server", "", "URL of the server that published the list: https://…")
	cmd.Flags().StringVar(&keyFile, "keys", "", "file with the keys of the server (JSON Web Key Set)")
	return cmd
}

// serverURL reads the address of a server. Keys that came without TLS prove
// nothing, unless they come from the same machine.
func serverURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, errors.New("want the URL of a server: https://placard.example.org")
	}
	host := u.Hostname()
	here := host == "localhost" || net.ParseIP(host).IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !here) {
		return nil, errors.New("want https://, because keys that anybody may change on the way prove nothing")
	}
	return u, nil
}

func openOrInput(cmd *cobra.Command, path string) (io.ReadCloser, error) {
	if path == "-" {
		return io.NopCloser(cmd.InOrStdin()), nil
	}
	return os.Open(path) //nolint:gosec // the path is the operator's own
}

// signingKeys reads the keys of a server, or those in a file where there is
// none, and answers also where they are from.
func signingKeys(ctx context.Context, server *url.URL, path string) (keys seal.Keys, from string, err error) {
	if server == nil {
		file, err := os.Open(path) //nolint:gosec // the path is the operator's own
		if err != nil {
			return nil, "", err
		}
		defer func() { _ = file.Close() }() // it was only read
		keys, err = seal.ReadKeys(file)
		if err != nil {
			return nil, "", fmt.Errorf("%s: %w", path, err)
		}
		return keys, path, nil
	}
	from = server.JoinPath(".well-known", "jwks.json").String()
	if keys, err = fetchKeys(ctx, from); err != nil {
		return nil, "", fmt.Errorf("%s: %w", from, err)
	}
	return keys, from, nil
}

// fetchLimit is how long a server may take to answer its keys.
const fetchLimit = 20 * time.Second

func fetchKeys(ctx context.Context, from string) (seal.Keys, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, err
	}
	client := http.Client{
		Timeout: fetchLimit,
		// The keys are those of the address that was given, and of no other.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, errors.Unwrap(err) // it names the address once more
	}
	defer func() { _ = resp.Body.Close() }() // it was only read
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the server answers %s", resp.Status)
	}
	return seal.ReadKeys(resp.Body)
}

// printSealed says what was verified.
func printSealed(cmd *cobra.Command, list *placardv1.ParticipantList, from string) {
	number := "not told"
	if list.Sequence != nil {
		number = fmt.Sprint(list.GetSequence())
	}
	if t := list.GetCreateTime(); t.IsValid() {
		number += " of " + t.AsTime().Format(time.RFC3339)
	}
	kind := "of accepted delegations"
	if list.GetProvisional() {
		kind = "provisional"
	}
	extent := "whole"
	if list.Entity != nil {
		extent = "only the delegation of " + list.GetEntity()
	}
	cmd.Printf(`The list is as the server published it.
sealed by  %s
  key in   %s
list       %s, %s
extent     %s
title      %s
number     %s
language   %s
persons    %d in %d delegations
`, list.GetSeal().GetSigningKey(), from, list.GetName(), kind, extent, strings.TrimSpace(list.GetTitle().GetText()), number,
		list.GetLanguage(), list.GetPersonCount(), list.GetDelegationCount())
}
