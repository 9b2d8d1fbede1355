package web

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"google.golang.org/protobuf/types/known/timestamppb"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
)

// sortRows puts entities in the order of their names, as the readers of a
// language expect it.
func sortRows(rows []row, lang string) {
	order := locale.Order(lang)
	slices.SortStableFunc(rows, func(a, b row) int { return order(a.Entity.GetText(), b.Entity.GetText()) })
}

// overdue tells whether an entity that is invited and has not declined should
// have communicated a composition.
func overdue(m *placardv1.Meeting, inv *placardv1.Invitation, d *placardv1.Delegation, now time.Time) bool {
	deadline := m.GetCompositionDeadlineTime()
	if deadline == nil || now.Before(deadline.AsTime()) || d != nil {
		return false
	}
	return inv.GetState() != placardv1.Invitation_DRAFT && inv.GetState() != placardv1.Invitation_DECLINED
}

// due is something that is due, and whether its time is past.
type due struct {
	*placardv1.Meeting_Deadline
	Past bool
}

// dueOf are the deadlines of a meeting and its opening, in the order of time.
func dueOf(m *placardv1.Meeting, now time.Time) []due {
	var all []due
	for _, d := range m.GetDeadlines() {
		all = append(all, due{d, !now.Before(d.GetTime().AsTime())})
	}
	return all
}

// awaitingReview are the entities whose composition waits for review, the one
// that has waited longest first.
func awaitingReview(all []row) []row {
	var waiting []row
	for _, r := range all {
		if r.Delegation.GetState() == placardv1.Delegation_SUBMITTED {
			waiting = append(waiting, r)
		}
	}
	slices.SortStableFunc(waiting, func(a, b row) int {
		return a.Delegation.GetSubmitTime().AsTime().Compare(b.Delegation.GetSubmitTime().AsTime())
	})
	return waiting
}

// matches tells whether an entity is asked for.
func (a asked) matches(r row) bool {
	switch {
	case a.Invitation != "" && a.Invitation != r.Invitation.GetState().String(),
		a.Delegation == noComposition && r.Delegation != nil,
		a.Delegation != "" && a.Delegation != noComposition && (r.Delegation == nil || a.Delegation != r.Delegation.GetState().String()),
		a.Late && !r.Delegation.GetLate():
		return false
	}
	return matches(strings.Fields(locale.Fold(a.Search)), r.Entity.GetText(), r.Code)
}

// Changed is when the invitation or the delegation last changed.
func (r row) Changed() *timestamppb.Timestamp {
	a, b := r.Invitation.GetUpdateTime(), r.Delegation.GetUpdateTime()
	if b == nil || a.AsTime().After(b.AsTime()) {
		return a
	}
	return b
}

const (
	// maxReasons and maxReason are how many reasons a return may have, and how
	// many letters each of them, as the contract has it.
	maxReasons = 20
	maxReason  = 1000
)

// reasonsOf are the reasons in a text: one a line, however lines end. What word
// processors leave in a text and nobody sees, as marks of direction, is left
// out: the contract refuses it.
func reasonsOf(typed string) []string {
	var reasons []string
	for line := range strings.FieldsFuncSeq(strings.ToValidUTF8(typed, "\ufffd"), endsLine) {
		if line = strings.TrimSpace(strings.Map(seen, line)); line != "" {
			reasons = append(reasons, line)
		}
	}
	return reasons
}

func endsLine(r rune) bool {
	return r >= '\n' && r <= '\r' || r == '\u0085' || r == '\u2028' || r == '\u2029'
}

// seen leaves out of a text what is not seen.
func seen(r rune) rune {
	if unicode.IsControl(r) && r != '\t' || unicode.Is(unicode.Bidi_Control, r) || r == '\ufeff' {
		return -1
	}
	return r
}

// requestID is the id of a write: the same for whoever sends a form twice.
func requestID(s session, delegation string, revision int32, verb string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{s.ID, delegation, strconv.Itoa(int(revision)), verb}, "\n")))
	return "page-" + hex.EncodeToString(sum[:16])
}

// people are the persons of a revision, each with what differs from the
// revision in force, and the names of those who are no longer there.
func people(revision *placardv1.DelegationRevision, difference *placardv1.CompositionDifference) (present []person, gone []string) {
	differs := map[string]*placardv1.CompositionDifference_Item{}
	for _, item := range difference.GetItems() {
		if item.GetKind() == placardv1.CompositionDifference_Item_WITHDRAWN {
			gone = append(gone, item.GetDisplayName())
			continue
		}
		differs[item.GetParticipant()] = item
	}
	for _, p := range revision.GetParticipants() {
		item := differs[p.GetName()]
		present = append(present, person{Participant: p, Kind: item.GetKind(), Fields: item.GetChangedFields()})
	}
	return present, gone
}

// count counts the persons with one kind of difference.
func count(present []person, kind placardv1.CompositionDifference_Item_Kind) int {
	n := 0
	for _, p := range present {
		if p.Kind == kind {
			n++
		}
	}
	return n
}

// notice says what was done: `web.accept.AUT.2`.
func (d decision) notice() string {
	return strings.Join([]string{d.meeting, d.verb, d.entity, strconv.Itoa(int(d.revision))}, ".")
}

// readNotice reads what a notice says was done.
func readNotice(text string) (d decision, ok bool) {
	parts := strings.Split(text, ".")
	if len(parts) != strings.Count(decision{}.notice(), ".")+1 {
		return decision{}, false
	}
	revision, err := strconv.ParseInt(parts[3], 10, 32)
	d = decision{meeting: parts[0], verb: parts[1], entity: parts[2], revision: int32(revision)}
	return d, err == nil && revision > 0 && (d.verb == "accept" || d.verb == "return")
}
