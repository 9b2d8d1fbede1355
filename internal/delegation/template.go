package delegation

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/xuri/excelize/v2"
	"google.golang.org/genproto/googleapis/api/httpbody"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/ent/db/participantversion"
	"github.com/un-placard/placard/internal/download"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
)

const spreadsheetType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// DownloadDelegationTemplate answers the file that ImportDelegation reads, with
// the latest composition.
func (s *Service) DownloadDelegationTemplate(
	ctx context.Context, req *placardv1.DownloadDelegationTemplateRequest,
) (*httpbody.HttpBody, error) {
	language := req.GetLanguage()
	if language == "" {
		language = locale.Best(locale.FromContext(ctx))
	}
	var persons []*placardv1.Participant
	err := s.store.Snapshot(ctx, func(ctx context.Context, client *db.Client) error {
		d, err := read(ctx, client, req.GetName(), nil)
		switch {
		case err != nil:
			return err
		case d.invitation == nil:
			return fault.Precondition("NOT_INVITED", "the meeting does not invite this entity", "delegation", d.name)
		case d.row == nil:
			return nil
		}
		versions, err := client.ParticipantVersion.Query().Where(
			participantversion.DelegationID(d.row.ID), participantversion.LatestOrderGT(0)).All(ctx)
		if err != nil {
			return fmt.Errorf("read composition: %w", err)
		}
		slices.SortFunc(versions, func(a, b *db.ParticipantVersion) int { return int(a.LatestOrder - b.LatestOrder) })
		for _, v := range versions {
			persons = append(persons, participantFromVersion(v, placardv1.CompositionView_LATEST))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	file, err := writeTemplate(language, persons, s.store.Now())
	if err != nil {
		return nil, fmt.Errorf("write template: %w", err)
	}
	called := "delegation-" + name.MeetingOf(req.GetName()) + "-" + name.EntityOf(req.GetName()) + "-" + language + ".xlsx"
	if err := download.SetName(ctx, download.Attachment, called); err != nil {
		return nil, err
	}
	return &httpbody.HttpBody{ContentType: spreadsheetType, Data: file}, nil
}

// columnWidths of a template, in characters, by field.
var columnWidths = map[string]float64{
	"honorific": 18, "given_name": 24, "family_name": 24, "role": 30, "functional_title": 40, "organization": 40,
	"modality": 16, "latin_given_name": 24, "latin_family_name": 24, "email": 30, "phone": 20, "language": 14,
	"external_id": 20, "name": 30,
}

// choices are the fields with a list to choose from.
func choices(lang string) map[string][]string {
	words := locale.Words(lang)
	out := map[string][]string{}
	for i := 1; i < len(placardv1.Participant_Role_name); i++ {
		out["role"] = append(out["role"], words.Roles[placardv1.Participant_Role(i)])
	}
	for i := 1; i < len(placardv1.Participant_Modality_name); i++ {
		out["modality"] = append(out["modality"], words.Modalities[placardv1.Participant_Modality(i)])
	}
	for _, l := range locale.Languages() {
		out["language"] = append(out["language"], words.Languages[l])
	}
	return out
}

// listSheet is the hidden sheet with what there is to choose from: a list within
// a rule may only have 255 characters.
const listSheet = "Lists"

// writeTemplate makes the file: a sheet to fill in, one that says how, and a
// hidden one.
func writeTemplate(lang string, persons []*placardv1.Participant, now time.Time) (_ []byte, err error) {
	t := &template{File: excelize.NewFile(), lang: lang, words: instructions[lang]}
	defer func() { err = errors.Join(err, t.Close()) }()
	made := now.UTC().Format(time.RFC3339)
	for _, step := range []func() error{
		t.sheets,
		t.lists,
		func() error { return t.table(persons) },
		t.instructions,
		func() error {
			return t.SetDocProps(&excelize.DocProperties{Title: t.words.table, Language: lang, Created: made, Modified: made})
		},
	} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	if _, err := t.WriteTo(&out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

type template struct {
	*excelize.File
	lang  string
	words guide
}

func (t *template) sheets() error {
	if err := t.SetSheetName("Sheet1", t.words.table); err != nil {
		return err
	}
	for _, name := range []string{t.words.title, listSheet} {
		if _, err := t.NewSheet(name); err != nil {
			return err
		}
	}
	rtl := t.lang == "ar"
	for _, name := range []string{t.words.table, t.words.title} {
		if err := t.SetSheetView(name, 0, &excelize.ViewOptions{RightToLeft: &rtl}); err != nil {
			return err
		}
	}
	return t.SetSheetVisible(listSheet, false)
}

// lists writes what there is to choose from, and has the table ask for it.
func (t *template) lists() error {
	all := choices(t.lang)
	for i, field := range importFields() {
		if all[field] == nil {
			continue
		}
		column, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		for n, word := range all[field] {
			if err := t.SetCellStr(listSheet, fmt.Sprintf("%s%d", column, n+1), word); err != nil {
				return err
			}
		}
		rule := excelize.NewDataValidation(true)
		rule.SetSqref(fmt.Sprintf("%s2:%s%d", column, column, MaxParticipants+1))
		rule.SetSqrefDropList(fmt.Sprintf("%s!$%s$1:$%s$%d", listSheet, column, column, len(all[field])))
		if err := t.AddDataValidation(t.words.table, rule); err != nil {
			return err
		}
	}
	return nil
}

// table writes the header and the persons. All cells are text, also those that
// are still empty: so a telephone number stays what was typed.
func (t *template) table(persons []*placardv1.Participant) error {
	const textFormat = 49
	text, err := t.NewStyle(&excelize.Style{NumFmt: textFormat})
	if err != nil {
		return err
	}
	bold, err := t.NewStyle(&excelize.Style{NumFmt: textFormat, Font: &excelize.Font{Bold: true}})
	if err != nil {
		return err
	}
	fields := importFields()
	last, err := excelize.ColumnNumberToName(len(fields))
	if err != nil {
		return err
	}
	if err := t.SetColStyle(t.words.table, "A:"+last, text); err != nil {
		return err
	}
	header := make([]string, len(fields))
	for i, field := range fields {
		header[i] = locale.Heading(t.lang, field)
		column, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return err
		}
		if err := t.SetColWidth(t.words.table, column, column, columnWidths[field]); err != nil {
			return err
		}
	}
	if err := t.SetSheetRow(t.words.table, "A1", &header); err != nil {
		return err
	}
	if err := t.SetRowStyle(t.words.table, 1, 1, bold); err != nil {
		return err
	}
	for i, p := range persons {
		said := sayings(p, t.lang)
		row := make([]string, len(fields))
		for j, field := range fields {
			row[j] = said[field]
		}
		if err := t.SetSheetRow(t.words.table, fmt.Sprintf("A%d", i+2), &row); err != nil {
			return err
		}
	}
	return t.SetPanes(t.words.table, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

func (t *template) instructions() error {
	wrap, err := t.NewStyle(&excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	if err != nil {
		return err
	}
	if err := errors.Join(t.SetColWidth(t.words.title, "A", "A", 100), t.SetColStyle(t.words.title, "A", wrap)); err != nil {
		return err
	}
	return t.SetSheetCol(t.words.title, "A1", &t.words.lines)
}
