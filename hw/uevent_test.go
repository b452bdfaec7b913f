package hw

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"mote/wire"
)

// real reads bytes that a kernel 6.18 sent for a "change" written to uevent.
func real(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecodeUeventOfTheKernel(t *testing.T) {
	var u Uevent
	if fault := DecodeUevent(real(t, "uevent-vda.bin"), &u); fault != UeventOK {
		t.Fatal(fault)
	}
	if string(u.Action) != "change" || string(u.Devpath) != "/devices/pci0000:00/0000:00:02.0/virtio1/block/vda" ||
		string(u.Subsystem) != "block" || string(u.Devname) != "vda" || string(u.Devtype) != "disk" ||
		!u.HasNode || u.Major != 254 || u.Minor != 0 || u.Seqnum != 893 {
		t.Errorf("read %+v", u)
	}
	if fault := DecodeUevent(real(t, "uevent-null.bin"), &u); fault != UeventOK || u.Major != 1 || u.Minor != 3 {
		t.Errorf("null: %v, %+v", fault, u)
	}
	if fault := DecodeUevent(real(t, "uevent-lo.bin"), &u); fault != UeventOK || string(u.Interface) != "lo" || u.HasNode || u.Devname != nil {
		t.Errorf("lo: %v, %+v", fault, u)
	}
}

func TestDecodeUeventRefuses(t *testing.T) {
	keys := ""
	for i := range ueventKeysMax {
		keys += "K" + wire.Decimal(uint64(i)) + "=\x00"
	}
	for _, c := range []struct {
		name, message string
		want          UeventFault
	}{
		{"empty", "", UeventEmpty},
		{"too long", "add@/a\x00" + strings.Repeat("x", UeventSizeMax), UeventTooLong},
		{"64 KiB", strings.Repeat("x", 64<<10), UeventTooLong},
		{"no NUL", "add@/a", UeventTruncated},
		{"cut in a value", "add@/a\x00ACTION=add\x00SEQNUM=1", UeventTruncated},
		{"only NUL", "\x00", UeventNoAt},
		{"no at", "add/a\x00SEQNUM=1\x00", UeventNoAt},
		{"udev's own", "libudev\x00\xfe", UeventTruncated},
		{"udev's magic", "libudev\x00SEQNUM=1\x00", UeventNoAt},
		{"no action", "@/a\x00SEQNUM=1\x00", UeventNoAt},
		{"not UTF-8", "add@/a\x00X=\xff\x00SEQNUM=1\x00", UeventNotUTF8},
		{"no path", "add@\x00SEQNUM=1\x00", UeventBadPath},
		{"root", "add@/\x00SEQNUM=1\x00", UeventBadPath},
		{"relative path", "add@a\x00SEQNUM=1\x00", UeventBadPath},
		{"path up", "add@/devices/../../etc\x00SEQNUM=1\x00", UeventBadPath},
		{"path with newline", "add@/a\nb\x00SEQNUM=1\x00", UeventBadPath},
		{"empty component", "add@/a//b\x00SEQNUM=1\x00", UeventBadPath},
		{"name up", "add@/a\x00DEVNAME=../etc/passwd\x00SEQNUM=1\x00", UeventBadName},
		{"name absolute", "add@/a\x00DEVNAME=/etc/passwd\x00SEQNUM=1\x00", UeventBadName},
		{"name empty", "add@/a\x00DEVNAME=\x00SEQNUM=1\x00", UeventBadName},
		{"name with newline", "add@/a\x00DEVNAME=a\nb\x00SEQNUM=1\x00", UeventBadName},
		{"name with dot", "add@/a\x00DEVNAME=./a\x00SEQNUM=1\x00", UeventBadName},
		{"no equals", "add@/a\x00ACTION\x00SEQNUM=1\x00", UeventBadKey},
		{"no key", "add@/a\x00=x\x00SEQNUM=1\x00", UeventBadKey},
		{"empty part", "add@/a\x00\x00SEQNUM=1\x00", UeventBadKey},
		{"key twice", "add@/a\x00SEQNUM=1\x00SEQNUM=1\x00", UeventKeyTwice},
		{"unknown key twice", "add@/a\x00X=1\x00X=2\x00SEQNUM=1\x00", UeventKeyTwice},
		{"65 keys", "add@/a\x00" + keys + "SEQNUM=1\x00", UeventTooManyKeys},
		{"seqnum of letters", "add@/a\x00SEQNUM=x\x00", UeventBadNumber},
		{"seqnum past 64 bits", "add@/a\x00SEQNUM=18446744073709551616\x00", UeventBadNumber},
		{"major past 32 bits", "add@/a\x00MAJOR=4294967296\x00SEQNUM=1\x00", UeventBadNumber},
		{"minor empty", "add@/a\x00MINOR=\x00SEQNUM=1\x00", UeventBadNumber},
		{"no seqnum", "add@/a\x00ACTION=add\x00", UeventNoSeqnum},
		{"nothing behind", "add@/a\x00", UeventNoSeqnum},
		{"another action", "add@/a\x00ACTION=remove\x00SEQNUM=1\x00", UeventDisagrees},
		{"another path", "add@/a\x00DEVPATH=/b\x00SEQNUM=1\x00", UeventDisagrees},
	} {
		var u Uevent
		if got := DecodeUevent([]byte(c.message), &u); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// No prefix of a real event is one, but for those that end behind SEQNUM.
func TestDecodeUeventRefusesEveryCut(t *testing.T) {
	b := real(t, "uevent-vda.bin")
	var u Uevent
	for n := range b {
		if DecodeUevent(b[:n], &u) == UeventOK {
			t.Errorf("accepted the first %d of %d bytes", n, len(b))
		}
	}
}

func TestUeventFaultsHaveTexts(t *testing.T) {
	seen := map[string]bool{}
	for f := UeventOK; f <= ueventFaultsCount; f++ {
		if s := f.Error(); seen[s] || !strings.HasPrefix(s, "hw: uevent: ") {
			t.Errorf("fault %d: %q", f, s)
		} else {
			seen[s] = true
		}
	}
}

// dumbUevent reads keys the plain way: split, map, last one wins.
func dumbUevent(b []byte) map[string]string {
	parts := strings.Split(strings.TrimSuffix(string(b), "\x00"), "\x00")
	keys := map[string]string{"front": parts[0]}
	for _, part := range parts[1:] {
		key, value, _ := strings.Cut(part, "=")
		keys[key] = value
	}
	return keys
}

func FuzzUevent(f *testing.F) {
	for _, name := range []string{"uevent-vda.bin", "uevent-null.bin", "uevent-lo.bin"} {
		f.Add(real(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var u Uevent
		before := bytes.Clone(b)
		fault := DecodeUevent(b, &u)
		if !bytes.Equal(before, b) {
			t.Fatal("the input was changed")
		}
		if fault != UeventOK {
			return
		}
		keys := dumbUevent(b)
		if string(u.Action)+"@"+string(u.Devpath) != keys["front"] || string(u.Subsystem) != keys["SUBSYSTEM"] ||
			string(u.Devname) != keys["DEVNAME"] || strings.TrimLeft(keys["SEQNUM"], "0") != strings.TrimLeft(decimal64(u.Seqnum), "0") {
			t.Fatalf("%q read as %+v", b, u)
		}
		for _, path := range []string{string(u.Devpath[1:]), string(u.Devname)} {
			if strings.Contains("/"+path+"/", "/../") || strings.HasPrefix(path, "/") || strings.Contains(path, "\n") {
				t.Fatalf("accepted the path %q", path)
			}
		}
	})
}

func decimal64(n uint64) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return decimal64(n/10) + string(rune('0'+n%10))
}

func TestSenderMustBeTheKernel(t *testing.T) {
	kernel := Sender{Groups: 1, HasCredentials: true}
	if !kernel.Kernel() {
		t.Error("the kernel is refused")
	}
	for name, change := range map[string]func(*Sender){
		"multicast of a process": func(s *Sender) { s.PortID = 77 },
		"unicast to our port":    func(s *Sender) { s.Groups = 0 },
		"udevd's group":          func(s *Sender) { s.Groups = 2 },
		"a process id":           func(s *Sender) { s.PID = 1 },
		"a user":                 func(s *Sender) { s.UID = 1000 },
		"no credentials":         func(s *Sender) { s.HasCredentials = false },
	} {
		s := kernel
		if change(&s); s.Kernel() {
			t.Errorf("%s is taken for the kernel", name)
		}
	}
}
