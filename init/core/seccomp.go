package core

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// The allow list of a service as classic BPF, see seccomp(2). A filter is made
// anew for each start, in the Program's own memory: some 200 instructions take
// less time than the exec that follows.

const (
	// callsMax is past the highest number of a call in the sets; what lies above
	// gets ENOSYS, as on a kernel that has no such call.
	callsMax = 512
	// filterMax instructions: two for each change between allowed and refused,
	// and the checks of architecture and clone. The kernel takes 4,096, and a jump
	// goes past 255 at most, which half of these stay below.
	filterMax = 400
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
	dataNumber, dataArch, dataArg0 = 0, 4, 16

	retErrno = 0x00050000 // SECCOMP_RET_ERRNO
	retAllow = 0x7fff0000 // SECCOMP_RET_ALLOW
	retKill  = 0x80000000 // SECCOMP_RET_KILL_PROCESS, which the kernel logs
)

// compile writes the filter of sets; kill ends the process at a refused call
// instead of giving it EPERM. clone is allowed without namespaces, and clone3,
// whose flags a filter can't see, does not exist for those who may not: C
// libraries and Go then take clone.
func (f *filter) compile(sets uint16, kill bool) {
	f.count = 0
	refuse := uint32(retErrno | uint32(unix.EPERM))
	if kill {
		refuse = retKill
	}
	absent := uint32(retErrno | uint32(unix.ENOSYS))
	f.add(bpfLoad, 0, 0, dataArch)
	f.add(bpfEqual, 1, 0, auditArch)
	f.add(bpfRet, 0, 0, retKill)
	f.add(bpfLoad, 0, 0, dataNumber)
	if sets>>wire.SyscallsNamespaces&1 == 0 {
		f.add(bpfEqual, 0, 1, unix.SYS_CLONE3)
		f.add(bpfRet, 0, 0, absent)
		f.add(bpfEqual, 0, 4, unix.SYS_CLONE)
		f.add(bpfLoad, 0, 0, dataArg0)
		f.add(bpfBits, 0, 1, newNamespaces)
		f.add(bpfRet, 0, 0, refuse)
		f.add(bpfRet, 0, 0, retAllow)
	}
	f.add(bpfAbove, 0, 1, callsMax)
	f.add(bpfRet, 0, 0, absent)
	bits := allowed(sets)
	var room [filterMax / 2]uint16
	edges := room[:0]
	for nr := uint32(1); nr < callsMax && len(edges) < cap(edges); nr++ {
		if bits.has(nr) != bits.has(nr-1) {
			edges = append(edges, uint16(nr))
		}
	}
	if len(edges) == cap(edges) {
		f.count = filterMax + 1 // it would not fit
		return
	}
	f.search(edges, bits.has(0), refuse)
}

// search writes the instructions that find a number's verdict by halves: below
// the first edge it is first, and changes at each. The kernel runs the filter for
// all the numbers it knows when it is installed (seccomp_cache_prepare,
// kernel/seccomp.c): edge by edge, that alone took 0.5 ms of each start.
func (f *filter) search(edges []uint16, first bool, refuse uint32) {
	if len(edges) == 0 {
		f.add(bpfRet, 0, 0, verdict(first, refuse))
		return
	}
	// The left half takes two instructions for each of its edges, and one more.
	half := len(edges) / 2
	f.add(bpfAbove, uint8(2*half+1), 0, uint32(edges[half]))
	f.search(edges[:half], first, refuse)
	f.search(edges[half+1:], first == (half%2 == 1), refuse)
}

func verdict(allow bool, refuse uint32) uint32 {
	if allow {
		return retAllow
	}
	return refuse
}

// buildFilter has the child put itself under the filter, as the last before its
// exec: it needs no_new_privs, so a service that asked for new privileges has none.
func buildFilter(p *Program, st *start, kill bool) {
	f := &p.filter
	f.compile(st.syscalls, kill)
	if f.count > filterMax {
		p.overflow = true
		return
	}
	program := p.words(f.code[:f.count]...)
	fprog := p.words(uint64(f.count), uint64(program)) // struct sock_fprog
	p.add("system call filter", unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, fprog)
}
