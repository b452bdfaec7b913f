package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestMemoryLinesKeepWhatIsMemory(t *testing.T) {
	const smaps = `00400000-004e1000 r-xp 00000000 fe:00 12                         /init
Size:                900 kB
Rss:                 700 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me
c000000000-c000400000 rw-p 00000000 00:00 0
Rss:                 120 kB
`
	got := memoryLines("weigh: ready 1 smaps ", smaps)
	want := `weigh: ready 1 smaps 00400000-004e1000 r-xp 00000000 fe:00 12                         /init
weigh: ready 1 smaps Rss:                 700 kB
weigh: ready 1 smaps Anonymous:             0 kB
weigh: ready 1 smaps c000000000-c000400000 rw-p 00000000 00:00 0
weigh: ready 1 smaps Rss:                 120 kB
`
	if got != want {
		t.Errorf("got\n%s", got)
	}
	if got := memoryLines("", status); got != "Name:\tinit\nVmHWM:\t    1800 kB\nVmRSS:\t    1784 kB\nRssAnon:\t     472 kB\nRssFile:\t    1312 kB\nRssShmem:\t       0 kB\n" {
		t.Errorf("of status: %q", got)
	}
}

func TestTellProcessesFindsThisOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "console")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := tellProcesses(int(file.Fd()), "ready"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "weigh: ready "+strconv.Itoa(os.Getpid())+" status VmRSS:") {
		t.Errorf("no line about this process in %d bytes", len(text))
	}
}

func TestWeighRefuses(t *testing.T) {
	for _, word := range []string{"", "0", "-1", "3601", "a minute"} {
		if err := weigh(-1, word); err == nil || !strings.Contains(err.Error(), "OBSERVE_SEC=") {
			t.Errorf("%q: %v", word, err)
		}
	}
}
