package core

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// The allow list of a service as classic BPF, see seccomp(2). A filter is made
// anew for each start, in the Program's own memory: some 120 instructions take
// less time than the exec that follows.

const (
	// callsMax is past the highest number of a call in the sets; what lies above
	// gets ENOSYS, as on a kernel that has no such call.
	callsMax = 512
	// filterMax instructions: one for each change of the verdict and those behind
	// all. A jump goes past 255 at most. The kernel takes 4,096.
	filterMax = 240
	// newNamespaces are the flags of clone(2) that make one.
	newNamespaces = unix.CLONE_NEWNS | unix.CLONE_NEWCGROUP | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC |
		unix.CLONE_NEWUSER | unix.CLONE_NEWPID | unix.CLONE_NEWNET
)

// callBits has a bit for each system call that is allowed.
type callBits [callsMax / 64]uint64

func (b *callBits) has(nr uint32) bool { return b[nr/64]>>(nr%64)&1 != 0 }

func (b *callBits) set(list []uint16) {
	for _, nr := range list {
		b[nr/64] |= 1 << (nr % 64)
	}
}

// allowed is the union of sets; bit n stands for wire.SyscallSets' set n.
func allowed(sets uint16) (b callBits) {
	for n := range wire.SyscallSetsCount {
		if sets>>n&1 != 0 {
			b.set(callSets(n))
			b.set(archCalls(n))
		}
	}
	return b
}

// filter is a program under way, one word an instruction: struct sock_filter of
// include/uapi/linux/filter.h (code, jt, jf, k), little endian.
type filter struct {
	code  [filterMax]uint64
	count int
}

//go:noinline
func (f *filter) add(code uint16, jt, jf uint8, k uint32) {
	if f.count < filterMax {
		f.code[f.count] = uint64(code) | uint64(jt)<<16 | uint64(jf)<<24 | uint64(k)<<32
	}
	f.count++
}

const (
	bpfLoad  = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	bpfEqual = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	bpfAbove = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
	bpfBits  = unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K
	bpfRet   = unix.BPF_RET | unix.BPF_K

	// struct seccomp_data: number, architecture, instruction pointer, arguments.
	dataNumber, dataArch, dataArg0, dataArg1 = 0, 4, 16, 24

	retErrno = 0x00050000 // SECCOMP_RET_ERRNO
	retAllow = 0x7fff0000 // SECCOMP_RET_ALLOW
	retKill  = 0x80000000 // SECCOMP_RET_KILL_PROCESS, which the kernel logs
)

// verdict is what comes of a call's number.
type verdict uint8

const (
	callRefused verdict = iota // EPERM, or the end of the process
	callPasses
	callAbsent // ENOSYS, as on a kernel that has no such call
	// These look at arguments. The first is clone without namespaces. The others set
	// what another process of the same user may use, PID 1's limits and its share of
	// the processors where that user is root: the caller itself must be meant, not a
	// group or all of a user. The last two say of what kind it is that is meant
	// (PRIO_PROCESS, IOPRIO_WHO_PROCESS) before which one.
	callPlain
	callOnItself
	callOnKind
	callOnIOKind
	verdictsCount
)

// verdictOf tells what comes of call nr. clone is allowed without namespaces, and
// clone3, whose flags a filter can't see, does not exist for those who may not: C
// libraries and Go then take clone. root is for a service that is PID 1's user.
func verdictOf(nr uint32, bits *callBits, sets uint16, root bool) verdict {
	if nr >= callsMax {
		return callAbsent
	}
	if sets>>wire.SyscallsNamespaces&1 == 0 {
		switch nr {
		case unix.SYS_CLONE3:
			return callAbsent
		case unix.SYS_CLONE:
			return callPlain
		}
	}
	switch {
	case !bits.has(nr):
		return callRefused
	case !root:
		return callPasses
	}
	switch nr {
	case unix.SYS_PRLIMIT64, unix.SYS_SCHED_SETAFFINITY, unix.SYS_SCHED_SETSCHEDULER, unix.SYS_SCHED_SETPARAM, unix.SYS_SCHED_SETATTR:
		return callOnItself
	case unix.SYS_SETPRIORITY:
		return callOnKind
	case unix.SYS_IOPRIO_SET:
		return callOnIOKind
	}
	return callPasses
}

// edge is where verdicts change: from here on it is this one.
type edge struct {
	nr uint16
	is verdict
}

// compile writes the filter of sets; kill ends the process at a refused call
// instead of giving it EPERM.
func (f *filter) compile(sets uint16, kill, root bool) {
	bits := allowed(sets)
	var room [filterMax]edge
	count, last := 0, verdictOf(0, &bits, sets, root)
	first := last
	for nr := uint32(1); nr <= callsMax && count < len(room); nr++ {
		if is := verdictOf(nr, &bits, sets, root); is != last {
			room[count], last = edge{uint16(nr), is}, is
			count++
		}
	}
	f.count = 0
	f.add(bpfLoad, 0, 0, dataArch)
	f.add(bpfEqual, 0, uint8(min(count+1, 255)), auditArch) // to the first behind the search
	f.add(bpfLoad, 0, 0, dataNumber)
	t := tree{f: f}
	t.verdicts(f.count+count, kill)
	t.search(room[:count], 0, callsMax, first)
	f.count = t.end
}

// tree is the search under way: at has where each verdict stands, behind it.
type tree struct {
	f   *filter
	at  [verdictsCount]int
	end int
}

// verdicts writes what the search ends in, from place on: first the end of who
// calls as another architecture does.
func (t *tree) verdicts(place int, kill bool) {
	f := t.f
	search := f.count
	f.count = place
	f.add(bpfRet, 0, 0, retKill)
	t.at[callAbsent] = f.count
	f.add(bpfRet, 0, 0, retErrno|uint32(unix.ENOSYS))
	t.at[callPlain] = f.count
	f.add(bpfLoad, 0, 0, dataArg0)
	f.add(bpfBits, 8, 9, newNamespaces)
	t.at[callOnIOKind] = f.count
	f.add(bpfLoad, 0, 0, dataArg0)
	f.add(bpfEqual, 2, 6, 1)
	t.at[callOnKind] = f.count
	f.add(bpfLoad, 0, 0, dataArg0)
	f.add(bpfEqual, 0, 4, 0)
	f.add(bpfLoad, 0, 0, dataArg1)
	f.add(bpfEqual, 3, 2, 0)
	t.at[callOnItself] = f.count
	f.add(bpfLoad, 0, 0, dataArg0)
	f.add(bpfEqual, 1, 0, 0)
	t.at[callRefused] = f.count
	refuse := uint32(retErrno | uint32(unix.EPERM))
	if kill {
		refuse = retKill
	}
	f.add(bpfRet, 0, 0, refuse)
	t.at[callPasses] = f.count
	f.add(bpfRet, 0, 0, retAllow)
	t.end, f.count = f.count, search
}

// search writes the instructions that find the verdict of a number from low to
// below high, one an edge; below the first edge it is first. The kernel runs the
// filter for all the numbers it knows when it is installed
// (seccomp_cache_prepare, kernel/seccomp.c), so the ranges are halved, not the
// edges: edge by edge, that alone took 0.5 ms of each start. It goes two deep for
// each half at the most, as what is left on one side is in one half of it.
func (t *tree) search(edges []edge, low, high uint16, first verdict) {
	middle, half := int(low)+int(high-low)/2, 0
	for i := range edges {
		if distance(edges[i].nr, middle) < distance(edges[half].nr, middle) {
			half = i
		}
	}
	e := edges[half]
	here := t.f.count
	yes, no := 0, 0
	if half == 0 {
		no = t.at[first] - here - 1
	}
	if yes = half; half == len(edges)-1 {
		yes = t.at[e.is] - here - 1
	}
	t.f.add(bpfAbove, uint8(yes), uint8(no), uint32(e.nr))
	if half > 0 {
		t.search(edges[:half], low, e.nr, first)
	}
	if half < len(edges)-1 {
		t.search(edges[half+1:], e.nr, high, e.is)
	}
}

func distance(nr uint16, middle int) int { return max(int(nr)-middle, middle-int(nr)) }

// buildFilter has the child put itself under the filter, as the last before its
// exec: it needs no_new_privs, so a service that asked for new privileges has none.
func buildFilter(p *Program, st *start, kill bool) {
	f := &p.filter
	f.compile(st.syscalls, kill, st.uid == 0)
	if f.count > filterMax {
		p.overflow = true
		return
	}
	program := p.words(f.code[:f.count]...)
	fprog := p.words(uint64(f.count), uint64(program)) // struct sock_fprog
	p.add("system call filter", unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, fprog, 0, 0)
}
