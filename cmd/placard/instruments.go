package main

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/patch"
)

func newInstruments(environ []string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "instruments",
		Short: "Import and export tables of Parties and signatories",
		Long: `Works on the tables of instruments, directly in the database: also beside a
running server.

The file is CSV or XLSX; an export is CSV. Its first row names the columns, in any
order:

  ` + strings.Join(partyColumns(), ", ") + `

A row holds one entity, by its code, with days as YYYY-MM-DD.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newInstrumentsImport(environ), newInstrumentsExport(environ))
	return cmd
}

// partyColumns are the columns of a file with a table.
func partyColumns() []string {
	return []string{"entity", "signature_date", "party_date", "withdrawal_date"}
}

func newInstrumentsImport(environ []string) *cobra.Command {
	flags := config.DatabaseFlags()
	var dryRun bool
	wish := &placardv1.Instrument{Title: &placardv1.LocalizedText{}}
	// The flags that change something beside the table, with their fields.
	fields := map[string]string{"adoption-date": "adoption_date", "in-force-date": "in_force_date"}
	cmd := &cobra.Command{
		Use:   "import INSTRUMENT FILE",
		Short: "Create an instrument, or replace its table, from a file",
		Long: `Replaces the table of an instrument by that of a file: all of it or, if anything
is wrong with it, nothing. An instrument that is not there is created; it needs a
title. Invitations keep the statuses that they have.`,
		Example: `  placard instruments import trafficking-protocol parties.csv --title-en "Protocol to Prevent …" --dry-run
  placard instruments export trafficking-protocol > parties.csv`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := readFile(args[1], partyColumns(), partyColumns())
			if err != nil {
				return err
			}
			wish.Name = name.Instrument(strings.TrimPrefix(args[0], "instruments/"))
			var lines []int
			for _, r := range t.rows {
				wish.Parties = append(wish.Parties, &placardv1.Instrument_Party{
					Entity:        name.Entity(strings.TrimPrefix(r.cells["entity"], "entities/")),
					SignatureDate: r.cells["signature_date"], PartyDate: r.cells["party_date"], WithdrawalDate: r.cells["withdrawal_date"],
				})
				lines = append(lines, r.line)
			}
			mask := &fieldmaskpb.FieldMask{Paths: []string{"parties"}}
			for flag, field := range fields {
				if cmd.Flags().Changed(flag) {
					mask.Paths = append(mask.Paths, field)
				}
			}
			return withDatabase(cmd, flags, environ, func(c *app.Core) error {
				before, after, err := c.ImportInstrument(cmd.Context(), wish, mask, dryRun)
				if err != nil {
					return explainParties(args[1], lines, err)
				}
				printTable(cmd, before, after, dryRun)
				return nil
			})
		},
	}
	for language, text := range map[string]*string{
		"ar": &wish.Title.Ar, "zh": &wish.Title.Zh, "en": &wish.Title.En,
		"fr": &wish.Title.Fr, "ru": &wish.Title.Ru, "es": &wish.Title.Es,
	} {
		cmd.Flags().StringVar(text, "title-"+language, "", "title in that language")
		fields["title-"+language] = "title." + language
	}
	cmd.Flags().StringVar(&wish.AdoptionDate, "adoption-date", "", "day on which it was adopted, YYYY-MM-DD")
	cmd.Flags().StringVar(&wish.InForceDate, "in-force-date", "", "day on which it entered into force")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would change, and write nothing")
	cmd.Flags().AddFlagSet(flags)
	return cmd
}

func newInstrumentsExport(environ []string) *cobra.Command {
	flags := config.DatabaseFlags()
	cmd := &cobra.Command{
		Use:   "export INSTRUMENT",
		Short: "Write the table of an instrument as CSV to standard output",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withDatabase(cmd, flags, environ, func(c *app.Core) error {
				i, err := c.Instrument(cmd.Context(), strings.TrimPrefix(args[0], "instruments/"))
				if f, ok := fault.As(err); ok {
					return errors.New(f.Message)
				}
				if err != nil {
					return err
				}
				var rows []map[string]string
				for _, p := range i.GetParties() {
					rows = append(rows, map[string]string{
						"entity": name.EntityOf(p.GetEntity()), "signature_date": p.GetSignatureDate(),
						"party_date": p.GetPartyDate(), "withdrawal_date": p.GetWithdrawalDate(),
					})
				}
				return writeTable(cmd.OutOrStdout(), partyColumns(), rows)
			})
		},
	}
	cmd.Flags().AddFlagSet(flags)
	return cmd
}

var partyField = regexp.MustCompile(`^instrument\.parties\[(\d+)\]\.?(.*)$`)

// explainParties names everything that the rules find wrong: of the table by
// line and column, of the rest by its flag.
func explainParties(path string, lines []int, err error) error {
	return explainFile(path, err, func(field string) (line int, column string) {
		if m := partyField.FindStringSubmatch(field); m != nil {
			i, _ := strconv.Atoi(m[1]) // digits
			return lines[i], m[2]
		}
		switch rest := strings.TrimPrefix(field, "instrument."); rest {
		case "instrument_id", "name":
			return 0, "INSTRUMENT"
		case "title":
			return 0, "--title-en, or another language"
		case "parties":
			return 0, "the table"
		default:
			return 0, "--" + strings.NewReplacer(".", "-", "_", "-").Replace(rest)
		}
	})
}

// printTable says what an import did or, of a dry run, would do: to the table by
// its entities, and to the instrument.
func printTable(cmd *cobra.Command, before, after *placardv1.Instrument, dryRun bool) {
	counts := map[string]int{}
	there := map[string]*placardv1.Instrument_Party{}
	for _, p := range before.GetParties() {
		there[p.GetEntity()] = p
	}
	say := func(what, entity string) {
		counts[what]++
		if what != "unchanged" {
			cmd.Println(what + "  " + entity)
		}
	}
	for _, p := range after.GetParties() {
		switch old, ok := there[p.GetEntity()]; {
		case !ok:
			say("created", p.GetEntity())
		case !proto.Equal(old, p):
			say("updated", p.GetEntity())
		default:
			say("unchanged", p.GetEntity())
		}
		delete(there, p.GetEntity())
	}
	for _, p := range before.GetParties() {
		if there[p.GetEntity()] != nil {
			say("removed", p.GetEntity())
		}
	}
	if before == nil {
		cmd.Println("created  " + after.GetName())
	} else if paths := slices.DeleteFunc(patch.Changed(before, after), func(p string) bool { return p == "parties" }); len(paths) > 0 {
		cmd.Println("updated  " + after.GetName() + ": " + strings.Join(paths, ", "))
	}
	printCounts(cmd, counts, dryRun, "created", "updated", "removed", "unchanged")
}
