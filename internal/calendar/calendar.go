// Package calendar writes a meeting for calendar programs (iCalendar, RFC 5545).
package calendar

import (
	"bytes"
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
)

// ContentType is what a calendar is sent as.
const ContentType = "text/calendar; charset=utf-8"

// Options say for whom a meeting is written.
type Options struct {
	// Language is that of the texts, as far as the meeting has them in it.
	Language string
	// Cancelled takes the meeting away from whoever does not attend any more.
	Cancelled bool
	// Host is that of the installation. With it the meeting has the same identity in
	// all calendars, whichever way it came into them.
	Host string
	// Now is the time of writing. Unset: that of the last change of the meeting, so
	// that the same state has the same bytes.
	Now time.Time
	// Feed is for a calendar that a program fetches again and again: it has a name,
	// and says how often to come.
	Feed bool
}

// refresh is how often a program is asked to come for a feed again.
const refresh = "PT6H"

// Event writes a meeting as one event, in the time zone of its venue: from its
// opening on the first day to the end of the last one, or whole days where no
// opening is set. A later state has a higher number (SEQUENCE), and with it takes the
// place of an earlier one.
func Event(m *placardv1.Meeting, o Options) ([]byte, error) {
	zone, err := time.LoadLocation(m.GetTimeZone())
	if err != nil {
		return nil, fmt.Errorf("calendar of %s: %w", m.GetName(), err)
	}
	first, err := time.Parse(time.DateOnly, m.GetStartDate())
	if err != nil {
		return nil, fmt.Errorf("calendar of %s: %w", m.GetName(), err)
	}
	last, err := time.Parse(time.DateOnly, m.GetEndDate())
	if err != nil {
		return nil, fmt.Errorf("calendar of %s: %w", m.GetName(), err)
	}
	sequence, err := strconv.Atoi(cmp.Or(m.GetEtag(), "0"))
	if err != nil {
		return nil, fmt.Errorf("calendar of %s: the etag is no number: %w", m.GetName(), err)
	}
	if o.Now.IsZero() {
		o.Now = m.GetUpdateTime().AsTime()
	}
	cal := ics.NewCalendar()
	cal.CalendarProperties = nil // the library names itself
	cal.SetVersion("2.0")
	cal.SetProductId("-//Placard//Placard//EN")
	cal.SetCalscale("GREGORIAN")
	cal.SetMethod(ics.MethodPublish)
	title := locale.Show(m.GetTitle(), o.Language, nil)
	if o.Feed {
		cal.SetXWRCalName(title.GetText())
		cal.SetRefreshInterval(refresh)
		cal.SetXPublishedTTL(refresh)
	}

	event := ics.NewEvent(name.MeetingOf(m.GetName()) + "@" + cmp.Or(o.Host, "placard"))
	event.SetDtStampTime(o.Now)
	event.SetModifiedAt(m.GetUpdateTime().AsTime())
	days := last.AddDate(0, 0, 1) // the end is the first instant that is not in it
	if opening, err := time.Parse("15:04", m.GetOpening()); err == nil {
		cal.AddVTimezone(timeZone(m.GetTimeZone(), zone, first, days))
		inZone := ics.WithTZID(m.GetTimeZone())
		clock := time.Duration(opening.Hour())*time.Hour + time.Duration(opening.Minute())*time.Minute
		event.SetProperty(ics.ComponentPropertyDtStart, local(first.Add(clock)), inZone)
		event.SetProperty(ics.ComponentPropertyDtEnd, local(days), inZone)
	} else {
		event.SetAllDayStartAt(first)
		event.SetAllDayEndAt(days)
	}
	switch {
	case o.Cancelled:
		// Higher than in the calendar that it is taken out of.
		sequence++
		event.SetStatus(ics.ObjectStatusCancelled)
	case m.GetState() == placardv1.Meeting_DRAFT:
		event.SetStatus(ics.ObjectStatusTentative)
	default:
		event.SetStatus(ics.ObjectStatusConfirmed)
	}
	event.SetSequence(sequence)
	event.SetSummary(oneLine(title.GetText()), &ics.KeyValues{Key: string(ics.ParameterLanguage), Value: []string{title.GetLanguage()}})
	if where := place(m.GetVenue(), o.Language); where != "" {
		event.SetLocation(where)
	}
	if text := description(m, o.Language); text != "" {
		event.SetDescription(text)
	}
	if address := m.GetDocumentsUri(); address != "" {
		event.SetURL(address)
	}
	cal.AddVEvent(event)
	var out bytes.Buffer
	if err := cal.SerializeTo(&out, ics.WithNewLineWindows); err != nil {
		return nil, fmt.Errorf("calendar of %s: %w", m.GetName(), err)
	}
	return out.Bytes(), nil
}

// local is a time as the clocks of the zone show it.
func local(t time.Time) string { return t.Format("20060102T150405") }

// place is where a meeting is held: the building, and its address or else the city.
func place(v *placardv1.Meeting_Venue, lang string) string {
	where := cmp.Or(oneLine(v.GetAddress()), oneLine(locale.Show(v.GetCity(), lang, nil).GetText()))
	building := oneLine(locale.Show(v.GetName(), lang, nil).GetText())
	if building == "" || where == "" {
		return building + where
	}
	return building + ", " + where
}

// description says who meets, at which gate, and where to read and to ask more.
func description(m *placardv1.Meeting, lang string) string {
	var lines []string
	for _, text := range []*placardv1.LocalizedText{m.GetConveningBody(), m.GetSubsidiaryBody(), m.GetSession(), m.GetVenue().GetGate()} {
		if line := oneLine(locale.Show(text, lang, nil).GetText()); line != "" {
			lines = append(lines, line)
		}
	}
	for _, said := range []struct {
		words map[string]string
		value string
	}{
		{documents, m.GetDocumentsUri()},
		{contacts, m.GetSecretariatContact().GetEmail()},
	} {
		if said.value != "" {
			lines = append(lines, cmp.Or(said.words[lang], said.words[locale.English])+said.value)
		}
	}
	return strings.Join(lines, "\n")
}

// oneLine is a text without line breaks and other runs of space.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// The words before the address of the documents and that of the secretariat, with
// the punctuation of each language.
var (
	documents = map[string]string{
		"ar": "الوثائق: ", "zh": "文件：", "en": "Documents: ", "fr": "Documents\u00a0: ", "ru": "Документы: ", "es": "Documentos: ",
	}
	contacts = map[string]string{
		"ar": "الأمانة: ", "zh": "秘书处：", "en": "Secretariat: ", "fr": "Secrétariat\u00a0: ", "ru": "Секретариат: ", "es": "Secretaría: ",
	}
)
