package statistics

import (
	"bytes"
	_ "embed" // the form of a chart
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"

	placardv1 "github.com/un-placard/placard/api/placard/v1"
)

// form is the SVG of a chart. It has no styles and no scripts, which the page
// around it might not allow. What is painted is one image; the same figures
// follow as a table that is not painted, for screen readers. Series differ by
// their form (hollow, solid, line), not by colour alone, and every text has the
// contrast that WCAG 2.2 asks for at level AA.
//
//go:embed chart.svg
var form string

// chart is what stands in the form. Lengths are units of the SVG.
type chart struct {
	ID, Language, Direction string
	Title, Description      string
	Width, Height           float64
	// Hollow and Solid are areas, the others are lines.
	Grid, Axis, Hollow, Solid, Line string
	Texts                           []text
	// Head and Rows are the table.
	Head []string
	Rows []row

	words words
	// summary says in a sentence or two what is drawn.
	summary string
}

// text is a line of text.
type text struct {
	X, Y float64
	// Anchor tells which part of the text stands at X: the beginning, where it
	// is empty, which is the right end in Arabic; the middle; or the end.
	Anchor string
	// Size is that of a heading; 0 is that of everything else.
	Size float64
	Text string
}

// row is a row of the table: a category, or a day.
type row struct {
	Name   string
	values [2]int32
}

// The measures of a chart.
const (
	width  = 760.0
	margin = 16.0
	// top is where the drawing begins, below title and legend.
	top = 126.0
	// maxIntervals is how many intervals an axis has at the most.
	maxIntervals = 5
)

// draw draws one part of the statistics. `at` is where the meeting takes place.
func draw(
	statistics *placardv1.MeetingStatistics, of placardv1.DrawMeetingStatisticsRequest_Chart, language string, at venue,
) ([]byte, error) {
	c := &chart{
		ID: "chart-" + kebab(of), Language: language, Direction: "ltr",
		Width: width, Height: top, words: texts[language],
	}
	if language == "ar" {
		c.Direction = "rtl"
	}
	c.Title = c.words.titles[of]
	c.Head = []string{c.words.heads[of], c.words.latest, c.words.accepted}
	if of == registrations {
		c.columns(statistics.GetDays())
	} else {
		c.bars(rowsOf(statistics, of, language))
	}
	moment := fmt.Sprintf("%s %s (%s)", c.words.asAt,
		c.isolate(statistics.GetReadTime().AsTime().In(at.zone).Format("2006-01-02 15:04")), at.name)
	c.write(margin, 30, text{Size: 17, Text: c.Title})
	c.write(margin, 51, text{Text: moment})
	c.Description = moment + ". " + c.summary

	t, err := template.New("chart").Parse(form)
	if err != nil {
		return nil, fmt.Errorf("read the form of charts: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, c); err != nil {
		return nil, fmt.Errorf("draw chart: %w", err)
	}
	return out.Bytes(), nil
}

// empty says that there is nothing to draw.
func (c *chart) empty() {
	c.summary = c.words.nobody
	c.write(margin, top-36, text{Text: c.words.nobody})
	c.Height = top - 16
}

// Cells are the figures of a row of the table.
func (c *chart) Cells(r row) []string { return []string{c.number(r.values[0]), c.number(r.values[1])} }

// number writes a number as the readers of the language do. Spanish groups
// digits from five of them on.
func (c *chart) number(n int32) string {
	digits := strconv.Itoa(int(n))
	if c.Language == "es" && len(digits) == 4 {
		return digits
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + separators[c.Language] + digits[i:]
	}
	return digits
}

// Everything is drawn from left to right. Where the language is written from
// right to left, it is mirrored here.

func (c *chart) mirror(x float64) float64 {
	if c.Direction == "rtl" {
		x = width - x
	}
	return tenth(x)
}

// write adds a text.
func (c *chart) write(x, y float64, t text) {
	t.X, t.Y = c.mirror(x), tenth(y)
	c.Texts = append(c.Texts, t)
}

// rectangle is the path around a rectangle.
func (c *chart) rectangle(x, y, w, h float64) string {
	return c.segment(x, y, x+w, y) + fmt.Sprintf("V%vH%vz", tenth(y+h), c.mirror(x))
}

// isolate keeps a date in its order behind Arabic text.
func (c *chart) isolate(date string) string {
	if c.Direction == "rtl" {
		return "\u2066" + date + "\u2069"
	}
	return date
}

// segment is the path of a straight line.
func (c *chart) segment(x1, y1, x2, y2 float64) string {
	return fmt.Sprintf("M%v %vL%v %v", c.mirror(x1), tenth(y1), c.mirror(x2), tenth(y2))
}

// tenth keeps the text of a chart short.
func tenth(x float64) float64 { return math.Round(x*10) / 10 }

// intervals divides an axis up to at least `most`: into how many intervals, of
// which size. A size is 1, 2 or 5 times a power of ten.
func intervals(most int32) (n, size int32) {
	size = sizeFor(most, maxIntervals)
	return max(1, (most+size-1)/size), size
}

// sizeFor is the smallest such size with which n intervals reach `most`.
func sizeFor(most, n int32) int32 {
	for power := int32(1); ; power *= 10 {
		for _, size := range []int32{power, 2 * power, 5 * power} {
			if int64(size)*int64(n) >= int64(most) {
				return size
			}
		}
	}
}

// kebab is the name of a chart in a file name: `participation-statuses`.
func kebab(of placardv1.DrawMeetingStatisticsRequest_Chart) string {
	return strings.ReplaceAll(strings.ToLower(of.String()), "_", "-")
}
