package app_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"google.golang.org/genproto/googleapis/api/httpbody"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
)

func fileOf(content []byte) *httpbody.HttpBody { return &httpbody.HttpBody{Data: content} }

func csvOf(lines ...string) *httpbody.HttpBody {
	return fileOf([]byte(strings.Join(lines, "\n") + "\n"))
}

// troubles shows all problems of a file: "3 email STRING_MAILBOX".
func troubles(r *placardv1.ImportDelegationResponse) []string {
	var out []string
	for _, p := range r.GetProblems() {
		out = append(out, strings.TrimSpace("0 "+p.GetField())+" "+p.GetReason())
	}
	for _, row := range r.GetRows() {
		for _, p := range row.GetProblems() {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%d %s", row.GetLine(), p.GetField()))+" "+p.GetReason())
		}
	}
	return out
}

// edited is a spreadsheet after somebody worked on its first sheet.
func edited(t *testing.T, file []byte, edit func(f *excelize.File, sheet string) error) []byte {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if err := edit(f, f.GetSheetList()[0]); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := errors.Join(f.Write(&out), f.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestImportStory: a mission downloads the template, fills it in, looks at what
// would change, imports it, and the Secretariat accepts it.
func TestImportStory(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin, mission := c.As(t, c.Admin), c.As(t, c.Key(t, "mission", "MEX"))
		name := c.newMeeting(t, "import", nil, "MEX") + "/delegations/MEX"
		download := func(language string) []byte {
			t.Helper()
			return must(c.delegations.DownloadDelegationTemplate(mission, &placardv1.DownloadDelegationTemplateRequest{Name: name, Language: language}))(t).GetData()
		}
		filled := edited(t, download("es"), func(f *excelize.File, sheet string) error {
			return errors.Join(
				f.SetSheetRow(sheet, "A2", &[]any{"Excma. Sra.", "Ana", "EJEMPLO", "Jefe/a de delegación", "Representante Permanente", "", "Presencial", "", "", "ana@example.org", 436601234567, "Español", "4711"}),
				f.SetSheetRow(sheet, "A3", &[]any{"", "Luis", "de la Muestra", "Experta", "", "", "En línea"}),
			)
		})
		req := &placardv1.ImportDelegationRequest{Name: name, Content: fileOf(filled), ValidateOnly: true, NoteVerbale: &placardv1.NoteVerbale{Reference: "45/2026"}}
		dry := must(c.delegations.ImportDelegation(mission, req))(t)
		equal(t, "dry run", changesOf(dry.GetDifference()), []string{"ADDED Ana EJEMPLO (review)", "ADDED Luis de la Muestra (review)"})
		if dry.GetDelegation() != nil || dry.GetFormat() != "xlsx" || len(troubles(dry)) > 0 || len(dry.GetRows()) != 2 {
			t.Errorf("dry run: %v", dry)
		}
		if p := dry.GetRows()[0].GetParticipant(); p.GetPhone() != "436601234567" || p.GetExternalId() != "4711" || p.GetLanguage() != "es" || dry.GetRows()[1].GetLine() != 3 {
			t.Errorf("rows: %v", dry.GetRows())
		}
		_, err := c.delegations.GetDelegation(mission, &placardv1.GetDelegationRequest{Name: name})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")

		req.ValidateOnly, req.RequestId = false, c.id+"-import"
		done := must(c.delegations.ImportDelegation(mission, req))(t)
		if d := done.GetDelegation(); d.GetParticipantCount() != 2 || d.GetNoteVerbale().GetReference() != "45/2026" || d.GetState() != placardv1.Delegation_SUBMITTED {
			t.Errorf("imported: %v", d)
		}
		again := must(c.delegations.ImportDelegation(mission, req))(t)
		equal(t, "repeated", changesOf(again.GetDifference()), changesOf(done.GetDifference()))
		must(c.delegations.AcceptDelegation(admin, &placardv1.AcceptDelegationRequest{Name: name, Revision: 1}))(t)
		equal(t, "list", c.listed(admin, t, strings.TrimSuffix(name, "/delegations/MEX"), "en", false), []string{"MEX: Ana EJEMPLO, Luis de la Muestra"})

		_, err = c.delegations.ImportDelegation(mission, &placardv1.ImportDelegationRequest{Name: name, Content: fileOf(filled)})
		wantFault(t, err, codes.InvalidArgument, "ETAG_REQUIRED")
		etag := must(c.delegations.GetDelegation(mission, &placardv1.GetDelegationRequest{Name: name}))(t).GetEtag()
		for _, language := range locale.Languages() {
			same := must(c.delegations.ImportDelegation(mission, &placardv1.ImportDelegationRequest{
				Name: name, Content: fileOf(download(language)), ValidateOnly: true, Etag: etag,
			}))(t)
			if len(same.GetDifference().GetItems()) > 0 || len(troubles(same)) > 0 || len(same.GetRows()) != 2 || len(same.GetUnknownColumns()) > 0 {
				t.Errorf("the template in %s, unchanged: %v", language, same)
			}
		}
		// Two spellings changed: the names of participants keep who is who.
		renamed := edited(t, download("ar"), func(f *excelize.File, sheet string) error {
			return errors.Join(f.SetCellStr(sheet, "C2", "OTRA"), f.SetCellStr(sheet, "B3", "Lucas"))
		})
		diff := must(c.delegations.ImportDelegation(mission, &placardv1.ImportDelegationRequest{
			Name: name, Content: fileOf(renamed), Etag: etag,
		}))(t).GetDifference()
		equal(t, "renamed", changesOf(diff), []string{"CHANGED Ana OTRA familyName (review)", "CHANGED Lucas de la Muestra givenName (review)"})
	})
}

// TestImportProblems: everything that is wrong with a file is told by line and
// column, and nothing of it is written.
func TestImportProblems(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		mission := c.As(t, c.Key(t, "mission", "AUT"))
		name := c.newMeeting(t, "problems", func(m *placardv1.Meeting) {
			m.Quotas = []*placardv1.Meeting_Quota{{Limit: 3, Modality: placardv1.Participant_IN_PERSON}}
		}, "AUT") + "/delegations/AUT"
		d := must(c.delegations.SubmitDelegation(mission, &placardv1.SubmitDelegationRequest{Name: name, Participants: []*placardv1.Participant{
			person("", "Max", "MUSTER", placardv1.Participant_HEAD), person("", "Max", "MUSTER", placardv1.Participant_EXPERT),
		}}))(t).GetDelegation()
		for title, x := range map[string]struct {
			lines []string
			want  []string
		}{
			"many at once": {
				[]string{"Prénom;Nom;Fonction;Rôle;Courriel;Langue;name;Remarque", "A;B;;Chef de délégation;x;;;", ";;;HEAD;;de;;", "\u0301;;;King;a@example.org;;meetings/other/delegations/AUT/participants/1;", "C;D;;;;;Carl;x"},
				[]string{
					"2 email STRING_MAILBOX", "3 language IMPORT_VALUE", "3 PARTICIPANT_NAME", "3 role TOO_MANY_HEADS", "4 role IMPORT_VALUE",
					"4 name UNKNOWN_PARTICIPANT", "4 family_name NAME_EMPTY", "5 name IMPORT_VALUE", "5 role REQUIRED",
				},
			},
			"two who are one":      {[]string{"given_name,family_name,role,external_id", "A,B,HEAD,7", "C,D,EXPERT,7"}, []string{"3 external_id DUPLICATE_EXTERNAL_ID"}},
			"one who may be two":   {[]string{"given_name,family_name,role", "A,B,HEAD", "max,muster,EXPERT"}, []string{"3 name AMBIGUOUS_MATCH"}},
			"over quota":           {[]string{"family_name,role", "A,EXPERT", "B,EXPERT", "C,EXPERT", "D,EXPERT"}, []string{"0 TOO_MANY_WITHDRAWALS"}},
			"a row that is wide":   {[]string{"family_name,role", "A,HEAD,x,y", "B,King"}, []string{"2 SHEET_TOO_WIDE", "3 role IMPORT_VALUE"}},
			"an open quote":        {[]string{"family_name,role", "A,King", "\"B,EXPERT", "C,EXPERT"}, []string{"2 role IMPORT_VALUE", "3 SHEET_QUOTES"}},
			"nobody":               {[]string{"family_name,role"}, []string{"0 SHEET_EMPTY"}},
			"without roles":        {[]string{"family_name", "A"}, []string{"0 role IMPORT_COLUMN_MISSING"}},
			"two columns for one":  {[]string{"Family name,Фамилия,role", "A,B,HEAD"}, []string{"0 family_name IMPORT_COLUMN_TWICE"}},
			"HTML and formulas":    {[]string{"family_name,role,organization", "<script>alert(1)</script>,HEAD,\"=HYPERLINK(\"\"x\"\")\"", "=1+A,EXPERT,'@x"}, []string{"0 TOO_MANY_WITHDRAWALS"}},
			"a text of two lines":  {[]string{"family_name,role", "\"A\nB\",HEAD"}, []string{"2 family_name STRING_LINE"}},
			"a date of any column": {[]string{"family_name,role,date of arrival", "A,King,12/11/2026"}, []string{"2 role IMPORT_VALUE"}},
		} {
			t.Run(title, func(t *testing.T) {
				req := &placardv1.ImportDelegationRequest{Name: name, Content: csvOf(x.lines...), Etag: d.GetEtag(), ValidateOnly: true}
				answer := must(c.delegations.ImportDelegation(mission, req))(t)
				equal(t, "problems", sorted(troubles(answer)), sorted(x.want))
				if answer.GetDifference() != nil || answer.GetDelegation() != nil {
					t.Errorf("and a difference: %v", answer)
				}
				req.ValidateOnly = false
				_, err := c.delegations.ImportDelegation(mission, req)
				if x.want[0] == "0 TOO_MANY_WITHDRAWALS" {
					wantFault(t, err, codes.FailedPrecondition, "TOO_MANY_WITHDRAWALS")
					return
				}
				var want []string
				for _, p := range x.want {
					line, rest, _ := strings.Cut(p, " ")
					field := "rows " + p[strings.LastIndex(p, " ")+1:]
					switch column, reason, ok := strings.Cut(rest, " "); {
					case line == "0":
					case ok:
						field = "rows[" + line + "]." + column + " " + reason
					default:
						field = "rows[" + line + "] " + rest
					}
					want = append(want, field)
				}
				equal(t, "violations", sorted(violationsOf(err)), sorted(want))
			})
		}
		over := &placardv1.ImportDelegationRequest{Name: name, Etag: d.GetEtag(), ValidateOnly: true, MaxWithdrawals: proto.Int32(2), Content: csvOf("family_name,role", "A,HEAD", "B,EXPERT", "C,EXPERT", "D,EXPERT")}
		equal(t, "over quota", troubles(must(c.delegations.ImportDelegation(mission, over))(t)), []string{"0 QUOTA_EXCEEDED"})
		over.ValidateOnly = false
		_, err := c.delegations.ImportDelegation(mission, over)
		wantFault(t, err, codes.FailedPrecondition, "QUOTA_EXCEEDED")
		equal(t, "violations", violationsOf(err), []string{"rows QUOTA_EXCEEDED"})

		// More persons than a delegation has; the violations are bounded.
		crowd := []string{"family_name,role"}
		for i := range 501 {
			crowd = append(crowd, fmt.Sprintf("P%d,King", i))
		}
		req := &placardv1.ImportDelegationRequest{Name: name, Etag: d.GetEtag(), Content: csvOf(crowd...), ValidateOnly: true}
		if got := troubles(must(c.delegations.ImportDelegation(mission, req))(t)); len(got) != 501 || got[0] != "0 IMPORT_TOO_LARGE" {
			t.Errorf("501 persons: %d problems, first %v", len(got), got[0])
		}
		req.ValidateOnly = false
		_, err = c.delegations.ImportDelegation(mission, req)
		if got := violationsOf(err); len(got) != 100 || got[0] != "rows IMPORT_TOO_LARGE" {
			t.Errorf("501 persons: %d violations of %v", len(got), err)
		}
		req.Etag = "77"
		_, err = c.delegations.ImportDelegation(mission, req)
		wantFault(t, err, codes.Aborted, "ETAG_MISMATCH")

		if now := must(c.delegations.GetDelegation(mission, &placardv1.GetDelegationRequest{Name: name}))(t); !proto.Equal(now, d) {
			t.Errorf("something was written: %v", now)
		}
	})
}

func sorted(s []string) []string {
	slices.Sort(s)
	return s
}

// hostile are files that are made to do harm, or are none, and what is told of
// them.
func hostile(t *testing.T) map[string]struct {
	file       []byte
	want, says string
} {
	t.Helper()
	book := excelize.NewFile()
	var plain bytes.Buffer
	if err := errors.Join(book.SetSheetRow("Sheet1", "A1", &[]string{"Family name", "Given name", "Role"}), book.Write(&plain), book.Close()); err != nil {
		t.Fatal(err)
	}
	// with is the spreadsheet and one more part: where it claims another size, with
	// that in its directory.
	with := func(part string, content []byte, claims uint64) []byte {
		var out bytes.Buffer
		in := must(zip.NewReader(bytes.NewReader(plain.Bytes()), int64(plain.Len())))(t)
		w := zip.NewWriter(&out)
		for _, p := range in.File {
			if err := w.Copy(p); err != nil {
				t.Fatal(err)
			}
		}
		var p io.Writer
		if claims > 0 {
			p = must(w.CreateRaw(&zip.FileHeader{
				Name: part, Method: zip.Store, CRC32: crc32.ChecksumIEEE(content),
				CompressedSize64: uint64(len(content)), UncompressedSize64: claims,
			}))(t)
		} else {
			p = must(w.Create(part))(t)
		}
		if _, err := p.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	return map[string]struct {
		file       []byte
		want, says string
	}{
		"a bomb":          {with("xl/worksheets/sheet9.xml", make([]byte, 2<<20), 0), "SHEET_TOO_LARGE", "too large"},
		"a large bomb":    {with("xl/worksheets/sheet9.xml", []byte("x"), 4<<30), "SHEET_TOO_LARGE", "too large"},
		"large styles":    {with("xl/theme/theme9.xml", make([]byte, 9<<20), 0), "SHEET_TOO_LARGE", "too large"},
		"macros":          {with("xl/vbaProject.bin", []byte("x"), 0), "SHEET_MACRO", "macros"},
		"other files":     {with("xl/externalLinks/externalLink1.xml", []byte("x"), 0), "SHEET_FORMULA", "links"},
		"a formula":       {edited(t, plain.Bytes(), func(f *excelize.File, s string) error { return f.SetCellFormula(s, "C2", "1+1") }), "SHEET_FORMULA", "line 2, column 3"},
		"a PDF":           {[]byte("%PDF-1.7\n1 0 obj"), "SHEET_FORMAT", "neither CSV nor XLSX"},
		"HTML":            {[]byte("<!DOCTYPE html><html>"), "SHEET_FORMAT", "neither CSV nor XLSX"},
		"half a file":     {plain.Bytes()[:plain.Len()/2], "SHEET_FORMAT", "damaged"},
		"zeros":           {make([]byte, 1000), "SHEET_FORMAT", "zero bytes"},
		"1,000 columns":   {[]byte(strings.Repeat("a,", 999) + "a\n"), "SHEET_TOO_WIDE", "1000 columns"},
		"a long line":     {[]byte("family_name,role\n" + strings.Repeat("x", 1<<20+1) + ",HEAD\n"), "SHEET_TOO_LONG", ""},
		"mixed encodings": {[]byte("family_name,role\nMuñoz,HEAD\nMu\xf1oz,EXPERT\n"), "SHEET_ENCODING", "line 3"},
		"no header":       {[]byte("\n\n\n"), "SHEET_EMPTY", "header"},
	}
}

// TestImportHostile: files that are made to do harm, or are none, are refused,
// and nothing of them is kept.
func TestImportHostile(t *testing.T) {
	files := hostile(t)
	each(t, func(t *testing.T, c *clients) {
		mission := c.As(t, c.Key(t, "mission", "AUT"))
		name := c.newMeeting(t, "hostile", nil, "AUT") + "/delegations/AUT"
		for title, x := range files {
			t.Run(title, func(t *testing.T) {
				begun := time.Now()
				req := &placardv1.ImportDelegationRequest{Name: name, Content: fileOf(x.file), ValidateOnly: true}
				answer := must(c.delegations.ImportDelegation(mission, req))(t)
				all := answer.GetProblems()
				for _, row := range answer.GetRows() {
					all = append(all, row.GetProblems()...)
				}
				if len(all) != 1 || all[0].GetReason() != x.want || !strings.Contains(all[0].GetMessage(), x.says) {
					t.Errorf("problems %v, want %s with %q", all, x.want, x.says)
				}
				req.ValidateOnly = false
				_, err := c.delegations.ImportDelegation(mission, req)
				wantFault(t, err, codes.InvalidArgument, x.want)
				if took := time.Since(begun); took > 5*time.Second {
					t.Errorf("it took %v", took)
				}
			})
		}
		_, err := c.delegations.ImportDelegation(mission, &placardv1.ImportDelegationRequest{
			Name: name, Content: fileOf(make([]byte, 5<<20+1)), ValidateOnly: true,
		})
		wantFault(t, err, codes.InvalidArgument, "FILE_TOO_LARGE")
		_, err = c.delegations.GetDelegation(mission, &placardv1.GetDelegationRequest{Name: name})
		wantFault(t, err, codes.NotFound, "NOT_FOUND")
	})
}

// TestImportEncodings: files as spreadsheets of all kinds write them.
func TestImportEncodings(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		mission := c.As(t, c.Key(t, "mission", "MEX"))
		name := c.newMeeting(t, "encodings", nil, "MEX") + "/delegations/MEX"
		const text = "Apellidos;Nombre;Función;Modalidad\r\nMuñoz;Ángel;Jefe de delegación;En línea\r\n"
		for _, x := range []struct {
			file                []byte
			encoding, separator string
		}{
			{[]byte(text), "utf-8", ";"},
			{[]byte("\ufeff" + strings.ReplaceAll(text, ";", ",")), "utf-8", ","},
			{must(charmap.Windows1252.NewEncoder().Bytes([]byte(text)))(t), "windows-1252", ";"},
			{must(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(strings.ReplaceAll(text, ";", "\t"))))(t), "utf-16le", "\t"},
			{must(unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().Bytes([]byte(text)))(t), "utf-16be", ";"},
		} {
			r := must(c.delegations.ImportDelegation(mission, &placardv1.ImportDelegationRequest{Name: name, Content: fileOf(x.file), ValidateOnly: true}))(t)
			if r.GetFormat() != "csv" || r.GetEncoding() != x.encoding || r.GetSeparator() != x.separator || len(troubles(r)) > 0 {
				t.Errorf("%s %q: %v", x.encoding, x.separator, r)
			}
			p := r.GetRows()[0].GetParticipant()
			if p.GetFamilyName() != "Muñoz" || p.GetGivenName() != "Ángel" || p.GetRole() != placardv1.Participant_HEAD || p.GetModality() != placardv1.Participant_ONLINE {
				t.Errorf("%s: %v", x.encoding, p)
			}
		}
	})
}

// TestImportOfOthers: nobody imports or downloads what is not theirs.
func TestImportOfOthers(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "others", nil, "AUT", "MEX")
		name := meeting + "/delegations/AUT"
		c.submitAccepted(admin, t, name, person("1", "Erika", "MUSTERMANN", placardv1.Participant_HEAD))
		p := c.find(admin, t, name, "MUSTERMANN")
		content := csvOf("family_name,role", "A,HEAD")
		try := func(key, of string) (codes.Code, codes.Code) {
			ctx := c.As(t, key)
			_, imported := c.delegations.ImportDelegation(ctx, &placardv1.ImportDelegationRequest{Name: of, Content: content, ValidateOnly: true})
			_, template := c.delegations.DownloadDelegationTemplate(ctx, &placardv1.DownloadDelegationTemplateRequest{Name: of})
			a, _ := faultOf(imported)
			b, _ := faultOf(template)
			return a, b
		}
		mexico := c.Key(t, "mission", "MEX")
		for _, x := range []struct {
			who, key, of string
			want         codes.Code
		}{
			{"another mission", mexico, name, codes.NotFound},
			{"a mission, of a meeting that is not there", mexico, "meetings/nowhere/delegations/MEX", codes.NotFound},
			{"a mission that is not invited", c.Key(t, "mission", "FRA"), meeting + "/delegations/FRA", codes.NotFound},
			{"the Pass Office", c.Key(t, "pass_office", ""), name, codes.PermissionDenied},
			{"a reader", c.Key(t, "reader", ""), name, codes.PermissionDenied},
			{"the Secretariat, of nobody who is invited", c.Admin, meeting + "/delegations/FRA", codes.FailedPrecondition},
		} {
			if imported, template := try(x.key, x.of); imported != x.want || template != x.want {
				t.Errorf("%s: import %v, template %v, want %v", x.who, imported, template, x.want)
			}
		}
		// The name of a participant of another names nobody.
		r := must(c.delegations.ImportDelegation(c.As(t, mexico), &placardv1.ImportDelegationRequest{
			Name: meeting + "/delegations/MEX", Content: csvOf("family_name,role,name", "A,HEAD,"+p.GetName()), ValidateOnly: true,
		}))(t)
		equal(t, "a participant of another", troubles(r), []string{"2 name UNKNOWN_PARTICIPANT"})
		_, err := c.delegations.ImportDelegation(c.As(t, mexico), &placardv1.ImportDelegationRequest{
			Name: meeting + "/delegations/MEX", Content: content, Channel: placardv1.Channel_FAX,
		})
		wantFault(t, err, codes.PermissionDenied, "FIELD_NOT_WRITABLE")
		must(c.meetings.ConcludeMeeting(admin, &placardv1.ConcludeMeetingRequest{Name: meeting}))(t)
		_, err = c.delegations.ImportDelegation(c.As(t, mexico), &placardv1.ImportDelegationRequest{Name: meeting + "/delegations/MEX", Content: content, ValidateOnly: true})
		wantFault(t, err, codes.FailedPrecondition, "MEETING_CONCLUDED")
	})
}
