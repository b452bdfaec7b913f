package vm

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mote/size/golden"
)

// 5,000 bytes are 4.9 KiB: the RAM disk must be rounded up.
const rootFile = "testdata/root.squashfs"

func TestCommandLineGolden(t *testing.T) {
	cases := map[string]Config{
		"microvm-tcg": {Kernel: "build/vmlinux", Root: rootFile, Accel: TCG, tscKHz: 2596134,
			NICs: []NIC{{Forwards: []Forward{{GuestPort: 1883}, {GuestPort: 8080, HostPort: 18080}}}}},
		"microvm-kvm": {Kernel: "build/vmlinux", Root: rootFile, Accel: KVM, CPUs: 2, MemoryBytes: 40 << 20, RNG: true},
		"microvm-ram": {Kernel: "build/vmlinux", Root: rootFile, Accel: TCG, RootInRAM: true, Reboots: true},
		"exact":       {Kernel: "build/vmlinux", Root: rootFile, Exact: true, NICs: []NIC{{NoPeer: true}}, Append: MoteWords()},
		"q35": {Machine: Q35, Kernel: "build/bzImage", Initrd: "build/a b.cpio", Accel: TCG, CPU: "max", Second: os.Stderr,
			NICs:   []NIC{{Open: true, MAC: "52:54:00:00:00:01"}, {}},
			Append: []string{"ip=10.0.2.15::10.0.2.2:255.255.255.0::eth0:off", "dm-mod.create=v,,,ro, 0 8 zero"},
			RNG:    true, Devices: []string{"i6300esb"}, Args: []string{"-name", "it's"}},
		"firmware": {Firmware: &Firmware{Code: "code.fd", Vars: "vars.fd", Secure: true}, Accel: TCG, tscKHz: 2596134,
			Disks: []Disk{{Path: "a.raw"}, {Path: "b.raw", SectorBytes: 4096}, {Path: "c.raw", WriteLog: "c.log"}}},
		"comma": {Kernel: "a,b", Root: "testdata/with,comma", Accel: TCG},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			// The files of the table need not exist: only filled looks at them.
			c, err := c.filled()
			if err != nil && !strings.Contains(err.Error(), "build it first") {
				t.Fatal(err)
			}
			args, err := c.wiredArgs()
			if err != nil {
				t.Fatal(err)
			}
			golden.Check(t, filepath.Join("testdata", "args/"+name+".txt"), strings.ReplaceAll(quote(args), " -", "\n-")+"\n")
		})
	}
}

func TestCommandLineByHandHasNoInheritedDescriptor(t *testing.T) {
	line, err := CommandLine(Config{Kernel: rootFile, Accel: TCG, Second: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"fd=3", "fd=4"} {
		if strings.Contains(line, bad) {
			t.Errorf("%q in %s", bad, line)
		}
	}
	for _, good := range []string{"-mon console", "mux=on", "second.log"} {
		if !strings.Contains(line, good) {
			t.Errorf("no %q in %s", good, line)
		}
	}
}

func TestConfigRefusals(t *testing.T) {
	cases := map[string]struct {
		c    Config
		want string
	}{
		"no kernel":         {Config{}, "Kernel is empty"},
		"firmware, kernel":  {Config{Kernel: rootFile, Firmware: &Firmware{}}, "drop Kernel"},
		"firmware, microvm": {Config{Machine: MicroVM, Firmware: &Firmware{}}, "no flash"},
		"missing disk":      {Config{Kernel: rootFile, Disks: []Disk{{Path: "testdata/nowhere"}}}, "testdata/nowhere"},
		"missing kernel":    {Config{Kernel: "testdata/nowhere"}, "testdata/nowhere"},
		"missing root":      {Config{Kernel: rootFile, Root: "testdata/nowhere"}, "testdata/nowhere"},
		"half a MiB":        {Config{Kernel: rootFile, MemoryBytes: 1<<20 + 1}, "MemoryBytes"},
		"negative CPUs":     {Config{Kernel: rootFile, CPUs: -1}, "CPUs"},
		"accelerator":       {Config{Kernel: rootFile, Accel: "xen"}, "Accel"},
		"exact KVM":         {Config{Kernel: rootFile, Exact: true, Accel: KVM}, "Exact"},
		"exact two CPUs":    {Config{Kernel: rootFile, Exact: true, CPUs: 2}, "one processor"},
		"exact with a peer": {Config{Kernel: rootFile, Exact: true, NICs: []NIC{{}}}, "NICs[0]"},
		"root and initrd":   {Config{Kernel: rootFile, Root: rootFile, RootInRAM: true, Initrd: rootFile}, "-initrd"},
		"RAM without root":  {Config{Kernel: rootFile, RootInRAM: true}, "RootInRAM"},
		"no peer, forward":  {Config{Kernel: rootFile, NICs: []NIC{{NoPeer: true, Forwards: []Forward{{GuestPort: 1}}}}}, "NoPeer"},
		"port 0 in guest":   {Config{Kernel: rootFile, NICs: []NIC{{Forwards: []Forward{{HostPort: 1}}}}}, "1 to 65535"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := CommandLine(tc.c)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}

func TestAppendRefusesNewline(t *testing.T) {
	_, err := CommandLine(Config{Kernel: rootFile, Accel: TCG, Append: []string{"a\nb"}})
	if err == nil || !strings.Contains(err.Error(), "newline") {
		t.Errorf("got %v", err)
	}
}

// The shell is the oracle for quoting: it must hand back what went in.
func TestQuoteAgainstTheShell(t *testing.T) {
	words := []string{"plain", "", "two words", "it's", `"`, "$HOME", "`id`", "a\\b", "new\nline", "*", "~", "#x", "-a=b,c;d", "ü"}
	out, err := exec.Command("sh", "-c", `printf '%s\0' `+quote(words)).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSuffix(string(out), "\x00"); got != strings.Join(words, "\x00") {
		t.Errorf("got %q\nwant %q", got, strings.Join(words, "\x00"))
	}
}

func TestWordQuoted(t *testing.T) {
	for word, want := range map[string]string{
		"quiet":   "quiet",
		"a=b":     "a=b",
		"a=b c":   `a="b c"`,
		`a="b c"`: `a="b c"`,
		"b c":     `"b c"`,
	} {
		if got := wordQuoted(word); got != want {
			t.Errorf("%q: got %s, want %s", word, got, want)
		}
	}
}
