package sheet

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

func (r *Reader) openCSV(file io.ReadSeeker) (source, error) {
	found, err := detect(file)
	if err != nil {
		return source{}, err
	}
	if _, err := file.Seek(int64(found.mark), io.SeekStart); err != nil {
		return source{}, fmt.Errorf("read table: %w", err)
	}
	var text io.Reader = file
	if found.encoding != nil {
		text = found.encoding.NewDecoder().Reader(file)
	}
	lines := bufio.NewReaderSize(&lineLimit{from: text}, 64<<10)
	separator, err := separatorOf(lines)
	if err != nil {
		return source{}, err
	}
	r.Format, r.Encoding, r.Separator = "csv", found.name, string(separator)
	c := csv.NewReader(lines)
	c.Comma, c.FieldsPerRecord = separator, -1
	rows := &csvRows{reader: c}
	return source{next: rows.next, close: func() error { return nil }}, nil
}

// csvRows are the rows of a CSV file (RFC 4180).
type csvRows struct {
	reader *csv.Reader
	at     int64
}

func (r *csvRows) next() (int, []string, error) {
	cells, err := r.reader.Read()
	var parse *csv.ParseError
	var found *Problem
	switch {
	case errors.As(err, &found):
		return 0, nil, found
	case errors.As(err, &parse):
		return 0, nil, &Problem{
			Line: parse.StartLine, Reason: "SHEET_QUOTES",
			Message: fmt.Sprintf("a quotation mark is not closed or stands in the middle of a text (line %d)", parse.Line),
		}
	case err != nil:
		return 0, nil, err
	}
	line, _ := r.reader.FieldPos(0)
	end := r.reader.InputOffset()
	if end-r.at > maxRecord {
		return 0, nil, problem(line, "SHEET_TOO_LONG", "is longer than %d bytes", maxRecord)
	}
	r.at = end
	if len(cells) > 5*MaxColumns {
		return 0, nil, problem(line, "SHEET_TOO_WIDE", "has %d columns, and %d are the most", len(cells), MaxColumns)
	}
	for i, c := range cells {
		if len(c) > maxCell {
			return 0, nil, &Problem{Line: line, Column: i + 1, Reason: "SHEET_TOO_LONG", Message: fmt.Sprintf("is longer than %d bytes", maxCell)}
		}
	}
	return line, cells, nil
}

// lineLimit breaks off a text whose lines are too long to be those of a table,
// before they are held.
type lineLimit struct {
	from io.Reader
	line int
	size int
}

func (l *lineLimit) Read(p []byte) (int, error) {
	n, err := l.from.Read(p)
	rest := p[:n]
	for {
		i := bytes.IndexByte(rest, '\n')
		if i < 0 {
			break
		}
		l.line, l.size, rest = l.line+1, 0, rest[i+1:]
	}
	if l.size += len(rest); l.size > maxRecord {
		return 0, problem(l.line+1, "SHEET_TOO_LONG", "is longer than %d bytes", maxRecord)
	}
	return n, err
}

// coding is how the characters of a file are written.
type coding struct {
	name string
	// encoding is nil for UTF-8.
	encoding encoding.Encoding
	// mark is the length of the byte order mark.
	mark int
}

// detect finds out the encoding of a text. A byte order mark says it; else what
// is valid UTF-8 is UTF-8, as other texts with letters beyond ASCII are not.
func detect(file io.Reader) (coding, error) {
	in := bufio.NewReaderSize(file, 64<<10)
	begin, err := in.Peek(4 << 10)
	if err != nil && !errors.Is(err, io.EOF) {
		return coding{}, fmt.Errorf("read table: %w", err)
	}
	little := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	big := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	switch {
	case bytes.HasPrefix(begin, []byte{0xff, 0xfe}):
		return coding{"utf-16le", little, 2}, nil
	case bytes.HasPrefix(begin, []byte{0xfe, 0xff}):
		return coding{"utf-16be", big, 2}, nil
	}
	if zeros := [2]int{zerosAt(begin, 0), zerosAt(begin, 1)}; zeros[0] > 0 || zeros[1] > 0 {
		// Texts of tables have ASCII in them, at least the separators.
		switch {
		case zeros[1] > 4*zeros[0]:
			return coding{"utf-16le", little, 0}, nil
		case zeros[0] > 4*zeros[1]:
			return coding{"utf-16be", big, 0}, nil
		default:
			return coding{}, problem(0, "SHEET_FORMAT", "this is neither CSV nor XLSX: it has zero bytes")
		}
	}
	mark := 0
	if bytes.HasPrefix(begin, []byte("\xef\xbb\xbf")) {
		mark = 3
	}
	line, wide, broken := 1, false, 0
	for {
		c, size, err := in.ReadRune()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return coding{}, fmt.Errorf("read table: %w", err)
		}
		switch {
		case c == utf8.RuneError && size == 1:
			if broken == 0 {
				broken = line
			}
		case c == 0:
			return coding{}, problem(line, "SHEET_FORMAT", "has a zero byte")
		case c == '\n':
			line++
		case size > 1 && c != '\ufeff':
			wide = true
		}
	}
	switch {
	case broken == 0:
		return coding{"utf-8", nil, mark}, nil
	case wide || mark > 0:
		return coding{}, problem(broken, "SHEET_ENCODING", "is not in UTF-8 as other lines are: save the whole file as UTF-8")
	default:
		return coding{"windows-1252", charmap.Windows1252, 0}, nil
	}
}

// zerosAt counts the zero bytes at even (0) or odd (1) places.
func zerosAt(b []byte, parity int) int {
	n := 0
	for i := parity; i < len(b); i += 2 {
		if b[i] == 0 {
			n++
		}
	}
	return n
}

// separatorOf finds out what separates the cells: what the header has most of,
// outside of quotation marks. A first line `sep=;`, as some spreadsheets write
// it, says so and is passed over.
func separatorOf(in *bufio.Reader) (rune, error) {
	begin, err := in.Peek(in.Size())
	var found *Problem
	switch {
	case errors.As(err, &found):
		return 0, found
	case err != nil && !errors.Is(err, io.EOF):
		return 0, fmt.Errorf("read table: %w", err)
	}
	first, _, _ := strings.Cut(string(begin), "\n")
	if said, ok := strings.CutPrefix(strings.ToLower(strings.TrimRight(first, "\r")), "sep="); ok && len(said) == 1 && strings.Contains(",;\t|", said) {
		if _, err := in.Discard(min(len(first)+1, len(begin))); err != nil {
			return 0, fmt.Errorf("read table: %w", err)
		}
		return rune(said[0]), nil
	}
	counts, quoted := map[rune]int{}, false
	for _, c := range first {
		switch {
		case c == '"':
			quoted = !quoted
		case !quoted:
			counts[c]++
		}
	}
	best := ','
	for _, c := range []rune{';', '\t', '|'} {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best, nil
}
