package core

import (
	"strings"
	"testing"
)

// TestNextMapping reads lines as the kernel writes them.
func TestNextMapping(t *testing.T) {
	text := []byte("00400000-00544000 r-xp 00000000 fe:00 12                                 /init\n" +
		"c000000000-c000400000 rw-p 00000000 00:00 0 \n" +
		"7ffc0a5f1000-7ffc0a612000 rw-p 00000000 00:00 0                          [stack]\n")
	want := []mapping{{0x400000, 0x544000, true}, {0xc000000000, 0xc000400000, false}, {0x7ffc0a5f1000, 0x7ffc0a612000, false}}
	for _, w := range want {
		var m mapping
		if m, text = nextMapping(text); m != w {
			t.Errorf("%+v, want %+v", m, w)
		}
	}
	if len(text) != 0 {
		t.Errorf("%q is left", text)
	}
}

// TestLockMemory locks this process, and the kernel says so.
func TestLockMemory(t *testing.T) {
	l := hosted(t, manifestOf(daemon("svc")))
	if errno := l.sys.LockMemory(); errno != 0 {
		t.Skipf("this user may not lock memory: %v", errno)
	}
	status, errno := l.readFile("/proc/self/status")
	if errno != 0 {
		t.Fatal(errno)
	}
	for line := range strings.Lines(status) {
		if value, ok := strings.CutPrefix(line, "VmLck:"); ok {
			t.Logf("locked %s", strings.TrimSpace(value))
			if strings.TrimSpace(value) == "0 kB" {
				t.Error("nothing is locked")
			}
		}
	}
}
