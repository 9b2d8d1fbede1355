package statistics

import (
	"fmt"
	"time"
	"unicode/utf8"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
	"github.com/un-placard/placard/internal/locale"
)

// The measures of columns.
const (
	columnsLeft   = margin + 56.0
	columnsRight  = width - margin - 56.0
	columnsHeight = 220.0
	maxColumn     = 36.0
	// dayRoom is what the number of a day needs.
	dayRoom = 24.0
	// maxDays is how many days are drawn one by one; more are put into weeks.
	maxDays = 92
)

// column is a day, or a week.
type column struct {
	// from is the first day of it.
	from         time.Time
	count, total int32
}

// columnsOf puts days into columns, of a week each where there are too many.
func columnsOf(days []*placardv1.MeetingStatistics_Day) (columns []column, weekly bool) {
	weekly = len(days) > maxDays
	for _, d := range days {
		from, err := time.Parse(time.DateOnly, d.GetDate())
		if err != nil {
			continue // daysOf wrote it
		}
		if weekly {
			from = from.AddDate(0, 0, -(int(from.Weekday())+6)%7) // a week begins with Monday
		}
		if len(columns) == 0 || columns[len(columns)-1].from != from {
			columns = append(columns, column{from: from})
		}
		last := &columns[len(columns)-1]
		last.count, last.total = last.count+d.GetRegistrations(), d.GetTotal()
	}
	return columns, weekly
}

// columns draws the registrations: a column for each day, whose axis stands
// where the text begins, and a line for the running total, with an axis at the
// other side. Each axis has the sign of the legend above it.
func (c *chart) columns(days []*placardv1.MeetingStatistics_Day) {
	columns, weekly := columnsOf(days)
	if weekly {
		c.Title, c.Head[0] = c.words.weekly, c.words.week
	}
	c.Head[1], c.Head[2] = c.Title, c.words.total
	if len(columns) == 0 {
		c.empty()
		return
	}
	most, total := int32(0), columns[len(columns)-1].total
	for _, column := range columns {
		most = max(most, column.count)
		c.Rows = append(c.Rows, row{column.from.Format(time.DateOnly), [2]int32{column.count, column.total}})
	}
	c.summary = fmt.Sprintf("%s: %s.", c.words.total, c.number(total))
	c.columnSign(margin, 73)
	c.write(margin+28, 78, text{Text: c.Title})
	c.lineSign(margin, 93)
	c.write(margin+28, 98, text{Text: c.words.total})
	c.columnSign(columnsLeft-26, top)
	c.lineSign(columnsRight+6, top)

	n, size := intervals(most)
	totalSize := sizeFor(total, n)
	const first, bottom = top + 16, top + 16 + columnsHeight
	for i := range n + 1 {
		y := bottom - columnsHeight*float64(i)/float64(n)
		c.Grid += c.segment(columnsLeft, y, columnsRight, y)
		c.write(columnsLeft-8, y+4, text{Anchor: "end", Text: c.number(i * size)})
		c.write(columnsRight+8, y+4, text{Text: c.number(i * totalSize)})
	}
	slot := (columnsRight - columnsLeft) / float64(len(columns))
	thickness := min(maxColumn, slot*0.72)
	for i, column := range columns {
		middle := columnsLeft + slot*(float64(i)+0.5)
		if column.count > 0 {
			height := columnsHeight * float64(column.count) / float64(n*size)
			c.Solid += c.rectangle(middle-thickness/2, bottom-height, thickness, height)
		}
		y := bottom - columnsHeight*float64(column.total)/float64(n*totalSize)
		if i == 0 {
			c.Line += c.segment(middle, y, middle, y)
		} else {
			c.Line += fmt.Sprintf("L%v %v", c.mirror(middle), tenth(y))
		}
	}
	c.Axis += c.segment(columnsLeft, first, columnsLeft, bottom) + c.segment(columnsLeft, bottom, columnsRight, bottom) +
		c.segment(columnsRight, first, columnsRight, bottom)
	if !weekly {
		c.days(columns, slot, bottom)
	}
	c.months(columns, slot, bottom)
	c.Height = bottom + 52
}

func (c *chart) columnSign(x, y float64) { c.Solid += c.rectangle(x+4, y-6, 12, 12) }

func (c *chart) lineSign(x, y float64) { c.Line += c.segment(x, y, x+20, y) }

// days writes the numbers of days under the columns, as many as there is room.
func (c *chart) days(columns []column, slot, bottom float64) {
	step := 1
	for _, step = range []int{1, 2, 7, 14} {
		if slot*float64(step) >= dayRoom {
			break
		}
	}
	for i := 0; i < len(columns); i += step {
		x := columnsLeft + slot*(float64(i)+0.5)
		c.Axis += c.segment(x, bottom, x, bottom+4)
		c.write(x, bottom+18, text{Anchor: "middle", Text: fmt.Sprint(columns[i].from.Day())})
	}
}

// months writes the months under the columns, each where it begins. Where there
// is not room for all of them, a later one goes before an earlier one.
func (c *chart) months(columns []column, slot, bottom float64) {
	const end = width - margin
	room := end // up to where the next text may go
	for i := len(columns) - 1; i >= 0; i-- {
		month := columns[i].from
		if i > 0 && month.Month() == columns[i-1].from.Month() {
			continue
		}
		begin := columnsLeft + slot*float64(i)
		c.Axis += c.segment(begin, bottom, begin, bottom+24)
		label := fmt.Sprintf(c.words.month, locale.Words(c.Language).MonthsAlone[month.Month()-1], month.Year())
		x, length := begin+4, c.length(label)
		if x+length > room && room < end {
			continue
		}
		x = min(x, end-length)
		c.write(x, bottom+38, text{Text: label})
		room = x - 12
	}
}

// length is about how long a text is.
func (c *chart) length(s string) float64 {
	perLetter := 6.6
	if c.Language == "zh" {
		perLetter = 10
	}
	return perLetter * float64(utf8.RuneCountInString(s))
}
