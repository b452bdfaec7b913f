package bench

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mote/ctl/vm"
	"mote/size/golden"
)

func TestParseMark(t *testing.T) {
	for line, want := range map[string]struct {
		name  string
		nsec  int64
		guest bool
	}{
		"mark ready":                             {"ready", 0, false},
		"mark 1234 ready":                        {"ready", 1234, true},
		"mark 7":                                 {"7", 0, false}, // a name is needed, so this is one
		"mark 1234 up mqtt":                      {"up mqtt", 1234, true},
		"rc: mark network":                       {"network", 0, false},
		"[    1.234567] mark ready":              {"ready", 1_234_567_000, true},
		"[12345.000001] rc: mark ready":          {"ready", 12_345_000_001_000, true},
		"[    1.234567] mote: mark 1230000000 x": {"x", 1_230_000_000, true},
		// A number past 62 bits is no time; it is part of a name.
		"mark 9999999999999999999 x": {"9999999999999999999 x", 0, false},
		"mark -5 x":                  {"-5 x", 0, false},
	} {
		m, guest, is := parseMark(line)
		if !is || m.Name != want.name || m.Nsec != want.nsec || guest != want.guest {
			t.Errorf("%q: got %+v, %v, %v", line, m, guest, is)
		}
	}
	for _, line := range []string{"", "mark", "mark ", "mark 12 ", "marks x", "a b: mark x", ": mark x", "remark x",
		"[ 1.2] mark x", "mark " + strings.Repeat("x", nameBytesMax+1)} {
		if m, _, is := parseMark(line); is {
			t.Errorf("%q was taken: %+v", line, m)
		}
	}
}

func TestKernelStamp(t *testing.T) {
	for line, want := range map[string]int64{
		"[    0.000000] x":     0,
		"[99999.999999] ":      99_999_999_999_000,
		"[  0.12345] x":        -1,
		"[  412.345 ms] x":     -1,
		"[    0.123456]x":      -1,
		" [    0.123456] x":    -1,
		"[-1.123456] x":        -1,
		"[9999999999.000000] ": -1,
	} {
		if got, _, is := kernelStamp(line); is != (want >= 0) || is && got != want {
			t.Errorf("%q: got %d, %v", line, got, is)
		}
	}
}

// FuzzMarkLine: what is taken is within its bounds, and written out again it
// is the same mark.
func FuzzMarkLine(f *testing.F) {
	for _, seed := range []string{"mark ready", "[    1.234567] mote: mark 12 up x", "mark 1 2 3", "[  0.000001] rc: mark \x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		m, guest, is := parseMark(line)
		if !is {
			return
		}
		if m.Name == "" || len(m.Name) > nameBytesMax || m.Nsec < 0 || !guest && m.Nsec != 0 {
			t.Fatalf("%q: %+v, %v", line, m, guest)
		}
		again, _, is := parseMark(fmt.Sprintf("mark %d %s", m.Nsec, m.Name))
		if !is || again != m {
			t.Fatalf("%q: %+v, again %+v, %v", line, m, again, is)
		}
	})
}

// A console with stamps of all kinds.
func foreign() []vm.Line {
	return []vm.Line{
		at(300, "[    0.100000] Linux version"),             // 200 ms late
		at(410, "[    0.310000] Run /init as init process"), // the least delay: zero is at 100
		at(450, "mark mounts"),
		at(600, "[    0.490000] rc: mark 480000000 network"),
		at(610, "[    0.495000] mark ready"),
		at(900, "mark later"),
	}
}

func TestFromLines(t *testing.T) {
	b, hostTimed, err := fromLines(foreign(), time.Unix(1000, 0), "ready")
	if err != nil {
		t.Fatal(err)
	}
	want := []Mark{{"kernel", 310_000_000}, {"mounts", 350_000_000}, {"network", 480_000_000}, {"ready", 495_000_000}}
	if len(b.Marks) != len(want) {
		t.Fatalf("got %+v", b.Marks)
	}
	for i := range want {
		if b.Marks[i] != want[i] {
			t.Errorf("mark %d: got %+v, want %+v", i, b.Marks[i], want[i])
		}
	}
	if b.KernelNsec != 310_000_000 || b.InitNsec != b.KernelNsec || b.ReadyNsec != 495_000_000 {
		t.Errorf("instants: %+v", b)
	}
	if strings.Join(hostTimed, " ") != "mounts later" {
		t.Errorf("timed by the host: %q", hostTimed)
	}
	golden.Check(t, filepath.Join("testdata", "foreign.txt"), Waterfall(b))
}

func TestFromLinesUntilAnother(t *testing.T) {
	b, _, err := fromLines(foreign(), time.Unix(1000, 0), "network")
	if err != nil || b.ReadyNsec != 480_000_000 || len(b.Marks) != 3 {
		t.Errorf("%+v, %v", b, err)
	}
	if _, _, err := fromLines(foreign(), time.Unix(1000, 0), "login"); err == nil || !strings.Contains(err.Error(), `no mark "login"`) {
		t.Errorf("got %v", err)
	}
}

// Lines that come in another order than they were stamped.
func TestFromLinesSorts(t *testing.T) {
	b, _, err := fromLines([]vm.Line{at(1, "mark 30 ready"), at(2, "mark 10 init"), at(3, "mark 20 main"), at(4, "mark 25 init")}, time.Unix(1000, 0), "ready")
	if err != nil || b.InitNsec != 10 || b.ReadyNsec != 30 || b.Marks[1].Name != "main" {
		t.Errorf("%+v, %v", b, err)
	}
}

func TestInitcalls(t *testing.T) {
	all := initcalls([]vm.Line{
		at(1, "[    0.010000] calling  slab_sysfs_init+0x0/0x100 @ 1"),
		at(2, "[    0.030000] initcall slab_sysfs_init+0x0/0x100 returned 0 after 18900 usecs"),
		at(3, "[    0.080000] initcall loop_init+0x0/0xd0 returned 0 after 26000 usecs"),
		at(4, "initcall unstamped+0x0/0xd0 returned 0 after 26000 usecs"),
		at(5, "[    0.090000] initcall bad+0x0/0xd0 returned 0 after x usecs"),
		at(6, "[    0.090000] initcall bad+0x0/0xd0 returned 0 after -1 usecs"),
	})
	if len(all) != 2 || all[0] != (Initcall{"loop_init", 54_000_000, 26_000_000}) || all[1].Name != "slab_sysfs_init" {
		t.Errorf("got %+v", all)
	}
}
