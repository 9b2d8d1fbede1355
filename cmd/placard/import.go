package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/delegation"
	"github.com/un-placard/placard/internal/fault"
)

func newImport(environ []string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Import delegations from files",
		Long: `Imports compositions that came as files (CSV or XLSX), for the Secretariat, directly
in the database: also beside a running server. The rules are those of the contract:
what a mission could not send is refused here too.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newImportDelegation(environ), newImportDelegations(environ))
	return cmd
}

// importFlags are the flags that both commands have.
type importFlags struct {
	meeting, channel, receipt string
	withdrawals               int32
	dryRun                    bool
}

func (f *importFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.meeting, "meeting", "", "id of the meeting")
	cmd.Flags().StringVar(&f.channel, "channel", "email", "by which way the file came: email, fax or post")
	cmd.Flags().StringVar(&f.receipt, "receipt-date", "", "day on which it was received, YYYY-MM-DD (default: now)")
	cmd.Flags().Int32Var(&f.withdrawals, "max-withdrawals", -1, "how many persons may be withdrawn of a delegation (default: half of it)")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "say what would change, and write nothing")
}

func (f *importFlags) plan() (app.ImportPlan, error) {
	if f.meeting == "" {
		return app.ImportPlan{}, usageError{errors.New("--meeting: is needed")}
	}
	channel := placardv1.Channel(placardv1.Channel_value[strings.ToUpper(f.channel)])
	if !slices.Contains([]placardv1.Channel{placardv1.Channel_EMAIL, placardv1.Channel_FAX, placardv1.Channel_POST}, channel) {
		return app.ImportPlan{}, usageError{errors.New("--channel: want email, fax or post")}
	}
	plan := app.ImportPlan{
		Meeting: strings.TrimPrefix(f.meeting, "meetings/"), Channel: channel, ReceiptDate: f.receipt, DryRun: f.dryRun,
	}
	if f.withdrawals >= 0 {
		plan.MaxWithdrawals = &f.withdrawals
	}
	return plan, nil
}

func newImportDelegation(environ []string) *cobra.Command {
	flags := config.DatabaseFlags()
	var of importFlags
	var entity string
	cmd := &cobra.Command{
		Use:   "delegation FILE",
		Short: "Import the composition of one delegation",
		Long: `Imports the whole composition of one delegation: who is not in the file is
withdrawn. With anything wrong in the file nothing is written. See docs/import.md
for the columns.`,
		Example: `  placard import delegation austria.xlsx --meeting wgtip-2026 --entity AUT --dry-run`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			plan, err := of.plan()
			if err != nil {
				return err
			}
			if entity == "" {
				return usageError{errors.New("--entity: is needed")}
			}
			return withDatabase(cmd, flags, environ, func(c *app.Core) error {
				if err := c.FindMeeting(cmd.Context(), plan.Meeting); err != nil {
					return told(err)
				}
				entities, err := c.FindEntities(cmd.Context())
				if err != nil {
					return err
				}
				code, err := entities.Code(entity)
				if err != nil {
					return fmt.Errorf("--entity: %w", err)
				}
				file, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer func() { _ = file.Close() }() // it was only read
				done, err := c.ImportDelegation(cmd.Context(), file, code, plan)
				if err != nil {
					return told(err)
				}
				tally := newTally(cmd.OutOrStdout(), plan.DryRun)
				tally.add(done)
				if tally.counts["REFUSED"] > 0 {
					return fmt.Errorf("%s: nothing was written", args[0])
				}
				return nil
			})
		},
	}
	of.add(cmd)
	cmd.Flags().StringVar(&entity, "entity", "", "the entity: code (AUT), code of two letters, or name")
	cmd.Flags().AddFlagSet(flags)
	return cmd
}

func newImportDelegations(environ []string) *cobra.Command {
	flags := config.DatabaseFlags()
	var of importFlags
	cmd := &cobra.Command{
		Use:   "delegations FILE",
		Short: "Import the compositions of many delegations",
		Long: `Imports many delegations from one file, of any length, with a column entity: the
code, the code of two letters, or a name in an official language. The persons of a
delegation stand together.

Each delegation is written by itself: one that is refused does not hold up the
others. After an interruption, run the same command again: within a day what was
done is left alone, and what is the same writes nothing. Ctrl-C finishes the
delegation in progress.`,
		Example: `  placard import delegations all.csv --meeting wgtip-2026 --dry-run
  placard import delegations all.csv --meeting wgtip-2026`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			plan, err := of.plan()
			if err != nil {
				return err
			}
			return withDatabase(cmd, flags, environ, func(c *app.Core) error {
				return importMany(cmd, c, args[0], plan)
			})
		},
	}
	of.add(cmd)
	cmd.Flags().AddFlagSet(flags)
	return cmd
}

func importMany(cmd *cobra.Command, c *app.Core, path string, plan app.ImportPlan) error {
	ctx := cmd.Context()
	if err := c.FindMeeting(ctx, plan.Meeting); err != nil {
		return told(err)
	}
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	parts, wrong, err := c.SurveyDelegations(ctx, file)
	if err != nil {
		return err
	}
	if len(wrong) > 0 {
		return fmt.Errorf("%s:\n%w", path, problemsOf(wrong))
	}
	persons := 0
	for _, p := range parts {
		persons += p.Persons
	}
	tally := newTally(cmd.OutOrStdout(), plan.DryRun)
	bar := newProgress(cmd.ErrOrStderr(), persons)
	err = c.ImportDelegations(ctx, file, parts, plan, func(done app.Imported) {
		bar.hide()
		tally.add(done)
		bar.add(done.Persons)
	})
	bar.hide()
	tally.end()
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("stopped after %d of %d delegations: run the same command again to go on", tally.seen, len(parts))
	case err != nil:
		return told(err)
	case tally.counts["REFUSED"] > 0:
		return fmt.Errorf("%d of %d delegations were refused", tally.counts["REFUSED"], len(parts))
	}
	return nil
}

// told is what people are told of an error: of a fault its message.
func told(err error) error {
	if _, ok := fault.As(err); ok {
		return explain(err)
	}
	return err
}

// problemsOf are problems of a file by line and column.
func problemsOf(list []delegation.LineProblem) error {
	var all problems
	for _, p := range list {
		all.add(int(p.Line), cmp.Or(p.GetColumn(), p.GetField()), p.GetMessage())
	}
	return all.err()
}

// tally says what became of delegations, and counts it.
type tally struct {
	out    io.Writer
	dryRun bool
	counts map[string]int
	seen   int
}

func newTally(out io.Writer, dryRun bool) *tally {
	return &tally{out: out, dryRun: dryRun, counts: map[string]int{}}
}

// add says what became of a delegation; of a refused one everything that is
// wrong, by line and column.
func (t *tally) add(done app.Imported) {
	items := done.Result.GetDifference().GetItems()
	what := "updated"
	switch {
	case done.Before:
		what = "before"
	case done.Refused():
		what = "REFUSED"
	case done.Created:
		what = "created"
	case len(items) == 0:
		what = "unchanged"
	}
	t.seen++
	t.counts[what]++
	line := fmt.Sprintf("%-9s  %s", what, done.Entity)
	switch what {
	case "before", "unchanged":
	case "REFUSED":
		line += ":\n" + indented(t.wrong(done))
	default:
		kinds := map[delegation.Kind]int{}
		for _, i := range items {
			kinds[i.GetKind()]++
		}
		line += fmt.Sprintf(": %d added, %d changed, %d withdrawn",
			kinds[placardv1.CompositionDifference_Item_ADDED], kinds[placardv1.CompositionDifference_Item_CHANGED],
			kinds[placardv1.CompositionDifference_Item_WITHDRAWN])
		if done.Result.GetDifference().GetNeedsReview() {
			line += "; waits for review"
		}
	}
	if unknown := done.Result.GetUnknownColumns(); len(unknown) > 0 && t.seen == 1 {
		line = "columns that are not read: " + strings.Join(unknown, ", ") + "\n" + line
	}
	if r := done.Result; r.GetEncoding() == "windows-1252" && t.seen == 1 {
		line = "the file is taken for Windows-1252; look at the accents\n" + line
	}
	_, _ = fmt.Fprintln(t.out, line) // a terminal that is gone
}

// wrong is everything that is wrong with a delegation.
func (t *tally) wrong(done app.Imported) error {
	if done.Err != nil {
		return told(done.Err)
	}
	var all []delegation.LineProblem
	for _, p := range done.Result.GetProblems() {
		all = append(all, delegation.LineProblem{Problem: p})
	}
	for _, row := range done.Result.GetRows() {
		for _, p := range row.GetProblems() {
			all = append(all, delegation.LineProblem{Line: row.GetLine(), Problem: p})
		}
	}
	return problemsOf(all)
}

func indented(err error) string {
	return "  " + strings.ReplaceAll(err.Error(), "\n", "\n  ")
}

// end says how many there were of each.
func (t *tally) end() {
	var parts []string
	for _, what := range []string{"created", "updated", "unchanged", "REFUSED", "before"} {
		name := map[string]string{"REFUSED": "refused", "before": "done before"}[what]
		parts = append(parts, fmt.Sprintf("%d %s", t.counts[what], cmp.Or(name, what)))
	}
	end := ""
	if t.dryRun {
		end = " (dry run: nothing is written)"
	}
	_, _ = fmt.Fprintln(t.out, strings.Join(parts, ", ")+end)
}

// progress is a bar in a terminal, and nothing elsewhere.
type progress struct{ bar *progressbar.ProgressBar }

func newProgress(w io.Writer, persons int) progress {
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return progress{}
	}
	return progress{progressbar.NewOptions(persons,
		progressbar.OptionSetWriter(file), progressbar.OptionSetDescription("persons"), progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())}
}

func (p progress) add(persons int) {
	if p.bar != nil {
		_ = p.bar.Add(persons) // a terminal that is gone
	}
}

// hide makes room for a line.
func (p progress) hide() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
