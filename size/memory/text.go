package main

import (
	"fmt"
	"strings"
)

// Memory is the whole report, and the layout of build/memory.json.
type Memory struct {
	// Kernel says which one was booted: only a measuring one has smaps.
	Kernel   string    `json:"kernel"`
	Instants []Instant `json:"instants"`
	// AlwaysBytes is the resident set of all processes of ours that always run,
	// at the last instant.
	AlwaysBytes int64 `json:"always_resident_bytes"`
	// SmallestMiB is the smallest machine that got ready; 0: not searched.
	SmallestMiB int `json:"smallest_mib,omitempty"`
}

// always are the processes of ours that run as long as the node does, by
// number: PID 1 is all there is.
var always = []int{1}

// instantWords say when an instant was.
var instantWords = map[string]string{
	"ready": "at ready", "asked": "after 60 s under one request a second",
}

// text is the report for people.
func text(m Memory) string {
	var b strings.Builder
	fmt.Fprintf(&b, "PID 1's resident set, kB (%s)\n\n", m.Kernel)
	pid1(&b, m)
	for _, at := range m.Instants {
		fmt.Fprintf(&b, "\nevery process %s, kB\n\n", instantWords[at.Name])
		fmt.Fprintf(&b, "  %5s  %-12s %9s %9s %9s %9s\n", "pid", "name", "resident", "anonymous", "file", "peak")
		var sum int64
		kernels := 0
		for _, p := range at.Processes {
			if p.ResidentBytes == 0 {
				kernels++ // its threads have no memory of their own
				continue
			}
			fmt.Fprintf(&b, "  %5d  %-12s %9s %9s %9s %9s\n", p.PID, p.Name,
				kB(p.ResidentBytes), kB(p.AnonymousBytes), kB(p.FileBytes), kB(p.PeakBytes))
			sum += p.ResidentBytes
		}
		fmt.Fprintf(&b, "  %5s  %-12s %9s  and %d threads of the kernel's\n", "", "all", kB(sum), kernels)
	}
	fmt.Fprintf(&b, "\nprocesses of Mote's that always run: %s kB\n", kB(m.AlwaysBytes))
	if m.SmallestMiB > 0 {
		fmt.Fprintf(&b, "smallest machine that gets ready: %d MiB\n", m.SmallestMiB)
	}
	return b.String()
}

// pid1 writes a row for each part and a column for each instant.
func pid1(b *strings.Builder, m Memory) {
	fmt.Fprintf(b, "  %-10s", "")
	var columns []Process
	for _, at := range m.Instants {
		p, _ := find(m.Instants, at.Name, 1)
		columns = append(columns, p)
		fmt.Fprintf(b, " %9s", at.Name)
	}
	row := func(name string, value func(Process) int64) {
		fmt.Fprintf(b, "\n  %-10s", name)
		for _, p := range columns {
			fmt.Fprintf(b, " %9s", kB(value(p)))
		}
	}
	row("resident", func(p Process) int64 { return p.ResidentBytes })
	row("peak", func(p Process) int64 { return p.PeakBytes })
	row("anonymous", func(p Process) int64 { return p.AnonymousBytes })
	row("file", func(p Process) int64 { return p.FileBytes })
	if len(columns) > 0 && len(columns[0].Parts) > 0 {
		for _, part := range parts {
			row(string(part), func(p Process) int64 { return p.Parts[part] })
		}
	} else {
		b.WriteString("\n  (this kernel has no smaps: build the measuring one for the parts)")
	}
	b.WriteString("\n")
}

// kB writes bytes in units of 1,024, as /proc does.
func kB(bytes int64) string { return fmt.Sprint(bytes >> 10) }
