package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/sheet"
)

// What a file may hold at the most.
const (
	maxTableSize = 20 << 20 // bytes
	maxTableRows = 20_000
	maxCellSize  = 20_000 // bytes: more than the longest text of the contract
)

// maxProblems is how many problems are said at once.
const maxProblems = 100

// problems are what is wrong with a file.
type problems struct {
	list []error
	more int
}

// add notes a problem of a cell; `column` may be empty, and `line` 0.
func (p *problems) add(line int, column, message string) {
	if len(p.list) == maxProblems {
		p.more++
		return
	}
	switch {
	case line > 0 && column != "":
		p.list = append(p.list, fmt.Errorf("line %d, %s: %s", line, column, message))
	case line > 0:
		p.list = append(p.list, fmt.Errorf("line %d: %s", line, message))
	default:
		p.list = append(p.list, errors.New(message))
	}
}

// err is nil where there is no problem.
func (p *problems) err() error {
	if p.more > 0 {
		return errors.Join(append(slices.Clone(p.list), fmt.Errorf("and %d more", p.more))...)
	}
	return errors.Join(p.list...)
}

// row is a row of a file by the names of its columns.
type row struct {
	line  int
	cells map[string]string
}

// table is a file with a header row.
type table struct {
	columns []string
	rows    []row
}

// readFile reads a file with a table: see readTable.
func readFile(path string, known, needed []string) (table, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return table{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	t, err := readTable(f, known, needed)
	if err != nil {
		return table{}, fmt.Errorf("%s:\n%w", path, err)
	}
	return t, nil
}

// readTable reads a table (see package sheet) under a header row with names of
// known columns in any order. Rows without any text are left out. A cell is text,
// whatever it looks like.
func readTable(file io.ReadSeeker, known, needed []string) (t table, err error) {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return table{}, err
	}
	if size > maxTableSize {
		return table{}, fmt.Errorf("is larger than %d MB", maxTableSize>>20)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return table{}, err
	}
	in, err := sheet.Open(file)
	if err != nil {
		return table{}, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	t.columns = in.Header
	if err := checkColumns(t.columns, known, needed); err != nil {
		return table{}, err
	}
	var wrong problems
	for {
		next, err := in.Next()
		var found *sheet.Problem
		switch {
		case errors.Is(err, io.EOF):
			return t, wrong.err()
		case errors.As(err, &found) && found.Reason == "SHEET_TOO_WIDE":
			wrong.add(found.Line, "", found.Message)
			continue
		case err != nil:
			return table{}, errors.Join(wrong.err(), err)
		case len(t.rows) == maxTableRows:
			return table{}, fmt.Errorf("line %d: is beyond the %d rows that a file may have", next.Line, maxTableRows)
		case next.Short:
			wrong.add(next.Line, "", fmt.Sprintf("has fewer cells than the header, which has %d", len(t.columns)))
			continue
		}
		r := row{next.Line, map[string]string{}}
		for i, cell := range next.Cells {
			if len(cell) > maxCellSize {
				wrong.add(r.line, t.columns[i], fmt.Sprintf("is longer than %d bytes", maxCellSize))
				continue
			}
			r.cells[t.columns[i]] = cell
		}
		t.rows = append(t.rows, r)
	}
}

// checkColumns refuses columns that are not known or stand twice, and misses
// those that are needed.
func checkColumns(columns, known, needed []string) error {
	var wrong problems
	for i, c := range columns {
		switch {
		case !slices.Contains(known, c):
			wrong.add(1, "", fmt.Sprintf("%.60q is no column: want %s", c, strings.Join(known, ", ")))
		case slices.Contains(columns[:i], c):
			wrong.add(1, "", c+" is there twice")
		}
		if len(wrong.list) > 0 && i > len(known) {
			wrong.add(1, "", fmt.Sprintf("has %d columns, and there are %d", len(columns), len(known)))
			return wrong.err()
		}
	}
	for _, c := range needed {
		if !slices.Contains(columns, c) {
			wrong.add(1, "", "the column "+c+" is missing")
		}
	}
	return wrong.err()
}

// explainFile names everything that is wrong with a file, by what `at` answers
// for the field of a violation.
func explainFile(path string, err error, at func(field string) (line int, column string)) error {
	f, ok := fault.As(err)
	if !ok {
		return err
	}
	if len(f.Violations) == 0 {
		return fmt.Errorf("%s: %s", path, f.Message)
	}
	var wrong problems
	for _, v := range f.Violations {
		line, column := at(v.Field)
		if line == 0 {
			wrong.add(0, "", column+": "+v.Message)
		} else {
			wrong.add(line, column, v.Message)
		}
	}
	if n, err := strconv.Atoi(f.Meta["violations"]); err == nil {
		wrong.more = n - len(f.Violations)
	}
	return fmt.Errorf("%s:\n%w", path, wrong.err())
}

// printCounts ends what an import says.
func printCounts(cmd *cobra.Command, counts map[string]int, dryRun bool, order ...string) {
	var parts []string
	for _, what := range order {
		parts = append(parts, fmt.Sprintf("%d %s", counts[what], what))
	}
	end := ""
	if dryRun {
		end = " (dry run: nothing is written)"
	}
	cmd.Println(strings.Join(parts, ", ") + end)
}

// byteOrderMark tells spreadsheets that a file is UTF-8.
const byteOrderMark = "\ufeff"

// writeTable writes rows under a header row, as readTable reads them.
func writeTable(w io.Writer, columns []string, rows []map[string]string) error {
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	_ = out.Write(columns) // Error tells
	for _, r := range rows {
		cells := make([]string, len(columns))
		for i, c := range columns {
			cells[i] = sheet.Guard(r[c])
		}
		_ = out.Write(cells)
	}
	out.Flush()
	return out.Error()
}
