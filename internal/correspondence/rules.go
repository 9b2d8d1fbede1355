package correspondence

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/entity"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
	"github.com/un-placard/placard/internal/prose"
)

// checkExport answers what is wrong with a request beyond the contract's own rules.
func checkExport(req *placardv1.ExportLetterRequest) []fault.Violation {
	rejection := req.GetKind() == placardv1.Letter_PHOTO_REJECTION
	p := req.GetParticipant()
	switch {
	case rejection && p == "":
		return []fault.Violation{{
			Field: "participant", Reason: "REQUIRED", Message: "is needed: whose photograph was rejected",
		}}
	case p != "" && (!rejection || name.MeetingOf(p) != name.MeetingOf(req.GetName()) || name.EntityOf(p) != name.EntityOf(req.GetName())):
		return []fault.Violation{{
			Field: "participant", Reason: "PARENT_MISMATCH",
			Message: "must be of the delegation of the same entity, and is for PHOTO_REJECTION only",
		}}
	}
	return nil
}

// note tells whether a letter to who is invited is a note verbale: through a permanent
// mission, and never to a non-governmental organization.
func note(inv *db.Invitation) bool {
	return inv.Channel == placardv1.Invitation_PERMANENT_MISSION.String() && !ngo(inv)
}

func ngo(inv *db.Invitation) bool {
	return inv.ParticipationStatus == placardv1.ParticipationStatus_NGO.String()
}

// templateOf is the kind of template of which a letter is made.
func templateOf(kind placardv1.Letter_Kind, note bool) string {
	switch kind {
	case placardv1.Letter_REMINDER:
		return reminder
	case placardv1.Letter_ACKNOWLEDGEMENT:
		return acknowledgement
	case placardv1.Letter_CONFIRMATION:
		return confirmation
	case placardv1.Letter_PHOTO_REJECTION:
		return photoRejection
	default:
		if note {
			return noteVerbale
		}
		return plainLetter
	}
}

// The codes of those to whom notes are sent and who are no Members of the United
// Nations. What represents them has another name than a Permanent Mission.
var (
	observers  = []string{"VAT", "PSE"}
	notPresent = []string{"COK", "NIU"}
)

const union = "EUE"

// addressed is to whom a note is addressed.
type addressed struct {
	// ofState is how the State stands behind "the Permanent Mission", "" where there is
	// none, or where its name was another one then.
	ofState string
	// addressee is the whole of it.
	addressee string
}

// address answers to whom a note goes, by the code and the names that the entity has at
// the meeting. What the invitation says of it goes before.
func address(lang, code string, names *placardv1.LocalizedText, written string) addressed {
	shown := locale.Show(names, lang, nil).GetText()
	of := entity.OfNamed(lang, code, locale.In(names, lang))
	w := wordsIn[lang]
	pattern, member := w.mission, false
	switch {
	case slices.Contains(observers, code):
		pattern = w.observer
	case code == union:
		pattern = w.delegation
	case slices.Contains(notPresent, code):
		pattern = w.government
	case !entity.Known(code):
		// An organization of the register's own, or a State that it does not know.
		return addressed{addressee: prose.Isolate(lang, cmp.Or(written, shown))}
	default:
		member = true
	}
	a := addressed{addressee: cmp.Or(prose.Isolate(lang, written), fillAddress(lang, pattern, of, prose.Isolate(lang, shown)))}
	if member {
		a.ofState = of
	}
	return a
}

// fillAddress puts a name into a pattern. Where no form of it fits into the sentence, it
// stands behind, in parentheses.
func fillAddress(lang, pattern, of, shown string) string {
	if strings.Contains(pattern, "{name}") {
		return strings.Replace(pattern, "{name}", shown, 1)
	}
	if of == "" && lang == "zh" {
		of = shown
	}
	if of != "" {
		return strings.Replace(pattern, "{of}", of, 1)
	}
	pattern = strings.Join(strings.Fields(strings.Replace(pattern, "{of}", "", 1)), " ")
	return pattern + " (" + shown + ")"
}

// day is the day of a letter, so that the same letter is the same whenever it is made;
// zero where nothing of the data says it: it is written when the letter is signed.
func (l *letter) day() time.Time {
	switch l.kind {
	case placardv1.Letter_INVITATION:
		if l.inv.IssueTime != nil {
			return l.inv.IssueTime.In(l.zone)
		}
	case placardv1.Letter_ACKNOWLEDGEMENT:
		return l.receiptDay()
	case placardv1.Letter_CONFIRMATION:
		return l.decisionDay()
	case placardv1.Letter_PHOTO_REJECTION:
		if l.photo != nil && l.photo.DecideTime != nil {
			return l.photo.DecideTime.In(l.zone)
		}
	}
	return time.Time{}
}

// receiptDay is when the composition was received.
func (l *letter) receiptDay() time.Time {
	if l.latest == nil {
		return time.Time{}
	}
	if day, err := time.Parse(time.DateOnly, l.latest.ReceiptDate); err == nil {
		return day
	}
	return l.latest.ReceiveTime.In(l.zone)
}

// decisionDay is when the composition was accepted: where it was accepted by itself, when
// it was received.
func (l *letter) decisionDay() time.Time {
	switch {
	case l.accepted == nil:
		return time.Time{}
	case l.accepted.ReviewTime != nil:
		return l.accepted.ReviewTime.In(l.zone)
	default:
		return l.accepted.ReceiveTime.In(l.zone)
	}
}

// place is where a letter is written: the city of the meeting, where the address of its
// secretariat is in it.
func place(m *placardv1.Meeting, lang string) string {
	address := locale.Fold(m.GetSecretariatContact().GetPostalAddress())
	city := m.GetVenue().GetCity()
	for _, l := range locale.Languages() {
		if name := locale.Fold(cityOf(locale.In(city, l))); name != "" && strings.Contains(address, name) {
			return cityOf(locale.In(city, lang))
		}
	}
	return ""
}

// cityOf is a city without its country.
func cityOf(s string) string {
	if i := strings.IndexAny(s, ",，،(（"); i >= 0 {
		s = s[:i]
	}
	return strings.TrimSpace(s)
}

// values are what the placeholders of a letter stand for.
func (l *letter) values() prose.Values {
	m, w := l.meeting, wordsIn[l.language]
	to := address(l.language, l.inv.EntityID, l.names, l.inv.Addressee)
	online := m.GetModality() == placardv1.Meeting_ONLINE || m.GetModality() == placardv1.Meeting_HYBRID
	v := prose.Values{
		"addressee": to.addressee, "of_state": to.ofState, "entity_name": l.text(l.names),
		"note": note(l.inv), "ngo": ngo(l.inv),
		"meeting_title": l.text(m.GetTitle()), "session": l.text(m.GetSession()),
		"convening_body": l.text(m.GetConveningBody()), "subsidiary_body": l.text(m.GetSubsidiaryBody()),
		"decision_number": l.word(m.GetDecision().GetNumber()), "decision_title": l.text(m.GetDecision().GetTitle()),
		"instrument_title":  l.text(m.GetInstrument().GetTitle()),
		"mandate_functions": l.texts(m.GetMandateFunctions()), "topics": l.texts(m.GetAgendaTopics()),
		"dates": locale.Written(l.language, l.first, l.last), "several_days": l.first.Before(l.last),
		"online": online, "documents_uri": l.word(m.GetDocumentsUri()),
		"composition_deadline": l.deadline(m.GetCompositionDeadline()), "photo_deadline": l.deadline(m.GetPhotoDeadline()),
		"deadline_passed": l.passed(),
		"office":          l.text(m.GetSecretariatContact().GetOffice()),
		"postal_address":  l.word(lines(m.GetSecretariatContact().GetPostalAddress())),
		"fax":             l.number(m.GetSecretariatContact().GetFax()),
		"email":           l.word(m.GetSecretariatContact().GetEmail()), "phone": l.number(m.GetSecretariatContact().GetPhone()),
		"reference": l.word(l.inv.Reference),
	}
	if m.GetModality() != placardv1.Meeting_ONLINE {
		venue, gate := l.text(m.GetVenue().GetName()), l.text(m.GetVenue().GetGate())
		v["place"], v["venue"], v["gate"] = l.text(m.GetVenue().GetCity()), venue, gate
		switch {
		case gate == "" || venue == "":
		case l.language == "zh":
			v["gate"] = venue + gate
		default:
			v["gate"] = gate + w.comma + venue
		}
	}
	if l.latest != nil {
		v["communicated_reference"], v["late"] = l.word(l.latest.NoteReference), l.latest.Late
		v["receipt_date"] = locale.Day(l.language, l.receiptDay())
		v["participant_count"] = strconv.Itoa(len(l.latest.Members))
	}
	if l.accepted != nil {
		v["decision_date"] = locale.Day(l.language, l.decisionDay())
		v["participant_count"] = strconv.Itoa(len(l.persons))
	}
	var entries []string
	for _, p := range l.persons {
		entries = append(entries, l.entry(p))
	}
	v["participants"] = entries
	if l.photo != nil {
		v["participant"] = l.word(personName(l.person))
		v["reason"] = w.rejections[placardv1.Photo_Rejection(placardv1.Photo_Rejection_value[l.photo.Rejection])]
		v["note_text"] = l.word(l.photo.RejectionNote)
	}
	return v
}

// text is a text in the language of the letter, else in another one that there is.
func (l *letter) text(text *placardv1.LocalizedText) string {
	return l.word(locale.Show(text, l.language, nil).GetText())
}

func (l *letter) word(s string) string { return prose.Isolate(l.language, s) }

// number is a number to call, which no line breaks.
func (l *letter) number(s string) string {
	return l.word(strings.ReplaceAll(prose.Clean(s), " ", "\u00a0"))
}

func (l *letter) texts(texts []*placardv1.LocalizedText) []string {
	var out []string
	for _, t := range texts {
		out = append(out, l.text(t))
	}
	return out
}

// deadline is a day by which something is due.
func (l *letter) deadline(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return locale.Day(l.language, t)
}

// passed tells whether the composition would be late by now.
func (l *letter) passed() bool {
	return l.deadlineTime != nil && !l.now.Before(*l.deadlineTime) ||
		l.meeting.GetState() == placardv1.Meeting_CLOSED || l.meeting.GetState() == placardv1.Meeting_CONCLUDED
}

// entry is a person as a confirmation lists it.
func (l *letter) entry(p *db.ParticipantVersion) string {
	out := l.word(personName(p))
	if p.FunctionalTitle != "" {
		out += wordsIn[l.language].comma + l.word(p.FunctionalTitle)
	}
	return out
}

// personName is a name with its honorific.
func personName(p *db.ParticipantVersion) string {
	return strings.TrimSpace(p.Honorific + " " + locale.DisplayName(p.GivenName, p.FamilyName))
}

// lines makes one line of an address of several. It stays in its own script.
func lines(s string) string {
	var out []string
	for _, line := range strings.Split(s, "\n") {
		if line = strings.Trim(line, " \t\r,"); line != "" {
			out = append(out, line)
		}
	}
	return strings.Join(out, ", ")
}
