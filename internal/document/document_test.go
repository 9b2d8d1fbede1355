package document_test

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/un-placard/placard/internal/document"
)

// hostile are texts as nobody should send them.
var hostile = []string{
	"\x00\x01\x08\x0b\x1f", "]]>", "<w:p/>&amp;", "\u202eevil\u202c", "a\ufffe\uffffb", "\xff\xfe\xed\xa0\x80",
	strings.Repeat("ß", 200), "👩‍👩‍👧‍👦🏳️‍🌈", "{title}{size}", "line\nline\ttab", "", " ",
}

func write(t *testing.T, language string, texts []string) []byte {
	t.Helper()
	var b bytes.Buffer
	d, err := document.NewWriter(&b, document.Properties{
		Language: language, Title: strings.Join(texts, "|"), Subject: texts[0], Author: texts[1],
		Date: time.Date(2010, 1, 29, 0, 0, 0, 0, time.UTC), Header: strings.Join(texts, "|"),
	})
	if err != nil {
		t.Fatal(err)
	}
	run := document.Run{Text: texts[0], Language: language}
	if err := d.Masthead(document.Masthead{Organization: run, Symbol: texts[1]}); err != nil {
		t.Fatal(err)
	}
	for _, style := range []document.Style{document.Title, document.Heading1, document.Heading2, document.Entry} {
		for _, text := range texts {
			if err := d.Paragraph(style, document.Run{Text: text, Language: language}, run, document.Run{Text: text}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// open answers the parts of a document.
func open(t *testing.T, content []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(text)
	}
	return out
}

func TestWriter(t *testing.T) {
	for _, language := range []string{"ar", "zh", "en", "fr", "ru", "es"} {
		content := write(t, language, hostile)
		if !bytes.Equal(content, write(t, language, hostile)) {
			t.Errorf("%s: the same document is other bytes", language)
		}
		for name, text := range open(t, content) {
			decoder := xml.NewDecoder(strings.NewReader(text))
			for {
				_, err := decoder.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("%s: %s: %v", language, name, err)
				}
			}
			if strings.ContainsAny(text, "\u202e\u202c\x00\x0b") {
				t.Errorf("%s: %s has what it may not", language, name)
			}
			if name != "docProps/core.xml" && name != "word/header1.xml" && name != "word/document.xml" && strings.Contains(text, "{") {
				t.Errorf("%s: a value of %s is missing", language, name)
			}
		}
	}
}

func TestWriterDirection(t *testing.T) {
	parts := open(t, write(t, "ar", []string{"قائمة", "INF/1", "Ana"}))
	for name, want := range map[string]string{
		"word/document.xml": `<w:bidiVisual/>`,
		"word/styles.xml":   `<w:bidi/>`,
		"word/header1.xml":  `<w:rtl/><w:lang w:bidi="ar-SA"/></w:rPr><w:t xml:space="preserve">قائمة|</w:t>`,
	} {
		if !strings.Contains(parts[name], want) {
			t.Errorf("%s lacks %s:\n%s", name, want, parts[name])
		}
	}
	body := parts["word/document.xml"]
	for _, want := range []string{
		`<w:r><w:rPr><w:noProof/><w:lang w:val="en-GB"/></w:rPr><w:t xml:space="preserve">Ana</w:t></w:r>`,
		`<w:titlePg/><w:bidi/></w:sectPr>`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the body lacks %s", want)
		}
	}
	for name, text := range open(t, write(t, "en", []string{"List", "INF/1", "王明", "Иван"})) {
		if strings.Contains(text, "<w:bidi") || strings.Contains(text, "<w:rtl/>") {
			t.Errorf("%s of an English document runs from right to left", name)
		}
		if name != "word/document.xml" {
			continue
		}
		for _, want := range []string{
			`<w:rFonts w:hint="eastAsia"/><w:noProof/><w:lang w:val="en-GB" w:eastAsia="zh-CN"/>`,
			`<w:noProof/><w:lang w:val="ru-RU"/></w:rPr><w:t xml:space="preserve">Иван</w:t>`,
		} {
			if !strings.Contains(text, want) {
				t.Errorf("the body lacks %s", want)
			}
		}
	}
}

// Whoever is gone is written nothing more.
func TestWriterFails(t *testing.T) {
	gone := errors.New("gone")
	d, err := document.NewWriter(failing{gone}, document.Properties{Language: "en"})
	for range 100_000 {
		if err != nil {
			break
		}
		err = d.Paragraph(document.Entry, document.Run{Text: time.Now().String()})
	}
	if !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
