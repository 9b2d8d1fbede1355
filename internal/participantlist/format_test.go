package participantlist_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	grpccodes "google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/testing/protocmp"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/access"
	"github.com/un-placard/placard/internal/document"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/participantlist"
	"github.com/un-placard/placard/internal/seal"
	"github.com/un-placard/placard/internal/store"
	"github.com/un-placard/placard/internal/store/storetest"
)

const (
	xlsx = placardv1.ExportParticipantListRequest_XLSX
	json = placardv1.ExportParticipantListRequest_JSON
	docx = placardv1.ExportParticipantListRequest_DOCX
	pdf  = placardv1.ExportParticipantListRequest_PDF
)

func of(format placardv1.ExportParticipantListRequest_Format, language string) *placardv1.ExportParticipantListRequest {
	return &placardv1.ExportParticipantListRequest{Name: "meetings/m1/participantList", Format: format, Language: language}
}

// The file is the message, with what the caller reads of it.
func TestExportJSON(t *testing.T) {
	each(t, func(t *testing.T, svc *participantlist.Service, s *store.Store) {
		contract, err := access.ReadContract()
		if err != nil {
			t.Fatal(err)
		}
		for name, p := range map[string]access.Principal{
			"secretariat": secretariat, "reader": reader, "mission": mission("AUT"), "mission of nobody": mission("CHL"),
		} {
			for _, provisional := range []bool{false, true} {
				want := get(t, svc, p, &placardv1.GetParticipantListRequest{Language: "es", Provisional: provisional})
				contract.Redact(p, placardv1.ParticipantListService_GetParticipantList_FullMethodName, want)
				req := of(json, "es")
				req.Provisional = provisional
				out := export(t, svc, p, req)
				got := opened(t, s, out.content())
				if diff := cmp.Diff(want, got, protocmp.Transform(), protocmp.IgnoreFields(want, "seal")); diff != "" {
					t.Errorf("%s, provisional %t: %s", name, provisional, diff)
				}
				if out.chunks[0].GetContentType() != "application/json" {
					t.Errorf("content type %q", out.chunks[0].GetContentType())
				}
				if again := export(t, svc, p, req); !bytes.Equal(out.content(), again.content()) {
					t.Errorf("%s: the same list is other bytes", name)
				}
			}
		}
		out := export(t, svc, reader, of(json, "es"))
		if strings.Contains(string(out.content()), `"late"`) {
			t.Error("a reader sees what was late")
		}
	})
}

// opened reads a list that was exported, after it has looked at its form and
// its seal.
func opened(t *testing.T, s *store.Store, content []byte) *placardv1.ParticipantList {
	t.Helper()
	canonical := jsontext.Value(bytes.Clone(content))
	if err := canonical.Canonicalize(); err != nil || !bytes.Equal(canonical, content) {
		t.Errorf("not in canonical form, %v: %s", err, content)
	}
	set, err := seal.Published(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := seal.ReadKeys(bytes.NewReader(set))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := seal.Verify(bytes.NewReader(content), keys); err != nil {
		t.Errorf("verify: %v", err)
	}
	list := &placardv1.ParticipantList{}
	if err := protojson.Unmarshal(content, list); err != nil {
		t.Fatalf("%v\n%s", err, content)
	}
	return list
}

func TestExportXLSX(t *testing.T) {
	each(t, func(t *testing.T, svc *participantlist.Service, _ *store.Store) {
		for _, language := range []string{"es", "ar"} {
			out := export(t, svc, secretariat, of(xlsx, language))
			f, err := excelize.OpenReader(bytes.NewReader(out.content()))
			if err != nil {
				t.Fatal(err)
			}
			sheet := f.GetSheetName(0)
			rows, err := f.GetRows(sheet)
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) != 8 || len(rows[0]) != 11 {
				t.Fatalf("%d rows of %d cells", len(rows), len(rows[0]))
			}
			view, err := f.GetSheetView(sheet, 0)
			if err != nil || *view.RightToLeft != (language == "ar") {
				t.Errorf("%s: right to left: %v, %v", language, view.RightToLeft, err)
			}
			panes, err := f.GetPanes(sheet)
			if err != nil || !panes.Freeze || panes.YSplit != 1 {
				t.Errorf("panes %v, %v", panes, err)
			}
			if language == "es" {
				checkSheet(t, f, sheet)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

func checkSheet(t *testing.T, f *excelize.File, sheet string) {
	t.Helper()
	rows, err := f.GetRows(sheet)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Estados parte", "AUT", "Austria", "2", "H.E. Ms.", "Eva =HYPERLINK(1)", "",
		"Ambassador, \"Permanent\" Representative", "Ministry", "Jefe/a de delegación", "Presencial",
	}
	for _, row := range rows {
		if len(row) > 4 && row[4] == want[4] {
			if diff := cmp.Diff(want, row); diff != "" {
				t.Error(diff)
			}
		}
	}
	for row := range rows {
		for column := range rows[row] {
			cell, _ := excelize.CoordinatesToCellName(column+1, row+1)
			formula, err := f.GetCellFormula(sheet, cell)
			if err != nil || formula != "" {
				t.Errorf("%s is the formula %q (%v)", cell, formula, err)
			}
			kind, err := f.GetCellType(sheet, cell)
			if err != nil || kind != excelize.CellTypeInlineString {
				t.Errorf("%s is of type %v (%v)", cell, kind, err)
			}
		}
	}
	properties, err := f.GetDocProps()
	if err != nil || properties.Title != "Lista de participantes – Segunda reunión" || properties.Creator != "Naciones Unidas" {
		t.Errorf("properties %v, %v", properties, err)
	}
}

// paragraphs are the texts of a document, each after its style.
func paragraphs(t *testing.T, content []byte) []string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	d := xml.NewDecoder(f)
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			switch e.Name.Local {
			case "p":
				out = append(out, "")
			case "pStyle":
				out[len(out)-1] = e.Attr[0].Value + ": "
			}
		case xml.CharData:
			if len(out) > 0 {
				out[len(out)-1] += string(e)
			}
		}
	}
}

func TestExportDOCX(t *testing.T) {
	each(t, func(t *testing.T, svc *participantlist.Service, _ *store.Store) {
		req := of(docx, "en")
		req.Symbol, req.Date = "CTOC/COP/WG.4/2026/INF/1/Rev.1/Add.2", "2026-01-15"
		out := export(t, svc, mission("AUT"), req)
		want := []string{
			"MastheadOrganization: United Nations", "MastheadSymbol: CTOC/COP/WG.4/2026/INF/1/Rev.1/Add.2",
			"MastheadBody: ", "MastheadNote: Distr.: General", "MastheadNote: 15 January 2026", "MastheadNote: English",
			"Subtitle: Second meeting", "Subtitle: 1–3 February 2026",
			"Title: List of participants", "Subtitle: Revision", "Subtitle: Addendum",
			"Heading1: States parties", "Heading2: AUSTRIA",
			"EntryName: H.E. Ms. Eva =HYPERLINK(1), Head of delegation",
			"EntryDetail: Ambassador, \"Permanent\" Representative, Ministry",
			"Entry: 王明 (Ming Wang)",
		}
		if diff := cmp.Diff(want, paragraphs(t, out.content())); diff != "" {
			t.Error(diff)
		}
		if got := out.header.Get("content-disposition"); len(got) != 1 || got[0] != `attachment; filename="participants-m1-en.docx"` {
			t.Errorf("content disposition %q", got)
		}
		if again := export(t, svc, mission("AUT"), req); !bytes.Equal(out.content(), again.content()) {
			t.Error("the same list is other bytes")
		}

		req = of(docx, "fr")
		req.Provisional = true
		got := strings.Join(paragraphs(t, export(t, svc, secretariat, req).content()), "\n")
		for _, want := range []string{
			"Title: Liste provisoire des participants", "MastheadNote: Distr. limitée",
			"MastheadNote: 10 janvier 2026", "Subtitle: 1er-3 février 2026", "Heading2: ÉGYPTE", "Heading1: Signataires",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("%q is missing in\n%s", want, got)
			}
		}
	})
}

func TestExportPDFUnavailable(t *testing.T) {
	each(t, func(t *testing.T, svc *participantlist.Service, _ *store.Store) {
		out := &stream{ctx: access.With(t.Context(), secretariat)}
		f, ok := fault.As(svc.ExportParticipantList(of(pdf, "en"), out))
		if !ok || f.Code != grpccodes.FailedPrecondition || f.Reason != "PDF_UNAVAILABLE" {
			t.Errorf("got %v", f)
		}
		if len(out.chunks) > 0 || len(out.header) > 0 {
			t.Error("a file has begun")
		}
	})
}

func TestGetAttendance(t *testing.T) {
	each(t, func(t *testing.T, svc *participantlist.Service, _ *store.Store) {
		ctx := access.With(t.Context(), secretariat)
		got, err := svc.GetAttendance(ctx, &placardv1.GetAttendanceRequest{Name: "meetings/m1/attendance", Language: "fr"})
		if err != nil {
			t.Fatal(err)
		}
		want := &placardv1.Attendance{Name: "meetings/m1/attendance", Language: "fr", Paragraphs: []*placardv1.Attendance_Paragraph{
			{
				ParticipationStatus: placardv1.ParticipationStatus_STATE_PARTY,
				Text:                "Les États parties ci-après étaient représentés à la réunion\u00a0: Allemagne, Autriche, Égypte et Espagne.",
				Entities:            []string{"entities/DEU", "entities/AUT", "entities/EGY", "entities/ESP"},
			},
			{
				ParticipationStatus: placardv1.ParticipationStatus_SIGNATORY,
				Text:                "L’État signataire ci-après était représenté à la réunion\u00a0: Mexique.",
				Entities:            []string{"entities/MEX"},
			},
			{
				ParticipationStatus: placardv1.ParticipationStatus_SPECIALIZED_AGENCY,
				Text:                "L’institution spécialisée des Nations Unies ci-après était représentée par un observateur\u00a0: World Health Organization.",
				Entities:            []string{"entities/WHO"},
			},
		}}
		if diff := cmp.Diff(want, got, protocmp.Transform()); diff != "" {
			t.Error(diff)
		}
		_, err = svc.GetAttendance(ctx, &placardv1.GetAttendanceRequest{Name: "meetings/m3/attendance"})
		if f, ok := fault.As(err); !ok || f.Reason != "NOT_FOUND" || f.Meta["resource"] != "meetings/m3/attendance" {
			t.Errorf("got %v", err)
		}
	})
}

// TestPages looks at the pages that LibreOffice makes. Where LibreOffice or
// poppler is missing, it is left out, unless PLACARD_TEST_PAGES=required.
func TestPages(t *testing.T) {
	needPages(t)
	s := storetest.Open(t, storetest.SQLite, storetest.At(now))
	write(t, s)
	writePages(t, s)
	svc := newService(t, s, document.NewOffice(""))
	for language, want := range map[string]struct {
		rtl bool
		// head is the first line of the part, words are in this order.
		head  string
		words []string
	}{
		"en": {false, "States parties", []string{
			"United Nations", "INF/1/Add.1", "Distr.: General", "Second meeting", "1–3 February 2026",
			"List of participants", "Addendum", "States parties", "AUSTRIA", "Head of delegation", "Signatories", "MEXICO",
		}},
		"es": {false, "Estados parte", []string{
			"Naciones Unidas", "INF/1/Add.1", "Distr. general", "Segunda reunión", "1 a 3 de febrero de 2026",
			"Lista de participantes", "Adición", "Estados parte", "ALEMANIA", "Signatarios", "MÉXICO",
		}},
		// Words without lam-alef, which PDF turns around.
		"ar": {true, "الدول", []string{"المتحدة", "Distr.: General", "قائمة", "Adviser 399"}},
		"zh": {false, "缔约国", []string{
			"联合国", "INF/1/Add.1", "Distr.: General", "与会者名单", "增编", "缔约国", "王明", "签署国",
		}},
	} {
		t.Run(language, func(t *testing.T) {
			req := of(pdf, language)
			req.Symbol = "INF/1/Add.1"
			out := export(t, svc, secretariat, req)
			if !bytes.HasPrefix(out.content(), []byte("%PDF-")) || out.chunks[0].GetContentType() != "application/pdf" {
				t.Fatalf("%s: %.20q", out.chunks[0].GetContentType(), out.content())
			}
			file := filepath.Join(t.TempDir(), "list.pdf")
			if err := os.WriteFile(file, out.content(), 0o600); err != nil {
				t.Fatal(err)
			}
			pages := strings.Split(strings.TrimSuffix(pdftotext(t, file), "\f"), "\f")
			if len(pages) < 5 {
				t.Fatalf("%d pages", len(pages))
			}
			rest := strings.Join(pages, "\f")
			for _, word := range want.words {
				_, after, found := strings.Cut(rest, word)
				if !found {
					t.Fatalf("%q is missing, or not behind what was before:\n%s", word, pages[0])
				}
				rest = after
			}
			for i, page := range pages[1:] {
				if !strings.HasPrefix(strings.TrimSpace(page), "INF/1/Add.1") {
					t.Errorf("page %d does not begin with the symbol: %.50q", i+2, page)
				}
			}
			if left, width := position(t, file, strings.Fields(want.head)[0]); (left > width/2) != want.rtl {
				t.Errorf("%q stands at %.0f of %.0f", want.head, left, width)
			}
		})
	}
	t.Run("no heading is left alone", func(t *testing.T) {
		for _, symbol := range []string{"A", "A/Add.1", "A/Add.1/Corr.1"} {
			req := of(pdf, "en")
			req.Symbol = symbol
			file := filepath.Join(t.TempDir(), "list.pdf")
			if err := os.WriteFile(file, export(t, svc, secretariat, req).content(), 0o600); err != nil {
				t.Fatal(err)
			}
			for i, page := range strings.Split(strings.TrimSuffix(pdftotext(t, file), "\f"), "\f") {
				lines := strings.FieldsFunc(page, func(r rune) bool { return r == '\n' })
				// The last one is the number of the page.
				if last := lines[len(lines)-2]; last == strings.ToUpper(last) || strings.HasPrefix(last, "Specialized") {
					t.Errorf("%s: page %d ends with %q", symbol, i+1, last)
				}
			}
		}
	})
}

// needPages leaves a test out where pages cannot be made or read.
func needPages(t *testing.T) {
	t.Helper()
	for _, program := range []string{document.DefaultProgram, "pdftotext"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("PLACARD_TEST_PAGES") == "required" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
}

// writePages adds organizations to m1 for several pages.
func writePages(t *testing.T, s *store.Store) {
	t.Helper()
	err := s.InTx(storetest.System(t), func(ctx context.Context, tx *store.Tx) error {
		w := world{ctx, tx}
		for i := range 100 {
			code := "Z" + string(rune('A'+i/26)) + string(rune('A'+i%26))
			if err := w.entity(code, &placardv1.LocalizedText{En: "Organization " + code}); err != nil {
				return err
			}
			if err := w.invitation("m1", code, "IGO"); err != nil {
				return err
			}
			err := w.delegation("m1", code, "ACCEPTED", false, func(id int64) []*db.ParticipantVersionCreate {
				var persons []*db.ParticipantVersionCreate
				for n := range int32(4) {
					p := w.person(id, "m1", code, strings.ToLower(code)+string(rune('a'+n)), n+1, n+1, "OBSERVER").
						SetFunctionalTitle("Adviser " + strings.TrimSpace(strings.Repeat(" of the office", int(n)*3)))
					if i == 99 && n == 3 {
						p.SetFunctionalTitle("Adviser 399")
					}
					persons = append(persons, p)
				}
				return persons
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func pdftotext(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "pdftotext", append(args, "-")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// position answers where the right end of a word is, and how wide the page. A
// word of Arabic may come with its letters from left to right.
func position(t *testing.T, file, word string) (right, width float64) {
	t.Helper()
	var page struct {
		Pages []struct {
			Width float64 `xml:"width,attr"`
			Words []struct {
				Right float64 `xml:"xMax,attr"`
				Text  string  `xml:",chardata"`
			} `xml:"word"`
		} `xml:"body>doc>page"`
	}
	text := pdftotext(t, "-bbox", "-f", "1", "-l", "1", file)
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict, d.Entity = false, xml.HTMLEntity
	if err := d.Decode(&page); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	for _, w := range page.Pages[0].Words {
		letters := []rune(strings.Trim(w.Text, "\u202a\u202b\u202c"))
		asRead := string(letters)
		if slices.Reverse(letters); asRead == word || string(letters) == word {
			return w.Right, page.Pages[0].Width
		}
	}
	t.Fatalf("%q is not on the page:\n%s", word, text)
	return 0, 0
}
