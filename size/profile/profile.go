package main

import (
	"cmp"
	"slices"

	"mote/ctl/bench"
)

// The programs that functions are told of.
const (
	inKernel = "kernel"
	inInit   = "PID 1"
	inOthers = "others"
)

// kernelAddress begins the kernel's half of the address space.
const kernelAddress = 1 << 63

// row is a function and the instructions it executed itself, without those that
// it called.
type row struct {
	Program, Function string
	Instructions      int64
}

// phase is the time from one mark to the next.
type phase struct {
	// Until is the mark at its end.
	Until        string
	Instructions int64
	Rows         []row // the most first
}

// attributed makes phases of counts. Phase n ends at mark n+1: the first mark is
// the kernel's word that it starts PID 1, the second PID 1's first instruction,
// where the plugin begins to tell phases apart.
func attributed(counts []count, marks []bench.Mark, kernel, init program) []phase {
	sums := make([]map[row]int64, max(0, len(marks)-1))
	for i := range sums {
		sums[i] = map[row]int64{}
	}
	for _, c := range counts {
		if c.phase < len(sums) {
			sums[c.phase][owner(c, kernel, init)] += c.instructions
		}
	}
	phases := make([]phase, 0, len(sums))
	for i := range sums {
		phases = append(phases, newPhase(marks[i+1].Name, sums[i]))
	}
	return phases
}

func newPhase(until string, sums map[row]int64) phase {
	p := phase{Until: until, Rows: sorted(sums)}
	for _, n := range sums {
		p.Instructions += n
	}
	return p
}

// owner names whose a block is. The kernel patches its own code as it boots, so
// its blocks go by address alone.
func owner(c count, kernel, init program) row {
	switch {
	case c.address >= kernelAddress:
		return row{Program: inKernel, Function: cmp.Or(kernel.name(c.address), "(unnamed)")}
	case init.holds(c):
		return row{Program: inInit, Function: cmp.Or(init.name(c.address), "(unnamed)")}
	}
	return row{Program: inOthers}
}

// together adds phases up.
func together(phases []phase) phase {
	sums, until := map[row]int64{}, ""
	for _, p := range phases {
		until = p.Until
		for _, r := range p.Rows {
			sums[row{Program: r.Program, Function: r.Function}] += r.Instructions
		}
	}
	return newPhase(until, sums)
}

func sorted(sums map[row]int64) []row {
	rows := make([]row, 0, len(sums))
	for r, n := range sums {
		r.Instructions = n
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(b.Instructions, a.Instructions), cmp.Compare(a.Program, b.Program), cmp.Compare(a.Function, b.Function))
	})
	return rows
}
