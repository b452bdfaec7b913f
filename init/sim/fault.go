package sim

import "golang.org/x/sys/unix"

// What goes wrong. Each call that can fail draws from the faults' own stream; the
// errnos are those that its man page allows where the call is made, so that what
// breaks here could break on a machine.

type errno = unix.Errno

const (
	eAGAIN = unix.EAGAIN
	eBADF  = unix.EBADF
	eINVAL = unix.EINVAL
	ePIPE  = unix.EPIPE
)

// possible lists, for each call, what it may fail with. What is not here does not
// fail by itself: close(2) and epoll_ctl's deletion never do for what PID 1
// holds, and settings on a valid descriptor have no other errors than misuse.
func possible(call string) []errno {
	switch call {
	case "epoll_wait", "wait4":
		return []errno{unix.EINTR}
	case "epoll_add", "epoll_mod":
		return []errno{unix.ENOMEM, unix.ENOSPC}
	case "open", "pipe", "socket", "pidfd_open":
		return []errno{unix.EMFILE, unix.ENFILE, unix.ENOMEM}
	case "read":
		return []errno{unix.EINTR, unix.EAGAIN}
	case "read file":
		return []errno{unix.EIO, unix.ENOMEM}
	case "write console":
		return []errno{unix.EINTR, unix.EAGAIN, unix.EIO}
	case "write cgroup":
		return []errno{unix.ENOMEM, unix.EINTR}
	case "write peer":
		return []errno{unix.EINTR, unix.EAGAIN, unix.EPIPE, unix.ECONNRESET}
	case "write netlink":
		return []errno{unix.EINTR, unix.ENOBUFS, unix.ENOMEM}
	case "recvmsg":
		return []errno{unix.EINTR, unix.EAGAIN, unix.ENOMEM}
	case "mkdir":
		return []errno{unix.ENOMEM, unix.ENOSPC, unix.EAGAIN}
	case "bind packet", "filter":
		return []errno{unix.ENOMEM, unix.ENODEV}
	case "send packet":
		return []errno{unix.EINTR, unix.EAGAIN, unix.ENOBUFS, unix.ENETDOWN}
	case "read packet":
		return []errno{unix.EINTR, unix.EAGAIN, unix.ENETDOWN, unix.EIO}
	case "bind":
		return []errno{unix.ENOMEM, unix.ENOSPC}
	case "accept":
		return []errno{unix.EMFILE, unix.ENFILE, unix.ENOBUFS, unix.ENOMEM, unix.ECONNABORTED, unix.EINTR}
	case "connect":
		return []errno{unix.EAGAIN, unix.ECONNREFUSED, unix.ETIMEDOUT, unix.ENETUNREACH}
	case "clone":
		return []errno{unix.EAGAIN, unix.ENOMEM, unix.EBUSY}
	case "pidfd_send_signal":
		return []errno{unix.EPERM}
	case "rmdir":
		return []errno{unix.EBUSY, unix.ENOMEM}
	case "chown", "chmod", "unlink", "getdents":
		return []errno{unix.ENOMEM}
	case "disk open":
		return []errno{unix.ENXIO, unix.ENOMEM, unix.EIO}
	case "disk pread", "disk pwrite", "disk fdatasync":
		return []errno{unix.EIO}
	case "view", "stat":
		return []errno{unix.ENOMEM}
	case "reboot":
		return []errno{unix.EINVAL, unix.EPERM}
	}
	return nil
}

// faults decides when a call fails.
type faults struct {
	rand rand
	on   bool
	// oneIn calls fails; 0 means none does.
	oneIn int
	// storm is a call that fails every second time until stormUntil, as when a
	// machine is out of memory or of processes.
	storm      string
	stormUntil int64
	// injected counts what was made to fail.
	injected uint64
}

// draw gives the errno that a call shall fail with, mostly 0.
func (f *faults) draw(call string, now int64) errno {
	if !f.on || f.oneIn == 0 {
		return 0
	}
	hit := f.rand.chance(f.oneIn)
	if f.storm == call && now < f.stormUntil {
		hit = hit || f.rand.chance(2)
	}
	if !hit {
		return 0
	}
	list := possible(call)
	if len(list) == 0 {
		return 0
	}
	f.injected++
	return list[f.rand.below(len(list))]
}

// happens draws for what is no errno: a short read, a lost wake-up. It is rarer
// than rate times of all draws by the factor.
func (f *faults) happens(factor int) bool {
	if !f.on || f.oneIn == 0 || !f.rand.chance(f.oneIn*factor) {
		return false
	}
	f.injected++
	return true
}

// beginStorm chooses a call that will fail for a while.
func (w *world) beginStorm() {
	f := &w.faults
	f.storm = pick(&f.rand, "clone", "open", "pipe", "socket", "epoll_add", "connect", "accept",
		"write cgroup", "write console", "recvmsg", "write netlink")
	f.stormUntil = w.now + f.rand.between(10*msec, 3*sec)
	w.trace.line(w.now, "* storm of failing "+f.storm)
}
