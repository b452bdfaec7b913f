package sim

import (
	"mote/init/core"

	"golang.org/x/sys/unix"
)

// PID 1 that executes itself again: what execve(2) leaves of it, and a memfd.

// crash is when PID 1 crashes, and what is between one program and the next.
type crash struct {
	rand  rand
	calls int // system calls between two crashes, on average; 0: none
	left  int // of them until the next
	// telling: PID 1 writes its stack to the kernel's log. How long that is is Go's
	// and the test's affair, so it takes no time and draws no fault.
	telling bool
	// at decides instead, for stories: whether PID 1 crashes in this call.
	at    func(call string) bool
	on    bool
	count int
	// before is when the last one was: the next comes a minute later at least.
	before int64
	kept   map[int32]bool
	legacy *file
}

// crashed is what the loop is made to panic with.
type crashed struct{}

func (c *crash) draw() {
	if c.calls > 0 {
		c.left = 1 + c.rand.below(2*c.calls)
	}
}

// crashPoint panics in a system call when it is time: so a crash comes at any
// place of the loop that touches the world.
func (w *world) crashPoint(call string) {
	c := &w.crash
	if !c.on || c.left == 0 && c.at == nil || c.count > 0 && w.now-c.before < 61*sec {
		return
	}
	c.left--
	if c.left == 0 || c.at != nil && c.at(call) {
		c.draw()
		c.on = false
		c.count++
		c.before = w.now
		panic(crashed{})
	}
}

// live runs the loop until the machine's end, or until PID 1 has executed itself
// again; then it reports true.
func (w *world) live() (again bool) {
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if _, ok := r.(crashed); !ok {
			panic(r)
		}
		w.check.op, w.check.about = "", ""
		w.trace.line(w.now, "! PID 1 crashes")
		w.crash.telling = true
		w.loop.Crash(r)
		w.crash.telling = false
		if w.check.first.rule != ruleNone {
			panic(w.check.first)
		}
		again = w.crash.legacy != nil
	}()
	w.loop.Run()
	return false
}

// adopt begins the next program of PID 1.
func (w *world) adopt() {
	fd, ok := w.Inherited()
	if !ok {
		w.check.broken(ruleRun, "nothing was left to PID 1")
	}
	w.pstore.kept = w.loop.Counts().LastRecords > 0
	w.loop = core.New(w, w.rooms())
	w.loop.Observe(w.check.observed)
	w.check.op = "adopt"
	w.loop.Adopt(fd)
	w.check.op = ""
}

// memfd is memfd_create(2): bytes, until sealed.
type memfd struct {
	bytes  []byte
	sealed bool
}

func (*memfd) ready() uint32 { return epollIn | epollOut }

func (m *memfd) read(b []byte) (int, errno) { return copy(b, m.bytes), 0 }

func (m *memfd) write(b []byte) (int, errno) {
	if m.sealed {
		return 0, unix.EPERM
	}
	m.bytes = append(m.bytes, b...)
	return len(b), 0
}

func (*memfd) closed() {}

// Memfd is Sys.Memfd.
func (w *world) Memfd() (int32, errno) {
	if e := w.enter("memfd_create", callNsec); e != 0 {
		return -1, e
	}
	return w.place(&file{name: "memfd", ops: &memfd{}})
}

// Keep is Sys.Keep.
func (w *world) Keep(fd int32, keep bool) errno {
	w.enter("fcntl", callNsec)
	if w.file(fd) == nil {
		return eBADF
	}
	if w.crash.kept == nil {
		w.crash.kept = map[int32]bool{}
	}
	w.crash.kept[fd] = keep
	return 0
}

// HandOver is Sys.HandOver: every descriptor that is not kept is closed, the
// epoll set and the handlers of signals are gone. The loop that called leaves,
// and run begins another one.
func (w *world) HandOver(fd int32) errno {
	if e := w.enter("execve", cloneNsec); e != 0 {
		return e
	}
	f := w.file(fd)
	f.ops.(*memfd).sealed = true
	f.refs++
	w.trace.line(w.now, "= PID 1 executes itself again")
	for n, f := range w.fds {
		if f != nil && !w.crash.kept[int32(n)] {
			w.fds[n] = nil
			w.fdsOpen--
			f.drop()
		}
	}
	w.epoll, w.wakeup, w.signals = epoll{}, nil, 0
	w.console.partial = nil // the line that the crash cut ends here
	w.crash.kept, w.crash.legacy = nil, f
	w.loop.Leave()
	return 0
}

// Inherited is Sys.Inherited. The model gives the legacy any free number.
func (w *world) Inherited() (int32, bool) {
	f := w.crash.legacy
	if f == nil {
		return -1, false
	}
	w.crash.legacy = nil
	f.refs--
	fd, e := w.place(f)
	return fd, e == 0
}
