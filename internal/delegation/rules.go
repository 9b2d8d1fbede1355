package delegation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/locale"
)

// MaxParticipants is how many participants a delegation has at the most.
const MaxParticipants = 500

// Submitted is a person of a submission, before it is known who that is.
type Submitted struct {
	Said
	// ID is the participant that the mission names, if it does.
	ID string
}

// Match finds for every submitted person the one already present: by the
// participant's name, then by external id, then by the folded full name where
// that is unique on both sides. Two persons to whom the mission gave different
// external ids are never the same. It never goes by e-mail, which may be
// shared. Whoever is not matched is new and has an empty ID.
//
// Those who are leaving, because their withdrawal is not in force yet, can be
// matched too, and so be taken back; whoever is present goes before them.
func Match(submitted []Submitted, present, leaving Composition) (Composition, []fault.Violation) {
	var violations []fault.Violation
	out := make(Composition, len(submitted))
	known := slices.Concat(present, leaving)
	matched := make(map[string]int, len(known)) // participant id to the index of who has it
	take := func(i int, p Person) {
		if p.Said != submitted[i].Said {
			p.Said, p.Version = submitted[i].Said, 0
		}
		out[i] = p
		matched[p.ID] = i
	}
	for i, s := range submitted {
		out[i] = Person{Said: s.Said}
		if s.ID == "" {
			continue
		}
		at := known.Find(s.ID)
		if at < 0 {
			violations = append(violations, violation(i, "name", "UNKNOWN_PARTICIPANT",
				"names no present participant of this delegation: leave it empty for a new one"))
			continue
		}
		if first, twice := matched[s.ID]; twice {
			violations = append(violations, violation(i, "name", "DUPLICATE_PARTICIPANT",
				fmt.Sprintf("names the same participant as participants[%d]", first)))
			continue
		}
		take(i, known[at])
	}
	open := func(i int) bool { return submitted[i].ID == "" && out[i].ID == "" }

	byExternal := make(map[string]Person, len(known))
	for _, p := range slices.Backward(known) {
		if p.ExternalID != "" {
			byExternal[p.ExternalID] = p
		}
	}
	for i, s := range submitted {
		if p, ok := byExternal[s.ExternalID]; ok && open(i) {
			if _, taken := matched[p.ID]; !taken {
				take(i, p)
			}
		}
	}

	// What is left on both sides, by folded name.
	left := make(map[string][]Person)
	staying := make(map[string]bool)
	for i, p := range known {
		key := SearchKey(p.Said)
		if _, taken := matched[p.ID]; !taken && (i < len(present) || !staying[key]) {
			left[key] = append(left[key], p)
			staying[key] = i < len(present)
		}
	}
	asking := make(map[string][]int)
	for i, s := range submitted {
		if open(i) {
			key := SearchKey(s.Said)
			asking[key] = append(asking[key], i)
		}
	}
	for i, s := range submitted {
		if !open(i) {
			continue
		}
		key := SearchKey(s.Said)
		candidates := slices.Clone(left[key])
		candidates = slices.DeleteFunc(candidates, func(p Person) bool {
			return p.ExternalID != "" && s.ExternalID != "" && p.ExternalID != s.ExternalID
		})
		switch {
		case len(candidates) == 0:
		case len(candidates) == 1 && len(asking[key]) == 1:
			take(i, candidates[0])
		default:
			violations = append(violations, violation(i, "name", "AMBIGUOUS_MATCH",
				"the name stands for several: give the participant's name or external id; candidates: "+candidateList(candidates)))
		}
	}
	return out, violations
}

// maxCandidates is how many candidates an ambiguous match names.
const maxCandidates = 5

func candidateList(persons []Person) string {
	var b strings.Builder
	for i, p := range persons {
		if i == maxCandidates {
			fmt.Fprintf(&b, " and %d more", len(persons)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("participants/" + p.ID)
		if p.ExternalID != "" {
			b.WriteString(" (external id " + strconv.Quote(p.ExternalID) + ")")
		}
	}
	return b.String()
}

// SearchKey is the full name folded: without case, accents and the variants of
// letters that readers take for the same.
func SearchKey(s Said) string { return nameKey(s.GivenName, s.FamilyName) }

// LatinKey is the full name in Latin script folded, "" where none is given.
func LatinKey(s Said) string { return nameKey(s.LatinGivenName, s.LatinFamilyName) }

// oneName tells whether two names are one name in two spellings: the same by
// locale.Fold, also with hyphens, apostrophes, full stops and spaces set
// differently, or with the parts in another order.
func oneName(given, family, otherGiven, otherFamily string) bool {
	a, b := given+" "+family, otherGiven+" "+otherFamily
	switch {
	case oneText(a, b), oneText(given, otherFamily) && oneText(family, otherGiven):
		return true
	default:
		parts, others := words(a), words(b)
		slices.Sort(parts)
		slices.Sort(others)
		return len(parts) > 0 && slices.Equal(parts, others)
	}
}

// oneText tells whether two texts are one in two spellings. Their words stand
// in the same order.
func oneText(a, b string) bool {
	if a == b {
		return true
	}
	letters := strings.Join(words(a), "")
	return letters != "" && letters == strings.Join(words(b), "")
}

// words are the folded words of a text.
func words(s string) []string {
	return strings.FieldsFunc(locale.Fold(s), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("-'.", r) })
}

func violation(index int, field, reason, message string) fault.Violation {
	return fault.Violation{Field: fmt.Sprintf("participants[%d].%s", index, field), Reason: reason, Message: message}
}

// Check answers what is wrong with a composition as a whole. The index of a
// violation is the place in the composition, from 0.
func Check(c Composition) []fault.Violation {
	var out []fault.Violation
	head := -1
	external := make(map[string]int, len(c))
	for i, p := range c {
		if given := p.GivenName + p.FamilyName; given != "" && strings.IndexFunc(given, unicode.IsLetter) < 0 {
			out = append(out, violation(i, "family_name", "NAME_EMPTY", "a name has at least one letter"))
		}
		if p.Role == placardv1.Participant_HEAD {
			if head >= 0 {
				out = append(out, violation(i, "role", "TOO_MANY_HEADS",
					fmt.Sprintf("a delegation has at most one head, and participants[%d] is it", head)))
			} else {
				head = i
			}
		}
		if p.ExternalID == "" {
			continue
		}
		if first, twice := external[p.ExternalID]; twice {
			out = append(out, violation(i, "external_id", "DUPLICATE_EXTERNAL_ID",
				fmt.Sprintf("is that of participants[%d] too", first)))
		} else {
			external[p.ExternalID] = i
		}
	}
	return out
}

// Warnings are what should be known of a composition that is the latest one.
// `withheld` says that nothing of it is in force before it is accepted, because it
// came late. A composition of nobody, by which a delegation is withdrawn, needs no
// head.
func Warnings(c Composition, withheld bool) []placardv1.Delegation_Warning {
	var out []placardv1.Delegation_Warning
	head := func(p Person) bool { return p.Role == placardv1.Participant_HEAD }
	if len(c) > 0 && !slices.ContainsFunc(c, head) {
		out = append(out, placardv1.Delegation_HEAD_MISSING)
	}
	if withheld {
		out = append(out, placardv1.Delegation_LATE_WAITS_FOR_REVIEW)
	}
	return out
}

// Withdrawn counts who is in `latest` and not in `wanted`.
func Withdrawn(latest, wanted Composition) int {
	stays := wanted.index()
	n := 0
	for _, p := range latest {
		if _, ok := stays[p.ID]; !ok {
			n++
		}
	}
	return n
}

// CheckWithdrawals refuses a submission that withdraws more than it may: an
// export that was cut short looks just like that. Without a limit it is half
// of the delegation.
func CheckWithdrawals(present, withdrawn int, limit *int32) error {
	allowed := present / 2
	if limit != nil {
		allowed = int(*limit)
	}
	if withdrawn <= allowed {
		return nil
	}
	return fault.Precondition("TOO_MANY_WITHDRAWALS",
		fmt.Sprintf("would withdraw %d of %d participants, and %d are allowed: if that is meant, set max_withdrawals", withdrawn, present, allowed),
		"withdrawn", strconv.Itoa(withdrawn), "present", strconv.Itoa(present), "allowed", strconv.Itoa(allowed))
}

// Intake is what a meeting says about compositions that come in.
type Intake struct {
	State      placardv1.Meeting_State
	LatePolicy placardv1.Meeting_LatePolicy
	// Deadline is when the composition deadline ends; nil: there is none.
	Deadline *time.Time
	// Closed is when intake on time was ended; nil: it was not.
	Closed *time.Time
}

// Cutoff is the instant from which on a composition is late; nil: never.
func (in Intake) Cutoff() *time.Time {
	if in.Closed != nil && (in.Deadline == nil || in.Closed.Before(*in.Deadline)) {
		return in.Closed
	}
	return in.Deadline
}

// Late tells whether what was received at a time is late. The deadline is the
// end of a day, 24:00, which is late already.
func (in Intake) Late(received time.Time) bool {
	cutoff := in.Cutoff()
	return cutoff != nil && !received.Before(*cutoff)
}

// Withholds tells whether nothing of what was received at a time is in force
// before it is accepted, not even what otherwise needs no review.
func (in Intake) Withholds(received time.Time) bool {
	return in.LatePolicy == placardv1.Meeting_ACCEPT_AS_LATE_FOR_REVIEW && in.Late(received)
}

// Takes tells whether the meeting takes any change of a delegation.
func (in Intake) Takes() error {
	switch in.State {
	case placardv1.Meeting_OPEN, placardv1.Meeting_CLOSED:
		return nil
	case placardv1.Meeting_CONCLUDED:
		return fault.Precondition("MEETING_CONCLUDED", "the meeting is concluded: nothing of it changes any more")
	default:
		return fault.Precondition("MEETING_NOT_OPEN", "the meeting does not take compositions yet")
	}
}

// TakesAttendance tells whether the meeting takes a change of who attends that
// was received at a time. `zone` is that of the venue.
func (in Intake) TakesAttendance(received time.Time, zone *time.Location) error {
	if in.LatePolicy == placardv1.Meeting_REFUSE && in.Late(received) {
		at := *in.Cutoff()
		return fault.Precondition("DEADLINE_PASSED",
			"intake on time ended on "+locale.By("en", at, zone).Line()+" and the meeting takes no late changes of who attends",
			"deadline", at.UTC().Format(time.RFC3339), "venueTime", at.In(zone).Format(time.RFC3339), "timeZone", zone.String())
	}
	return nil
}

// Received is when a composition was received: at `now`, or, where the
// Secretariat entered the day of receipt, at the beginning of that day in the
// zone of the venue, so that a day is compared with a deadline by days.
func Received(day string, zone *time.Location, now time.Time) (time.Time, error) {
	if day == "" {
		return now, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return time.Time{}, fault.Invalid(fault.Violation{Field: "receipt_date", Reason: "STRING_DAY", Message: "must be a day in the form YYYY-MM-DD"})
	}
	if t.After(now) {
		return time.Time{}, fault.Invalid(fault.Violation{Field: "receipt_date", Reason: "RECEIPT_IN_FUTURE", Message: "is in the future"})
	}
	return t.UTC(), nil
}

// Move puts the person with an id at a place in protocol order, from 1; beyond
// the end it is the last.
func Move(c Composition, id string, order int) Composition {
	at := c.Find(id)
	if at < 0 || order < 1 {
		return c
	}
	p := c[at]
	out := slices.Delete(slices.Clone(c), at, at+1)
	return slices.Insert(out, min(order-1, len(out)), p)
}
