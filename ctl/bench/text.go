package bench

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// barColumns is the width of the waterfall in a terminal of 80 columns.
const barColumns = 36

// gapNsec is the shortest gap that is worth a line.
const gapNsec = 100_000

// Waterfall draws the boot for a terminal. The scale begins at PID 1's first
// instruction: what the kernel does before it is one number, and would leave
// the rest no room.
func Waterfall(b Boot) string {
	all := Spans(b)
	path := Critical(b, all)
	var out strings.Builder
	fmt.Fprintf(&out, "ready %s ms after the kernel's start, %s ms after %s\n",
		Msec(b.ReadyNsec), Msec(b.ReadyNsec-b.InitNsec), b.origin())
	if b.RSSBytes > 0 {
		fmt.Fprintf(&out, "PID 1 resident %s kB, memory used %s kB\n", kilo(b.RSSBytes), kilo(b.MemUsedBytes))
	}
	out.WriteByte('\n')

	width := nameColumns(all)
	scale := fmt.Sprintf("%s%*s", Msec(b.InitNsec), barColumns-len(Msec(b.InitNsec)), Msec(b.ReadyNsec))
	fmt.Fprintf(&out, "  %-*s %9s %9s  %s\n", width, "", "begin ms", "took ms", scale)
	for _, s := range all {
		fmt.Fprintf(&out, "%s\n", strings.TrimRight(fmt.Sprintf("  %s %9s %9s  %s",
			padded(label(s), width), Msec(s.FromNsec), Msec(s.tookNsec()), bar(b, s)), " "))
	}
	fmt.Fprintf(&out, "  %-*s %9s\n\n", width, "ready", Msec(b.ReadyNsec))
	out.WriteString("█ on the critical path, ░ beside it, · before the scale\n\n")
	out.WriteString(pathText(b, path, width))
	return out.String()
}

// origin names the instant that the scale begins at. Another system's boot may
// tell less than Mote's.
func (b Boot) origin() string {
	switch {
	case first(b.Marks, markInit) > 0:
		return "PID 1's first instruction"
	case b.KernelNsec > 0:
		return "the kernel started PID 1"
	}
	return "the clock's zero"
}

// pathText lists what ready waited for, one after the other. What no span
// accounts for is PID 1's own work between an end and the next start.
func pathText(b Boot, path []Span, width int) string {
	var out strings.Builder
	fmt.Fprintf(&out, "critical path\n  %-*s %9s  %6s\n", width, "", "took ms", "share")
	var at int64
	step := func(name string, took int64) {
		fmt.Fprintf(&out, "  %s %9s  %4.1f %%\n", padded(name, width), Msec(took), 100*float64(took)/float64(b.ReadyNsec))
	}
	for _, s := range path {
		if gap := s.FromNsec - at; gap >= gapNsec {
			step("between", gap)
		}
		step(label(s), s.tookNsec())
		at = s.ToNsec
	}
	if gap := b.ReadyNsec - at; gap >= gapNsec {
		step("between", gap)
	}
	return out.String()
}

// bar draws one span, at least one column wide.
func bar(b Boot, s Span) string {
	if s.ToNsec <= b.InitNsec {
		return "·"
	}
	span := max(b.ReadyNsec-b.InitNsec, 1)
	column := func(nsec int64) int {
		return int(max(nsec-b.InitNsec, 0) * barColumns / span)
	}
	from, to := min(column(s.FromNsec), barColumns-1), min(column(s.ToNsec), barColumns)
	ink := "░"
	if s.Critical {
		ink = "█"
	}
	return strings.Repeat(" ", from) + strings.Repeat(ink, max(to-from, 1))
}

// label sets services apart from PID 1's own stages.
func label(s Span) string {
	if s.Service {
		return "▸ " + s.Name
	}
	return s.Name
}

func nameColumns(all []Span) int {
	width := len("between")
	for _, s := range all {
		width = max(width, utf8.RuneCountInString(label(s)))
	}
	return width
}

// padded fills up to width columns; fmt would count bytes in part of its verbs.
func padded(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}

// Msec writes ns as milliseconds with one digit, rounded down.
func Msec(nsec int64) string {
	return fmt.Sprintf("%d.%d", nsec/1_000_000, nsec/100_000%10)
}

// kilo writes bytes in units of 1,024, as the kernel does.
func kilo(bytes int64) string { return fmt.Sprint(bytes >> 10) }
