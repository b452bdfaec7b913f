package main

import (
	"errors"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// orphans are made one after the other, to weigh what one costs PID 1.
	orphans = 40
	// orphanNsec is when an orphan that is still there counts as left: inits that
	// look once in a while do so every second.
	orphanNsec = 10_000_000_000
	// deaths of the first service, as many as a 99th percentile takes, and far
	// enough apart that no peer's limit on quick restarts (1 s in some) is met.
	deaths       = 100
	deathGapNsec = 1_200_000_000
	settleNsec   = 1_000_000_000
)

// address is what the node is to have: QEMU's usual one.
var address = [4]byte{10, 0, 2, 15}

// last waits for the others and the network, and measures.
func last() error {
	for _, word := range []string{"first", "second"} {
		if err := until(word, lookNsec, func() bool { _, _, err := existing(word); return err == nil }); err != nil {
			return err
		}
	}
	if err := until("the address 10.0.2.15", lookNsec, hasAddress); err != nil {
		return err
	}
	say("mote: mark job")
	if err := notify(); err != nil {
		return err
	}
	pause(settleNsec)
	if err := weigh(); err != nil {
		return err
	}
	if err := countOrphans(); err != nil {
		return err
	}
	if err := countDeaths(); err != nil {
		return err
	}
	// A counted machine with nothing more to do was seen to keep its last line:
	// its clock leaps ahead of the port that the line should leave by.
	for range 3 {
		say("mote: mark measured")
		pause(settleNsec)
	}
	return nil
}

// existing reads what exist has written.
func existing(word string) (pid int, nsec int64, err error) {
	text, err := readFile(folder + prefix + word)
	if err != nil {
		return 0, 0, err
	}
	first, second, _ := strings.Cut(text, " ")
	if pid, err = strconv.Atoi(first); err != nil {
		return 0, 0, err
	}
	nsec, err = strconv.ParseInt(second, 10, 64)
	return pid, nsec, err
}

// hasAddress tells whether the node has the address: only then can it be bound.
func hasAddress() bool {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	return unix.Bind(fd, &unix.SockaddrInet4{Addr: address}) == nil
}

func pause(nsec int64) {
	for end := now() + nsec; ; {
		left := end - now()
		if left <= 0 {
			return
		}
		span := unix.NsecToTimespec(left)
		_ = unix.Nanosleep(&span, nil) // again if a signal ended it
	}
}

// weigh tells PID 1's resident set and the node's memory in use, kB.
func weigh() error {
	status, err := readFile("/proc/1/status")
	if err != nil {
		return err
	}
	memory, err := readFile("/proc/meminfo")
	if err != nil {
		return err
	}
	tell("rss", field(status, "VmRSS:"))
	tell("anonymous", field(status, "RssAnon:"))
	tell("used", field(memory, "MemTotal:")-field(memory, "MemAvailable:"))
	return nil
}

// field finds a number of kB in a text of /proc, −1 where it is not.
func field(text, key string) int64 {
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == key {
			if n, err := strconv.ParseInt(words[1], 10, 64); err == nil {
				return n
			}
		}
	}
	return -1
}

func tell(key string, value int64) { say("mote: peer " + key + " " + strconv.FormatInt(value, 10)) }

// cpuNsec is the CPU time of PID 1: the clock of another process's, see
// clock_getcpuclockid(3).
func cpuNsec() (int64, error) {
	const cpuClock, pid = 2, 1
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|cpuClock), &t); err != nil {
		return 0, errors.New("CPU time of PID 1: " + err.Error())
	}
	return t.Nano(), nil
}

// countOrphans makes orphans, waits until PID 1 has reaped all, and tells its
// CPU time for one, in ns; -1 where one stays behind. What PID 1 does meanwhile
// by itself is counted too.
func countOrphans() error {
	before, err := cpuNsec()
	if err != nil {
		return err
	}
	for range orphans {
		pid, err := orphan()
		if err != nil {
			return err
		}
		if !within(orphanNsec, slowNsec, func() bool { return unix.Kill(pid, 0) == unix.ESRCH }) {
			tell("orphan", -1)
			return nil
		}
	}
	after, err := cpuNsec()
	if err != nil {
		return err
	}
	tell("orphan", (after-before)/orphans)
	return nil
}

// orphan makes a process whose parent is dead, and which dies at once; it gives
// its number.
func orphan() (int, error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return 0, errors.New("pipe: " + err.Error())
	}
	child := breed(fds[1])
	unix.Close(fds[1])
	defer unix.Close(fds[0])
	if child <= 0 {
		return 0, errors.New("clone failed")
	}
	if _, err := unix.Wait4(child, nil, 0, nil); err != nil {
		return 0, errors.New("wait: " + err.Error())
	}
	var pid [4]byte
	if n, err := unix.Read(fds[0], pid[:]); n != len(pid) {
		return 0, errors.New("no word of the orphan: " + errorText(err))
	}
	return int(pid[0]) | int(pid[1])<<8 | int(pid[2])<<16 | int(pid[3])<<24, nil
}

func errorText(err error) string {
	if err == nil {
		return "end of file"
	}
	return err.Error()
}

// breed clones a child which clones a child of its own, writes its number to fd,
// and ends. Between a clone and the end nothing of Go's runtime may be used, as
// its other threads are not there: only raw system calls are made.
//
//go:norace
func breed(fd int) int {
	pid, _, _ := unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if pid != 0 {
		return int(int32(pid))
	}
	grandchild, _, _ := unix.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if grandchild != 0 {
		unix.RawSyscall(unix.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&grandchild)), 4)
	}
	for {
		unix.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
	}
}

// countDeaths kills the first service again and again, and tells each time from
// its death to the new one's first line, in ns.
func countDeaths() error {
	for range deaths {
		pause(deathGapNsec)
		pid, _, err := existing("first")
		if err != nil {
			return err
		}
		died := now()
		if err := unix.Kill(pid, unix.SIGKILL); err != nil {
			return errors.New("kill first: " + err.Error())
		}
		var begun int64
		if err := until("first to be started again", slowNsec, func() bool {
			again, nsec, err := existing("first")
			begun = nsec
			return err == nil && again != pid
		}); err != nil {
			return err
		}
		tell("death", begun-died)
	}
	return nil
}
