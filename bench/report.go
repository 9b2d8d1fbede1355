package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
)

// cell is what was measured.
type cell struct {
	engine       string
	participants int
	operation    string
	door         string
	server       string
}

// table holds the runs of each cell.
type table map[cell][]result

// median is the run whose rate is in the middle.
func (t table) median(c cell) (result, bool) {
	runs := slices.SortedFunc(slices.Values(t[c]), func(a, b result) int { return cmp.Compare(a.rate, b.rate) })
	if len(runs) == 0 {
		return result{}, false
	}
	return runs[len(runs)/2], true
}

// print prints the one table, in Markdown. README.md says how to read it.
func (t table) print(w io.Writer, o options) error {
	load, _ := os.ReadFile("/proc/loadavg") // only where there is one
	out := tabwriter.NewWriter(w, 0, 0, 1, ' ', tabwriter.AlignRight|tabwriter.Debug)
	_, _ = fmt.Fprintf(w, "%d processors, %s, %d connections, median of %d runs of %v; load at the end: %s\n", // Flush tells
		runtime.NumCPU(), runtime.Version(), o.connections, o.rounds, o.duration, strings.TrimSpace(string(load)))
	row := func(columns ...string) { _, _ = fmt.Fprintln(out, "\t"+strings.Join(columns, "\t")+"\t") }
	row("engine", "participants", "call", "door",
		"Placard/s", "p50 ms", "p99 ms", "CPU s/1,000", "MB",
		"plain/s", "p50 ms", "p99 ms", "CPU s/1,000", "MB",
		"rate ratio", "CPU ratio", "growth", "CPU growth", "plain growth", "plain CPU growth")
	row(slices.Repeat([]string{"---:"}, 20)...)
	all, err := operations()
	if err != nil {
		return err
	}
	for _, engine := range o.engines {
		for _, op := range all {
			for _, way := range doors {
				for _, size := range o.sizes {
					c := cell{engine, size, op.name, way.name, placardServer}
					placard, ok := t.median(c)
					if !ok {
						continue
					}
					c.server = plainServer
					plain, _ := t.median(c)
					columns := []string{engine, fmt.Sprint(size), op.name, way.name}
					for _, r := range []result{placard, plain} {
						columns = append(columns, fmt.Sprintf("%.0f", r.rate), fmt.Sprintf("%.1f", r.p50.Seconds()*1000),
							fmt.Sprintf("%.1f", r.p99.Seconds()*1000), fmt.Sprintf("%.3f", r.cpu), fmt.Sprint(r.memory>>20))
					}
					columns = append(columns, fmt.Sprintf("%.2f", placard.rate/plain.rate), fmt.Sprintf("%.1f", placard.cpu/plain.cpu))
					// How much more a call costs than with the first size.
					for _, which := range []string{placardServer, plainServer} {
						c.server, c.participants = which, size
						here, _ := t.median(c)
						c.participants = o.sizes[0]
						small, _ := t.median(c)
						if size == o.sizes[0] {
							columns = append(columns, "-", "-")
							continue
						}
						columns = append(columns, fmt.Sprintf("%.2f", small.rate/here.rate), fmt.Sprintf("%.2f", here.cpu/small.cpu))
					}
					row(columns...)
				}
			}
		}
	}
	return out.Flush()
}

// median is the run whose rate is in the middle.
func (t bulkTable) median(c bulkCell) (bulkResult, bool) {
	runs := slices.SortedFunc(slices.Values(t[c]), func(a, b bulkResult) int { return cmp.Compare(a.rate(), b.rate()) })
	if len(runs) == 0 {
		return bulkResult{}, false
	}
	return runs[len(runs)/2], true
}

// print prints the table of what goes over many rows: a line for each that the
// program is compared with.
func (t bulkTable) print(w io.Writer, o options) error {
	if len(t) == 0 {
		return nil
	}
	out := tabwriter.NewWriter(w, 0, 0, 1, ' ', tabwriter.AlignRight|tabwriter.Debug)
	row := func(columns ...string) { _, _ = fmt.Fprintln(out, "\t"+strings.Join(columns, "\t")+"\t") } // Flush tells
	_, _ = fmt.Fprintf(w, "\nmedian of %d runs\n", o.rounds)
	row("engine", "what", "participants", "Placard rows/s", "s", "CPU s", "peak MB", "beside", "rows/s", "s", "CPU s", "rate ratio")
	row(slices.Repeat([]string{"---:"}, 12)...)
	for _, engine := range o.engines {
		for _, what := range []string{"import", "CSV", "DOCX"} {
			placard, _ := t.median(bulkCell{engine, what, ""})
			for _, against := range []string{rawVersions, rawTables, rawRead} {
				raw, ok := t.median(bulkCell{engine, what, against})
				if !ok {
					continue
				}
				columns := []string{engine, what, fmt.Sprint(placard.rows)}
				for i, r := range []bulkResult{placard, raw} {
					columns = append(columns, fmt.Sprintf("%.0f", r.rate()), fmt.Sprintf("%.2f", r.took.Seconds()), fmt.Sprintf("%.2f", r.cpu.Seconds()))
					if i == 0 {
						columns = append(columns, fmt.Sprint(r.peak>>20), against)
					}
				}
				row(append(columns, fmt.Sprintf("%.2f", placard.rate()/raw.rate()))...)
			}
		}
	}
	return out.Flush()
}
