package correspondence

import (
	"cmp"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/un-placard/placard/internal/document"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/prose"
)

// fileName is what a letter is called: AUT-note-verbale-en.docx.
func (l *letter) fileName(f format) string {
	kind := templateOf(l.kind, note(l.inv))
	parts := []string{l.inv.EntityID, kind, l.language}
	if l.person != nil {
		parts = append(parts, l.photo.ID)
	}
	return strings.Join(parts, "-") + f.ending
}

// write writes a letter as a document.
func (l *letter) write(w io.Writer) error {
	words := wordsIn[l.language]
	text := l.template.Fill(l.values())
	reference := prose.Isolate(l.language, l.inv.Reference)
	title := cmp.Or(text.Subject, locale.Show(l.meeting.GetTitle(), l.language, nil).GetText())
	if note(l.inv) {
		title = words.note + " – " + title
	}
	doc, err := document.NewWriter(w, document.Properties{
		Language: l.language, Title: title, Subject: l.inv.Reference, Author: words.organization,
		Date: l.made(), Header: cmp.Or(reference, words.organization),
	})
	if err != nil {
		return err
	}
	if err := doc.Masthead(l.masthead(reference)); err != nil {
		return err
	}
	for _, to := range l.address() {
		if err := doc.Paragraph(document.Addressee, to); err != nil {
			return err
		}
	}
	if text.Subject != "" && !note(l.inv) {
		if err := doc.Paragraph(document.Subject, l.own(text.Subject)); err != nil {
			return err
		}
	}
	for i, block := range text.Blocks {
		style := document.Text
		switch {
		case block.Kind == prose.Item:
			style = document.Item
		case i+1 < len(text.Blocks) && text.Blocks[i+1].Kind == prose.Item, i == len(text.Blocks)-1 && note(l.inv):
			// It stays with its list, or with the space for the initials.
			style = document.TextBefore
		}
		if err := doc.Paragraph(style, l.own(block.Text)); err != nil {
			return err
		}
	}
	if note(l.inv) {
		if err := doc.Paragraph(document.Initials, l.own(words.initials)); err != nil {
			return err
		}
	}
	return doc.Close()
}

func (l *letter) own(text string) document.Run { return document.Run{Text: text, Language: l.language} }

// masthead is the head of the first page: the office, the reference, place and day.
func (l *letter) masthead(reference string) document.Masthead {
	words := wordsIn[l.language]
	m := document.Masthead{Organization: l.own(words.organization)}
	if office := locale.Show(l.meeting.GetSecretariatContact().GetOffice(), l.language, nil); office != nil {
		m.Body = append(m.Body, document.Run{Text: office.GetText(), Language: office.GetLanguage()})
	} else if body := locale.Show(l.meeting.GetConveningBody(), l.language, nil); body != nil {
		m.Body = append(m.Body, document.Run{Text: body.GetText(), Language: body.GetLanguage()})
	}
	if reference != "" {
		m.Notes = append(m.Notes, l.own(strings.Replace(words.reference, "{reference}", reference, 1)))
	}
	at := place(l.meeting, l.language)
	switch day := l.day(); {
	case day.IsZero() && at == "":
	case day.IsZero():
		m.Notes = append(m.Notes, l.own(at))
	case at == "":
		m.Notes = append(m.Notes, l.own(strings.Replace(words.day, "{day}", locale.Day(l.language, day), 1)))
	default:
		m.Notes = append(m.Notes, l.own(strings.NewReplacer(
			"{place}", at, "{day}", locale.Day(l.language, day)).Replace(words.placed)))
	}
	return m
}

// address is to whom a letter goes, above its text. A note says it in its first sentence,
// and has above it only what the invitation says: a space, where that is nothing.
func (l *letter) address() []document.Run {
	if to := l.inv.Addressee; to != "" || note(l.inv) {
		return []document.Run{{Text: to}}
	}
	name := locale.Show(l.names, l.language, nil)
	return []document.Run{{Text: name.GetText(), Language: name.GetLanguage()}}
}

// made is when the file says that it was made: always the same for the same letter.
func (l *letter) made() time.Time {
	if day := l.day(); !day.IsZero() {
		return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC)
	}
	return l.first
}

// What LibreOffice puts into a PDF that is another one each time.
var (
	pdfTime     = regexp.MustCompile(`/CreationDate\(D:\d{14}`)
	pdfID       = regexp.MustCompile(`(/ID \[ <)[0-9A-F]{32}(>\s*<)[0-9A-F]{32}>`)
	pdfChecksum = regexp.MustCompile(`(/DocChecksum /)[0-9A-F]{32}`)
)

// settle makes a PDF the same whenever it is made of the same document. What is put in
// is as long as what was there, so that nothing moves.
func settle(pdf []byte, made time.Time, id string) []byte {
	pdf = pdfTime.ReplaceAll(pdf, []byte("/CreationDate(D:"+made.Format("20060102150405")))
	pdf = pdfID.ReplaceAll(pdf, []byte("${1}"+id+"${2}"+id+">"))
	return pdfChecksum.ReplaceAll(pdf, []byte("${1}"+id))
}
