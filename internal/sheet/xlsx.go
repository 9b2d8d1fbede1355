package sheet

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/xuri/excelize/v2"
)

const (
	// maxUnpacked is how large an XLSX file may become, in bytes, and
	// maxUnpackedOf what is allowed beside it for each byte that it has: tables
	// become some ten times larger.
	maxUnpacked   = 32 << 20
	maxUnpackedOf = 20
	// maxBeside is how large the parts may be that are held whole: styles,
	// pictures, all but the tables and their texts.
	maxBeside = 8 << 20
	// maxRatio is how many times larger a part of one may become. Tables repeat
	// themselves a lot; a bomb does a thousand times more.
	maxRatio = 200
	// heldUnpacked is from which size on parts are unpacked to the disk.
	heldUnpacked = 8 << 20
)

// openXLSX opens the first visible worksheet.
func (r *Reader) openXLSX(file io.ReadSeeker) (source, error) {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return source{}, fmt.Errorf("read table: %w", err)
	}
	at, ok := file.(io.ReaderAt)
	if !ok {
		return source{}, errors.New("read table: an XLSX file has to be read at any place")
	}
	if err := checkPackage(at, size); err != nil {
		return source{}, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return source{}, fmt.Errorf("read table: %w", err)
	}
	// Raw values: a telephone number is not shown as 4.3E+10.
	book, err := excelize.OpenReader(file, excelize.Options{
		RawCellValue: true, UnzipSizeLimit: maxUnpacked + maxUnpackedOf*size, UnzipXMLSizeLimit: heldUnpacked,
	})
	if err != nil {
		return source{}, problem(0, "SHEET_FORMAT", "the spreadsheet is damaged, or protected by a password")
	}
	name := ""
	for _, sheet := range book.GetSheetList() {
		if visible, err := book.GetSheetVisible(sheet); err == nil && visible {
			name = sheet
			break
		}
	}
	if name == "" {
		return source{}, errors.Join(problem(0, "SHEET_EMPTY", "the spreadsheet has no visible worksheet"), book.Close())
	}
	rows, err := book.Rows(name)
	if err != nil {
		return source{}, errors.Join(problem(0, "SHEET_FORMAT", "the worksheet %s cannot be read", name), book.Close())
	}
	r.Format = "xlsx"
	x := &xlsxRows{book: book, rows: rows}
	return source{next: x.next, close: x.close}, nil
}

type xlsxRows struct {
	book *excelize.File
	rows *excelize.Rows
	line int
}

func (r *xlsxRows) next() (int, []string, error) {
	if !r.rows.Next() {
		if err := r.rows.Error(); err != nil {
			return 0, nil, problem(r.line+1, "SHEET_FORMAT", "the worksheet is damaged")
		}
		return 0, nil, io.EOF
	}
	r.line++
	cells, err := r.rows.Columns()
	if err != nil {
		return 0, nil, problem(r.line, "SHEET_FORMAT", "the row is damaged")
	}
	if len(cells) > 5*MaxColumns {
		return 0, nil, problem(r.line, "SHEET_TOO_WIDE", "has %d columns, and %d are the most", len(cells), MaxColumns)
	}
	return r.line, cells, nil
}

func (r *xlsxRows) close() error {
	return errors.Join(r.rows.Close(), r.book.Close())
}

// checkPackage refuses what is not a plain table before anything is unpacked to
// be kept: bombs, macros, formulas, links to other files.
func checkPackage(file io.ReaderAt, size int64) error {
	parts, err := zip.NewReader(file, size)
	if err != nil {
		return problem(0, "SHEET_FORMAT", "the spreadsheet is damaged")
	}
	var unpacked, beside uint64
	for _, part := range parts.File {
		unpacked += part.UncompressedSize64
		if dir := path.Dir(strings.ToLower(part.Name)); dir != "xl/worksheets" && strings.ToLower(part.Name) != "xl/sharedstrings.xml" {
			beside += part.UncompressedSize64
		}
		if unpacked > maxUnpacked+maxUnpackedOf*uint64(size) || beside > maxBeside || part.UncompressedSize64 > 1<<20 && part.UncompressedSize64 > maxRatio*max(part.CompressedSize64, 1) {
			return problem(0, "SHEET_TOO_LARGE", "the spreadsheet becomes too large when it is unpacked")
		}
		switch lower := strings.ToLower(part.Name); {
		case strings.HasSuffix(lower, "vbaproject.bin"), strings.HasPrefix(lower, "xl/macrosheets/"):
			return problem(0, "SHEET_MACRO", "the spreadsheet has macros: save it as XLSX, without them")
		case strings.HasPrefix(lower, "xl/externallinks/"):
			return problem(0, "SHEET_FORMULA", "the spreadsheet has links to other files: save its values only")
		case path.Dir(lower) == "xl/worksheets":
			if err := checkFormulas(part); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkFormulas refuses a worksheet with a formula: its value is another one for
// whoever opens it.
func checkFormulas(part *zip.File) error {
	in, err := part.Open()
	if err != nil {
		return problem(0, "SHEET_FORMAT", "the spreadsheet is damaged")
	}
	defer func() { _ = in.Close() }() // only read
	d := xml.NewDecoder(in)           // the archive reads no more than the part says of itself
	cell := ""
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return problem(0, "SHEET_FORMAT", "the spreadsheet is damaged")
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		switch start.Name.Local {
		case "c":
			cell = ""
			for _, a := range start.Attr {
				if a.Name.Local == "r" {
					cell = a.Value
				}
			}
		case "f":
			column, row, err := excelize.CellNameToCoordinates(cell)
			if err != nil {
				column, row = 0, 0
			}
			return &Problem{Line: row, Column: column, Reason: "SHEET_FORMULA", Message: "has a formula: paste its value instead"}
		}
	}
}
