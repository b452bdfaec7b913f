package core

import (
	"testing"

	"golang.org/x/sys/unix"
)

// TestSignals sends every signal that is handled to this process, which then has
// PID 1's handlers: it must live on, know each of them, and still recover from a
// fault of its own.
func TestSignals(t *testing.T) {
	sys := &Linux{}
	fd, errno := sys.SignalPipe()
	if errno != 0 {
		t.Fatal(errno)
	}
	seen, want := uint64(0), uint64(0)
	for _, sig := range signalsHandled {
		want |= 1 << sig
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
		seen |= sys.Signals()
	}
	if seen != want {
		t.Errorf("sent the set %#x, saw %#x", want, seen)
	}
	if !faults() {
		t.Error("a nil dereference was not recovered from")
	}
	if set := sys.Signals(); set != 0 {
		t.Errorf("a real fault was taken for a sent signal: %#x", set)
	}
}

// TestNoSignalIsLeftToTheKernel looks at who handles what: a signal whose default
// is to end a process must be handled, whether a process may send it or not.
func TestNoSignalIsLeftToTheKernel(t *testing.T) {
	if _, errno := (&Linux{}).SignalPipe(); errno != 0 {
		t.Fatal(errno)
	}
	harmless := map[int]bool{9: true, 19: true, // can't be handled
		18: true, 20: true, 21: true, 22: true, // stop and go on, which PID 1 never does
		33: true} // Go's own, but with cgo, which PID 1 has not
	for sig := 1; sig <= 64; sig++ {
		act := &sigaction{}
		if errno := rtSigaction(uint8(sig), nil, act); errno != 0 {
			t.Fatalf("signal %d: %v", sig, errno)
		}
		if act.handler <= 1 && !harmless[sig] { // SIG_DFL, SIG_IGN
			t.Errorf("signal %d has no handler", sig)
		}
	}
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
