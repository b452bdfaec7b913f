package main

import (
	"errors"
	"strconv"
	"strings"

	"mote/wire"
)

// observation is what the line says. All of it is pure: texts and marks in, one
// line out.
type observation struct {
	// marks are as PID 1 sent them, in its order.
	marks []wire.MarkRecord
	// Both are ns of CLOCK_BOOTTIME.
	initNsec, readyNsec           uint64
	rssBytes, anonBytes, memBytes uint64
	// rssSource is the file of /proc/1 that the resident set is from.
	rssSource string
}

// times takes the timeline, and reports whether the node is ready in it.
func (o *observation) times(marks []wire.MarkRecord) bool {
	// A "ready" before any "init" is not of this boot's timeline.
	begun := false
	for _, m := range marks {
		switch {
		case m.Name == "init" && !begun:
			o.initNsec, begun = m.TimeNsec, true
		case m.Name == "ready" && begun:
			o.marks = marks
			o.readyNsec = m.TimeNsec
			return true
		}
	}
	return false
}

// kernelTold says whether the kernel's own mark is there: PID 1 reads it from the
// kernel's log, and does that after it has told that it is ready.
func (o *observation) kernelTold() bool {
	for _, m := range o.marks {
		if m.Name == "kernel" {
			return true
		}
	}
	return false
}

// residentSources are the files of /proc/1 that tell the resident set, the best
// first: smaps_rollup walks the page tables, but the product's kernel has none
// (CONFIG_PROC_PAGE_MONITOR is off as a matter of hardening). The counters of
// status are kept per processor, and may be off by 32 pages for each of them
// (percpu_counter_read_positive in the kernel's include/linux/mm.h).
var residentSources = [...]struct{ file, rss, anon string }{
	{"smaps_rollup", "Rss", "Anonymous"},
	{"status", "VmRSS", "RssAnon"},
}

// resident takes the text of residentSources[source]; see proc_pid_smaps(5) and
// proc_pid_status(5).
func (o *observation) resident(source int, text string) error {
	from := residentSources[source]
	o.rssSource = from.file
	return o.fields(
		field{text, from.rss, &o.rssBytes},
		field{text, from.anon, &o.anonBytes})
}

// memory takes /proc/meminfo, see proc_meminfo(5).
func (o *observation) memory(meminfo string) error {
	var total, available uint64
	if err := o.fields(field{meminfo, "MemTotal", &total}, field{meminfo, "MemAvailable", &available}); err != nil {
		return err
	}
	o.memBytes = total - available
	return nil
}

// field is a figure in a text of /proc.
type field struct {
	text, key string
	to        *uint64
}

// fields reads a whole and a part of it.
func (o *observation) fields(whole, part field) error {
	for _, f := range [...]field{whole, part} {
		bytes, ok := fieldBytes(f.text, f.key)
		if !ok {
			return errors.New("no line " + f.key + " in kB; the kernel's /proc is not as expected")
		}
		*f.to = bytes
	}
	if *part.to > *whole.to {
		return errors.New(part.key + " is larger than " + whole.key + " in /proc; start observe again")
	}
	return nil
}

// fieldBytes finds a line "Key:   123 kB". The kernel's kB are 1,024 bytes.
func fieldBytes(text, key string) (bytes uint64, ok bool) {
	for line := range strings.Lines(text) {
		rest, found := strings.CutPrefix(line, key+":")
		if !found {
			continue
		}
		words := strings.Fields(rest)
		if len(words) != 2 || words[1] != "kB" {
			return 0, false
		}
		n, err := strconv.ParseUint(words[0], 10, 54) // 64 bits less the 10 of a kB
		return n << 10, err == nil
	}
	return 0, false
}

// line writes the JSON by hand: package encoding/json would make this program
// six times as large, and its start the longest of the boot.
func (o *observation) line() []byte {
	b := append(make([]byte, 0, 1024), `observe: {"marks":[`...)
	for i, m := range o.marks {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, `{"name":`...)
		b = appendName(b, m.Name)
		b = append(b, `,"ns":`...)
		b = append(strconv.AppendUint(b, m.TimeNsec, 10), '}')
	}
	b = append(b, ']')
	for _, f := range []struct {
		key   string
		value uint64
	}{
		{"ready_ns", o.readyNsec},
		{"init_ns", o.initNsec},
		{"kernel_ns", o.initNsec},
		{"pid1_rss_bytes", o.rssBytes},
		{"pid1_anonymous_bytes", o.anonBytes},
		{"pid1_file_bytes", o.rssBytes - o.anonBytes},
		{"mem_used_bytes", o.memBytes},
	} {
		b = append(append(append(b, `,"`...), f.key...), `":`...)
		b = strconv.AppendUint(b, f.value, 10)
	}
	b = append(append(b, `,"pid1_rss_source":`...), '"')
	return append(append(b, o.rssSource...), "\"}\n"...)
}

// appendName writes a JSON string. A mark's name is a word and a service's name;
// what could not stand in either becomes a question mark, so that no name breaks
// the line.
func appendName(b []byte, name string) []byte {
	b = append(b, '"')
	for i := range len(name) {
		c := name[i]
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			c = '?'
		}
		b = append(b, c)
	}
	return append(b, '"')
}
