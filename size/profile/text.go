package main

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"mote/size"
)

// partsShown is how many functions a phase's line names.
const partsShown = 3

// text tells where the instructions went: all from PID 1's start on by
// function, then each phase, then the kernel's own boot.
func text(phases []phase, rows int) string {
	var b strings.Builder
	if len(phases) < 2 {
		return "profile: the boot has no phases\n"
	}
	own := together(phases[1:])
	fmt.Fprintf(&b, "%s instructions from PID 1's first to %s", size.Grouped(own.Instructions), own.Until)
	for _, name := range []string{inKernel, inInit, inOthers} {
		var n int64
		for _, r := range own.Rows {
			if r.Program == name {
				n += r.Instructions
			}
		}
		fmt.Fprintf(&b, ", %s %s", name, share(n, own.Instructions))
	}
	b.WriteString("\n\n")
	table(&b, own, rows)
	b.WriteString("\nby phase, up to its mark\n")
	for _, p := range phases[1:] {
		fmt.Fprintf(&b, "%14s  %-14s", size.Grouped(p.Instructions), p.Until)
		for i, r := range p.Rows {
			if i == partsShown {
				break
			}
			separator := ", "
			if i == 0 {
				separator = " "
			}
			fmt.Fprintf(&b, "%s%s %s", separator, strings.TrimSpace(r.Program+" "+r.Function), share(r.Instructions, p.Instructions))
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "\n%s instructions before PID 1's first\n\n", size.Grouped(phases[0].Instructions))
	table(&b, phases[0], rows)
	return b.String()
}

// table shows a phase's functions, the most first.
func table(b *strings.Builder, p phase, rows int) {
	for i, r := range p.Rows {
		if i == rows {
			fmt.Fprintf(b, "%14s %7s  and %d functions more\n", "", "", len(p.Rows)-rows)
			break
		}
		fmt.Fprintf(b, "%14s %7s  %-7s %s\n", size.Grouped(r.Instructions), share(r.Instructions, p.Instructions), r.Program, r.Function)
	}
}

func share(part, whole int64) string {
	if whole == 0 {
		return "0.0 %"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
}

// csvHeader names the columns.
const csvHeader = "until,program,function,instructions"

// writeCSV writes every function of every phase, for diffs and spreadsheets.
func writeCSV(w io.Writer, phases []phase) error {
	out := csv.NewWriter(w)
	lines := [][]string{strings.Split(csvHeader, ",")}
	for _, p := range phases {
		for _, r := range p.Rows {
			lines = append(lines, []string{p.Until, r.Program, r.Function, strconv.FormatInt(r.Instructions, 10)})
		}
	}
	return out.WriteAll(lines)
}
