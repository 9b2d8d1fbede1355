package participantlist

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/xuri/excelize/v2"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/sheet"
)

const (
	csvType         = "text/csv; charset=utf-8"
	spreadsheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	byteOrderMark   = "\ufeff"
)

// columns are those of a table, in the order of its cells, as package locale
// calls them.
var columns = [...]string{
	"participation_status", "entity_code", "entity", "order", "honorific", "display_name", "latin_name",
	"functional_title", "organization", "role", "modality",
}

// header is the first row of a table in an official language.
func header(lang string) []string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = locale.Heading(lang, c)
	}
	return out
}

// rows visits the rows of a list as a table, the header first.
func (l listing) rows(visit func(cells []string) error) error {
	words := locale.Words(l.language)
	if err := visit(header(l.language)); err != nil {
		return err
	}
	return l.each(func(d delegation, persons []*placardv1.ParticipantList_Person) error {
		for i, p := range persons {
			// The place in the delegation counts those on the list only.
			err := visit([]string{
				words.Statuses[d.status], d.entity, d.name.GetText(), strconv.Itoa(i + 1),
				p.GetHonorific(), p.GetDisplayName(), p.GetLatinName(), p.GetFunctionalTitle(), p.GetOrganization(),
				words.Roles[p.GetRole()], words.Modalities[p.GetModality()],
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// writeCSV writes whole rows at once.
func writeCSV(_ context.Context, w io.Writer, l listing) error {
	row := bytes.NewBufferString(byteOrderMark)
	rows := csv.NewWriter(row)
	rows.UseCRLF = true
	return l.rows(func(cells []string) error {
		for i, cell := range cells {
			cells[i] = sheet.Guard(cell)
		}
		_ = rows.Write(cells) // into memory
		rows.Flush()
		_, err := row.WriteTo(w)
		return err
	})
}

// widths of the columns, in characters.
var widths = [len(columns)]float64{26, 14, 32, 8, 18, 36, 30, 44, 52, 26, 14}

// writeSpreadsheet writes a sheet of which all cells are text, also by their
// number format: so nothing becomes a formula when it is edited either.
func writeSpreadsheet(_ context.Context, w io.Writer, l listing) (err error) {
	f := excelize.NewFile()
	defer func() { err = errors.Join(err, f.Close()) }()
	sheet, err := newSheet(f, l)
	if err != nil {
		return fmt.Errorf("begin spreadsheet: %w", err)
	}
	const textFormat = 49
	text, err := f.NewStyle(&excelize.Style{NumFmt: textFormat})
	if err != nil {
		return fmt.Errorf("begin spreadsheet: %w", err)
	}
	bold, err := f.NewStyle(&excelize.Style{NumFmt: textFormat, Font: &excelize.Font{Bold: true}})
	if err != nil {
		return fmt.Errorf("begin spreadsheet: %w", err)
	}
	style, at := bold, 0
	values := make([]any, len(widths))
	err = l.rows(func(cells []string) error {
		for i, cell := range cells {
			values[i] = excelize.Cell{StyleID: style, Value: cell}
		}
		style, at = text, at+1
		return sheet.SetRow("A"+strconv.Itoa(at), values)
	})
	if err != nil {
		return err
	}
	if err := sheet.Flush(); err != nil {
		return fmt.Errorf("write spreadsheet: %w", err)
	}
	if _, err := f.WriteTo(w); err != nil {
		return fmt.Errorf("write spreadsheet: %w", err)
	}
	return nil
}

// newSheet begins the one sheet of a file. Rows that are too many for memory go
// to a temporary file until it is written.
func newSheet(f *excelize.File, l listing) (*excelize.StreamWriter, error) {
	words := papers[l.language]
	name := words.list
	if err := f.SetSheetName("Sheet1", name); err != nil {
		return nil, err
	}
	rtl := l.language == "ar"
	if err := f.SetSheetView(name, 0, &excelize.ViewOptions{RightToLeft: &rtl}); err != nil {
		return nil, err
	}
	made := l.now.UTC().Format(time.RFC3339)
	err := f.SetDocProps(&excelize.DocProperties{
		Title: l.documentTitle(), Subject: l.symbol, Creator: words.organization, Language: l.language,
		Created: made, Modified: made,
	})
	if err != nil {
		return nil, err
	}
	sheet, err := f.NewStreamWriter(name)
	if err != nil {
		return nil, err
	}
	for i, width := range widths {
		if err := sheet.SetColWidth(i+1, i+1, width); err != nil {
			return nil, err
		}
	}
	return sheet, sheet.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}
