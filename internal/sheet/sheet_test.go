package sheet_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/un-placard/placard/internal/sheet"
)

// read answers a whole table, or its first problem.
func read(file []byte) (*sheet.Reader, []sheet.Row, error) {
	r, err := sheet.Open(bytes.NewReader(file))
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = r.Close() }()
	var rows []sheet.Row
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			return r, rows, nil
		}
		if err != nil {
			return r, rows, err
		}
		rows = append(rows, row)
	}
}

func encoded(t *testing.T, text string, e interface{ String(string) (string, error) }) []byte {
	t.Helper()
	out, err := e.String(text)
	if err != nil {
		t.Fatal(err)
	}
	return []byte(out)
}

func book(t *testing.T, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	return bytesOf(t, f)
}

func bytesOf(t *testing.T, f *excelize.File) []byte {
	t.Helper()
	out, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// with is a spreadsheet with one more part in its package.
func with(t *testing.T, file []byte, name string, content []byte) []byte {
	t.Helper()
	in, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, part := range in.File {
		if err := w.Copy(part); err != nil {
			t.Fatal(err)
		}
	}
	p, err := w.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestRead(t *testing.T) {
	const text = "name;title\r\nMuñoz;Señora\r\n\r\nЁлкин;\r\n"
	want := []sheet.Row{{Line: 2, Cells: []string{"Muñoz", "Señora"}}, {Line: 4, Cells: []string{"Ёлкин", ""}}}
	latin := "name,title\nMuñoz,Señora – “Dr.”\n"
	wantLatin := []sheet.Row{{Line: 2, Cells: []string{"Muñoz", "Señora – “Dr.”"}}}
	for name, x := range map[string]struct {
		file                        []byte
		format, encoding, separator string
		rows                        []sheet.Row
	}{
		"UTF-8":          {[]byte(text), "csv", "utf-8", ";", want},
		"UTF-8 with BOM": {[]byte("\ufeff" + text), "csv", "utf-8", ";", want},
		"UTF-16, little": {encoded(t, text, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()), "csv", "utf-16le", ";", want},
		"UTF-16, big":    {encoded(t, text, unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder()), "csv", "utf-16be", ";", want},
		"without a mark": {encoded(t, text, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder()), "csv", "utf-16le", ";", want},
		"Windows-1252":   {encoded(t, latin, charmap.Windows1252.NewEncoder()), "csv", "windows-1252", ",", wantLatin},
		"tabs":           {[]byte("name\ttitle\nA, B\tC\n"), "csv", "utf-8", "\t", []sheet.Row{{Line: 2, Cells: []string{"A, B", "C"}}}},
		"separator said": {[]byte("sep=;\nname;title\nA;B\n"), "csv", "utf-8", ";", []sheet.Row{{Line: 2, Cells: []string{"A", "B"}}}},
		"quoted":         {[]byte("name,\"a;b;c\"\n\"A\nB\",\"say \"\"no\"\"\"\nC,D\n"), "csv", "utf-8", ",", []sheet.Row{{Line: 2, Cells: []string{"A\nB", `say "no"`}}, {Line: 4, Cells: []string{"C", "D"}}}},
		"short rows":     {[]byte("a,b,c\n1\n"), "csv", "utf-8", ",", []sheet.Row{{Line: 2, Cells: []string{"1", "", ""}, Short: true}}},
		"XLSX":           {book(t, []any{"name", "phone"}, []any{" Ana\u00a0", 436601234567}, []any{}, []any{"=1+1", ""}), "xlsx", "", "", []sheet.Row{{Line: 2, Cells: []string{"Ana", "436601234567"}}, {Line: 4, Cells: []string{"=1+1", ""}}}},
	} {
		t.Run(name, func(t *testing.T) {
			r, rows, err := read(x.file)
			if err != nil {
				t.Fatal(err)
			}
			if r.Format != x.format || r.Encoding != x.encoding || r.Separator != x.separator {
				t.Errorf("found %s %s %q", r.Format, r.Encoding, r.Separator)
			}
			if diff := cmp.Diff(x.rows, rows); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	plain := book(t, []any{"name"}, []any{"Ana"})
	formula := excelize.NewFile()
	if err := errors.Join(formula.SetCellValue("Sheet1", "A1", "name"), formula.SetCellFormula("Sheet1", "B7", "1+1")); err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct {
		file   []byte
		reason string
		line   int
	}{
		"empty":                {nil, "SHEET_EMPTY", 0},
		"no header":            {[]byte("\n\n"), "SHEET_EMPTY", 0},
		"a PDF":                {[]byte("%PDF-1.7 ..."), "SHEET_FORMAT", 0},
		"a page":               {[]byte("<html><body>"), "SHEET_FORMAT", 0},
		"an old spreadsheet":   {[]byte{0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1}, "SHEET_FORMAT", 0},
		"zero bytes":           {[]byte("a,b\n\x00\x00\x00\x00"), "SHEET_FORMAT", 0},
		"mixed encodings":      {[]byte("name\nMuñoz\nMu\xf1oz\n"), "SHEET_ENCODING", 3},
		"1,000 columns":        {[]byte(strings.Repeat("a,", 999) + "a\n"), "SHEET_TOO_WIDE", 1},
		"wider than its head":  {[]byte("a,b\n1,2,3\n"), "SHEET_TOO_WIDE", 2},
		"a line of 10 MB":      {[]byte("name\nAna\n" + strings.Repeat("x", 10<<20) + "\n"), "SHEET_TOO_LONG", 3},
		"a record of 10 MB":    {[]byte("name\n\"" + strings.Repeat("xxxxxxx\n", 10<<17) + "\"\n"), "SHEET_TOO_LONG", 2},
		"an open quote":        {[]byte("name\nAna\n\"Luis\n"), "SHEET_QUOTES", 3},
		"not a package":        {[]byte("PK\x03\x04 nothing"), "SHEET_FORMAT", 0},
		"macros":               {with(t, plain, "xl/vbaProject.bin", []byte("x")), "SHEET_MACRO", 0},
		"a bomb":               {with(t, plain, "xl/media/image1.png", make([]byte, 64<<20)), "SHEET_TOO_LARGE", 0},
		"a formula":            {bytesOf(t, formula), "SHEET_FORMULA", 7},
		"a link to other file": {with(t, plain, "xl/externalLinks/externalLink1.xml", []byte("x")), "SHEET_FORMULA", 0},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := read(x.file)
			var found *sheet.Problem
			if !errors.As(err, &found) {
				t.Fatalf("got %v", err)
			}
			if found.Reason != x.reason || found.Line != x.line {
				t.Errorf("got %s in line %d: %v", found.Reason, found.Line, found)
			}
		})
	}
}

// TestGuard: a spreadsheet takes no cell for a formula, and every text is read
// again as it was written.
func TestGuard(t *testing.T) {
	for _, text := range []string{
		"", "Austria", "=1+1", "'=1+1", "''=1+1", " +A", "@A", "-", "'", "'A", "''", "\tA", "\rA", "'\tA", "＝A", "Côte d'Ivoire",
	} {
		cell := sheet.Guard(text)
		if first := strings.TrimSpace(cell); first != "" && strings.Contains("=+-@＝", string([]rune(first)[0])) {
			t.Errorf("%q is written as %q", text, cell)
		}
		if got := sheet.Unguard(cell); got != text {
			t.Errorf("%q is read as %q", text, got)
		}
	}
}

// FuzzRead: whatever a file is, it is read or refused.
func FuzzRead(f *testing.F) {
	file := excelize.NewFile()
	if err := errors.Join(
		file.SetSheetRow("Sheet1", "A1", &[]any{"name", "role", 3.5}), file.SetSheetRow("Sheet1", "A2", &[]any{"Ana", true}),
	); err != nil {
		f.Fatal(err)
	}
	out, err := file.WriteToBuffer()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(out.Bytes())
	f.Add([]byte("a;b\n\"1\";2\n"))
	f.Add([]byte("\xff\xfea\x00;\x00b\x00\n\x001\x00\xd8"))
	f.Add([]byte("a,b\n\xe9,2\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		_, rows, err := read(file)
		var found *sheet.Problem
		if err != nil && !errors.As(err, &found) {
			t.Errorf("%v is no problem of the file", err)
		}
		for _, row := range rows {
			for _, cell := range row.Cells {
				if !utf8.ValidString(cell) {
					t.Errorf("line %d: %q is not UTF-8", row.Line, cell)
				}
			}
		}
	})
}
