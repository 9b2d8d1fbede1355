// Package document makes documents in Office Open XML (ECMA-376), which word
// processors edit, and turns them into PDF with LibreOffice. What they say is
// not its business.
package document

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"
)

// ContentType is the media type of a document.
const ContentType = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

// Properties are what a document says about itself, and what stands on each of
// its pages.
type Properties struct {
	// Language is an official language of the United Nations, by its code. The
	// document runs in its direction.
	Language string
	Title    string
	Subject  string
	Author   string
	// Date is the day of the document.
	Date time.Time
	// Header stands at the head of every page but the first, the number of the
	// page at the foot of all.
	Header string
}

// Style is a named style of paragraphs, which an editor finds by its name.
type Style string

// The styles.
const (
	Title    Style = "Title"
	Subtitle Style = "Subtitle"
	// Heading1 and Heading2 stay on a page with what follows them.
	Heading1 Style = "Heading1"
	Heading2 Style = "Heading2"
	// Instruction says to an editor what to do with what follows it. It stays on a
	// page with that.
	Instruction Style = "Instruction"
	// Entry is a paragraph that is not broken over two pages. EntryName and
	// EntryDetail are two that stay together as one. (A line break in one would do
	// for word processors, but LibreOffice then leaves headings behind.)
	Entry       Style = "Entry"
	EntryName   Style = "EntryName"
	EntryDetail Style = "EntryDetail"
	// Text is a paragraph of a letter, TextBefore one that stays on a page with what
	// follows it. Item is one of a list, behind a dash.
	Text       Style = "LetterText"
	TextBefore Style = "LetterTextBefore"
	Item       Style = "LetterItem"
	// Addressee says to whom a letter goes, Subject what it is about. Initials is a line for initials, with a word
	// under it.
	Addressee Style = "LetterAddressee"
	Subject   Style = "LetterSubject"
	Initials  Style = "LetterInitials"

	organization Style = "MastheadOrganization"
	symbol       Style = "MastheadSymbol"
	body         Style = "MastheadBody"
	note         Style = "MastheadNote"
	header       Style = "Header"
)

// Run is a piece of a paragraph. It keeps its place in the paragraph whatever
// the direction of its letters.
type Run struct {
	Text string
	// Language is that of the text, by its code; empty where nobody knows it, as
	// of a name. Then its spelling is not checked.
	Language string
}

// Masthead is the head of the first page.
type Masthead struct {
	Organization Run
	// Symbol is the symbol of the document; it may be empty.
	Symbol string
	// Body are the lines that say whose document it is.
	Body []Run
	// Notes stand under the symbol: distribution, date, language.
	Notes []Run
}

// Writer writes a document from its beginning to its end, and keeps nothing of
// it in memory. The same calls make the same bytes.
type Writer struct {
	zip      *zip.Writer
	body     *bufio.Writer
	language string
	rtl      bool
}

// NewWriter begins a document.
func NewWriter(w io.Writer, p Properties) (*Writer, error) {
	d := &Writer{zip: zip.NewWriter(w), language: p.Language, rtl: p.Language == "ar"}
	values := p.values()
	for _, f := range parts {
		out, err := d.part(f.name)
		if err != nil {
			return nil, err
		}
		if _, err := values.WriteString(out, xmlHeader+f.content); err != nil {
			return nil, fmt.Errorf("write %s: %w", f.name, err)
		}
	}
	if err := d.begin("word/header1.xml", `<w:hdr `+namespaces+`>`); err != nil {
		return nil, err
	}
	if err := d.Paragraph(header, Run{Text: p.Header}); err != nil {
		return nil, err
	}
	if err := d.end(`</w:hdr>`); err != nil {
		return nil, err
	}
	return d, d.begin("word/document.xml", `<w:document `+namespaces+`><w:body>`)
}

// part begins a part of the package. All have the earliest time that a ZIP
// knows, so that equal documents are equal bytes.
func (d *Writer) part(name string) (io.Writer, error) {
	out, err := d.zip.CreateHeader(&zip.FileHeader{
		Name: name, Method: zip.Deflate, Modified: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC),
	})
	if err != nil {
		return nil, fmt.Errorf("begin %s: %w", name, err)
	}
	return out, nil
}

// begin begins a part that paragraphs are written to.
func (d *Writer) begin(name, markup string) error {
	out, err := d.part(name)
	if err != nil {
		return err
	}
	d.body = bufio.NewWriterSize(out, 32<<10)
	d.raw(xmlHeader + markup)
	return d.failed()
}

func (d *Writer) end(markup string) error {
	d.raw(markup)
	if err := d.body.Flush(); err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	return nil
}

// Masthead writes the head of the first page: two cells over two cells, of which
// the right ones are the left ones where the document runs from right to left.
func (d *Writer) Masthead(m Masthead) error {
	d.raw(`<w:tbl><w:tblPr>`)
	if d.rtl {
		d.raw(`<w:bidiVisual/>`)
	}
	d.raw(`<w:tblW w:w="9638" w:type="dxa"/><w:tblLayout w:type="fixed"/>` +
		`<w:tblCellMar><w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr>` +
		`<w:tblGrid><w:gridCol w:w="5738"/><w:gridCol w:w="3900"/></w:tblGrid>`)
	d.row(`<w:bottom w:val="single" w:sz="4" w:space="0" w:color="auto"/>`, "bottom",
		organization, []Run{m.Organization}, symbol, []Run{{Text: m.Symbol}})
	d.row(`<w:bottom w:val="single" w:sz="12" w:space="0" w:color="auto"/>`, "top", body, m.Body, note, m.Notes)
	d.raw(`</w:tbl>`)
	return d.failed()
}

// row writes two cells of paragraphs over a border.
func (d *Writer) row(border, align string, left Style, lefts []Run, right Style, rights []Run) {
	d.raw(`<w:tr><w:trPr><w:cantSplit/></w:trPr>`)
	for _, cell := range []struct {
		width string
		style Style
		lines []Run
	}{{"5738", left, lefts}, {"3900", right, rights}} {
		d.raw(`<w:tc><w:tcPr><w:tcW w:w="` + cell.width + `" w:type="dxa"/><w:tcBorders>` + border +
			`</w:tcBorders><w:vAlign w:val="` + align + `"/></w:tcPr>`)
		if len(cell.lines) == 0 {
			cell.lines = []Run{{}} // a cell ends with a paragraph
		}
		for _, line := range cell.lines {
			_ = d.Paragraph(cell.style, line) // the end of the table tells
		}
		d.raw(`</w:tc>`)
	}
	d.raw(`</w:tr>`)
}

// Paragraph writes a paragraph.
func (d *Writer) Paragraph(style Style, runs ...Run) error {
	d.raw(`<w:p><w:pPr><w:pStyle w:val="` + string(style) + `"/></w:pPr>`)
	if style == Item {
		d.raw(`<w:r><w:t>–</w:t></w:r><w:r><w:tab/></w:r>`)
	}
	for i, r := range runs {
		text, rtl := isolate(clean(r.Text), d.rtl)
		opposite := false
		for _, s := range stretches(text, rtl) {
			d.stretch(s, r.Language)
			opposite = opposite || s.rtl != d.rtl
		}
		if opposite && i < len(runs)-1 {
			// So that what follows is not taken into the other direction.
			d.stretch(stretch{text: mark(d.rtl), rtl: d.rtl}, d.language)
		}
	}
	d.raw(`</w:p>`)
	return d.failed()
}

func (d *Writer) stretch(s stretch, language string) {
	d.raw(`<w:r><w:rPr>`)
	if s.eastAsian {
		d.raw(`<w:rFonts w:hint="eastAsia"/>`)
	}
	if language == "" {
		d.raw(`<w:noProof/>`)
		language = scriptLanguage(s.text)
	}
	if language == "" {
		language = d.language
	}
	if s.rtl {
		d.raw(`<w:rtl/>`)
	}
	d.raw(`<w:lang`)
	switch {
	case s.rtl:
		d.raw(` w:bidi="` + tags["ar"] + `"`)
	case s.eastAsian:
		d.raw(` w:val="` + western(language) + `" w:eastAsia="` + tags["zh"] + `"`)
	default:
		d.raw(` w:val="` + western(language) + `"`)
	}
	d.raw(`/></w:rPr><w:t xml:space="preserve">` + escape(s.text) + `</w:t></w:r>`)
}

// raw writes markup. That it failed is told by failed, once for all of it.
func (d *Writer) raw(markup string) { _, _ = d.body.WriteString(markup) }

// failed answers the first error of all that was written: the buffer keeps it.
func (d *Writer) failed() error {
	if _, err := d.body.Write(nil); err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	return nil
}

// Close ends the document. It leaves open what the document is written to.
func (d *Writer) Close() error {
	section := section
	if !d.rtl {
		section = strings.Replace(section, `<w:bidi/>`, ``, 1)
	}
	if err := d.end(section + `</w:body></w:document>`); err != nil {
		return err
	}
	if err := d.zip.Close(); err != nil {
		return fmt.Errorf("end document: %w", err)
	}
	return nil
}
