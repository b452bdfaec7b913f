package core

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Linux is the real kernel. Its methods are described at Sys; the errors are
// those of the man page of the call that each is named after.
type Linux struct {
	// reaped keeps wait4's status word off the heap, once for all calls.
	reaped unix.WaitStatus
	// held: the kernel's directories are, see Hold.
	held  bool
	clone struct {
		_     [0]func() // never compared: the compiler would write how
		args  cloneArgs
		pidfd int32
	}
}

// errnoOf gives the errno inside an error of package unix.
// It stays out of line: inlined at each of its places, it would cost PID 1 kilobytes.
//
//go:noinline
func errnoOf(err error) Errno {
	if err == nil {
		return 0
	}
	if e, ok := err.(Errno); ok {
		return e
	}
	return unix.EINVAL
}

// Now reads CLOCK_BOOTTIME, which goes on in suspend and never steps.
func (*Linux) Now() int64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &ts) != nil {
		return 0
	}
	return ts.Sec*sec + ts.Nsec
}

// Clock reads CLOCK_REALTIME.
func (*Linux) Clock() int64 {
	var ts unix.Timespec
	if unix.ClockGettime(unix.CLOCK_REALTIME, &ts) != nil {
		return 0
	}
	return ts.Sec*sec + ts.Nsec
}

// SetClock is clock_settime(2) on CLOCK_REALTIME.
func (*Linux) SetClock(nsec int64) Errno {
	ts := unix.NsecToTimespec(nsec)
	return errnoOf(unix.ClockSettime(unix.CLOCK_REALTIME, &ts))
}

// AdjustClock is clock_adjtime(2) on CLOCK_REALTIME.
func (*Linux) AdjustClock(t *unix.Timex) Errno {
	_, err := unix.ClockAdjtime(unix.CLOCK_REALTIME, t)
	return errnoOf(err)
}

// EpollCreate is epoll_create1(2).
func (*Linux) EpollCreate() (int32, Errno) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	return int32(fd), errnoOf(err)
}

// EpollAdd is epoll_ctl(2), EPOLL_CTL_ADD; the tag is the event's 64 bits of data.
func (*Linux) EpollAdd(epfd, fd int32, events uint32, tag uint64) Errno {
	ev := unix.EpollEvent{Events: events, Fd: int32(uint32(tag)), Pad: int32(uint32(tag >> 32))}
	return errnoOf(unix.EpollCtl(int(epfd), unix.EPOLL_CTL_ADD, int(fd), &ev))
}

// EpollMod is epoll_ctl(2), EPOLL_CTL_MOD.
func (*Linux) EpollMod(epfd, fd int32, events uint32, tag uint64) Errno {
	ev := unix.EpollEvent{Events: events, Fd: int32(uint32(tag)), Pad: int32(uint32(tag >> 32))}
	return errnoOf(unix.EpollCtl(int(epfd), unix.EPOLL_CTL_MOD, int(fd), &ev))
}

// EpollDel is epoll_ctl(2), EPOLL_CTL_DEL.
func (*Linux) EpollDel(epfd, fd int32) Errno {
	return errnoOf(unix.EpollCtl(int(epfd), unix.EPOLL_CTL_DEL, int(fd), nil))
}

// EpollWait is the only call in the repository that waits. It goes through the
// scheduler (not RawSyscall): otherwise Go's monitor thread never sleeps and
// wakes the machine 190 times a second.
func (*Linux) EpollWait(epfd int32, evs []unix.EpollEvent, poll bool) (int, Errno) {
	timeout := -1
	if poll {
		timeout = 0
	}
	n, err := unix.EpollWait(int(epfd), evs, timeout)
	return n, errnoOf(err)
}

// TimerCreate is timerfd_create(2) on CLOCK_BOOTTIME.
func (*Linux) TimerCreate() (int32, Errno) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_BOOTTIME, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	return int32(fd), errnoOf(err)
}

// TimerSet is timerfd_settime(2) with an absolute time in ns.
func (*Linux) TimerSet(fd int32, at int64) Errno {
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(at)}
	return errnoOf(unix.TimerfdSettime(int(fd), unix.TFD_TIMER_ABSTIME, &spec, nil))
}

// Open is open(2) with O_CLOEXEC.
func (l *Linux) Open(path string, flags int, mode uint32) (int32, Errno) {
	dirfd, rest := l.At(path)
	fd, err := unix.Openat(dirfd, rest, flags|unix.O_CLOEXEC, mode)
	return int32(fd), errnoOf(err)
}

// Read is read(2).
func (*Linux) Read(fd int32, b []byte) (int, Errno) {
	n, err := unix.Read(int(fd), b)
	return max(n, 0), errnoOf(err)
}

// Write is write(2).
func (*Linux) Write(fd int32, b []byte) (int, Errno) {
	n, err := unix.Write(int(fd), b)
	return max(n, 0), errnoOf(err)
}

// ReadAt is pread(2).
func (*Linux) ReadAt(fd int32, b []byte, off int64) (int, Errno) {
	n, err := unix.Pread(int(fd), b, off)
	return max(n, 0), errnoOf(err)
}

// Close is close(2).
func (*Linux) Close(fd int32) Errno { return errnoOf(unix.Close(int(fd))) }

// Pipe is pipe2(2) with O_CLOEXEC, and O_NONBLOCK for the read end.
func (*Linux) Pipe() (int32, int32, Errno) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return -1, -1, errnoOf(err)
	}
	return int32(fds[0]), int32(fds[1]), errnoOf(unix.SetNonblock(fds[0], true))
}

// Mkdir is mkdir(2).
func (l *Linux) Mkdir(path string, mode uint32) Errno {
	dirfd, rest := l.At(path)
	return errnoOf(unix.Mkdirat(dirfd, rest, mode))
}

// Unlink is unlink(2).
func (*Linux) Unlink(path string) Errno { return errnoOf(unix.Unlink(path)) }

// Rmdir is rmdir(2).
func (*Linux) Rmdir(path string) Errno { return errnoOf(unix.Rmdir(path)) }

// Chmod is chmod(2).
func (*Linux) Chmod(path string, mode uint32) Errno { return errnoOf(unix.Chmod(path, mode)) }

// Chown is lchown(2): it follows no link.
func (*Linux) Chown(path string, uid, gid uint32) Errno {
	return errnoOf(unix.Lchown(path, int(uid), int(gid)))
}

// Mount is mount(2).
func (*Linux) Mount(source, target, fstype string, flags uintptr, opts string) Errno {
	return errnoOf(unix.Mount(source, target, fstype, flags, opts))
}

// Sethostname is sethostname(2).
func (*Linux) Sethostname(name string) Errno { return errnoOf(unix.Sethostname([]byte(name))) }

// SetFileLimit sets the soft limit, and raises the hard one if need be; see
// prlimit(2). It never lowers the hard one, which children could not raise again.
func (*Linux) SetFileLimit(n uint64) Errno {
	var limit unix.Rlimit
	if err := unix.Prlimit(0, unix.RLIMIT_NOFILE, nil, &limit); err != nil {
		return errnoOf(err)
	}
	limit.Cur, limit.Max = n, max(n, limit.Max)
	return errnoOf(unix.Prlimit(0, unix.RLIMIT_NOFILE, &limit, nil))
}

// PidfdOpen is pidfd_open(2): close-on-exec always.
func (*Linux) PidfdOpen(pid int32) (int32, Errno) {
	fd, err := unix.PidfdOpen(int(pid), 0)
	return int32(fd), errnoOf(err)
}

// Signal is pidfd_send_signal(2).
func (*Linux) Signal(pidfd int32, sig uint8) Errno {
	return errnoOf(unix.PidfdSendSignal(int(pidfd), unix.Signal(sig), nil, 0))
}

// Wait reaps by wait4(-1, WNOHANG|__WALL): one waiter for every child, ours or
// an orphan. ECHILD means that there is none at all.
func (l *Linux) Wait() (int32, uint32, Errno) {
	pid, err := unix.Wait4(-1, &l.reaped, unix.WNOHANG|unix.WALL, nil)
	return int32(pid), uint32(l.reaped), errnoOf(err)
}

// KillAll is kill(-1, sig). Any process but PID 1 is refused with EPERM: the
// loop also runs in tests, and there it would end the whole machine's work.
func (*Linux) KillAll(sig uint8) Errno {
	if unix.Getpid() != 1 {
		return unix.EPERM
	}
	return errnoOf(unix.Kill(-1, unix.Signal(sig)))
}

// Reboot is reboot(2), for PID 1 only, as KillAll. Where the kernel refuses, the
// magic system request takes the way past it: b restarts, o turns off, at once
// (the kernel's Documentation/admin-guide/sysrq.rst).
func (l *Linux) Reboot(cmd int) Errno {
	if unix.Getpid() != 1 {
		return unix.EPERM
	}
	errno := errnoOf(unix.Reboot(cmd))
	if fd, failed := l.Open("/proc/sysrq-trigger", unix.O_WRONLY, 0); failed == 0 {
		key := byte('o')
		if cmd == unix.LINUX_REBOOT_CMD_RESTART {
			key = 'b'
		}
		l.Write(fd, []byte{key})
		l.Close(fd)
	}
	return errno
}

// exitNow ends a process that is not PID 1: the binary run by hand.
func exitNow(code int) { unix.Exit(code) }

// pointerOf gives the address that a system call takes.
func pointerOf[T any](v *T) uintptr { return uintptr(unsafe.Pointer(v)) }
