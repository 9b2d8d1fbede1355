package correspondence

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/document"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/prose"
)

// readDocument is the body of a document, which is well-formed.
func readDocument(t *testing.T, content []byte) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var body string
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		d := xml.NewDecoder(bytes.NewReader(text))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
		}
		if f.Name == "word/document.xml" {
			body = string(text)
		}
	}
	return body
}

func withTemplate(t *testing.T, l *letter) *letter {
	t.Helper()
	texts, err := builtIn()
	if err != nil {
		t.Fatal(err)
	}
	templates := &parsed{texts: texts, made: map[string]*prose.Template{}}
	if l.template, err = templates.in(templateOf(l.kind, note(l.inv)), l.language); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestWrite(t *testing.T) {
	for code, channel := range map[string]placardv1.Invitation_Channel{
		"AUT": placardv1.Invitation_PERMANENT_MISSION, "NGO1": placardv1.Invitation_LETTER,
	} {
		l := withTemplate(t, full(placardv1.Letter_INVITATION, channel, code, "en"))
		var one, two bytes.Buffer
		if err := errors.Join(l.write(&one), l.write(&two)); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(one.Bytes(), two.Bytes()) {
			t.Error("the same letter is another file")
		}
		body := readDocument(t, one.Bytes())
		for what, want := range map[string]bool{
			"Reference: CU 2009/180(A)": true, "Vienna, 30 November 2009": true, "Office": true, `w:val="LetterItem"`: true,
			"Initials":                                code == "AUT",
			"Invitation to participate: Title":        code == "NGO1",
			"Fictitious Society (Test)":               code == "NGO1",
			"the Permanent Mission of Austria to the": code == "AUT",
		} {
			if strings.Contains(body, what) != want {
				t.Errorf("%s: %q: %v", code, what, !want)
			}
		}
	}
}

// TestPages looks at the pages that LibreOffice makes of a note verbale. Where
// LibreOffice or poppler is missing, it is left out, unless PLACARD_TEST_PAGES=required.
// With PLACARD_PAGES_DIR the pages stay there, to be looked at.
func TestPages(t *testing.T) {
	for _, program := range []string{document.DefaultProgram, "pdftotext"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("PLACARD_TEST_PAGES") == "required" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	dir := os.Getenv("PLACARD_PAGES_DIR")
	if dir == "" {
		dir = t.TempDir()
	}
	s := New(Config{Office: document.NewOffice("")})
	one, two := made(t, s), made(t, s)
	for language, words := range map[string][]string{
		"en": {"United Nations", "Office", "Reference: CU 2009/180(A)", "Vienna, 30 November 2009", "presents", "decision 4/4", "–", "First", "27 to 29 January 2010", "15 January 2010", "Initials"},
		"fr": {"Nations Unies", "Référence : CU 2009/180(A)", "Vienne, le 30 novembre 2009", "présente ses compliments", "de l’Autriche", "du 27 au 29 janvier 2010", "15 janvier 2010", "Paraphe"},
		"es": {"Naciones Unidas", "Referencia: CU 2009/180(A)", "Viena, 30 de noviembre de 2009", "saluda atentamente", "del 27 al 29 de enero de 2010", "15 de enero de 2010", "Rúbrica"},
		"ru": {"Организация Объединенных Наций", "Ссылка: CU 2009/180(A)", "Вена, 30 ноября 2009 года", "Австрии", "27–29 января 2010 года", "15 января 2010 года", "Парафа"},
		"zh": {"联合国", "文号：CU 2009/180(A)", "2009年11月30日", "奥地利常驻联合国代表团", "2010年1月27日至29日", "2010年1月15日", "简签"},
		// What is written from left to right is not turned about.
		"ar": {"CU 2009/180(A)", "30", "4/4", "https://example.org/documents", "+43 1 26060 75752", "secretariat@example.org", "+43-1-26060-0"},
	} {
		t.Run(language, func(t *testing.T) {
			pdf := one[language]
			if !bytes.HasPrefix(pdf, []byte("%PDF-")) || !bytes.Equal(pdf, two[language]) {
				t.Errorf("not the same PDF twice: %.20q", pdf)
			}
			file := filepath.Join(dir, "note-"+language+".pdf")
			if err := os.WriteFile(file, pdf, 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), "pdftotext", "-layout", file, "-").Output()
			if err != nil {
				t.Fatal(err)
			}
			text := strings.NewReplacer("\u202a", "", "\u202b", "", "\u202c", "", "\u200e", "", "\u200f", "").Replace(string(out))
			between := " "
			if language == "zh" {
				between = "" // the distance between scripts is none of the text
			}
			for _, word := range words {
				if !strings.Contains(strings.Join(strings.Fields(text), between), strings.Join(strings.Fields(word), between)) {
					t.Errorf("%q is missing:\n%s", word, text)
				}
			}
			if pages := strings.Count(text, "\f"); pages < 1 || pages > 3 {
				t.Errorf("%d pages", pages)
			}
		})
	}
}

// made are the notes verbales in all languages as PDF.
func made(t *testing.T, s *Service) map[string][]byte {
	t.Helper()
	var letters []*letter
	for _, language := range locale.Languages() {
		letters = append(letters, withTemplate(t, full(placardv1.Letter_INVITATION, placardv1.Invitation_PERMANENT_MISSION, "AUT", language)))
	}
	out := map[string][]byte{}
	err := s.pdfs(t.Context(), letters, func(l *letter, pdf []byte) error {
		out[l.language] = pdf
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
