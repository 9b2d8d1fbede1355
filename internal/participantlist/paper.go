package participantlist

import (
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
	// day is the date of the document.
	day time.Time
	// now is when it is made.
	now time.Time
}

func mastheadOf(req *placardv1.ExportParticipantListRequest, o outline, now time.Time) (masthead, error) {
	zone, err := time.LoadLocation(o.about.GetTimeZone())
	if err != nil {
		return masthead{}, fmt.Errorf("time zone of the meeting: %w", err)
	}
	m := masthead{symbol: strings.TrimSpace(req.GetSymbol()), now: now}
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
	if l.provisional {
		return papers[l.language].provisionalList
	}
	return papers[l.language].list
}

// documentTitle is the title by which a document is found.
func (l listing) documentTitle() string { return l.heading() + " – " + l.title.GetText() }

// own is a text in the language of the list.
func (l listing) own(text string) document.Run {
	return document.Run{Text: text, Language: l.language}
}

func shownRun(text *placardv1.ShownText) document.Run {
	return document.Run{Text: text.GetText(), Language: text.GetLanguage()}
}

// writeDocument writes the list as it is published and edited.
func writeDocument(w io.Writer, l listing) error {
	head := l.symbol
	if head == "" {
		head = l.heading()
	}
	doc, err := document.NewWriter(w, document.Properties{
		Language: l.language, Title: l.documentTitle(), Subject: l.symbol,
		Author: papers[l.language].organization, Date: l.day, Header: head,
	})
	if err != nil {
		return err
	}
	if err := l.writeFirstPage(doc); err != nil {
		return err
	}
	one := person{paper: papers[l.language], head: locale.Words(l.language).Roles[placardv1.Participant_HEAD], own: l.own}
	headings := locale.Words(l.language).Statuses
	var status placardv1.ParticipationStatus
	err = l.each(func(d delegation, persons []*placardv1.ParticipantList_Person) error {
		if d.status != status {
			status = d.status
			if err := doc.Paragraph(document.Heading1, l.own(headings[status])); err != nil {
				return err
			}
		}
		entity := shownRun(d.name)
		entity.Text = capitals(entity)
		if err := doc.Paragraph(document.Heading2, entity); err != nil {
			return err
		}
		for _, p := range headFirst(persons) {
			if err := one.write(doc, p); err != nil {
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
	if l.provisional {
		distribution = words.limited
	}
	m.Notes = []document.Run{
		{Text: distribution, Language: words.notes},
		{Text: locale.Day(words.notes, l.day), Language: words.notes},
		{Text: words.language, Language: words.notes},
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
	for _, kind := range kinds(l.symbol) {
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

// person writes persons: the name with its honorific, in Latin letters as well,
// whether it is the head's, and in a second line the title and the organization.
type person struct {
	paper paper
	// head is what a head of delegation is called.
	head string
	own  func(string) document.Run
}

func (w person) write(doc *document.Writer, p *placardv1.ParticipantList_Person) error {
	name := []document.Run{{Text: strings.TrimSpace(p.GetHonorific() + " " + p.GetDisplayName())}}
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
