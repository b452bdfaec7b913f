package core

import (
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// These words are all that the assembly of signal_*.s reaches. They can't be
// anywhere else: a signal brings no argument, and entry runs before main.
var (
	// signalsPending has bit n set when signal n came; the loop takes them.
	signalsPending uint64
	// signalPipe is the write end that wakes the loop.
	signalPipe int32
	// goHandler is Go's own handler, for the faults of our own code.
	goHandler uintptr
	// entryTime is a struct timespec of CLOCK_BOOTTIME, set by entry; zero when
	// the binary was linked without -E, as tests are.
	entryTime [2]int64
)

func signalAddresses() (handler, restorer uintptr)

// signalsHandled are the twelve that would kill a Go program as PID 1 when a
// process sends them (1–8, 11, 15, 16, 31), SIGCHLD, which wakes the loop for
// an orphan at once, SIGPWR, and 32 and 34, which Go leaves without a handler.
//
// The kernel drops for PID 1 what has no handler, but not always: while one
// thread is in a handler, with every signal blocked, such a signal is not dropped
// there (sig_ignored, kernel/signal.c), finds another thread that has it unblocked
// (complete_signal), is fatal to that, and the kernel panics.
var signalsHandled = [...]uint8{1, 2, 3, 4, 5, 6, 7, 8, 11, 15, 16, 17, 30, 31, 32, 34}

// sigaction is the kernel's struct sigaction (not libc's), the same on amd64
// and arm64: include/linux/signal_types.h.
type sigaction struct {
	handler  uintptr
	flags    uint64
	restorer uintptr
	mask     uint64
}

const (
	saSiginfo  = 0x4
	saRestorer = 0x04000000
	saOnstack  = 0x08000000 // Go's threads have a signal stack of their own
	saRestart  = 0x10000000 // only epoll_wait is to notice; it always does
)

// SignalPipe installs the handlers; errors are those of pipe2(2) (EMFILE,
// ENFILE), as rt_sigaction(2) fails for none of these signals.
func (*Linux) SignalPipe() (int32, Errno) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC|unix.O_NONBLOCK); err != nil {
		return -1, errnoOf(err)
	}
	if was := atomic.SwapInt32(&signalPipe, int32(fds[1])); was > 0 {
		unix.Close(int(was)) // of a try before, whose read end could not be watched
	}
	handler, restorer := signalAddresses()
	act := &sigaction{handler: handler, flags: saSiginfo | saOnstack | saRestart, mask: ^uint64(0)}
	if restorer != 0 {
		act.restorer, act.flags = restorer, act.flags|saRestorer
	}
	// Every fault goes to the same handler of Go; SIGSEGV's stands for all. It
	// must be known before the first of ours is in place.
	old := &sigaction{}
	rtSigaction(uint8(unix.SIGSEGV), nil, old)
	if old.handler != handler {
		goHandler = old.handler
	}
	for _, sig := range signalsHandled {
		if errno := rtSigaction(sig, act, nil); errno != 0 {
			return -1, errno
		}
	}
	return int32(fds[0]), 0
}

// Signals takes the pending set.
func (*Linux) Signals() uint64 { return atomic.SwapUint64(&signalsPending, 0) }

func rtSigaction(sig uint8, act, old *sigaction) Errno {
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig),
		uintptr(unsafe.Pointer(act)), uintptr(unsafe.Pointer(old)), unsafe.Sizeof(act.mask), 0, 0)
	return errno
}

// entryNsec is the time of PID 1's first instruction, or 0.
func entryNsec() int64 { return entryTime[0]*sec + entryTime[1] }
