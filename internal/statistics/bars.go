package statistics

import (
	"fmt"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
)

// rowsOf are the participants by what a chart shows, in the latest compositions
// and in those in force.
func rowsOf(
	statistics *placardv1.MeetingStatistics, of placardv1.DrawMeetingStatisticsRequest_Chart, language string,
) []row {
	words := locale.Words(language)
	var rows []row
	add := func(name string, latest, accepted int32) {
		rows = append(rows, row{name, [2]int32{latest, accepted}})
	}
	switch of {
	case statuses:
		for _, s := range statistics.GetByStatus() {
			add(words.Statuses[s.GetParticipationStatus()],
				s.GetProgress().GetParticipants(), s.GetProgress().GetAcceptedParticipants())
		}
	case regions:
		for _, r := range statistics.GetByRegion() {
			add(words.Regions[r.GetRegion()],
				r.GetProgress().GetParticipants(), r.GetProgress().GetAcceptedParticipants())
		}
		// Those in no group come last.
		if len(rows) > 0 {
			rows = append(rows[1:], rows[0])
		}
	case roles:
		for _, r := range statistics.GetByRole() {
			add(words.Roles[r.GetRole()], r.GetParticipants(), r.GetAcceptedParticipants())
		}
	case modalities:
		for _, m := range statistics.GetByModality() {
			add(words.Modalities[m.GetModality()], m.GetParticipants(), m.GetAcceptedParticipants())
		}
	case languages:
		for _, l := range statistics.GetByLanguage() {
			called := words.Languages[l.GetLanguage()]
			if l.GetLanguage() == "" {
				called = texts[language].unknown
			}
			add(called, l.GetParticipants(), l.GetAcceptedParticipants())
		}
	}
	return rows
}

// The measures of bars. The name of a row stands above its two bars, so that it
// may be as long as it is in any language.
const (
	barThickness = 11.0
	rowHeight    = 56.0
	// barRoom is what the number behind a bar needs.
	barRoom = 64.0
)

// bars draws two bars for each row: the upper one hollow, for the latest
// compositions, the lower one solid, for those in force.
func (c *chart) bars(rows []row) {
	most, latest, accepted := int32(0), int32(0), int32(0)
	for _, r := range rows {
		most = max(most, r.values[0], r.values[1])
		latest, accepted = latest+r.values[0], accepted+r.values[1]
	}
	if most == 0 {
		c.empty()
		return
	}
	c.Rows = rows
	c.summary = fmt.Sprintf("%s: %s. %s: %s.", c.words.latest, c.number(latest), c.words.accepted, c.number(accepted))
	c.Hollow += c.rectangle(margin+1, 68, 18, barThickness-1)
	c.write(margin+28, 78, text{Text: c.words.latest})
	c.Solid += c.rectangle(margin, 88, 20, barThickness)
	c.write(margin+28, 98, text{Text: c.words.accepted})

	n, size := intervals(most)
	unit := (width - 2*margin - barRoom) / float64(n*size)
	bottom := top + rowHeight*float64(len(rows))
	for i := range n + 1 {
		x := margin + unit*float64(i*size)
		c.Grid += c.segment(x, top-8, x, bottom)
		anchor := "middle"
		if i == 0 {
			anchor = ""
		}
		c.write(x, bottom+18, text{Anchor: anchor, Text: c.number(i * size)})
	}
	c.Axis = c.segment(margin, top-8, margin, bottom)
	for i, r := range rows {
		y := top + rowHeight*float64(i)
		c.write(margin+6, y+10, text{Text: r.Name})
		for j, value := range r.values {
			length, y := unit*float64(value), y+17+float64(j)*(barThickness+3)
			switch {
			case value == 0:
			case j == 0:
				c.Hollow += c.rectangle(margin, y+0.5, length, barThickness-1)
			default:
				c.Solid += c.rectangle(margin, y, length, barThickness)
			}
			c.write(margin+length+6, y+barThickness-1, text{Text: c.number(value)})
		}
	}
	c.Height = bottom + 32
}
