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
	"github.com/un-placard/placard/internal/name"
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

// of checks the flags, and answers what they say of an import.
func (f *importFlags) of() (*placardv1.ImportDelegationsRequest, error) {
	if f.meeting == "" {
		return nil, usageError{errors.New("--meeting: is needed")}
	}
	channel := placardv1.Channel(placardv1.Channel_value[strings.ToUpper(f.channel)])
	if !slices.Contains([]placardv1.Channel{placardv1.Channel_EMAIL, placardv1.Channel_FAX, placardv1.Channel_POST}, channel) {
		return nil, usageError{errors.New("--channel: want email, fax or post")}
	}
	req := &placardv1.ImportDelegationsRequest{
		Parent: name.Meeting(strings.TrimPrefix(f.meeting, "meetings/")), Channel: channel, ReceiptDate: f.receipt, ValidateOnly: f.dryRun,
	}
	if f.withdrawals >= 0 {
		req.MaxWithdrawals = &f.withdrawals
	}
	return req, nil
}

// noteFlags are the flags of what comes with the composition of one delegation.
type noteFlags struct {
	reference, date                  string
	focalName, focalMail, focalPhone string
}

func (f *noteFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.reference, "note", "", "reference of the note verbale that communicates the composition")
	cmd.Flags().StringVar(&f.date, "note-date", "", "date of the note verbale, YYYY-MM-DD")
	cmd.Flags().StringVar(&f.focalName, "focal-point", "", "name of the person of the mission who answers for the composition")
	cmd.Flags().StringVar(&f.focalMail, "focal-email", "", "e-mail address of that person")
	cmd.Flags().StringVar(&f.focalPhone, "focal-phone", "", "telephone number of that person")
}

// put adds to a request what was said; what was not stays as it is.
func (f *noteFlags) put(req *placardv1.ImportDelegationRequest) {
	if f.reference != "" || f.date != "" {
		req.NoteVerbale = &placardv1.NoteVerbale{Reference: f.reference, Date: f.date}
	}
	if f.focalName != "" || f.focalMail != "" || f.focalPhone != "" {
		req.FocalPoint = &placardv1.FocalPoint{Name: f.focalName, Email: f.focalMail, Phone: f.focalPhone}
	}
}

func newImportDelegation(environ []string) *cobra.Command {
	flags := config.DatabaseFlags()
	var shared importFlags
	var note noteFlags
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
			many, err := shared.of()
			if err != nil {
				return err
			}
			if entity == "" {
				return usageError{errors.New("--entity: is needed")}
			}
			return withDatabase(cmd, flags, environ, func(c *app.Core) error {
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
				req := &placardv1.ImportDelegationRequest{
					Name: name.Delegation(name.MeetingOf(many.GetParent()), code), Channel: many.GetChannel(), ReceiptDate: many.GetReceiptDate(),
					MaxWithdrawals: many.MaxWithdrawals, //nolint:protogetter // unset differs from 0
					ValidateOnly:   many.GetValidateOnly(),
				}
				note.put(req)
				done, err := c.ImportDelegation(cmd.Context(), file, req)
				if err != nil {
					return explain(err)
				}
				tally := newTally(cmd.OutOrStdout(), shared.dryRun)
				tally.file(done)
				for _, r := range done.GetResults() {
					tally.add(r)
				}
				if tally.refused() > 0 {
					return fmt.Errorf("%s: nothing was written", args[0])
				}
				return nil
			})
		},
	}
	shared.add(cmd)
	note.add(cmd)
	cmd.Flags().StringVar(&entity, "entity", "", "the entity: code (AUT), code of two letters, or name")
	cmd.Flags().AddFlagSet(flags)
	return cmd
}

func newImportDelegations(environ []string) *cobra.Command {
	flags := config.DatabaseFlags()
	var shared importFlags
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
			req, err := shared.of()
			if err != nil {
				return err
			}
			return withDatabase(cmd, flags, environ, func(c *app.Core) error {
				return importMany(cmd, c, args[0], req)
			})
		},
	}
	shared.add(cmd)
	cmd.Flags().AddFlagSet(flags)
	return cmd
}

func importMany(cmd *cobra.Command, c *app.Core, path string, req *placardv1.ImportDelegationsRequest) error {
	ctx := cmd.Context()
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was only read
	found, err := c.SurveyDelegations(ctx, file)
	if err != nil {
		return err
	}
	if len(found.Problems) > 0 {
		return fmt.Errorf("%s:\n%w", path, problemsOf(found.Problems))
	}
	tally := newTally(cmd.OutOrStdout(), req.GetValidateOnly())
	bar := newProgress(cmd.ErrOrStderr(), found.Persons)
	tally.file(found.Answer)
	_, err = c.ImportDelegations(ctx, file, found, req, func(done *delegation.Imported) {
		bar.hide()
		tally.add(done)
		bar.add(int(done.GetPersons()))
	})
	bar.hide()
	tally.end()
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("stopped after %d of %d delegations: run the same command again to go on", tally.seen(), len(found.Parts))
	case err != nil:
		return explain(err)
	case tally.refused() > 0:
		return fmt.Errorf("%d of %d delegations were refused", tally.refused(), len(found.Parts))
	}
	return nil
}

// problemsOf are problems of a file by line and column.
func problemsOf(list []*delegation.LineProblem) error {
	var all problems
	for _, p := range list {
		all.add(int(p.GetLine()), cmp.Or(p.GetProblem().GetColumn(), p.GetProblem().GetField()), p.GetProblem().GetMessage())
	}
	return all.err()
}

// tally says what became of delegations, and counts it.
type tally struct {
	out    io.Writer
	dryRun bool
	counts map[delegation.Outcome]int
}

func newTally(out io.Writer, dryRun bool) *tally {
	return &tally{out: out, dryRun: dryRun, counts: map[delegation.Outcome]int{}}
}

// seen is how many delegations were added.
func (t *tally) seen() int {
	n := 0
	for _, count := range t.counts {
		n += count
	}
	return n
}

func (t *tally) refused() int { return t.counts[placardv1.ImportDelegationsResponse_Result_REFUSED] }

// file says what should be known of the file as a whole.
func (t *tally) file(done *placardv1.ImportDelegationsResponse) {
	if done.GetEncoding() == "windows-1252" {
		t.say("the file is taken for Windows-1252; look at the accents")
	}
	if unknown := done.GetUnknownColumns(); len(unknown) > 0 {
		t.say("columns that are not read: " + strings.Join(unknown, ", "))
	}
}

// add says what became of a delegation; of a refused one what is wrong, by line
// and column.
func (t *tally) add(done *delegation.Imported) {
	t.counts[done.GetOutcome()]++
	of := name.EntityOf(done.GetDelegation())
	changes := fmt.Sprintf("%s: %d added, %d changed, %d withdrawn", of, done.GetAdded(), done.GetChanged(), done.GetWithdrawn())
	if done.GetNeedsReview() {
		changes += "; waits for review"
	}
	switch done.GetOutcome() {
	case placardv1.ImportDelegationsResponse_Result_DONE_BEFORE:
		t.say("before     " + of)
	case placardv1.ImportDelegationsResponse_Result_UNCHANGED:
		t.say("unchanged  " + of)
	case placardv1.ImportDelegationsResponse_Result_REFUSED:
		t.say("REFUSED    " + of + ":\n" + indented(problemsOf(done.GetProblems())))
	case placardv1.ImportDelegationsResponse_Result_CREATED:
		t.say("created    " + changes)
	default:
		t.say("updated    " + changes)
	}
}

// say writes a line; a terminal may be gone.
func (t *tally) say(line string) { _, _ = fmt.Fprintln(t.out, line) }

func indented(err error) string {
	return "  " + strings.ReplaceAll(err.Error(), "\n", "\n  ")
}

// end says how many there were of each.
func (t *tally) end() {
	end := ""
	if t.dryRun {
		end = " (dry run: nothing is written)"
	}
	t.say(fmt.Sprintf("%d created, %d updated, %d unchanged, %d refused, %d done before",
		t.counts[placardv1.ImportDelegationsResponse_Result_CREATED], t.counts[placardv1.ImportDelegationsResponse_Result_UPDATED],
		t.counts[placardv1.ImportDelegationsResponse_Result_UNCHANGED], t.refused(),
		t.counts[placardv1.ImportDelegationsResponse_Result_DONE_BEFORE]) + end)
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
