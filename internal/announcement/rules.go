package announcement

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/grpc/codes"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/ent/db"
	"github.com/un-placard/placard/internal/fault"
	"github.com/un-placard/placard/internal/locale"
	"github.com/un-placard/placard/internal/name"
)

// The states of an announcement as a row has them.
var (
	stateDraft     = placardv1.Announcement_DRAFT.String()
	stateScheduled = placardv1.Announcement_SCHEDULED.String()
	stateSending   = placardv1.Announcement_SENDING.String()
	stateSent      = placardv1.Announcement_SENT.String()
	stateCancelled = placardv1.Announcement_CANCELLED.String()
)

const (
	// maxSubject is how long a subject is at the most, in characters: a mail program
	// shows far less.
	maxSubject = 200
	// furthest is how far ahead an announcement may be scheduled.
	furthest = 366 * 24 * time.Hour
)

// writable refuses writes to a concluded meeting.
func writable(m *db.Meeting) error {
	if m.State != placardv1.Meeting_CONCLUDED.String() {
		return nil
	}
	return fault.Concluded(name.Meeting(m.ID))
}

// inState refuses what is not possible in the state of an announcement.
func inState(row *db.Announcement, states ...string) error {
	for _, s := range states {
		if row.State == s {
			return nil
		}
	}
	resource := name.Announcement(row.MeetingID, row.AnnouncementID)
	return fault.Precondition("ANNOUNCEMENT_STATE",
		fmt.Sprintf("%s is %s, and this needs %s", resource, row.State, strings.Join(states, " or ")), "resource", resource, "state", row.State)
}

// check answers what is wrong with the texts of an announcement beyond what the
// contract's own rules say.
func check(a *placardv1.Announcement) []fault.Violation {
	var out []fault.Violation
	for _, lang := range locale.Languages() {
		subject, body := locale.In(a.GetSubject(), lang), locale.In(a.GetBody(), lang)
		at := "announcement.subject." + lang
		switch {
		case (strings.TrimSpace(subject) == "") != (strings.TrimSpace(body) == ""):
			out = append(out, fault.Violation{
				Field: at, Reason: "LANGUAGES_DIFFER", Message: "and the body are to be in the same languages, and one of them is missing",
			})
		case utf8.RuneCountInString(subject) > maxSubject:
			out = append(out, fault.Violation{
				Field: at, Reason: "STRING_MAX_LEN", Message: fmt.Sprintf("must be at most %d characters", maxSubject),
			})
		case strings.ContainsAny(subject, "\r\n\t"):
			out = append(out, fault.Violation{Field: at, Reason: "STRING_LINE", Message: "must be one line"})
		}
	}
	return out
}

// sendable refuses to send an announcement of a meeting that nobody was told of, or
// that is over.
func sendable(m *db.Meeting) error {
	if m.State == placardv1.Meeting_DRAFT.String() {
		return fault.New(codes.FailedPrecondition, "MEETING_NOT_ANNOUNCED",
			name.Meeting(m.ID)+" is a draft: announce it first", "resource", name.Meeting(m.ID))
	}
	return writable(m)
}

// schedule is when an announcement goes out that is to go out at a time, nil for at
// once, and whether that is later.
func schedule(wanted *time.Time, now time.Time) (at time.Time, later bool, err error) {
	if wanted == nil || !wanted.After(now) {
		return now, false, nil
	}
	if wanted.After(now.Add(furthest)) {
		return now, false, fault.Invalid(fault.Violation{
			Field: "send_time", Reason: "SEND_TIME_TOO_FAR", Message: "must be at most a year ahead",
		})
	}
	return wanted.UTC().Truncate(time.Microsecond), true, nil
}

// languageOf is the language in which somebody gets an announcement: the person's
// own, else that of the invitation, else English; where the announcement is not in
// it, the one that takes its place.
func languageOf(body *placardv1.LocalizedText, own, invitation string) string {
	for _, wanted := range []string{own, invitation} {
		if wanted != "" {
			return locale.Show(body, wanted, nil).GetLanguage()
		}
	}
	return locale.Show(body, locale.English, nil).GetLanguage()
}

// settleAfter is how long to wait before looking again whether all messages of an
// announcement have ended that went out a while ago: soon at first, then ever later.
func settleAfter(age time.Duration) time.Duration {
	return min(max(age/10, 2*time.Second), 10*time.Minute)
}

// reminder is one step of a rule of reminders.
type reminder struct {
	// deadline is the day that it is about, and days how many days before its end it
	// is due.
	deadline string
	days     int32
	// since is from when on it is due.
	since time.Time
}

// source names the step within the messages of a meeting, so that it is sent once,
// and once more for another deadline.
func (r reminder) source() string { return fmt.Sprintf("%s/%d", r.deadline, r.days) }

// due is the reminder of a deadline, a day in a zone, that is due now: of those whose
// time has come the last one, so that nobody gets two at once. Each is due from the
// hour on at which the deadline ends, so many days before it, by the clocks in the
// zone; none is once the deadline has passed.
func due(days []int32, deadline string, zone *time.Location, now time.Time) (reminder, bool) {
	day, err := time.Parse(time.DateOnly, deadline)
	if err != nil {
		return reminder{}, false // there is no deadline
	}
	midnight := func(before int32) time.Time {
		return time.Date(day.Year(), day.Month(), day.Day()+1-int(before), 0, 0, 0, 0, zone)
	}
	if !now.Before(midnight(0)) {
		return reminder{}, false
	}
	var found reminder
	for _, n := range days {
		if since := midnight(n); !now.Before(since) && (found.deadline == "" || n < found.days) {
			found = reminder{deadline: deadline, days: n, since: since}
		}
	}
	return found, found.deadline != ""
}
