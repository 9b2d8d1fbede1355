package participantlist

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/document"
	"github.com/un-placard/placard/internal/locale"
)

// masthead is what is said of a document as such.
type masthead struct {
	symbol string
	// kinds are what the document is besides a list, by the suffixes of symbols.
	kinds []string
	// edition is the number of the edition that the document shows, 0 for none.
	edition int64
	// day is the date of the document.
	day time.Time
	// now is when it is made.
	now time.Time
}

func mastheadOf(req interface {
	GetSymbol() string
	GetDate() string
}, o outline, now time.Time,
) (masthead, error) {
	zone, err := time.LoadLocation(o.about.GetTimeZone())
	if err != nil {
		return masthead{}, fmt.Errorf("time zone of the meeting: %w", err)
	}
	m := masthead{symbol: strings.TrimSpace(req.GetSymbol()), now: now}
	m.kinds = kinds(m.symbol)
	date := req.GetDate()
	if date == "" {
		date = now.In(zone).Format(time.DateOnly)
	}
	if m.day, err = time.Parse(time.DateOnly, date); err != nil {
		return masthead{}, fmt.Errorf("date of the document: %w", err)
	}
	return m, nil
}

// heading is the title of the document in its language.
func (l listing) heading() string {
	if l.outline.provisional {
		return papers[l.language].provisionalList
	}
	return papers[l.language].list
}

// documentTitle is the title by which a document is found.
func (l listing) documentTitle() string { return l.running() + " – " + l.title.GetText() }

// running is the title with what the document is besides.
func (l listing) running() string {
	running := l.heading()
	for _, kind := range l.kinds {
		running += " – " + papers[l.language].kinds[kind]
	}
	return running
}

// own is a text in the language of the list.
func (l listing) own(text string) document.Run {
	return document.Run{Text: text, Language: l.language}
}

func shownRun(text *placardv1.ShownText) document.Run {
	return document.Run{Text: text.GetText(), Language: text.GetLanguage()}
}

// entityRun is the name of an entity above its persons.
func entityRun(d delegation) document.Run {
	name := shownRun(d.name)
	name.Text = capitals(name)
	return name
}

// begin begins a document with its masthead and its titles.
func (l listing) begin(w io.Writer) (*document.Writer, error) {
	head := l.symbol
	if head == "" {
		head = l.running()
	}
	doc, err := document.NewWriter(w, document.Properties{
		Language: l.language, Title: l.documentTitle(), Subject: l.symbol,
		Author: papers[l.language].organization, Date: l.day, Header: head,
	})
	if err != nil {
		return nil, err
	}
	return doc, l.writeFirstPage(doc)
}

// writeDocument writes the list as it is published and edited.
func writeDocument(_ context.Context, w io.Writer, l listing) error {
	doc, err := l.begin(w)
	if err != nil {
		return err
	}
	entry := l.personWriter()
	headings := locale.Words(l.language).Statuses
	var status placardv1.ParticipationStatus
	err = l.each(func(d delegation, persons []*placardv1.ParticipantList_Person) error {
		if d.status != status {
			status = d.status
			if err := doc.Paragraph(document.Heading1, l.own(headings[status])); err != nil {
				return err
			}
		}
		if err := doc.Paragraph(document.Heading2, entityRun(d)); err != nil {
			return err
		}
		for _, p := range headFirst(persons) {
			if err := entry.write(doc, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return doc.Close()
}

// capitals writes a name in the capitals of its language, where its script has
// them.
func capitals(name document.Run) string {
	return cases.Upper(language.Make(name.Language)).String(name.Text)
}

func (l listing) writeFirstPage(doc *document.Writer) error {
	words := papers[l.language]
	m := document.Masthead{Organization: l.own(words.organization), Symbol: l.symbol}
	if body := locale.Show(l.about.GetConveningBody(), l.language, l.accept); body != nil {
		m.Body = append(m.Body, shownRun(body))
	}
	distribution := words.general
	if l.outline.provisional {
		distribution = words.limited
	}
	m.Notes = []document.Run{
		{Text: distribution, Language: words.notes},
		{Text: locale.Day(words.notes, l.day), Language: words.notes},
		{Text: words.language, Language: words.notes},
	}
	if l.edition > 0 {
		m.Notes = append(m.Notes, document.Run{Text: fmt.Sprintf(words.edition, l.edition), Language: words.notes})
	}
	if err := doc.Masthead(m); err != nil {
		return err
	}
	lines := [][]document.Run{{shownRun(l.title)}}
	session := locale.Show(l.about.GetSession(), l.language, l.accept)
	// "Second meeting" is not said again after "Second meeting of the Working Group".
	if session != nil && !strings.Contains(locale.Fold(l.title.GetText()), locale.Fold(session.GetText())) {
		lines = append(lines, []document.Run{shownRun(session)})
	}
	place, err := l.placeAndDays()
	if err != nil {
		return err
	}
	for _, line := range append(lines, place) {
		if err := doc.Paragraph(document.Subtitle, line...); err != nil {
			return err
		}
	}
	if err := doc.Paragraph(document.Title, l.own(l.heading())); err != nil {
		return err
	}
	for _, kind := range l.kinds {
		if err := doc.Paragraph(document.Subtitle, l.own(words.kinds[kind])); err != nil {
			return err
		}
	}
	return nil
}

// placeAndDays are where and when the meeting is held, in the order of the
// language.
func (l listing) placeAndDays() ([]document.Run, error) {
	first, err := time.Parse(time.DateOnly, l.about.GetStartDate())
	if err != nil {
		return nil, fmt.Errorf("first day of the meeting: %w", err)
	}
	last, err := time.Parse(time.DateOnly, l.about.GetEndDate())
	if err != nil {
		return nil, fmt.Errorf("last day of the meeting: %w", err)
	}
	days := l.own(locale.Days(l.language, first, last))
	city := locale.Show(l.about.GetVenue().GetCity(), l.language, l.accept)
	if city == nil || l.about.GetModality() == placardv1.Meeting_ONLINE {
		return []document.Run{days}, nil
	}
	comma := l.own(papers[l.language].comma)
	if l.language == "zh" {
		return []document.Run{days, comma, shownRun(city)}, nil
	}
	return []document.Run{shownRun(city), comma, days}, nil
}

// personWriter writes persons: the name with its honorific, in Latin letters as well,
// whether it is the head's, and in a second line the title and the organization.
type personWriter struct {
	paper paper
	// head is what a head of delegation is called.
	head string
	own  func(string) document.Run
}

// personWriter writes the persons of a list in its language.
func (l listing) personWriter() personWriter {
	return personWriter{paper: papers[l.language], head: locale.Words(l.language).Roles[placardv1.Participant_HEAD], own: l.own}
}

// nameRun is a name with its honorific.
func nameRun(p *placardv1.ParticipantList_Person) document.Run {
	return document.Run{Text: strings.TrimSpace(p.GetHonorific() + " " + p.GetDisplayName())}
}

func (w personWriter) write(doc *document.Writer, p *placardv1.ParticipantList_Person) error {
	name := []document.Run{nameRun(p)}
	if p.GetLatinName() != "" {
		name = append(name, w.own(w.paper.open), document.Run{Text: p.GetLatinName()}, w.own(w.paper.close))
	}
	if p.GetRole() == placardv1.Participant_HEAD {
		name = append(name, w.own(w.paper.comma), w.own(w.head))
	}
	var detail []document.Run
	for _, text := range []string{p.GetFunctionalTitle(), p.GetOrganization()} {
		if text == "" {
			continue
		}
		if len(detail) > 0 {
			detail = append(detail, w.own(w.paper.comma))
		}
		detail = append(detail, document.Run{Text: text})
	}
	if len(detail) == 0 {
		return doc.Paragraph(document.Entry, name...)
	}
	if err := doc.Paragraph(document.EntryName, name...); err != nil {
		return err
	}
	return doc.Paragraph(document.EntryDetail, detail...)
}
