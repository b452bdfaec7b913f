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
	marks                         []wire.MarkRecord
	kernelNsec, initNsec          uint64
	readyNsec                     uint64
	rssBytes, anonBytes, memBytes uint64
}

// times takes the timeline, and reports whether the node is ready in it.
func (o *observation) times(marks []wire.MarkRecord) bool {
	begun := false
	for _, m := range marks {
		switch {
		case m.Name == "init" && !begun:
			o.kernelNsec, begun = m.TimeNsec, true
		case m.Name == "ready" && begun:
			o.marks = marks
			o.readyNsec = m.TimeNsec
			o.initNsec = m.TimeNsec - o.kernelNsec
			return true
		}
	}
	return false
}

// memory takes /proc/1/smaps_rollup and /proc/meminfo, see proc_pid_smaps(5) and
// proc_meminfo(5).
func (o *observation) memory(rollup, meminfo string) error {
	var total, available uint64
	for _, field := range []struct {
		text, key string
		to        *uint64
	}{
		{rollup, "Rss", &o.rssBytes},
		{rollup, "Anonymous", &o.anonBytes},
		{meminfo, "MemTotal", &total},
		{meminfo, "MemAvailable", &available},
	} {
		bytes, ok := fieldBytes(field.text, field.key)
		if !ok {
			return errors.New("no line " + field.key + " in kB; the kernel's /proc is not as expected")
		}
		*field.to = bytes
	}
	if available > total || o.anonBytes > o.rssBytes {
		return errors.New("a part is larger than the whole in /proc; read it again")
	}
	o.memBytes = total - available
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
		{"kernel_ns", o.kernelNsec},
		{"pid1_rss_bytes", o.rssBytes},
		{"pid1_anonymous_bytes", o.anonBytes},
		{"pid1_file_bytes", o.rssBytes - o.anonBytes},
		{"mem_used_bytes", o.memBytes},
	} {
		b = append(append(append(b, `,"`...), f.key...), `":`...)
		b = strconv.AppendUint(b, f.value, 10)
	}
	return append(b, "}\n"...)
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
