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
	// PIDNamespace has it born as the first process of a pid namespace of its own.
	PIDNamespace bool

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
// or a write of fewer bytes. One with StoreResult writes it into the
// Program, as far behind its first step as its last argument says: into a structure
// that a later call takes. The failure of one with MayFail is no failure of the program; where
// it keeps its result, that is no descriptor.
type step struct {
	nr   uintptr
	args [5]uintptr
}

// The flags of a step, beside its number: see step.
const (
	KeepResult  = 1 << 30
	UseResult   = 1 << 29
	WholeResult = 1 << 28
	StoreResult = 1 << 27
	MayFail     = 1 << 26
	numberBits  = MayFail - 1
)

// reset makes p empty for another use.
//
//go:noinline
func (p *Program) reset(name string, cgroupFD, reportFD int32) {
	p.Name, p.Exec, p.CgroupFD, p.ReportFD, p.PIDNamespace = name, "", cgroupFD, reportFD, false
	p.stepsCount, p.textUsed, p.ptrsUsed, p.overflow = 0, 0, 0, false
}

// add appends a system call with its arguments, 0 for those that it has not; what
// names it in errors and in tests. Nine registers are all it takes at its hundred
// places.
//
//go:noinline
func (p *Program) add(what string, nr, a, b, c, d, e uintptr) {
	if p.stepsCount == stepsMax {
		p.overflow = true
		return
	}
	p.steps[p.stepsCount] = step{nr, [5]uintptr{a, b, c, d, e}}
	p.whats[p.stepsCount] = what
	p.stepsCount++
}

// at appends a call of the *at family for an absolute path.
//
//go:noinline
func (p *Program) at(what string, nr uintptr, path string, b, c, d uintptr) {
	p.add(what, nr, 0, p.str(path), b, c, d)
}

// mount appends mount(2); what is empty is NULL to it.
//
//go:noinline
func (p *Program) mount(what, source, target, fstype string, flags uintptr, options string) {
	p.add(what, unix.SYS_MOUNT, p.strOrNull(source), p.str(target), p.strOrNull(fstype), flags, p.strOrNull(options))
}

func (p *Program) strOrNull(s string) uintptr {
	if s == "" {
		return 0
	}
	return p.str(s)
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
//
//go:noinline
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
//
//go:noinline
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

// enter has the child go to a directory that PID 1 holds (Sys.At), and gives what is
// left of a path below it: for calls that take a path and no descriptor, so that what
// somebody mounted over the directory is not taken for it.
func (p *Program) enter(dirfd int, rest string) string {
	if dirfd != unix.AT_FDCWD {
		p.add("enter what is held", unix.SYS_FCHDIR, uintptr(dirfd), 0, 0, 0, 0)
	}
	return rest
}

// private gives the child mounts of its own: what is mounted outside still arrives,
// what it mounts stays with it and goes when it ends.
func (p *Program) private() {
	p.add("own mounts", unix.SYS_UNSHARE, unix.CLONE_NEWNS, 0, 0, 0, 0)
	p.mount("own mounts", "", "/", "", unix.MS_REC|unix.MS_SLAVE, "")
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
