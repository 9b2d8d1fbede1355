package app_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/document"
)

// download reads a file to its end.
func (c *clients) download(ctx context.Context, req *placardv1.ExportParticipantListRequest) ([]byte, error) {
	return received(c.lists.ExportParticipantList(ctx, req))
}

// contentOf is everything that a file says: where it is a ZIP, of all its parts.
func contentOf(t *testing.T, file []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		return string(file)
	}
	var all strings.Builder
	for _, part := range z.File {
		r := must(part.Open())(t)
		all.Write(must(io.ReadAll(r))(t))
	}
	return all.String()
}

// formats are those that a server without LibreOffice makes.
var formats = []placardv1.ExportParticipantListRequest_Format{
	placardv1.ExportParticipantListRequest_CSV,
	placardv1.ExportParticipantListRequest_XLSX,
	placardv1.ExportParticipantListRequest_JSON,
	placardv1.ExportParticipantListRequest_DOCX,
}

// TestDocuments has an accepted delegation of Austria, to which a name was added
// that waits for review, and an accepted one of Egypt.
func TestDocuments(t *testing.T) {
	each(t, func(t *testing.T, c *clients) {
		admin := c.As(t, c.Admin)
		meeting := c.newMeeting(t, "documents", nil, "AUT", "EGY", "MEX")
		other := c.newMeeting(t, "documents-other", nil, "AUT")
		head := person("secret-4711", "Erika", "MUSTERMANN", placardv1.Participant_HEAD)
		head.Email, head.Phone = proto.String("erika.mustermann@example.org"), proto.String("+43 1 5550123")
		head.Organization = "=HYPERLINK(\"http://example.org\")"
		for _, d := range []*placardv1.SubmitDelegationRequest{
			{
				Name: meeting + "/delegations/AUT", Participants: []*placardv1.Participant{
					person("secret-4712", "Max", "BEISPIEL", placardv1.Participant_EXPERT), head,
				},
				FocalPoint: &placardv1.FocalPoint{Name: "Clara VORLAGE", Email: "clara.vorlage@example.org"},
			},
			{
				Name:         meeting + "/delegations/EGY",
				Participants: []*placardv1.Participant{person("secret-1", "كريم", "المثال", placardv1.Participant_HEAD)},
			},
		} {
			d.NoteVerbale = &placardv1.NoteVerbale{Reference: "1/2026", Date: "2026-01-02"}
			must(c.delegations.SubmitDelegation(admin, d))(t)
			must(c.delegations.AcceptDelegation(admin, &placardv1.AcceptDelegationRequest{Name: d.GetName(), Revision: 1}))(t)
		}
		must(c.participants.CreateParticipant(admin, &placardv1.CreateParticipantRequest{
			Parent: meeting + "/delegations/AUT", Participant: person("secret-4713", "Waltraud", "WARTEND", placardv1.Participant_ADVISER),
		}))(t)

		for _, who := range []struct {
			name, role, entity string
			provisional        bool
			sees, misses       []string
		}{
			{"secretariat", "secretariat", "", false, []string{"MUSTERMANN", "BEISPIEL", "المثال"}, []string{"WARTEND"}},
			{"secretariat, provisional", "secretariat", "", true, []string{"MUSTERMANN", "المثال", "WARTEND"}, nil},
			{"mission", "mission", "AUT", true, []string{"MUSTERMANN", "WARTEND"}, []string{"المثال", "EGYPT", "Egypt"}},
			{"another mission", "mission", "EGY", true, []string{"المثال"}, []string{"MUSTERMANN", "WARTEND", "AUSTRIA", "Austria"}},
			{"a mission without a delegation", "mission", "MEX", true, nil, []string{"المثال", "MUSTERMANN", "AUSTRIA", "Austria"}},
			{"reader", "reader", "", false, []string{"MUSTERMANN", "المثال"}, []string{"WARTEND", `"late"`}},
			{"pass office", "pass_office", "", false, []string{"MUSTERMANN", "المثال"}, []string{"WARTEND", `"late"`}},
		} {
			ctx := c.As(t, c.Key(t, who.role, who.entity))
			for _, format := range formats {
				file, err := c.download(ctx, &placardv1.ExportParticipantListRequest{
					Name: meeting + "/participantList", Language: "en", Format: format, Provisional: who.provisional,
				})
				if err != nil {
					t.Fatalf("%s, %s: %v", who.name, format, err)
				}
				text := contentOf(t, file)
				for _, want := range who.sees {
					if !strings.Contains(text, want) {
						t.Errorf("%s lacks %s in %s", who.name, want, format)
					}
				}
				for _, not := range append(who.misses, "erika.mustermann", "5550123", "secret-47", "VORLAGE", "1/2026") {
					if strings.Contains(text, not) {
						t.Errorf("%s finds %s in %s", who.name, not, format)
					}
				}
			}
		}

		t.Run("what is not the caller's is not found", func(t *testing.T) {
			bound := c.As(t, c.Key(t, "secretariat", "", other))
			stranger := c.As(t, c.Key(t, "mission", "JPN"))
			for _, format := range append(formats, placardv1.ExportParticipantListRequest_PDF) {
				for _, ctx := range []context.Context{bound, stranger} {
					_, err := c.download(ctx, &placardv1.ExportParticipantListRequest{Name: meeting + "/participantList", Format: format})
					wantFault(t, err, codes.NotFound, "NOT_FOUND")
				}
				_, err := c.download(c.As(t, c.Key(t, "reader", "")), &placardv1.ExportParticipantListRequest{
					Name: meeting + "/participantList", Format: format, Provisional: true,
				})
				wantFault(t, err, codes.PermissionDenied, "FIELD_NOT_WRITABLE")
			}
			_, err := c.lists.GetAttendance(bound, &placardv1.GetAttendanceRequest{Name: meeting + "/attendance"})
			wantFault(t, err, codes.NotFound, "NOT_FOUND")
			_, err = c.lists.GetAttendance(c.As(t, c.Key(t, "mission", "AUT")), &placardv1.GetAttendanceRequest{Name: meeting + "/attendance"})
			if status, _ := faultOf(err); status != codes.PermissionDenied {
				t.Errorf("a mission gets the attendance: %v", err)
			}
		})

		t.Run("the JSON is the message", func(t *testing.T) {
			secretariat := c.As(t, c.Key(t, "secretariat", ""))
			file := must(c.download(secretariat, &placardv1.ExportParticipantListRequest{
				Name: meeting + "/participantList", Language: "ru", Format: placardv1.ExportParticipantListRequest_JSON,
			}))(t)
			got := &placardv1.ParticipantList{}
			if err := protojson.Unmarshal(file, got); err != nil {
				t.Fatal(err)
			}
			want := must(c.lists.GetParticipantList(secretariat, &placardv1.GetParticipantListRequest{
				Name: meeting + "/participantList", Language: "ru",
			}))(t)
			if got.GetSeal().GetSigningKey() == "" {
				t.Error("the file has no seal")
			}
			got.Seal = nil
			equal(t, "list", got, want)
		})

		t.Run("no cell is a formula", func(t *testing.T) {
			file := must(c.download(admin, &placardv1.ExportParticipantListRequest{
				Name: meeting + "/participantList", Language: "en", Format: placardv1.ExportParticipantListRequest_XLSX,
			}))(t)
			book := must(excelize.OpenReader(bytes.NewReader(file)))(t)
			defer func() { _ = book.Close() }()
			sheet := book.GetSheetName(0)
			if text := must(book.GetCellValue(sheet, "I3"))(t); text != head.GetOrganization() {
				t.Errorf("I3 is %q", text)
			}
			if formula := must(book.GetCellFormula(sheet, "I3"))(t); formula != "" {
				t.Errorf("I3 is the formula %s", formula)
			}
		})

		t.Run("attendance", func(t *testing.T) {
			got := must(c.lists.GetAttendance(admin, &placardv1.GetAttendanceRequest{Name: meeting + "/attendance", Language: "es"}))(t)
			if n := len(got.GetParagraphs()); n != 1 {
				t.Fatalf("%d paragraphs", n)
			}
			want := "En la reunión estuvieron representados los siguientes Estados parte: Austria y Egipto."
			if text := got.GetParagraphs()[0].GetText(); text != want {
				t.Errorf("%q, want %q", text, want)
			}
		})

		t.Run("PDF", func(t *testing.T) {
			file, err := c.download(admin, &placardv1.ExportParticipantListRequest{
				Name: meeting + "/participantList", Format: placardv1.ExportParticipantListRequest_PDF,
			})
			if _, missing := exec.LookPath(document.DefaultProgram); missing != nil {
				wantFault(t, err, codes.FailedPrecondition, "PDF_UNAVAILABLE")
			} else if err != nil || !bytes.HasPrefix(file, []byte("%PDF-")) {
				t.Errorf("%.20q, %v", file, err)
			}
		})

		t.Run("a day that is none", func(t *testing.T) {
			_, err := c.download(admin, &placardv1.ExportParticipantListRequest{
				Name: meeting + "/participantList", Format: placardv1.ExportParticipantListRequest_DOCX, Date: "2026-02-30", Symbol: "A\u202eB",
			})
			wantFault(t, err, codes.InvalidArgument, "INVALID_REQUEST")
		})
	})
}
