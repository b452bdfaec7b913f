package main

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"mote/size"
)

// row is a peer with its figures.
type row struct {
	*peer
	figures
	// failed is why there are no more figures, or empty.
	failed string
}

// heads are the table's columns.
var heads = []string{"init", "ready, counted, ms", "ready, clock, ms: median (least to p95)", "whole boot, clock, ms", "PID 1, bytes", "image, bytes",
	"resident (anonymous), kB", "memory used, kB", "smallest RAM, MiB", "CPU an orphan, µs", "death to first line, ms: median / p99"}

// table is the comparison in Markdown, the quickest by counting first, and last
// what never got ready.
func table(rows []row) string {
	sorted := slices.Clone(rows)
	order := func(r row) int64 {
		if r.exactReady == 0 {
			return math.MaxInt64
		}
		return r.exactReady
	}
	slices.SortStableFunc(sorted, func(a, b row) int { return cmp.Compare(order(a), order(b)) })
	var b strings.Builder
	fmt.Fprintf(&b, "| %s |\n%s|\n", strings.Join(heads, " | "), strings.Repeat("|---", len(heads)))
	for _, r := range sorted {
		fmt.Fprintf(&b, "| %s |\n", strings.Join(r.cells(), " | "))
	}
	return b.String()
}

// none is the cell of what was not measured.
const none = "–"

// cells are the row's, one for each head.
func (r row) cells() []string {
	name := r.name
	if name == "mote" {
		name = "**mote**"
	}
	if r.failed != "" {
		name += " (failed, see below)"
	}
	when := func(is bool, text string) string {
		if is {
			return text
		}
		return none
	}
	orphan := fmt.Sprintf("%.0f", float64(r.orphan)/1e3)
	if r.orphan == orphanLeft {
		orphan = "never reaped"
	}
	return []string{name,
		when(r.exactReady > 0, msec(r.exactReady)),
		when(len(r.clockReady) > 0, fmt.Sprintf("%s (%s to %s)", msec(share(r.clockReady, 50)), msec(share(r.clockReady, 0)), msec(share(r.clockReady, 95)))),
		when(len(r.clockWhole) > 0, msec(share(r.clockWhole, 50))),
		when(r.initBytes > 0, size.Grouped(r.initBytes)), when(r.imageBytes > 0, size.Grouped(r.imageBytes)),
		when(r.rss > 0, fmt.Sprintf("%s (%s)", size.Grouped(r.rss), size.Grouped(r.anonymous))), when(r.used > 0, size.Grouped(r.used)),
		when(r.smallestMiB > 0, fmt.Sprint(r.smallestMiB)),
		when(r.orphan != 0, orphan),
		when(len(r.deaths) > 0, msec(share(r.deaths, 50))+" / "+msec(share(r.deaths, 99)))}
}

// share is the least of a list that at least so many percent of it are not
// above: 0 gives the smallest, 50 the median, 95 of fewer than 20 the largest.
func share(list []int64, percent int) int64 {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	return sorted[max((len(sorted)*percent+99)/100-1, 0)]
}

func msec(nsec int64) string { return fmt.Sprintf("%.1f", float64(nsec)/1e6) }

// failures lists why rows are not whole; empty where all are.
func failures(rows []row) string {
	var b strings.Builder
	for _, r := range rows {
		if r.failed != "" {
			fmt.Fprintf(&b, "- %s failed: %s\n", r.name, r.failed)
		}
	}
	if b.Len() > 0 {
		return "\n" + b.String()
	}
	return ""
}

// reasonBytesMax bounds a reason in the table: it is an error of any program.
const reasonBytesMax = 200

// firstLine is the beginning of an error.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	if len(line) > reasonBytesMax {
		line = strings.ToValidUTF8(line[:reasonBytesMax], "") + " …"
	}
	return line
}

// document is size/PEERS.md.
func document(rows []row, kernel string, rounds int, date time.Time) string {
	var b strings.Builder
	b.WriteString("# Peers\n\nWritten by `make bench-peers`; nothing in it is typed in by hand.\n\n")
	b.WriteString(text("method.md"))
	fmt.Fprintf(&b, "\nMeasured on %s with %s, %d boots of each by the clock, in turns.\n\n", date.Format(time.DateOnly), kernel, rounds)
	b.WriteString(table(rows) + failures(rows))
	b.WriteString("\n## Which they are\n\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "- %s: %s", r.name, r.version)
		if r.note != "" {
			b.WriteString("; " + r.note)
		}
		b.WriteString(".\n")
	}
	return b.String()
}

// The marks in README.md between which the table stands.
const (
	tableBegin = "<!-- peers: written by make bench-peers -->\n"
	tableEnd   = "<!-- peers end -->\n"
)

// insert puts the table between the marks of a text.
func insert(text, table string) (string, error) {
	before, rest, found := strings.Cut(text, tableBegin)
	_, after, ended := strings.Cut(rest, tableEnd)
	if !found || !ended {
		return "", fmt.Errorf("peers: no place between %q and %q", strings.TrimSpace(tableBegin), strings.TrimSpace(tableEnd))
	}
	return before + tableBegin + table + tableEnd + after, nil
}

// publish writes the table where people read it.
func publish(rows []row, kernel string, rounds int, date time.Time) error {
	if err := os.WriteFile("size/PEERS.md", []byte(document(rows, kernel, rounds, date)), 0o644); err != nil {
		return err
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		return err
	}
	changed, err := insert(string(readme), table(rows)+failures(rows))
	if err != nil {
		return err
	}
	return os.WriteFile("README.md", []byte(changed), 0o644)
}
