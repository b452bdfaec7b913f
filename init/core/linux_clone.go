package core

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// cloneArgs is struct clone_args of include/uapi/linux/sched.h, 88 bytes.
type cloneArgs struct {
	flags      uint64
	pidfd      uint64
	childTID   uint64
	parentTID  uint64
	exitSignal uint64
	stack      uint64
	stackSize  uint64
	tls        uint64
	setTID     uint64
	setTIDSize uint64
	cgroup     uint64
}

const (
	// cloneClearSighand gives the child default handlers at once. Without it a
	// SIGTERM to a child that has not yet exec'd would run our handler, and the
	// byte would arrive in PID 1's own pipe as if PID 1 had been asked to stop.
	cloneClearSighand = 0x100000000
	cloneIntoCgroup   = 0x200000000
)

// Clone starts p in a new process, see clone(2): errors are EAGAIN (a pids
// limit), ENOMEM, EBUSY and ENODEV (the cgroup can't take it), E2BIG (the
// program did not fit its bounds; limits.go).
func (l *Linux) Clone(p *Program) (int32, int32, Errno) {
	if p.overflow {
		return 0, -1, unix.E2BIG
	}
	c := &l.clone
	c.args = cloneArgs{
		flags:      cloneClearSighand | unix.CLONE_PIDFD,
		pidfd:      uint64(pointerOf(&c.pidfd)),
		exitSignal: uint64(unix.SIGCHLD),
	}
	if p.CgroupFD >= 0 {
		c.args.flags |= cloneIntoCgroup
		c.args.cgroup = uint64(p.CgroupFD)
	}
	pid, errno := cloneAndRun(&c.args, &p.steps[0], uintptr(p.stepsCount), uintptr(p.ReportFD), &c.report)
	runtime.KeepAlive(p)
	if errno != 0 {
		return 0, -1, errno
	}
	return int32(pid), c.pidfd, 0
}

// cloneAndRun makes the process; in it, it runs the steps and never returns.
//
// The child has one thread, a copy of this one, on a copy of this stack. From
// there on nothing of the runtime may be used: no growing of the stack (nosplit),
// no allocation, no pointer written (a write barrier may be on in the copy), no
// bounds check that could fail. Raw system calls are all that is left.
//
//go:nosplit
//go:noinline
//go:norace
func cloneAndRun(args *cloneArgs, first *step, count, reportFD uintptr, report *[2]uint32) (uintptr, Errno) {
	pid, _, errno := syscall.RawSyscall(unix.SYS_CLONE3, uintptr(unsafe.Pointer(args)), unsafe.Sizeof(*args), 0)
	if errno != 0 || pid != 0 {
		return pid, errno
	}
	var result, kept uintptr
	for i := uintptr(0); i < count; i++ {
		s := (*step)(unsafe.Add(unsafe.Pointer(first), i*unsafe.Sizeof(step{})))
		arg0 := s.args[0]
		if s.nr&UseResult != 0 {
			arg0 = kept
		}
		result, _, errno = syscall.RawSyscall6(s.nr&numberBits, arg0, s.args[1], s.args[2], s.args[3], s.args[4], 0)
		if errno == 0 && s.nr&WholeResult != 0 && result != s.args[2] {
			errno = unix.EIO
		}
		if errno != 0 && s.nr&MayFail == 0 {
			report[0], report[1] = uint32(i), uint32(errno)
			syscall.RawSyscall(unix.SYS_WRITE, reportFD, uintptr(unsafe.Pointer(report)), unsafe.Sizeof(*report))
			break
		}
		if s.nr&KeepResult != 0 {
			kept = result
		}
	}
	code := uintptr(0)
	if report[1] != 0 {
		code = exitStepFailed
	}
	for {
		syscall.RawSyscall(unix.SYS_EXIT_GROUP, code, 0, 0)
	}
}

// exitStepFailed is the exit status of a child whose step failed; the report
// says which. It is the shells' status for "found, but can't be executed".
const exitStepFailed = 126
