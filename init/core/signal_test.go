package core

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestSignals sends every signal to a process that has PID 1's handlers: it
// must live on, know each that is handled, and still recover from a fault of
// its own. It is a process of its own, as the handlers are for good.
func TestSignals(t *testing.T) {
	if os.Getenv("MOTE_TEST_SIGNALS") != "" {
		helperSignals(t)
		return
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^TestSignals$")
	cmd.Env = append(os.Environ(), "MOTE_TEST_SIGNALS=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	want := fmt.Sprintln("signals", signalsHandled, "recovered true")
	if !strings.Contains(string(out), want) {
		t.Errorf("got:\n%s\nwant:\n%s", out, want)
	}
}

func helperSignals(t *testing.T) {
	sys := &Linux{}
	fd, errno := sys.SignalPipe()
	if errno != 0 {
		t.Fatal(errno)
	}
	var seen []uint8
	for _, sig := range signalsHandled {
		// To this process from itself: si_code is SI_USER, as from any other.
		if err := unix.Kill(unix.Getpid(), unix.Signal(sig)); err != nil {
			t.Fatal(err)
		}
		poll := []unix.PollFd{{Fd: fd, Events: unix.POLLIN}}
		for {
			n, err := unix.Poll(poll, 5000)
			if err == unix.EINTR {
				continue
			}
			if n != 1 || err != nil {
				t.Fatalf("signal %d did not wake the pipe: %v", sig, err)
			}
			break
		}
		var b [64]byte
		if _, errno := sys.Read(fd, b[:]); errno != 0 {
			t.Fatal(errno)
		}
		for set := sys.Signals(); set != 0; set &= set - 1 {
			for n := range uint8(64) {
				if set&-set == 1<<n {
					seen = append(seen, n)
				}
			}
		}
	}
	recovered := faults()
	if set := sys.Signals(); set != 0 {
		t.Errorf("a real fault was taken for a sent signal: %#x", set)
	}
	fmt.Println("signals", seen, "recovered", recovered)
}

// faults reads through a nil pointer; Go makes a panic of it.
func faults() (recovered bool) {
	defer func() { recovered = recover() != nil }()
	var s *service
	return s.alive
}

func TestSignalsComeTogether(t *testing.T) {
	sys := &Linux{}
	signalsPending = 1<<15 | 1<<17
	if got := sys.Signals(); got != 1<<15|1<<17 {
		t.Errorf("got %#x", got)
	}
	if got := sys.Signals(); got != 0 {
		t.Errorf("taken twice: %#x", got)
	}
}
