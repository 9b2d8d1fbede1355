package calendar

import (
	"fmt"
	"time"

	ics "github.com/arran4/golang-ical"
)

// maxTurns bounds how often the clocks of a zone may be turned during a meeting.
const maxTurns = 20

// earliest is the first time that is written for a rule of a zone: programs read no
// years long before it well.
var earliest = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)

// timeZone writes what the clocks of a zone do from one day to another, both given as
// their midnights: the rule that holds at the beginning, and each that follows. The
// dates say it whole, so no rule of recurrence is needed.
func timeZone(id string, zone *time.Location, first, last time.Time) *ics.VTimezone {
	out := ics.NewTimezone(id)
	t := time.Date(first.Year(), first.Month(), first.Day(), 0, 0, 0, 0, zone)
	end := time.Date(last.Year(), last.Month(), last.Day(), 0, 0, 0, 0, zone)
	for range maxTurns {
		since, until := t.ZoneBounds()
		out.Components = append(out.Components, observance(t, since))
		if until.IsZero() || until.After(end) {
			break
		}
		t = until
	}
	return out
}

// observance writes the rule of a zone that holds at a time, since another one.
func observance(at, since time.Time) ics.Component {
	label, to := at.Zone()
	from := to
	if !since.IsZero() {
		_, from = since.Add(-time.Second).Zone()
	}
	// The start is told by the clocks as they were before they were turned.
	start := since.UTC().Add(time.Duration(from) * time.Second)
	if since.IsZero() || start.Before(earliest) {
		start, from = earliest, to
	}
	write := func(base *ics.ComponentBase) {
		base.AddProperty(ics.ComponentPropertyDtStart, local(start))
		base.AddProperty(ics.ComponentProperty(ics.PropertyTzoffsetfrom), offset(from))
		base.AddProperty(ics.ComponentProperty(ics.PropertyTzoffsetto), offset(to))
		base.AddProperty(ics.ComponentProperty(ics.PropertyTzname), label)
	}
	if at.IsDST() {
		daylight := &ics.Daylight{}
		write(&daylight.ComponentBase)
		return daylight
	}
	standard := ics.NewStandard()
	write(&standard.ComponentBase)
	return standard
}

// offset is a distance from UTC: +0100, with seconds where a zone has them.
func offset(seconds int) string {
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	out := fmt.Sprintf("%c%02d%02d", sign, seconds/3600, seconds/60%60)
	if seconds%60 != 0 {
		out += fmt.Sprintf("%02d", seconds%60)
	}
	return out
}
