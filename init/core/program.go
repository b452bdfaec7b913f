package core

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// A Program is what a new process does between clone and its end or its exec:
// a list of system calls, prepared by PID 1 and run by the child in order. The
// first that fails ends the child, which first tells number and errno on the
// report pipe. So the child needs no Go runtime of its own (fork copies a
// runtime that can't be used), and no decision is taken in it.
//
// The child has a copy of the Program (no CLONE_VM, no CLONE_VFORK): PID 1 goes on
// at once and may use it again; a slow disk, a frozen cgroup or a hanging exec
// holds only the child. Of PID 1's other memory it has nothing but the code, see
// Room: a step can only point into the Program. Measured against a re-executed shim of PID 1's own
// binary, a start takes half the time; ARCHITECTURE.md has the figures.
type Program struct {
	_ [0]func() // never compared: the compiler would write how
	// Name is what runs, for errors; Exec is the file, empty for a worker.
	Name string
	Exec string
	// CgroupFD is the directory of the cgroup that it is born in, −1 for ours.
	CgroupFD int32
	// ReportFD is the write end of the report pipe.
	ReportFD int32

	// stack is the child's, before its exec: see Clone.
	stack      [stackWords]uintptr
	steps      [stepsMax]step
	whats      [stepsMax]string
	stepsCount int

	// text holds NUL-terminated strings and kernel structures; pointers holds
	// argv and envp. Both stay where they are: the steps point into them.
	text     [programTextMax]byte
	textUsed int
	pointers [programPointersMax]uintptr
	ptrsUsed int
	overflow bool
	filter   filter
}

// step is one system call: its number and its arguments, as the kernel takes
// them. asm-free child code walks it, see linux_clone.go.
//
// A step with KeepResult leaves what its call returned, a descriptor, to the
// steps behind it with UseResult, which take it as their first argument. One with
// WholeResult fails with EIO unless its call returned its third argument: a read
// or a write of fewer bytes. The failure of one with MayFail is no failure of the
// program; where it keeps its result, that is no descriptor.
type step struct {
	nr   uintptr
	args [5]uintptr
}

// The flags of a step, beside its number: see step.
const (
	KeepResult  = 1 << 30
	UseResult   = 1 << 29
	WholeResult = 1 << 28
	MayFail     = 1 << 27
	numberBits  = MayFail - 1
)

// reset makes p empty for another use.
func (p *Program) reset(name string, cgroupFD, reportFD int32) {
	p.Name, p.Exec, p.CgroupFD, p.ReportFD = name, "", cgroupFD, reportFD
	p.stepsCount, p.textUsed, p.ptrsUsed, p.overflow = 0, 0, 0, false
}

// add appends a system call; what names it in errors and in tests. Not inlined,
// and neither are str and words: in all their places that would take 12 KB.
//
//go:noinline
func (p *Program) add(what string, nr uintptr, args ...uintptr) {
	if p.stepsCount == stepsMax || len(args) > len(step{}.args) {
		p.overflow = true
		return
	}
	s := &p.steps[p.stepsCount]
	*s = step{nr: nr}
	copy(s.args[:], args)
	p.whats[p.stepsCount] = what
	p.stepsCount++
}

// str places a NUL-terminated copy of s and gives its address.
//
//go:noinline
func (p *Program) str(s string) uintptr {
	if p.textUsed+len(s)+1 > len(p.text) {
		p.overflow = true
		return 0
	}
	at := p.textUsed
	p.textUsed += copy(p.text[at:], s)
	p.text[p.textUsed] = 0
	p.textUsed++
	return uintptr(unsafe.Pointer(&p.text[at]))
}

// words places 64-bit words in the machine's byte order, as kernel structures
// are made of, and gives their address.
//
//go:noinline
func (p *Program) words(list ...uint64) uintptr {
	at := (p.textUsed + 7) &^ 7
	if at+8*len(list) > len(p.text) {
		p.overflow = true
		return 0
	}
	for n, w := range list {
		*(*uint64)(unsafe.Pointer(&p.text[at+8*n])) = w
	}
	p.textUsed = at + 8*len(list)
	return uintptr(unsafe.Pointer(&p.text[at]))
}

// bytes places a copy of b and gives its address.
func (p *Program) bytes(b []byte) uintptr {
	if p.textUsed+len(b) > len(p.text) {
		p.overflow = true
		return 0
	}
	at := p.textUsed
	p.textUsed += copy(p.text[at:], b)
	return uintptr(unsafe.Pointer(&p.text[at]))
}

// room places size zeroed bytes for a step to read into, and gives their address.
func (p *Program) room(size int) uintptr {
	if p.textUsed+size > len(p.text) {
		p.overflow = true
		return 0
	}
	at := p.textUsed
	clear(p.text[at : at+size])
	p.textUsed += size
	return uintptr(unsafe.Pointer(&p.text[at]))
}

// private gives the child mounts of its own: what is mounted outside still arrives,
// what it mounts stays with it and goes when it ends.
func (p *Program) private() {
	p.add("own mounts", unix.SYS_UNSHARE, unix.CLONE_NEWNS)
	p.add("own mounts", unix.SYS_MOUNT, 0, p.str("/"), 0, unix.MS_REC|unix.MS_SLAVE, 0)
}

// vector places a NULL-terminated array of strings, as execve takes it.
func (p *Program) vector(list []string) uintptr {
	if p.ptrsUsed+len(list)+1 > len(p.pointers) {
		p.overflow = true
		return 0
	}
	at := p.ptrsUsed
	for _, s := range list {
		p.pointers[p.ptrsUsed] = p.str(s)
		p.ptrsUsed++
	}
	p.pointers[p.ptrsUsed] = 0
	p.ptrsUsed++
	return uintptr(unsafe.Pointer(&p.pointers[at]))
}

// StepName tells what step n of the program does, for a report of its failure.
func (p *Program) StepName(n int) string {
	if n < 0 || n >= p.stepsCount {
		return "unknown step"
	}
	return p.whats[n]
}
