package main

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"mote/size"
)

// readCSV reads what writeCSV wrote, all phases but the kernel's own together.
func readCSV(r io.Reader) (own, before phase, err error) {
	lines, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return own, before, fmt.Errorf("profile: %w", err)
	}
	if len(lines) < 2 || strings.Join(lines[0], ",") != csvHeader {
		return own, before, fmt.Errorf("profile: the file does not begin with %q; make profile writes it", csvHeader)
	}
	first := lines[1][0] // the phase before PID 1
	sums := [2]map[row]int64{{}, {}}
	until := first
	for i, line := range lines[1:] {
		n, err := strconv.ParseInt(line[3], 10, 64)
		if err != nil {
			return own, before, fmt.Errorf("profile: line %d: %w", i+2, err)
		}
		which := 0
		if line[0] == first {
			which = 1
		}
		until = line[0]
		sums[which][row{Program: line[1], Function: line[2]}] += n
	}
	return newPhase(until, sums[0]), newPhase(first, sums[1]), nil
}

// difference lists the functions whose instructions differ the most from a to
// b, by absolute value.
func difference(a, b phase) phase {
	sums := map[row]int64{}
	for _, r := range b.Rows {
		sums[row{Program: r.Program, Function: r.Function}] += r.Instructions
	}
	for _, r := range a.Rows {
		sums[row{Program: r.Program, Function: r.Function}] -= r.Instructions
	}
	for r, n := range sums {
		if n == 0 {
			delete(sums, r)
		}
	}
	p := newPhase(b.Until, sums)
	slices.SortStableFunc(p.Rows, func(x, y row) int { return cmp.Compare(abs(y.Instructions), abs(x.Instructions)) })
	return p
}

func abs(n int64) int64 { return max(n, -n) }

// diffText tells what changed before PID 1's first instruction and after it.
func diffText(first, own [2]phase, rows int) string {
	var b strings.Builder
	for _, part := range []struct {
		what string
		pair [2]phase
	}{{"before PID 1's first", first}, {"from PID 1's first to " + own[1].Until, own}} {
		d := difference(part.pair[0], part.pair[1])
		fmt.Fprintf(&b, "%+d instructions %s: %s, then %s\n", d.Instructions, part.what,
			size.Grouped(part.pair[0].Instructions), size.Grouped(part.pair[1].Instructions))
		for i, r := range d.Rows {
			if i == rows {
				fmt.Fprintf(&b, "%14s  and %d functions more\n", "", len(d.Rows)-rows)
				break
			}
			fmt.Fprintf(&b, "%+14d  %-7s %s\n", r.Instructions, r.Program, r.Function)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
