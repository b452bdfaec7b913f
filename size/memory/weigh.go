package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Part is what a mapping of a process holds.
type Part string

// The parts of a Go process. Its goroutines' stacks are in its heap's arenas;
// stack is that of the thread that the kernel started.
const (
	PartText    Part = "text"    // code, from the file
	PartRodata  Part = "rodata"  // constants, types and pclntab, from the file
	PartData    Part = "data"    // variables: data, and bss behind it
	PartHeap    Part = "heap"    // Go's arenas
	PartRuntime Part = "runtime" // what Go's runtime keeps outside its arenas
	PartStack   Part = "stack"
	PartOther   Part = "other" // the kernel's own pages, and files other than the program
)

// parts in the order in which they are printed.
var parts = []Part{PartText, PartRodata, PartData, PartHeap, PartRuntime, PartStack, PartOther}

// Process is one process's memory at an instant, in bytes.
type Process struct {
	PID  int    `json:"pid"`
	Name string `json:"name"`
	// ResidentBytes is VmRSS; AnonymousBytes and FileBytes are its halves
	// (with shared memory in FileBytes). PeakBytes is the most it ever was.
	ResidentBytes  int64 `json:"resident_bytes"`
	AnonymousBytes int64 `json:"anonymous_bytes"`
	FileBytes      int64 `json:"file_bytes"`
	PeakBytes      int64 `json:"peak_bytes"`
	// Parts is the resident set by what it holds; empty where the kernel has no
	// smaps.
	Parts map[Part]int64 `json:"parts,omitempty"`
}

// Instant is every process at one time, by number.
type Instant struct {
	Name      string    `json:"name"`
	Processes []Process `json:"processes"`
}

// parse reads the weigh lines of a console, without their first word, as
// fs/image/observe/weigh.go prints them.
func parse(lines []string) ([]Instant, error) {
	var all []Instant
	var maps mappings
	for _, line := range lines {
		word := strings.SplitN(line, " ", 4)
		if len(word) < 4 {
			return nil, fmt.Errorf("memory: weigh line %q has no instant, process and file", line)
		}
		pid, err := strconv.Atoi(word[1])
		if err != nil {
			return nil, fmt.Errorf("memory: weigh line %q: %q is no process", line, word[1])
		}
		if len(all) == 0 || all[len(all)-1].Name != word[0] {
			all = append(all, Instant{Name: word[0]})
		}
		at := &all[len(all)-1]
		if len(at.Processes) == 0 || at.Processes[len(at.Processes)-1].PID != pid {
			at.Processes = append(at.Processes, Process{PID: pid})
			maps = mappings{}
		}
		p := &at.Processes[len(at.Processes)-1]
		switch word[2] {
		case "status":
			err = p.status(word[3])
		case "smaps":
			err = maps.take(p, word[3])
		default:
			err = fmt.Errorf("file %q is unknown", word[2])
		}
		if err != nil {
			return nil, fmt.Errorf("memory: weigh line %q: %w", line, err)
		}
	}
	return all, nil
}

// status takes a line of /proc/PID/status, see proc_pid_status(5).
func (p *Process) status(line string) error {
	key, value, _ := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	if key == "Name" {
		p.Name = value
		return nil
	}
	to := map[string]*int64{"VmRSS": &p.ResidentBytes, "VmHWM": &p.PeakBytes,
		"RssAnon": &p.AnonymousBytes, "RssFile": &p.FileBytes}[key]
	if to == nil {
		return nil
	}
	bytes, err := kib(value)
	*to = bytes
	return err
}

// kib reads "12 kB", which are 1,024 bytes each.
func kib(value string) (int64, error) {
	number, unit, _ := strings.Cut(value, " ")
	n, err := strconv.ParseInt(number, 10, 53)
	if err != nil || unit != "kB" || n < 0 {
		return 0, fmt.Errorf("%q is no number of kB", value)
	}
	return n << 10, nil
}

// mappings is what is remembered between two lines of smaps: the present one's
// part, and the end of the one before.
type mappings struct {
	part    Part
	end     uint64
	program string // the first mapping's file
	data    bool   // the mapping before was the program's data
	heap    bool   // … was an arena's, in use or not yet
}

// take reads a line of smaps, see proc_pid_smaps(5).
func (m *mappings) take(p *Process, line string) error {
	if value, is := strings.CutPrefix(line, "Rss:"); is {
		bytes, err := kib(strings.TrimSpace(value))
		if p.Parts == nil {
			p.Parts = map[Part]int64{}
		}
		p.Parts[m.part] += bytes
		return err
	}
	if strings.HasPrefix(line, "Anonymous:") {
		return nil // status tells the sum
	}
	word := strings.Fields(line)
	if len(word) < 5 {
		return fmt.Errorf("it is no head of a mapping")
	}
	from, to, _ := strings.Cut(word[0], "-")
	start, err1 := strconv.ParseUint(from, 16, 64)
	end, err2 := strconv.ParseUint(to, 16, 64)
	if err1 != nil || err2 != nil {
		return fmt.Errorf("%q is no range of addresses", word[0])
	}
	name := strings.Join(word[5:], " ")
	if m.program == "" {
		m.program = name
	}
	m.part = m.partOf(start, word[1], name)
	m.end, m.data, m.heap = end, m.part == PartData, m.part == PartHeap
	return nil
}

// arenaBytes is what the address of a heap arena is a multiple of on 64-bit
// Linux (heapArenaBytes in runtime/malloc.go). Since Go 1.26 the first arena
// stands at a random one, and begins to be used at a random place in it: a
// mapping right behind the start of an arena is of the same arena. No other one
// is so even but by a rare chance.
const arenaBytes = 64 << 20

// partOf tells what a mapping holds, by its address, rights and name.
func (m *mappings) partOf(start uint64, rights, name string) Part {
	switch {
	case name == m.program && strings.HasPrefix(rights, "r-x"):
		return PartText
	case name == m.program && strings.HasPrefix(rights, "rw"):
		return PartData
	case name == m.program:
		return PartRodata
	case name == "[stack]":
		return PartStack
	case strings.HasPrefix(name, "[anon: Go:"):
		if strings.Contains(name, "heap]") {
			return PartHeap
		}
		return PartRuntime
	case name != "" && name != "[heap]":
		return PartOther
	case m.data && start == m.end:
		return PartData
	case start%arenaBytes == 0, m.heap && start == m.end:
		return PartHeap
	}
	return PartRuntime
}

// find gives the process of a number at an instant.
func find(all []Instant, name string, pid int) (Process, bool) {
	for _, at := range all {
		if at.Name != name {
			continue
		}
		if i := slices.IndexFunc(at.Processes, func(p Process) bool { return p.PID == pid }); i >= 0 {
			return at.Processes[i], true
		}
	}
	return Process{}, false
}
