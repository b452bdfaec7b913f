package hw

import (
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// fake is a world of a few files and one socket. It breaks the call that is
// named in fails, with that errno, as many times as failsCount says (0: always).
type fake struct {
	files      map[string]string // path to contents; a folder's are names, a space each
	messages   []string
	from       []Sender
	fails      map[string]unix.Errno
	failsCount map[string]int

	open   map[int]string
	at     map[int]int // how much of it was read
	short  bool        // a read gives a byte at the most
	done   map[int]bool
	nextFD int
	calls  []string
}

func (f *fake) call(name string) unix.Errno {
	f.calls = append(f.calls, name)
	errno, ok := f.fails[name]
	if !ok {
		return 0
	}
	if left, counted := f.failsCount[name]; counted {
		if left == 0 {
			return 0
		}
		f.failsCount[name] = left - 1
	}
	return errno
}

func (f *fake) fd(name string) int {
	if f.open == nil {
		f.open, f.done, f.at = map[int]string{}, map[int]bool{}, map[int]int{}
	}
	f.nextFD++
	f.open[f.nextFD] = name
	return f.nextFD
}

func (f *fake) Socket(domain, kind, protocol int) (int, unix.Errno) {
	if domain != unix.AF_NETLINK || kind&(unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK) != unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK ||
		protocol != unix.NETLINK_KOBJECT_UEVENT {
		return -1, unix.EPROTONOSUPPORT
	}
	if errno := f.call("socket"); errno != 0 {
		return -1, errno
	}
	return f.fd("socket"), 0
}

func (f *fake) BindNetlink(fd int, groups uint32) unix.Errno {
	if groups != 1 {
		return unix.EINVAL
	}
	return f.call("bind")
}

func (f *fake) SetsockoptInt(fd, level, option, value int) unix.Errno {
	return f.call(map[int]string{unix.SO_RCVBUFFORCE: "rcvbufforce", unix.SO_PASSCRED: "passcred"}[option])
}

func (f *fake) Recvmsg(fd int, b []byte, from *Sender) (int, unix.Errno) {
	if errno := f.call("recvmsg"); errno != 0 {
		return 0, errno
	}
	if len(f.messages) == 0 {
		return 0, unix.EAGAIN
	}
	*from = f.from[0]
	n := copy(b, f.messages[0])
	f.messages, f.from = f.messages[1:], f.from[1:]
	return n, 0
}

func (f *fake) Open(path string, flags int) (int, unix.Errno) {
	if flags&unix.O_CLOEXEC == 0 {
		return -1, unix.EINVAL
	}
	if errno := f.call("open " + path); errno != 0 {
		return -1, errno
	}
	if _, ok := f.files[path]; !ok {
		return -1, unix.ENOENT
	}
	return f.fd(path), 0
}

func (f *fake) Read(fd int, b []byte) (int, unix.Errno) {
	if errno := f.call("read " + f.open[fd]); errno != 0 {
		return 0, errno
	}
	if f.short {
		b = b[:1]
	}
	text := f.files[f.open[fd]]
	n := copy(b, text[min(f.at[fd], len(text)):])
	f.at[fd] += n
	return n, 0
}

func (f *fake) Getdents(fd int, b []byte) (int, unix.Errno) {
	if errno := f.call("getdents"); errno != 0 || f.done[fd] {
		return 0, errno
	}
	f.done[fd] = true
	n := 0
	for _, name := range strings.Fields(f.files[f.open[fd]]) {
		n += copy(b[n:], dirent(name))
	}
	return n, 0
}

func (f *fake) Close(fd int) unix.Errno {
	delete(f.open, fd)
	return f.call("close")
}

func TestOpenUevents(t *testing.T) {
	f := &fake{}
	if fd, err := OpenUevents(f); err != nil || fd != 1 {
		t.Fatalf("fd %d, %v", fd, err)
	}
	if got, want := strings.Join(f.calls, " "), "socket rcvbufforce passcred bind"; got != want {
		t.Errorf("called %s, want %s", got, want)
	}
	for call, want := range map[string]string{
		"socket":   "hw: open the uevent socket: EMFILE; the kernel needs CONFIG_NET",
		"passcred": "hw: ask for the senders of uevents: EMFILE; forged ones could not be told; hardware changes go unseen",
		"bind":     "hw: bind the uevent socket: EMFILE; hardware changes go unseen",
	} {
		f := &fake{fails: map[string]unix.Errno{call: unix.EMFILE}}
		if fd, err := OpenUevents(f); fd != -1 || err == nil || err.Error() != want || len(f.open) != 0 {
			t.Errorf("%s: fd %d, %v, open %v", call, fd, err, f.open)
		}
	}
	f = &fake{fails: map[string]unix.Errno{"rcvbufforce": unix.EPERM}}
	if _, err := OpenUevents(f); err != nil {
		t.Errorf("a socket with the default buffer: %v", err)
	}
}

func TestUeventReader(t *testing.T) {
	kernel := Sender{Groups: 1, HasCredentials: true}
	forged, long := kernel, kernel
	forged.PortID, long.Truncated = 7, true
	good := string(real(t, "uevent-vda.bin"))
	f := &fake{messages: []string{good, good, "x\x00", good, good}, from: []Sender{kernel, forged, kernel, long, kernel}}
	var r UeventReader
	var u Uevent
	for i, want := range []Outcome{OutcomeEvent, OutcomeDropped, OutcomeDropped, OutcomeDropped, OutcomeEvent, OutcomeDrained} {
		if got := r.Next(f, 1, &u); got != want {
			t.Errorf("message %d: %d, want %d", i, got, want)
		}
	}
	if r.Forged != 1 || r.Malformed != 2 || r.Fault != UeventTooLong || string(u.Devname) != "vda" {
		t.Errorf("counted %d forged, %d malformed, %v", r.Forged, r.Malformed, r.Fault)
	}
	for errno, want := range map[unix.Errno]Outcome{
		unix.EAGAIN: OutcomeDrained, unix.EINTR: OutcomeDrained, unix.ENOBUFS: OutcomeRescan,
		unix.ENOMEM: OutcomeRescan, unix.EBADF: OutcomeBroken, unix.ENOTSOCK: OutcomeBroken,
	} {
		f := &fake{fails: map[string]unix.Errno{"recvmsg": errno}}
		if got := r.Next(f, 1, &u); got != want || got == OutcomeBroken && r.Errno != errno {
			t.Errorf("%v: %d, want %d", errno, got, want)
		}
	}
	if r.Overruns != 2 {
		t.Errorf("counted %d overruns", r.Overruns)
	}
}

func inputs() *fake {
	path := func(n string) string { return inputFolder + "/" + n + "/device/capabilities/key" }
	return &fake{files: map[string]string{
		inputFolder:    ". .. event0 event1 event2 event3 eventx mouse0 input0",
		path("event0"): bitmap(142), path("event1"): bitmap(116), path("event2"): "garbage", path("event3"): bitmap(30, 116),
		"/dev/input/event1": string(event(1, 116, 1)),
	}}
}

func TestFindPowerButtons(t *testing.T) {
	var out [PowerButtonsMax]uint32
	find := func(f *fake) (int, error) {
		count, err := FindPowerButtons(f, &out)
		if len(f.open) != 0 {
			t.Errorf("left open: %v", f.open)
		}
		return count, err
	}
	if count, err := find(inputs()); err != nil || count != 2 || out[0] != 1 || out[1] != 3 {
		t.Errorf("found %d, %v, %v", count, out, err)
	}
	if count, err := find(&fake{}); err != nil || count != 0 {
		t.Errorf("no input devices: %d, %v", count, err)
	}
	gone := inputs()
	gone.fails = map[string]unix.Errno{"read " + inputFolder + "/event1/device/capabilities/key": unix.ENODEV}
	if count, err := find(gone); err != nil || count != 1 || out[0] != 3 {
		t.Errorf("a device that went away: %d, %v", count, err)
	}
	unread := inputs()
	unread.fails = map[string]unix.Errno{"read " + inputFolder + "/event1/device/capabilities/key": unix.EIO}
	if count, err := find(unread); count != 1 || err == nil ||
		err.Error() != "hw: read the keys of /dev/input/event1: EIO; it may go unseen" {
		t.Errorf("a device that can't be read: %d, %v", count, err)
	}
	for call, want := range map[string]string{
		"open " + inputFolder: "hw: open /sys/class/input: EACCES; power buttons go unseen",
		"getdents":            "hw: read /sys/class/input: EACCES; some power buttons go unseen",
	} {
		f := inputs()
		f.fails = map[string]unix.Errno{call: unix.EACCES}
		if count, err := find(f); err == nil || err.Error() != want || count != 0 {
			t.Errorf("%s: %d, %v", call, count, err)
		}
	}
	for _, times := range []int{1, interruptsMax} {
		f := inputs()
		call := "open " + inputFolder
		f.fails, f.failsCount = map[string]unix.Errno{call: unix.EINTR}, map[string]int{call: times}
		if _, err := find(f); (err != nil) != (times == interruptsMax) {
			t.Errorf("interrupted %d times: %v", times, err)
		}
	}
	many := &fake{files: map[string]string{}}
	for i := range 20 {
		many.files[inputFolder] += " event" + strconv.Itoa(i)
		many.files[inputFolder+"/event"+strconv.Itoa(i)+"/device/capabilities/key"] = bitmap(116)
	}
	if count, err := find(many); err != nil || count != PowerButtonsMax {
		t.Errorf("20 buttons: %d, %v", count, err)
	}
}

func TestPowerButtonIsOpenedAndRead(t *testing.T) {
	f := inputs()
	fd, err := OpenPowerButton(f, 1)
	if err != nil {
		t.Fatal(err)
	}
	if pressed, gone := ReadPowerButton(f, fd); !pressed || gone {
		t.Errorf("pressed %v, gone %v", pressed, gone)
	}
	for errno, wantGone := range map[unix.Errno]bool{unix.EAGAIN: false, unix.EINTR: false, unix.ENODEV: true, unix.EIO: true} {
		f.fails = map[string]unix.Errno{"read /dev/input/event1": errno}
		if pressed, gone := ReadPowerButton(f, fd); pressed || gone != wantGone {
			t.Errorf("%v: pressed %v, gone %v", errno, pressed, gone)
		}
	}
	f.fails, f.files["/dev/input/event1"] = nil, ""
	if _, gone := ReadPowerButton(f, fd); !gone {
		t.Error("a button at its end is still read")
	}
	if fd, err := OpenPowerButton(f, 9); fd != -1 || err == nil ||
		err.Error() != "hw: open /dev/input/event9: ENOENT; this power button goes unseen" {
		t.Errorf("fd %d, %v", fd, err)
	}
}

func TestReadingUeventsAllocatesNothing(t *testing.T) {
	b := real(t, "uevent-vda.bin")
	var u Uevent
	key := []byte("10000000000000 0\n")
	if n := testing.AllocsPerRun(100, func() {
		DecodeUevent(b, &u)
		DecodeUevent(b[:9], &u)
		HasPowerKey(key)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestFindBesideTakesTheRootsDisk(t *testing.T) {
	const block = "/sys/class/block/"
	esp := "DEVTYPE=partition\nPARTN=1\nPARTNAME=mote-esp\n"
	f := &fake{files: map[string]string{
		block:                 "vda1 vdb1",
		block + "vda1/uevent": esp, // of another disk, and listed first
		block + "vdb1/uevent": esp,
		block + "dm-0/slaves": "vdb2",
		block + "vdb2/..":     ". .. queue vdb1 vdb2",
	}}
	if name, err := FindBeside(f, "dm-0", "mote-esp"); name != "vdb1" || err != nil {
		t.Errorf("%q, %v", name, err)
	}
	for what, name := range map[string]string{"no such label": "mote-state", "a label's beginning": "mote-es"} {
		if got, err := FindBeside(f, "dm-0", name); got != "" || err != nil {
			t.Errorf("%s: %q, %v", what, got, err)
		}
	}
	if got, err := FindBeside(f, "dm-1", "mote-esp"); got != "" || err != nil {
		t.Errorf("a root that is on no disk: %q, %v", got, err)
	}
	f.fails = map[string]unix.Errno{"open " + block + "dm-0/slaves": unix.EMFILE}
	if _, err := FindBeside(f, "dm-0", "mote-esp"); err == nil {
		t.Error("a folder that can't be opened is no error")
	}
}
