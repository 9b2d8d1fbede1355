// Package sheet reads the tables that people send: CSV as spreadsheets of all
// kinds write it, and XLSX. It gives texts by line and column and knows nothing
// of what they mean.
package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// MaxColumns is the most columns that a table may have.
	MaxColumns = 200
	// maxRecord is the longest row of a CSV file, in bytes of UTF-8.
	maxRecord = 1 << 20
	// maxCell is the longest text of a cell, in bytes: what a spreadsheet can
	// hold is shorter.
	maxCell = 128 << 10
)

// Problem is what keeps a table from being read, and where.
type Problem struct {
	// Line is the number of the line or row, from 1; 0 for the whole file.
	Line int
	// Column is the number of the column, from 1; 0 for the whole line.
	Column int
	// Reason never changes: SHEET_ENCODING, SHEET_FORMULA.
	Reason string
	// Message says what is wrong and what is wanted.
	Message string
}

// Error implements error.
func (p *Problem) Error() string {
	switch {
	case p.Line == 0:
		return p.Message
	case p.Column == 0:
		return fmt.Sprintf("line %d: %s", p.Line, p.Message)
	default:
		return fmt.Sprintf("line %d, column %d: %s", p.Line, p.Column, p.Message)
	}
}

func problem(line int, reason, format string, args ...any) *Problem {
	return &Problem{Line: line, Reason: reason, Message: fmt.Sprintf(format, args...)}
}

// Row is one row of a table.
type Row struct {
	// Line is its number in the file, the header's being 1: of CSV the line on
	// which it begins.
	Line int
	// Cells are its texts, without white space around them. There are as many as
	// in the header; a row without any text is left out.
	Cells []string
	// Short tells that a row of a CSV file has fewer cells than the header, as
	// the last one of a file that was cut off.
	Short bool
}

// Reader reads a table row by row, so that a long one is never held whole.
type Reader struct {
	// Format is `csv` or `xlsx`.
	Format string
	// Encoding is that of a CSV file: `utf-8`, `utf-16le`, `utf-16be` or
	// `windows-1252`, which is taken where it is none of the others.
	Encoding string
	// Separator is that of a CSV file.
	Separator string
	// Header is the first row.
	Header []string

	rows  source
	width int
}

// source gives the rows of a file as they stand in it. Not an interface, because of
// the size of the binary: see docs/code.md.
type source struct {
	// next answers io.EOF after the last row, and a *Problem for what cannot be read.
	next  func() (line int, cells []string, err error)
	close func() error
}

// Open finds out what a file is and reads its header. Whatever is wrong with the
// file is a *Problem. The file is used until Close.
func Open(file io.ReadSeeker) (*Reader, error) {
	begin := make([]byte, 8)
	n, err := io.ReadFull(file, begin)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read table: %w", err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read table: %w", err)
	}
	r := &Reader{}
	switch begin = begin[:n]; {
	case n == 0:
		return nil, problem(0, "SHEET_EMPTY", "the file is empty")
	case bytes.HasPrefix(begin, []byte("PK\x03\x04")):
		r.rows, err = r.openXLSX(file)
	case bytes.HasPrefix(begin, []byte{0xd0, 0xcf, 0x11, 0xe0}):
		return nil, problem(0, "SHEET_FORMAT", "this is an old or a protected spreadsheet (XLS): save it as XLSX without a password, or as CSV")
	case bytes.HasPrefix(begin, []byte("%PDF")), bytes.HasPrefix(bytes.ToLower(begin), []byte("<html")), bytes.HasPrefix(begin, []byte("<!")), bytes.HasPrefix(begin, []byte("<?xml")):
		return nil, problem(0, "SHEET_FORMAT", "this is neither CSV nor XLSX")
	default:
		r.rows, err = r.openCSV(file)
	}
	if err != nil {
		return nil, err
	}
	if err := r.readHeader(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Close gives back what reading took.
func (r *Reader) Close() error { return r.rows.close() }

func (r *Reader) readHeader() error {
	line, cells, err := r.rows.next()
	if errors.Is(err, io.EOF) {
		return problem(0, "SHEET_EMPTY", "the file has no header")
	}
	if err != nil {
		return err
	}
	cells = r.tidy(cells)
	for len(cells) > 0 && cells[len(cells)-1] == "" {
		cells = cells[:len(cells)-1]
	}
	switch {
	case len(cells) == 0:
		return problem(line, "SHEET_EMPTY", "the first line has to be the header")
	case len(cells) > MaxColumns:
		return problem(line, "SHEET_TOO_WIDE", "has %d columns, and %d are the most", len(cells), MaxColumns)
	}
	r.Header, r.width = cells, len(cells)
	return nil
}

// Next answers the next row, and io.EOF after the last. What is wrong with a row
// is a *Problem; the rows behind it can be read all the same where Line is set
// and the reason is SHEET_TOO_WIDE.
func (r *Reader) Next() (Row, error) {
	for {
		line, cells, err := r.rows.next()
		if err != nil {
			return Row{}, err
		}
		cells = r.tidy(cells)
		used := len(cells)
		for used > 0 && cells[used-1] == "" {
			used--
		}
		if used == 0 {
			continue
		}
		if used > r.width {
			return Row{}, &Problem{
				Line: line, Column: used, Reason: "SHEET_TOO_WIDE",
				Message: fmt.Sprintf("has a text in column %d, and the header has %d columns", used, r.width),
			}
		}
		row := Row{Line: line, Cells: make([]string, r.width), Short: r.Format == "csv" && len(cells) < r.width}
		copy(row.Cells, cells[:used])
		return row, nil
	}
}

// tidy takes what is no part of the texts from them.
func (r *Reader) tidy(cells []string) []string {
	for i, c := range cells {
		// Spreadsheets leave no-break spaces and marks of direction at the ends.
		c = strings.TrimFunc(c, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("\u200e\u200f\ufeff", r) })
		if r.Format == "csv" {
			c = Unguard(c)
		}
		cells[i] = strings.ToValidUTF8(c, "\ufffd")
	}
	return cells
}

// Guard makes a text one for a cell of a CSV file: a spreadsheet would take what
// begins like a formula for one (OWASP, CSV Injection). Unguard answers the text
// again.
func Guard(text string) string {
	if formula(strings.TrimLeft(text, "'")) {
		return "'" + text
	}
	return text
}

// Unguard is the text of a cell that Guard made.
func Unguard(cell string) string {
	if text, marked := strings.CutPrefix(cell, "'"); marked && formula(strings.TrimLeft(text, "'")) {
		return text
	}
	return cell
}

// formula tells whether a spreadsheet could take a cell for a formula.
func formula(cell string) bool {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(cell, unicode.IsSpace))
	return strings.ContainsRune("=+-@＝＋－＠", first) || strings.HasPrefix(cell, "\t") || strings.HasPrefix(cell, "\r")
}
