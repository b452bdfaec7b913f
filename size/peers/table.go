package main

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// row is a peer with its figures.
type row struct {
	*peer
	figures
}

// table is the comparison in Markdown, the quickest by counting first.
func table(rows []row) string {
	sorted := slices.Clone(rows)
	slices.SortStableFunc(sorted, func(a, b row) int { return cmp.Compare(a.exactReady, b.exactReady) })
	var b strings.Builder
	b.WriteString("| init | ready, counted, ms | ready, clock, ms | whole boot, clock, ms | PID 1, bytes | image, bytes | resident (anonymous), kB | memory used, kB | smallest RAM, MiB | CPU an orphan, µs | death to first line, ms: median / most |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, r := range sorted {
		name := r.name
		if name == "mote" {
			name = "**mote**"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s (%s) | %s | %s | %s | %s / %s |\n", name,
			msec(r.exactReady), clockCell(r.clockReady), msec(middle(r.clockWhole)), grouped(r.initBytes), grouped(r.imageBytes),
			grouped(r.rss), grouped(r.anonymous), grouped(r.used), smallestCell(r.smallestMiB),
			fmt.Sprintf("%.0f", float64(r.orphan)/1e3), msec(middle(r.deaths)), msec(most(r.deaths)))
	}
	return b.String()
}

func clockCell(list []int64) string {
	if len(list) == 0 {
		return "–"
	}
	return fmt.Sprintf("%s (%s to %s)", msec(middle(list)), msec(slices.Min(list)), msec(slices.Max(list)))
}

func smallestCell(mib int) string {
	if mib == 0 {
		return "–"
	}
	return fmt.Sprint(mib)
}

// middle is the median, the later of two.
func middle(list []int64) int64 {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Clone(list)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}

func most(list []int64) int64 {
	if len(list) == 0 {
		return 0
	}
	return slices.Max(list)
}

func msec(nsec int64) string { return fmt.Sprintf("%.1f", float64(nsec)/1e6) }

// grouped writes a number in groups of three digits.
func grouped(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// document is size/PEERS.md.
func document(rows []row, kernel string, rounds int, date time.Time) string {
	var b strings.Builder
	b.WriteString("# Peers\n\nWritten by `make bench-peers`; nothing in it is typed in by hand.\n\n")
	b.WriteString(text("method.md"))
	fmt.Fprintf(&b, "\nMeasured on %s with %s, %d boots of each by the clock, in turns.\n\n", date.Format(time.DateOnly), kernel, rounds)
	b.WriteString(table(rows))
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
	changed, err := insert(string(readme), table(rows))
	if err != nil {
		return err
	}
	return os.WriteFile("README.md", []byte(changed), 0o644)
}
