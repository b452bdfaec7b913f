package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mote/wire"
)

// rollup is what a kernel 6.12 shows of a small process, cut after the fields
// that matter.
const rollup = `00400000-7ffd3c9d5000 ---p 00000000 00:00 0                              [rollup]
Rss:                1792 kB
Pss:                 912 kB
Pss_Dirty:           480 kB
Anonymous:           480 kB
AnonHugePages:         0 kB
`

// status is the same process in /proc/1/status, cut likewise.
const status = `Name:	init
VmHWM:	    1800 kB
VmRSS:	    1784 kB
RssAnon:	     472 kB
RssFile:	    1312 kB
RssShmem:	       0 kB
`

const meminfo = `MemTotal:         104448 kB
MemFree:           80000 kB
MemAvailable:      87040 kB
`

func TestLineIsTheJSONThatIsPromised(t *testing.T) {
	var o observation
	if err := errors.Join(o.resident(0, rollup), o.memory(meminfo)); err != nil {
		t.Fatal(err)
	}
	marks := []wire.MarkRecord{{Name: "init", TimeNsec: 400}, {Name: "up last", TimeNsec: 417}, {Name: "ready", TimeNsec: 420}}
	if !o.times(marks) {
		t.Fatal("it doesn't see that the node is ready")
	}
	line := string(o.line())
	text, found := strings.CutPrefix(line, "observe: ")
	if !found || strings.Count(line, "\n") != 1 || !strings.HasSuffix(line, "\n") {
		t.Fatalf("not one line with its head: %q", line)
	}
	var got struct {
		Marks []struct {
			Name string
			NS   uint64
		}
		Ready   uint64 `json:"ready_ns"`
		Init    uint64 `json:"init_ns"`
		Kernel  uint64 `json:"kernel_ns"`
		RSS     uint64 `json:"pid1_rss_bytes"`
		Anon    uint64 `json:"pid1_anonymous_bytes"`
		File    uint64 `json:"pid1_file_bytes"`
		MemUsed uint64 `json:"mem_used_bytes"`
		Source  string `json:"pid1_rss_source"`
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if got.Ready != 420 || got.Init != 400 || got.Kernel != 400 {
		t.Errorf("times are %d, %d, %d", got.Ready, got.Init, got.Kernel)
	}
	if got.RSS != 1792<<10 || got.Anon != 480<<10 || got.File != 1312<<10 || got.MemUsed != 17408<<10 {
		t.Errorf("memory is %d, %d, %d, %d", got.RSS, got.Anon, got.File, got.MemUsed)
	}
	if got.Source != "smaps_rollup" {
		t.Errorf("source is %q", got.Source)
	}
	if len(got.Marks) != 3 || got.Marks[1].Name != "up last" || got.Marks[1].NS != 417 {
		t.Errorf("marks are %v", got.Marks)
	}
}

func TestTimesNeedsBothEnds(t *testing.T) {
	for name, c := range map[string]struct {
		marks []wire.MarkRecord
		want  bool
	}{
		"none":         {nil, false},
		"no ready yet": {[]wire.MarkRecord{{Name: "init", TimeNsec: 1}}, false},
		"no init":      {[]wire.MarkRecord{{Name: "ready", TimeNsec: 2}}, false},
		"both":         {[]wire.MarkRecord{{Name: "init", TimeNsec: 1}, {Name: "ready", TimeNsec: 2}}, true},
	} {
		var o observation
		if got := o.times(c.marks); got != c.want {
			t.Errorf("%s: ready is %t", name, got)
		}
	}
	// The first one counts: PID 1 that executed itself again may set it twice.
	var o observation
	o.times([]wire.MarkRecord{{Name: "init", TimeNsec: 1}, {Name: "init", TimeNsec: 5}, {Name: "ready", TimeNsec: 9}})
	if o.initNsec != 1 || o.readyNsec != 9 {
		t.Errorf("init %d, ready %d", o.initNsec, o.readyNsec)
	}
}

func TestMemoryRefuses(t *testing.T) {
	for name, c := range map[string]struct{ rollup, meminfo, want string }{
		"no Rss":             {"", meminfo, "Rss"},
		"Rss without unit":   {"Rss: 12\nAnonymous: 1 kB\n", meminfo, "Rss"},
		"Rss in other units": {"Rss: 12 MB\nAnonymous: 1 kB\n", meminfo, "Rss"},
		"negative":           {"Rss: -1 kB\nAnonymous: 1 kB\n", meminfo, "Rss"},
		"past 64 bits":       {"Rss: 18446744073709551615 kB\nAnonymous: 1 kB\n", meminfo, "Rss"},
		"only Pss_Anon":      {"Rss: 12 kB\nPss_Anon: 1 kB\n", meminfo, "Anonymous"},
		"no MemAvailable":    {rollup, "MemTotal: 1 kB\n", "MemAvailable"},
		"more than all":      {rollup, "MemTotal: 1 kB\nMemAvailable: 2 kB\n", "is larger than"},
		"more than resident": {"Rss: 1 kB\nAnonymous: 2 kB\n", meminfo, "is larger than"},
	} {
		var o observation
		if err := errors.Join(o.resident(0, c.rollup), o.memory(c.meminfo)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", name, err, c.want)
		}
	}
}

func TestNameStaysOneJSONString(t *testing.T) {
	for name, want := range map[string]string{
		"up mqtt": `"up mqtt"`, "": `""`, `a"b\c`: `"a?b?c"`, "a\nb\x00": `"a?b?"`, "ä": `"??"`,
	} {
		if got := string(appendName(nil, name)); got != want {
			t.Errorf("%q becomes %s, want %s", name, got, want)
		}
	}
}

func TestResidentFallsBackToStatus(t *testing.T) {
	folder := t.TempDir() + "/"
	var o observation
	if err := o.readResident(folder); err == nil || !strings.Contains(err.Error(), "smaps_rollup") {
		t.Errorf("without any source: %v", err)
	}
	for _, c := range []struct {
		file, text string
		rssBytes   uint64
	}{
		{"status", status, 1784 << 10},
		{"smaps_rollup", rollup, 1792 << 10}, // once it is there it is preferred
	} {
		if err := os.WriteFile(filepath.Join(folder, c.file), []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := o.readResident(folder); err != nil {
			t.Fatal(err)
		}
		if o.rssSource != c.file || o.rssBytes != c.rssBytes {
			t.Errorf("%d bytes from %s, want %d from %s", o.rssBytes, o.rssSource, c.rssBytes, c.file)
		}
	}
}

// TestKernelsMarkIsWaitedFor: without it a boot would lack the phase between the
// kernel's word and PID 1, or have it, by chance.
func TestKernelsMarkIsWaitedFor(t *testing.T) {
	var o observation
	marks := []wire.MarkRecord{{Name: "init", TimeNsec: 2}, {Name: "ready", TimeNsec: 3}}
	if !o.times(marks) || o.kernelTold() {
		t.Error("a timeline without the kernel's mark is taken for whole")
	}
	if !o.times(append([]wire.MarkRecord{{Name: "kernel", TimeNsec: 1}}, marks...)) || !o.kernelTold() {
		t.Error("the kernel's mark is not seen")
	}
}
