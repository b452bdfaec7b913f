package core

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// WatchdogTimeout is ioctl(2), WDIOC_SETTIMEOUT: EOPNOTSUPP where the time is
// fixed, EINVAL where it is out of the watchdog's range.
func (*Linux) WatchdogTimeout(fd, timeoutSec int32) (int32, Errno) {
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.WDIOC_SETTIMEOUT, uintptr(unsafe.Pointer(&timeoutSec)))
	return timeoutSec, errno
}

// ReserveCPU is sched_setattr(2) of the calling thread: EBUSY where the processors'
// time is given away already, EPERM where it may not run on all of them.
func (*Linux) ReserveCPU() Errno {
	return errnoOf(unix.SchedSetAttr(0, &unix.SchedAttr{Policy: unix.SCHED_DEADLINE, Flags: unix.SCHED_FLAG_RESET_ON_FORK,
		Runtime: uint64(cpuRuntimeNsec), Deadline: uint64(cpuPeriodNsec), Period: uint64(cpuPeriodNsec)}, 0))
}

// LockMemory reads PID 1's own file into memory and keeps it there (mlock(2)),
// and keeps whatever else is touched from now on (mlockall(2) with MCL_ONFAULT:
// all of Go's reserved heap would be 40 MiB). So it runs on when the disk under
// it is gone. Nothing new is mapped from files, so MCL_FUTURE is left out, with
// which a new part of the heap would have to be found in memory at once.
func (l *Linux) LockMemory() Errno {
	maps := make([]byte, mapsBytesMax)
	fd, errno := l.Open("/proc/self/maps", unix.O_RDONLY, 0)
	if errno != 0 {
		return errno
	}
	used := 0
	for used < len(maps) {
		n, errno := l.Read(fd, maps[used:])
		if errno != 0 || n == 0 {
			break
		}
		used += n
	}
	l.Close(fd)
	for rest := maps[:used]; len(rest) > 0; {
		var m mapping
		m, rest = nextMapping(rest)
		if !m.file {
			continue
		}
		if _, _, e := unix.Syscall(unix.SYS_MLOCK, m.start, m.end-m.start, 0); e != 0 {
			errno = e
		}
	}
	if err := unix.Mlockall(unix.MCL_CURRENT | unix.MCL_ONFAULT); err != nil {
		errno = errnoOf(err)
	}
	return errno
}

// mapping is one line of /proc/PID/maps, see proc_pid_maps(5).
type mapping struct {
	start, end uintptr
	file       bool // of a file
}

// nextMapping reads the first line of b: "00400000-00544000 r-xp 00000000 fe:00
// 12 /init"; a file has an inode that is not 0.
func nextMapping(b []byte) (m mapping, rest []byte) {
	field, i := 0, 0
	for ; i < len(b) && b[i] != '\n'; i++ {
		c := b[i]
		switch {
		case c == ' ' && b[i-min(i, 1)] != ' ':
			field++
		case field == 0 && c == '-':
			m.start, m.end = m.end, 0
		case field == 0:
			digit := uintptr(c - '0')
			if c >= 'a' {
				digit = uintptr(c-'a') + 10
			}
			m.end = m.end<<4 | digit
		case field == 4 && c > '0' && c <= '9':
			m.file = true
		}
	}
	return m, b[min(i+1, len(b)):]
}
