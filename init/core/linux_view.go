package core

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// View makes the namespace by going there and coming back: PID 1 has one thread
// that makes calls, and unshare(2) and setns(2) are that thread's alone. Errnos
// are those of the steps, and of open, unshare and setns.
func (l *Linux) View(p *Program) (int32, int, Errno) {
	if p.overflow {
		return -1, 0, unix.E2BIG
	}
	const namespace = "/proc/thread-self/ns/mnt"
	home, errno := l.Open(namespace, unix.O_RDONLY, 0)
	if errno != 0 {
		return -1, 0, errno
	}
	at, fd := uintptr(0), int32(-1)
	// Shared: what is mounted here from now on is seen from there.
	if errno = l.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""); errno == 0 {
		_, _, errno = unix.RawSyscall(unix.SYS_UNSHARE, unix.CLONE_NEWNS, 0, 0)
	}
	if errno == 0 {
		at, errno = makeCalls(&p.steps[0], uintptr(p.stepsCount))
		runtime.KeepAlive(p)
		if errno == 0 {
			fd, errno = l.Open(namespace, unix.O_RDONLY, 0)
		}
		// The kernel has no reason to refuse but want of memory, which passes.
		back := insist(func() (e Errno) {
			_, _, e = unix.RawSyscall(unix.SYS_SETNS, uintptr(home), unix.CLONE_NEWNS, 0)
			return e
		})
		if back != 0 {
			panic("PID 1 can't come back from the services' view of the node")
		}
	}
	l.Close(home)
	return fd, int(at), errno
}

// Landlock is landlock_create_ruleset(2) with LANDLOCK_CREATE_RULESET_VERSION:
// ENOSYS where it is not built in, EOPNOTSUPP where it is off.
func (*Linux) Landlock() (int32, Errno) {
	version, _, errno := unix.RawSyscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0, errno
	}
	return int32(version), 0
}

// Node is open(2) with O_PATH, which opens no device, and fstat(2).
func (l *Linux) Node(path string) (uint32, uint64, Errno) {
	fd, errno := l.Open(path, unix.O_PATH, 0)
	if errno != 0 {
		return 0, 0, errno
	}
	var st unix.Stat_t
	errno = errnoOf(unix.Fstat(int(fd), &st))
	l.Close(fd)
	return st.Mode & unix.S_IFMT, st.Rdev, errno
}
