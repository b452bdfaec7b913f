package kconfig

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestTakeCountsObjectsOnly(t *testing.T) {
	var p Progress
	for _, c := range []struct {
		line string
		want bool
	}{
		{"  CC      kernel/fork.o", true},
		{"  AS      arch/x86/entry/entry_64.o", true},
		{"  HOSTCC  scripts/basic/fixdep", false},
		{"  AR      kernel/built-in.a", false},
		{"  LD      vmlinux.o", true},
		{"CC kernel/fork.o", false},
		{"  CC      a b.o", false},
		{"make[1]: Entering directory 'x.o'", false},
		{"", false},
		{"  warning: in kernel/fork.o", false},
	} {
		before := p.Done
		if got := p.Take(c.line); got != c.want || (p.Done != before) != c.want {
			t.Errorf("%q: %v, count %d after %d", c.line, got, p.Done, before)
		}
	}
}

func TestLine(t *testing.T) {
	for _, c := range []struct {
		p       Progress
		elapsed time.Duration
		want    string
	}{
		{Progress{2000, 0}, 0, "kernel: 0 of about 2000 objects, 0 s so far"},
		{Progress{2000, 99}, 40 * time.Second, "kernel: 99 of about 2000 objects, 40 s so far"},
		{Progress{2000, 100}, 45 * time.Second, "kernel: 100 of about 2000 objects, 45 s so far, about 14 min left"},
		{Progress{2000, 1990}, 10 * time.Minute, "kernel: 1990 of about 2000 objects, 10 min so far, about 3 s left"},
		{Progress{2000, 2000}, 10 * time.Minute, "kernel: 2000 of about 2000 objects, 10 min so far, about 0 s left"},
		{Progress{2000, 2001}, 10 * time.Minute, "kernel: 2001 objects, 10 min so far"},
		{Progress{0, 12}, 61 * time.Second, "kernel: 12 objects, 1 min so far"},
		{Progress{10, 0}, time.Second, "kernel: 0 of about 10 objects, 1 s so far"},
	} {
		if got := c.p.Line(c.elapsed); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// TestReporterCutsLines gives make's output in pieces that end anywhere.
func TestReporterCutsLines(t *testing.T) {
	const text = "  CC      a.o\n  CC      b.o\nnoise\n  CC      c.o\n"
	for size := 1; size <= len(text); size++ {
		var log bytes.Buffer
		r := reporter{log: &log}
		for rest := []byte(text); len(rest) > 0; {
			n := min(size, len(rest))
			if got, err := r.Write(rest[:n]); err != nil || got != n {
				t.Fatalf("wrote %d of %d, %v", got, n, err)
			}
			rest = rest[n:]
		}
		if r.progress.Done != 3 || log.String() != text {
			t.Errorf("pieces of %d: %d objects, log %q", size, r.progress.Done, log.String())
		}
	}
}

func TestReporterOnTerminalAndElsewhere(t *testing.T) {
	began := time.Unix(1000, 0)
	for _, c := range []struct {
		terminal bool
		want     string
	}{
		{true, "\rkernel: 1 of about 2 objects, 5 s so far, about 5 s left\x1b[K"},
		{false, "kernel: 1 of about 2 objects, 5 s so far, about 5 s left\n"},
	} {
		var out bytes.Buffer
		r := reporter{out: &out, terminal: c.terminal, began: began, progress: Progress{2, 1}}
		r.say(began.Add(5 * time.Second))
		if out.String() != c.want {
			t.Errorf("terminal %v: got %q, want %q", c.terminal, out.String(), c.want)
		}
	}
}

// TestReporterEndsItsLine: whatever comes after the last redraw begins a line.
func TestReporterEndsItsLine(t *testing.T) {
	for _, terminal := range []bool{true, false} {
		var out bytes.Buffer
		r := reporter{out: &out, terminal: terminal, began: time.Now()}
		stop := make(chan struct{})
		close(stop)
		r.run(stop)
		if got := out.String(); !strings.HasSuffix(got, "\n") || strings.HasSuffix(got, "\n\n") {
			t.Errorf("terminal %v: ends with %q", terminal, got)
		}
	}
}
