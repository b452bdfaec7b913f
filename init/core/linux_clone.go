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
	// At sp the child finds the arguments of runSteps, its first call. SP is a
	// multiple of 16 on arm64.
	sp := pointerOf(&p.stack[stackWords-8]) &^ 15
	at := p.stack[(sp-pointerOf(&p.stack))/8+stackArgs:]
	at[0], at[1], at[2] = pointerOf(&p.steps), uintptr(p.stepsCount), uintptr(p.ReportFD)
	c := &l.clone
	c.args = cloneArgs{
		flags:      cloneClearSighand | unix.CLONE_PIDFD | unix.CLONE_SETTLS,
		pidfd:      uint64(pointerOf(&c.pidfd)),
		exitSignal: uint64(unix.SIGCHLD),
		stack:      uint64(pointerOf(&p.stack)),
		stackSize:  uint64(sp - pointerOf(&p.stack)),
		// Go's calls from assembly read the word before, which is 0, for the
		// present goroutine on amd64.
		tls: uint64(pointerOf(&p.stack[stackWords-1])),
	}
	if p.CgroupFD >= 0 {
		c.args.flags |= cloneIntoCgroup
		c.args.cgroup = uint64(p.CgroupFD)
	}
	if p.PIDNamespace {
		c.args.flags |= unix.CLONE_NEWPID
	}
	pid := clone3(&c.args)
	runtime.KeepAlive(p)
	if errno := Errno(-pid); pid < 0 {
		return 0, -1, errno
	}
	return int32(pid), c.pidfd, 0
}

// clone3 is clone3(2), and gives the child's number or the negated errno. The
// child goes on in runSteps, with the arguments that its stack holds.
//
//go:noescape
func clone3(args *cloneArgs) (pid int)

// runSteps is all of a child's life before exec: it runs the steps and never
// returns.
//
// The child has one thread, and of PID 1's memory its code and the Program, no
// more (see Room). So nothing of the runtime may be used: no growing of the stack
// (nosplit), no allocation, no variable, no constant that is not in the code, no
// bounds check that could fail. Raw system calls are all that is left.
//
//go:nosplit
//go:noinline
//go:norace
func runSteps(first *step, count, reportFD uintptr) {
	var code uintptr
	if at, errno := makeCalls(first, count); errno != 0 {
		report := [2]uint32{uint32(at), uint32(errno)}
		syscall.RawSyscall(unix.SYS_WRITE, reportFD, uintptr(unsafe.Pointer(&report)), unsafe.Sizeof(report))
		code = exitStepFailed
	}
	for {
		syscall.RawSyscall(unix.SYS_EXIT_GROUP, code, 0, 0)
	}
}

// makeCalls makes the steps' system calls in their order, up to the first that
// fails. It is held to what runSteps is.
//
//go:nosplit
//go:noinline
//go:norace
func makeCalls(first *step, count uintptr) (at uintptr, errno Errno) {
	var result, kept uintptr
	for ; at < count; at++ {
		s := (*step)(unsafe.Add(unsafe.Pointer(first), at*unsafe.Sizeof(step{})))
		arg0 := s.args[0]
		if s.nr&UseResult != 0 {
			arg0 = kept
		}
		result, _, errno = syscall.RawSyscall6(s.nr&numberBits, arg0, s.args[1], s.args[2], s.args[3], s.args[4], 0)
		if errno == 0 && s.nr&WholeResult != 0 && result != s.args[2] {
			errno = unix.EIO
		}
		if errno != 0 && s.nr&MayFail == 0 {
			return at, errno
		}
		if s.nr&KeepResult != 0 {
			kept = result
		}
		if s.nr&StoreResult != 0 {
			*(*uint32)(unsafe.Add(unsafe.Pointer(first), s.args[4])) = uint32(result)
		}
	}
	return at, 0
}

// exitStepFailed is the exit status of a child whose step failed; the report
// says which. It is the shells' status for "found, but can't be executed".
const exitStepFailed = 126

// Room gives the Program its memory, mmap(2), and has the kernel leave all other
// memory that PID 1 may write out of its children, madvise(2) with MADV_DONTFORK:
// its heap, its variables, its stack. A child needs none of it and could betray
// it; and copying the page tables, and every page that either of the two then
// writes, was half of what a start cost. What the runtime maps later is copied,
// and never used.
func (*Linux) Room() (*Program, Errno) {
	at, err := unix.MmapPtr(-1, 0, nil, unsafe.Sizeof(Program{}), unix.PROT_READ|unix.PROT_WRITE,
		unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return nil, errnoOf(err)
	}
	const page = 4096
	room := uintptr(at)
	behind := room + (unsafe.Sizeof(Program{})+page-1)&^(page-1)
	data := (codeEnd() + page - 1) &^ (page - 1)
	// ENOMEM tells of holes between what is mapped, which there are. Any other
	// error leaves children with more than they need: not worth a word.
	unix.RawSyscall(unix.SYS_MADVISE, data, room-data, unix.MADV_DONTFORK)
	unix.RawSyscall(unix.SYS_MADVISE, behind, addressesMax-behind, unix.MADV_DONTFORK)
	return (*Program)(at), 0
}

// codeEnd is where PID 1's code ends in memory; its constants and variables
// come behind it.
func codeEnd() uintptr
