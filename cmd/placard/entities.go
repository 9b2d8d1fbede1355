package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/app"
	"github.com/un-placard/placard/internal/config"
	"github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/locale"
)

func newEntities(environ []string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "entities",
		Short: "Import and export the register of entities",
		Long: `Works on the register of entities, directly in the database: also beside a
running server.

The file is CSV or XLSX; an export is CSV. Its first row names the columns, in any
order:

  ` + strings.Join(wrapped(entityColumns()), "\n  ") + `

A row holds the names of one entity at one time: with valid_until those that it
had until that day, without it the present ones, with all that is not a name.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newEntitiesImport(environ), newEntitiesExport(environ))
	return cmd
}

func newEntitiesImport(environ []string) *cobra.Command {
	flags := config.DatabaseFlags()
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Add and change entities from a file",
		Long: `Adds the entities of a file to the register and changes those that are there,
known by their codes: all of the file or, if anything is wrong with it, nothing.
Columns that the file does not have stay as they are; an empty cell empties.
Entities that the file does not have stay. With valid_until the former names of
an entity are those of the file, and all columns of names are needed.`,
		Example: `  placard entities import ngos.csv --dry-run
  placard entities export > register.csv`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			list, err := readEntities(args[0])
			if err != nil {
				return err
			}
			return withDatabase(cmd, flags, environ, func(c *app.Core) error {
				outcomes, err := c.ImportEntities(cmd.Context(), list.entities, list.mask, dryRun)
				if err != nil {
					return list.explain(args[0], err)
				}
				printOutcomes(cmd, outcomes, dryRun)
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would change, and write nothing")
	cmd.Flags().AddFlagSet(flags)
	return cmd
}

func newEntitiesExport(environ []string) *cobra.Command {
	flags := config.DatabaseFlags()
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Write the register as CSV to standard output",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withDatabase(cmd, flags, environ, func(c *app.Core) error {
				entities, err := c.AllEntities(cmd.Context())
				if err != nil {
					return err
				}
				var rows []map[string]string
				for _, e := range entities {
					rows = append(rows, rowsOfEntity(e)...)
				}
				return writeTable(cmd.OutOrStdout(), entityColumns(), rows)
			})
		},
	}
	cmd.Flags().AddFlagSet(flags)
	return cmd
}

// entityColumns are the columns of a file of entities.
func entityColumns() []string {
	return append([]string{
		"code", "valid_until", "kind", "alpha2_code", "m49_code", "region", "consultative_status", "language",
	}, nameColumns()...)
}

// nameColumns are those of the names: short_name_ar to formal_name_es.
func nameColumns() []string {
	var out []string
	for _, what := range []string{"short_name_", "formal_name_"} {
		for _, l := range locale.Languages() {
			out = append(out, what+l)
		}
	}
	return out
}

// wrapped joins words into lines of a help text.
func wrapped(words []string) []string {
	lines := []string{""}
	for i, w := range words {
		if i < len(words)-1 {
			w += ","
		}
		last := &lines[len(lines)-1]
		if len(*last)+len(w) > 70 {
			lines = append(lines, w)
		} else {
			*last = strings.TrimPrefix(*last+" "+w, " ")
		}
	}
	return lines
}

// entityFile is a file of entities.
type entityFile struct {
	entities []*placardv1.Entity
	// lines are those of the present names of each entity, and former those of
	// its former ones, in the order that the entity has them.
	lines  []int
	former [][]int
	// mask holds the fields that the columns of the file stand for.
	mask *fieldmaskpb.FieldMask
}

func readEntities(path string) (*entityFile, error) {
	t, err := readFile(path, entityColumns(), []string{"code"})
	if err != nil {
		return nil, err
	}
	list, err := entitiesOf(t)
	if err != nil {
		return nil, fmt.Errorf("%s:\n%w", path, err)
	}
	return list, nil
}

// entitiesOf makes entities of the rows of a file.
func entitiesOf(t table) (*entityFile, error) {
	var wrong problems
	list := &entityFile{mask: &fieldmaskpb.FieldMask{}}
	for _, c := range t.columns {
		switch what, language, _ := cutLast(c); {
		case c == "code":
		case c == "valid_until":
			list.mask.Paths = append(list.mask.Paths, "former_names")
			for _, needed := range nameColumns() {
				if !slices.Contains(t.columns, needed) {
					wrong.add(1, "", "with valid_until the column "+needed+" is needed, for the names of each time")
				}
			}
		case what == "short_name" || what == "formal_name":
			list.mask.Paths = append(list.mask.Paths, what+"."+language)
		default:
			list.mask.Paths = append(list.mask.Paths, c)
		}
	}
	present := map[string]int{}
	var former []row
	for _, r := range t.rows {
		code := r.cells["code"]
		switch i, twice := present[code]; {
		case code == "":
			wrong.add(r.line, "code", "is needed")
		case r.cells["valid_until"] != "":
			former = append(former, r)
		case twice:
			wrong.add(r.line, "code", fmt.Sprintf("%s stands in line %d already", code, list.lines[i]))
		default:
			present[code] = len(list.entities)
			list.entities = append(list.entities, entityOf(r, &wrong))
			list.lines = append(list.lines, r.line)
		}
	}
	list.former = make([][]int, len(list.entities))
	slices.SortStableFunc(former, func(a, b row) int { return cmp.Compare(a.cells["valid_until"], b.cells["valid_until"]) })
	for _, r := range former {
		i, ok := present[r.cells["code"]]
		if !ok {
			wrong.add(r.line, "code", r.cells["code"]+" has no row with its present names, those without valid_until")
			continue
		}
		for _, c := range t.columns {
			if r.cells[c] != "" && c != "code" && c != "valid_until" && !slices.Contains(nameColumns(), c) {
				wrong.add(r.line, c, "belongs in the row of the present names")
			}
		}
		list.former[i] = append(list.former[i], r.line)
		list.entities[i].FormerNames = append(list.entities[i].FormerNames, &placardv1.Entity_FormerNames{
			ValidUntil: r.cells["valid_until"], ShortName: namesOf(r, "short_name"), FormalName: namesOf(r, "formal_name"),
		})
	}
	return list, wrong.err()
}

// cutLast cuts a column's name before its last part: short_name, ar.
func cutLast(column string) (before, after string, found bool) {
	i := strings.LastIndexByte(column, '_')
	if i < 0 {
		return column, "", false
	}
	return column[:i], column[i+1:], true
}

// entityOf makes an entity of the row with its present names.
func entityOf(r row, wrong *problems) *placardv1.Entity {
	enum := func(column string, values map[string]int32) int32 {
		v, ok := values[r.cells[column]]
		if !ok && r.cells[column] != "" {
			var names []string
			for n, v := range values {
				if v != 0 {
					names = append(names, n)
				}
			}
			slices.SortFunc(names, func(a, b string) int { return cmp.Compare(values[a], values[b]) })
			wrong.add(r.line, column, fmt.Sprintf("%.60q is none of %s", r.cells[column], strings.Join(names, ", ")))
		}
		return v
	}
	return &placardv1.Entity{
		Code:               r.cells["code"],
		Kind:               placardv1.Entity_Kind(enum("kind", placardv1.Entity_Kind_value)),
		Alpha2Code:         r.cells["alpha2_code"],
		M49Code:            r.cells["m49_code"],
		Region:             placardv1.Entity_Region(enum("region", placardv1.Entity_Region_value)),
		ConsultativeStatus: placardv1.Entity_ConsultativeStatus(enum("consultative_status", placardv1.Entity_ConsultativeStatus_value)),
		Language:           r.cells["language"],
		ShortName:          namesOf(r, "short_name"),
		FormalName:         namesOf(r, "formal_name"),
	}
}

func namesOf(r row, what string) *placardv1.LocalizedText {
	return &placardv1.LocalizedText{
		Ar: r.cells[what+"_ar"], Zh: r.cells[what+"_zh"], En: r.cells[what+"_en"],
		Fr: r.cells[what+"_fr"], Ru: r.cells[what+"_ru"], Es: r.cells[what+"_es"],
	}
}

// rowsOfEntity are the rows of an entity: its present names, and its former ones
// from the oldest on.
func rowsOfEntity(e *placardv1.Entity) []map[string]string {
	of := func(short, formal *placardv1.LocalizedText) map[string]string {
		r := map[string]string{"code": e.GetCode()}
		for _, l := range locale.Languages() {
			r["short_name_"+l], r["formal_name_"+l] = locale.In(short, l), locale.In(formal, l)
		}
		return r
	}
	present := of(e.GetShortName(), e.GetFormalName())
	present["kind"] = e.GetKind().String()
	present["alpha2_code"], present["m49_code"], present["language"] = e.GetAlpha2Code(), e.GetM49Code(), e.GetLanguage()
	if e.GetRegion() != placardv1.Entity_REGION_UNSPECIFIED {
		present["region"] = e.GetRegion().String()
	}
	if e.GetConsultativeStatus() != placardv1.Entity_CONSULTATIVE_STATUS_UNSPECIFIED {
		present["consultative_status"] = e.GetConsultativeStatus().String()
	}
	rows := []map[string]string{present}
	for _, former := range e.GetFormerNames() {
		r := of(former.GetShortName(), former.GetFormalName())
		r["valid_until"] = former.GetValidUntil()
		rows = append(rows, r)
	}
	return rows
}

var entityField = regexp.MustCompile(`^entities\[(\d+)\](?:\.former_names\[(\d+)\])?\.?(.*)$`)

// explain names everything that the rules find wrong by line and column.
func (f *entityFile) explain(path string, err error) error {
	return explainFile(path, err, func(field string) (line int, column string) {
		m := entityField.FindStringSubmatch(field)
		if m == nil {
			return 0, field
		}
		i, _ := strconv.Atoi(m[1]) // digits
		line, column = f.lines[i], strings.ReplaceAll(m[3], ".", "_")
		if m[2] != "" {
			j, _ := strconv.Atoi(m[2])
			line = f.former[i][j]
		}
		if column == "former_names" {
			column = "valid_until"
		}
		return line, column
	})
}

// printOutcomes says what an import did or, of a dry run, would do.
func printOutcomes(cmd *cobra.Command, outcomes []entity.Outcome, dryRun bool) {
	counts := map[string]int{}
	for _, o := range outcomes {
		what := "unchanged"
		switch {
		case o.Created:
			what = "created"
		case len(o.Paths) > 0:
			what = "updated"
		}
		counts[what]++
		if what != "unchanged" {
			cmd.Println(strings.TrimSuffix(what+"  "+o.Name+": "+strings.Join(o.Paths, ", "), ": "))
		}
	}
	printCounts(cmd, counts, dryRun, "created", "updated", "unchanged")
}
