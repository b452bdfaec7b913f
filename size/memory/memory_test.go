package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mote/size/golden"
)

// weighed reads lines as a machine printed them.
func weighed(t *testing.T, name string) []Instant {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	all, err := parse(strings.Split(strings.TrimRight(string(b), "\n"), "\n"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTextGolden(t *testing.T) {
	m := Memory{Kernel: "build/measure/vmlinux", Instants: weighed(t, "weigh.txt"), AlwaysBytes: 2308 << 10, SmallestMiB: 36}
	golden.Check(t, filepath.Join("testdata", "memory.txt"), text(m))
	// The product's kernel tells no parts.
	for _, at := range m.Instants {
		for i := range at.Processes {
			at.Processes[i].Parts = nil
		}
	}
	golden.Check(t, filepath.Join("testdata", "memory-no-smaps.txt"), text(m))
}

func TestPartsSumUpToTheResidentSet(t *testing.T) {
	for _, at := range weighed(t, "weigh.txt") {
		for _, p := range at.Processes {
			var sum int64
			for part, bytes := range p.Parts {
				if part == "" {
					t.Errorf("%s %d: %d bytes before the first mapping", at.Name, p.PID, bytes)
				}
				sum += bytes
			}
			// status counts per processor and lags; smaps walks the pages.
			if len(p.Parts) > 0 && (sum < p.ResidentBytes-256<<10 || sum > p.ResidentBytes+256<<10) {
				t.Errorf("%s %d: parts are %d, resident %d", at.Name, p.PID, sum, p.ResidentBytes)
			}
		}
	}
}

func TestPartOf(t *testing.T) {
	for line, want := range map[string]Part{
		"00400000-004e1000 r-xp 00000000 fe:00 12 /init":                       PartText,
		"004e1000-005a0000 r--p 000e1000 fe:00 12 /init":                       PartRodata,
		"005a0000-005a8000 rw-p 0019f000 fe:00 12 /init":                       PartData,
		"005b0000-005c8000 rw-p 00000000 00:00 0":                              PartRuntime, // not behind data
		"c000000000-c000400000 rw-p 00000000 00:00 0":                          PartHeap,
		"c1234400000-c1234800000 rw-p 00000000 00:00 0":                        PartRuntime,
		"2e4f38000000-2e4f38400000 rw-p 00000000 00:00 0":                      PartHeap,
		"7f1b24001000-7f1b24400000 rw-p 00000000 00:00 0":                      PartRuntime,
		"7f1b24000000-7f1b24400000 rw-p 00000000 00:00 0 [anon: Go: heap]":     PartHeap,
		"7f1b24000000-7f1b24400000 rw-p 00000000 00:00 0 [anon: Go: gc bits]":  PartRuntime,
		"7ffd3c9b4000-7ffd3c9d5000 rw-p 00000000 00:00 0 [stack]":              PartStack,
		"7ffd3c9d5000-7ffd3c9d7000 r-xp 00000000 00:00 0 [vdso]":               PartOther,
		"7f1b24000000-7f1b24400000 r--p 00000000 fe:00 99 /bin/something else": PartOther,
	} {
		m, p := mappings{program: "/init"}, Process{}
		if err := errors.Join(m.take(&p, line), m.take(&p, "Rss: 4 kB")); err != nil {
			t.Fatal(err)
		}
		if p.Parts[want] != 4<<10 {
			t.Errorf("%s is %v, want %s", line, p.Parts, want)
		}
	}
}

func TestBSSBelongsToData(t *testing.T) {
	m, p := mappings{}, Process{}
	for _, line := range []string{
		"00400000-004e1000 r-xp 00000000 fe:00 12 /init", "Rss: 1 kB",
		"005a0000-005a8000 rw-p 0019f000 fe:00 12 /init", "Rss: 2 kB",
		"005a8000-005c8000 rw-p 00000000 00:00 0", "Rss: 4 kB", "Anonymous: 4 kB",
	} {
		if err := m.take(&p, line); err != nil {
			t.Fatal(err)
		}
	}
	if p.Parts[PartText] != 1<<10 || p.Parts[PartData] != 6<<10 {
		t.Errorf("got %v", p.Parts)
	}
}

func TestHeapMayBeginInsideItsArena(t *testing.T) {
	m, p := mappings{program: "/init"}, Process{}
	for _, line := range []string{
		"2e4f38000000-2e4f38c00000 ---p 00000000 00:00 0", "Rss: 0 kB",
		"2e4f38c00000-2e4f39000000 rw-p 00000000 00:00 0", "Rss: 8 kB",
		"2e4f39000000-2e4f3c000000 ---p 00000000 00:00 0", "Rss: 0 kB",
		"7f1b24001000-7f1b24400000 rw-p 00000000 00:00 0", "Rss: 4 kB",
	} {
		if err := m.take(&p, line); err != nil {
			t.Fatal(err)
		}
	}
	if p.Parts[PartHeap] != 8<<10 || p.Parts[PartRuntime] != 4<<10 {
		t.Errorf("got %v", p.Parts)
	}
}

func TestParseRefuses(t *testing.T) {
	for line, want := range map[string]string{
		"ready 1":                      "no instant, process and file",
		"ready one status VmRSS: 1 kB": "no process",
		"ready 1 maps x":               "unknown",
		"ready 1 status VmRSS: 1 MB":   "no number of kB",
		"ready 1 status VmRSS: -1 kB":  "no number of kB",
		"ready 1 smaps Rss: x kB":      "no number of kB",
		"ready 1 smaps half a line":    "no head of a mapping",
		"ready 1 smaps 0-z r 0 0:0 1":  "no range",
	} {
		if _, err := parse([]string{line}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", line, err, want)
		}
	}
}

func TestRunRefuses(t *testing.T) {
	if err := run(t.Context(), []string{"now"}, os.Stdout); err == nil || !strings.Contains(err.Error(), "unexpected") {
		t.Errorf("got %v", err)
	}
}
