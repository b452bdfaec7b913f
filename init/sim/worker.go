package sim

import (
	"strings"

	"mote/init/core"

	"golang.org/x/sys/unix"
)

// Workers: processes that make PID 1's slow system calls, one after the other.

// call is one of them, with what it points to.
type call struct {
	nr   uintptr // without the flags
	args [5]uintptr
	// keep, use and whole are the flags of a step, see core.Program.
	keep, use, whole, may bool
	file                  *file  // of its first argument, nil for one that is made on the way
	text                  []byte // that it writes, or its path
	paths                 [4]string
	slowNsec              int64 // that the kernel works on it
}

// readCall copies a step.
func (w *world) readCall(p *core.Program, nr uintptr, args [5]uintptr) call {
	c := call{nr: nr &^ (core.KeepResult | core.UseResult | core.WholeResult | core.MayFail), args: args,
		keep: nr&core.KeepResult != 0, use: nr&core.UseResult != 0, whole: nr&core.WholeResult != 0, may: nr&core.MayFail != 0}
	if !c.use {
		c.file = w.file(int32(args[0]))
	}
	switch c.nr {
	case unix.SYS_SYNC:
		c.slowNsec = w.plan.syncNsec
	case unix.SYS_WRITE, unix.SYS_PWRITE64:
		if c.file != nil && c.file.name == "rtnetlink" {
			c.slowNsec = w.linkWorkNsec()
		}
		c.text = append([]byte(nil), p.Bytes(args[1], args[2])...)
	case unix.SYS_OPENAT, unix.SYS_MOUNT, unix.SYS_UNLINKAT:
		c.text = []byte(p.String(args[1]))
	}
	for n := range c.paths {
		c.paths[n] = p.String(args[n])
	}
	return c
}

// worker is one that runs.
type worker struct {
	*child
	kept *file
	// memory is what it read, by address: PID 1's own bytes stay as they were.
	memory map[uintptr][]byte
	// mounted is what it mounted for itself, "" nothing.
	mounted string
}

// startWorker begins with the first call. A call that hangs is in uninterruptible
// sleep, as one that blocks mostly is.
func (w *world) startWorker(p *process, c *child) {
	w.stepWorker(p, &worker{child: c, memory: map[uintptr][]byte{}}, 0)
}

// stepWorker makes call n, and the next ones behind it.
func (w *world) stepWorker(p *process, k *worker, n int) {
	if n == len(k.calls) {
		w.trace.line(w.now, "~ worker "+itoa(int64(p.pid))+" done")
		w.die(p, 0)
		return
	}
	c := &k.calls[n]
	onDisk := w.isDisk(k, c)
	wait := int64(0)
	if n == 0 {
		wait = w.rand.between(50*usec, 2*msec)
	}
	if !onDisk && w.faults.happens(2) {
		w.later(p, wait, func() { w.failWorker(p, k, n, unix.EIO) })
		return
	}
	slow := c.slowNsec
	if onDisk {
		slow = w.disk.slowNsec
	}
	if slow < 0 {
		p.held = true
		return
	}
	w.later(p, wait+slow, func() {
		e := errno(0)
		if onDisk {
			e = w.diskFault(k, c)
		}
		result := uintptr(0)
		if e == 0 {
			result, e = w.workerCall(p, k, c)
		}
		if e == 0 && c.whole && result != c.args[2] {
			e = unix.EIO
		}
		if e != 0 && c.may {
			k.kept, e = nil, 0
		}
		if e != 0 {
			w.failWorker(p, k, n, e)
			return
		}
		w.stepWorker(p, k, n+1)
	})
}

// isDisk tells whether a call goes to the disk of the state area.
func (w *world) isDisk(k *worker, c *call) bool {
	if c.nr == unix.SYS_OPENAT {
		return w.disk != nil && string(c.text) == diskNode
	}
	return c.use && k.kept != nil && k.kept.name == "disk"
}

// diskFault makes a call to the disk fail as disks do.
func (w *world) diskFault(k *worker, c *call) errno {
	name := map[uintptr]string{unix.SYS_OPENAT: "disk open", unix.SYS_PREAD64: "disk pread",
		unix.SYS_PWRITE64: "disk pwrite", unix.SYS_FDATASYNC: "disk fdatasync"}[c.nr]
	e := w.faults.draw(name, w.now)
	if w.fails != nil {
		e = w.fails(w, name)
	}
	if e == 0 {
		return 0
	}
	w.trace.line(w.now, "! "+name+" "+unix.ErrnoName(e))
	switch c.nr {
	case unix.SYS_PWRITE64: // some of it may be in the cache
		if w.faults.rand.chance(2) {
			w.disk.pwrite(c.text[:512*w.faults.rand.below(8)], int(c.args[3]))
		}
	case unix.SYS_FDATASYNC:
		w.disk.lose(&w.faults.rand)
	}
	return e
}

// workerCall does what a call does.
func (w *world) workerCall(p *process, k *worker, c *call) (uintptr, errno) {
	f := c.file
	if c.use {
		f = k.kept
	}
	if result, e, mine := w.loaderCall(p, k, c, f); mine {
		return result, e
	}
	switch c.nr {
	case unix.SYS_SYNC:
		return 0, 0
	case unix.SYS_MOUNT:
		return 0, w.mount(string(c.text))
	case unix.SYS_UNLINKAT:
		return 0, w.erase(string(c.text))
	case unix.SYS_UMASK:
		return 0o022, 0
	case unix.SYS_RENAMEAT2:
		return 0, w.renameResolv(c.paths[1], c.paths[3])
	case unix.SYS_OPENAT:
		return w.openForWorker(p, k, string(c.text))
	}
	if f == nil || f.gone {
		return 0, eBADF
	}
	switch c.nr {
	case unix.SYS_WRITE:
		w.links.working = true
		n, e := f.ops.write(c.text)
		w.links.working = false
		if e == 0 && n < len(c.text) {
			e = unix.EIO
		}
		return uintptr(n), e
	case unix.SYS_CLOSE:
		return 0, 0
	case unix.SYS_PREAD64:
		b, n := make([]byte, c.args[2]), 0
		if m, ok := f.ops.(*memfd); ok {
			n = copy(b, m.bytes[min(int(c.args[3]), len(m.bytes)):])
		} else {
			n = f.ops.(*diskFile).disk.pread(b, int(c.args[3]))
		}
		k.memory[c.args[1]] = b
		return uintptr(n), 0
	case unix.SYS_PWRITE64:
		if read, ok := k.memory[c.args[1]]; ok {
			c.text = read
		}
		if _, ok := f.ops.(*memfd); ok {
			return w.passOn(f, c.text, int(c.args[3]))
		}
		n, e := f.ops.(*diskFile).disk.pwrite(c.text, int(c.args[3]))
		return uintptr(n), e
	case unix.SYS_FDATASYNC:
		return 0, f.ops.(*diskFile).disk.fdatasync()
	}
	return 0, eINVAL
}

// openForWorker is an openat(2) of a worker's.
func (w *world) openForWorker(p *process, k *worker, path string) (uintptr, errno) {
	switch {
	case path == resolvNew:
		k.kept = w.openResolv()
	case w.openRule(path) != nil:
		k.kept = w.openRule(path)
	case strings.HasPrefix(path, cgroupServices):
		cg := w.cgroups[path[:strings.LastIndexByte(path, '/')]]
		if cg == nil {
			return 0, unix.ENOENT
		}
		k.kept = &file{name: "cgroup", ops: &cgroupFile{world: w, cgroup: cg, file: path[len(cg.name)+1:]}, refs: 1}
	case w.disk == nil || path != diskNode:
		return 0, unix.ENOENT
	default:
		if e := w.disk.open(); e != 0 {
			return 0, e
		}
		k.kept = &file{name: "disk", ops: &diskFile{w.disk}, refs: 1}
	}
	p.fds = append(p.fds, k.kept)
	return 3, 0
}

// passOn is a pwrite(2) into PID 1's memfd.
func (w *world) passOn(f *file, b []byte, at int) (uintptr, errno) {
	m := f.ops.(*memfd)
	for len(m.bytes) < at+len(b) {
		m.bytes = append(m.bytes, 0)
	}
	return uintptr(copy(m.bytes[at:], b)), 0
}
