package file

import (
	"testing"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/blob"
	"github.com/un-placard/placard/internal/fault"
)

func TestDisplayName(t *testing.T) {
	for given, want := range map[string]string{
		"note.pdf":              "note.pdf",
		"NOTE.PDF":              "NOTE.PDF",
		"note":                  "note.pdf",
		"note.html":             "note.pdf",
		"note.pdf.exe":          "note.pdf",
		"CU 2009.180":           "CU 2009.180.pdf",
		"Mr. Smith":             "Mr. Smith.pdf",
		"a/b/c.pdf":             "c.pdf",
		`C:\a\b.doc`:            "b.pdf",
		"../..":                 "credentials.pdf",
		"folder/":               "credentials.pdf",
		".pdf":                  "pdf.pdf",
		".htaccess":             "htaccess.pdf",
		"note.pdf. ":            "note.pdf",
		"":                      "credentials.pdf",
		"  ":                    "credentials.pdf",
		"Cartas credenciales ñ": "Cartas credenciales ñ.pdf",
		"وثائق التفويض.pdf":     "وثائق التفويض.pdf",
	} {
		if got := displayName(given, placardv1.File_CREDENTIALS, blob.PDF); got != want {
			t.Errorf("%q: %q, want %q", given, got, want)
		}
	}
	if got := displayName("scan.jpeg", placardv1.File_CREDENTIALS, blob.JPEG); got != "scan.jpeg" {
		t.Errorf("a JPEG is called %q", got)
	}
}

func TestAccepts(t *testing.T) {
	for name, x := range map[string]struct {
		meeting, invitation string
		files               int
		want                string
	}{
		"issued":               {"OPEN", "ISSUED", 49, ""},
		"closed":               {"CLOSED", "ACCEPTED", 0, ""},
		"declined":             {"OPEN", "DECLINED", 0, ""},
		"full":                 {"OPEN", "ISSUED", 50, "TOO_MANY_FILES"},
		"not invited":          {"OPEN", "", 0, "NOT_INVITED"},
		"not invited yet":      {"ANNOUNCED", "DRAFT", 0, "INVITATION_NOT_ISSUED"},
		"over":                 {"CONCLUDED", "ACCEPTED", 0, "MEETING_CONCLUDED"},
		"over and not invited": {"CONCLUDED", "", 0, "MEETING_CONCLUDED"},
	} {
		got := ""
		if f, ok := fault.As(accepts("meetings/m1/delegations/AUT", x.meeting, x.invitation, x.files)); ok {
			got = f.Reason
		}
		if got != x.want {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
}
