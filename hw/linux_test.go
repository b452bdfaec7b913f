// The user-mode emulator translates uevent messages and control data in its own
// way, so that the real kernel is asked on the native architecture only.
//
//go:build amd64

package hw

import (
	"os"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// uevents opens the real socket, or skips.
func uevents(t *testing.T) int {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("writing to uevent files needs root")
	}
	fd, err := OpenUevents(Linux{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// trigger asks the kernel for an event of /dev/null, which changes nothing.
func trigger(t *testing.T) {
	t.Helper()
	if err := os.WriteFile("/sys/devices/virtual/mem/null/uevent", []byte("change"), 0); err != nil {
		t.Skip(err)
	}
}

func TestTheKernelsUeventsAreRead(t *testing.T) {
	fd := uevents(t)
	trigger(t) // the kernel has queued the event when write returns
	var r UeventReader
	var u Uevent
	for {
		switch got := r.Next(Linux{}, fd, &u); {
		case got == OutcomeEvent && string(u.Devname) == "null":
			if r.Malformed != 0 || string(u.Action) != "change" {
				t.Errorf("malformed %d, last %v; %+v", r.Malformed, r.Fault, u)
			}
			return
		case got == OutcomeDrained || got == OutcomeBroken:
			t.Fatalf("no event of null: %d, %v", got, r.Errno)
		}
	}
}

// A process of the same network namespace sends to the group and to our port.
func TestForgedUeventsAreDropped(t *testing.T) {
	fd := uevents(t)
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	forger, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_KOBJECT_UEVENT)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(forger)
	message := []byte("add@/devices/forged\x00ACTION=add\x00DEVPATH=/devices/forged\x00SUBSYSTEM=mem\x00SEQNUM=1\x00")
	for _, to := range []*unix.SockaddrNetlink{
		{Family: unix.AF_NETLINK, Groups: 1},
		{Family: unix.AF_NETLINK, Pid: name.(*unix.SockaddrNetlink).Pid},
	} {
		if err := unix.Sendto(forger, message, 0, to); err != nil {
			t.Skip(err)
		}
	}
	var r UeventReader
	var u Uevent
	for {
		got := r.Next(Linux{}, fd, &u)
		if got == OutcomeEvent && string(u.Devpath) == "/devices/forged" {
			t.Fatal("took a forged event")
		}
		if got == OutcomeDrained {
			break
		}
	}
	if r.Forged != 2 {
		t.Errorf("dropped %d of 2 forged events", r.Forged)
	}
}

func TestAnOverrunAsksForARescan(t *testing.T) {
	fd := uevents(t)
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 1); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		trigger(t)
	}
	var r UeventReader
	var u Uevent
	for {
		switch r.Next(Linux{}, fd, &u) {
		case OutcomeRescan:
			return
		case OutcomeDrained, OutcomeBroken:
			t.Fatal("100 events fit the smallest buffer")
		}
	}
}

func TestReadingTheRealSocketAllocatesNothing(t *testing.T) {
	fd := uevents(t)
	for range 60 {
		trigger(t)
	}
	r, u := new(UeventReader), new(Uevent)
	if n := testing.AllocsPerRun(50, func() { r.Next(Linux{}, fd, u) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	runtime.KeepAlive(r)
}

func TestTheRealFolderOfInputDevices(t *testing.T) {
	var out [PowerButtonsMax]uint32
	count, err := FindPowerButtons(Linux{}, &out)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("power buttons: %v", out[:count])
}
