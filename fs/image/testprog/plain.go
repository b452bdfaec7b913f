package main

import (
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// This file has the behaviours that need one process and no socket, and what
// all behaviours use.

// say writes to stdout.
func say(text string) { write(unix.Stdout, text) }

// write writes all of text. A descriptor that doesn't take it is waited for,
// so that nothing is lost here and a loss is the reader's.
func write(fd int, text string) {
	// PID 1's end of a pipe may be non-blocking, and then so is this one.
	for b := []byte(text); len(b) > 0; {
		n, err := unix.Write(fd, b)
		switch err {
		case nil:
			b = b[n:]
		case unix.EINTR:
		case unix.EAGAIN:
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, -1)
		default:
			unix.Exit(exitCall)
		}
	}
}

// fileBytesMax bounds what readFile reads: files of /proc are a page or two.
const fileBytesMax = 1 << 20

// readFile returns a file's content, empty when it can't be read.
func readFile(path string) string {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(fd)
	var all []byte
	for buf := make([]byte, 4096); len(all) < fileBytesMax; {
		n, err := unix.Read(fd, buf)
		if err == unix.EINTR {
			continue
		}
		if n <= 0 || err != nil {
			break
		}
		all = append(all, buf[:n]...)
	}
	return string(all)
}

// wait does nothing for ever.
func wait() {
	for {
		_ = unix.Pause() // EINTR is all it returns
	}
}

// sleep waits. The runtime's signals don't shorten it.
func sleep(msec uint64) {
	left := unix.NsecToTimespec(int64(msec) * 1e6)
	for unix.Nanosleep(&left, &left) == unix.EINTR {
	}
}

// sigaction is the kernel's struct of rt_sigaction(2); the same on amd64 and
// arm64.
type sigaction struct {
	handler, flags, restorer, mask uint64
}

// Handlers that are no functions, <asm-generic/signal-defs.h>.
const (
	sigDefault = 0
	sigIgnore  = 1
)

// setSignal sets a signal to sigDefault or sigIgnore behind the runtime's back.
func setSignal(sig unix.Signal, to uint64) {
	action := sigaction{handler: to}
	_, _, errno := unix.RawSyscall6(unix.SYS_RT_SIGACTION, uintptr(sig), uintptr(unsafe.Pointer(&action)), 0, 8, 0, 0)
	if errno != 0 {
		must("rt_sigaction", errno)
	}
}

// die ends the program by a signal, as a program without Go's runtime would.
func die(sig unix.Signal) {
	if sig != unix.SIGKILL {
		setSignal(sig, sigDefault)
	}
	// The default action of most signals ends every thread at once.
	must("kill", unix.Kill(unix.Getpid(), sig))
	wait()
}

// crash ends after AFTER-MSEC with STATUS, like a daemon that fails at run time.
func crash(a arguments) {
	sleep(a.number(0, 0))
	unix.Exit(int(a.number(1, 1)))
}

// ignoreTerm has to be killed: it is what StopMsec is for.
func ignoreTerm(arguments) {
	setSignal(unix.SIGTERM, sigIgnore)
	tell("READY=1")
	wait()
}

// eat touches every page, so that the memory is charged to the cgroup.
func eat(a arguments) {
	b, err := unix.Mmap(-1, 0, int(a.number(0, 0)), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	must("mmap", err)
	for i := 0; i < len(b); i += 4096 {
		b[i] = 1
	}
	say("eat: touched " + strconv.Itoa(len(b)) + "\n")
	wait()
}

// spin makes a system call a turn, so that its time is seen as both user and
// system time.
func spin(arguments) {
	for {
		_ = unix.Getpid()
	}
}

// logLines prints lines of exactly BYTES bytes with the newline, each beginning
// with its number, so that a reader knows which are missing.
func logLines(a arguments) {
	count, bytes := a.number(0, 1), int(a.number(1, 80))
	for i := uint64(1); i <= count; i++ {
		head := strconv.FormatUint(i, 10)
		head = strings.Repeat("0", max(0, 10-len(head))) + head + " "
		say(head + strings.Repeat("x", max(0, bytes-len(head)-1)) + "\n")
	}
}

// flood fills both streams: a reader that keeps up is as full as one that
// doesn't.
func flood(arguments) {
	line := strings.Repeat("flood ", 20) + "\n"
	for {
		write(unix.Stdout, line)
		write(unix.Stderr, line)
	}
}

// cat prints files; one that can't be read is an empty one.
func cat(a arguments) {
	for _, path := range a {
		say(readFile(path))
	}
}

// printenv prints a line a word, in the order in which they were passed on.
func printenv(arguments) {
	for _, word := range unix.Environ() {
		say(word + "\n")
	}
}
