package sim

import "golang.org/x/sys/unix"

// Processes: parents, orphans, zombies, numbers that are used again at once.

const (
	sigINT  = uint8(unix.SIGINT)
	sigKILL = uint8(unix.SIGKILL)
	sigTERM = uint8(unix.SIGTERM)
	sigCHLD = uint8(unix.SIGCHLD)
	sigPWR  = uint8(unix.SIGPWR)
)

// life is where a process stands.
type life uint8

const (
	running life = iota
	zombie
	gone // reaped: its number is free
)

type process struct {
	pid    int32
	parent *process // nil is PID 1
	life   life
	status uint32
	diedAt int64
	cgroup *cgroup
	// service it belongs to, as the cgroup tells; "" for a worker. main is the one
	// that PID 1 cloned.
	service string
	main    bool
	execed  bool
	// first: it is the first process of a pid namespace, see pid_namespaces(7).
	first bool

	// held: it is in uninterruptible sleep, and dies when it is released.
	held     bool
	killed   bool
	killedBy uint32
	// onSignal is what it does about a signal that it may handle; nil dies of it.
	onSignal func(signal uint8)
	// onRelease goes on with what an uninterruptible sleep held up.
	onRelease func()
	// fds are the descriptions that it holds besides PID 1.
	fds []*file
}

type processes struct {
	rand rand
	// all are those that are not gone, oldest first.
	all  []*process
	free []int32
	next int32
	// limit is threads-max: past it clone fails.
	limit int
}

// newPID gives a number: often the one that was freed last, which a careless
// PID 1 would take for the process that had it before.
func (p *processes) newPID() int32 {
	if n := len(p.free); n > 0 && !p.rand.chance(3) {
		pid := p.free[n-1]
		p.free = p.free[:n-1]
		return pid
	}
	p.next++
	return p.next
}

// spawn makes a process.
func (w *world) spawn(parent *process, cg *cgroup, service string) *process {
	p := &process{pid: w.processes.newPID(), parent: parent, cgroup: cg, service: service}
	w.processes.all = append(w.processes.all, p)
	w.enterCgroup(cg)
	return p
}

// later has p do something, if it is still there then and does not hang.
func (w *world) later(p *process, wait int64, do func()) {
	w.after(wait, func() {
		if p.life == running && !p.killed && !p.held {
			do()
		}
	})
}

// signal delivers a signal to p.
func (w *world) signal(p *process, signal uint8) {
	switch {
	case p.life != running || p.killed:
	case signal == sigKILL:
		w.kill(p, uint32(sigKILL))
	case p.onSignal != nil:
		p.onSignal(signal)
	case p.first: // what it has no handler for passes it by
	default:
		w.kill(p, uint32(signal))
	}
}

// kill ends p, as soon as it comes out of uninterruptible sleep.
func (w *world) kill(p *process, status uint32) {
	if p.life != running || p.killed {
		return
	}
	p.killed, p.killedBy = true, status
	if !p.held {
		w.die(p, status)
	}
}

// release ends an uninterruptible sleep, when its disk answers at last.
func (w *world) release(p *process) {
	held := p.held
	p.held = false
	switch {
	case !held:
	case p.killed:
		w.die(p, p.killedBy)
	case p.life == running && p.onRelease != nil:
		p.onRelease()
		p.onRelease = nil
	}
}

// die makes p a zombie, and its children PID 1's.
func (w *world) die(p *process, status uint32) {
	if p.life != running {
		return
	}
	p.life, p.status, p.diedAt = zombie, status, w.now
	for _, f := range p.fds {
		f.drop()
	}
	p.fds = nil
	if p.first {
		w.endNamespace(p)
	}
	for _, child := range w.processes.all {
		if child.parent == p {
			child.parent = nil
			if child.life == zombie {
				w.raise(sigCHLD)
			}
		}
	}
	w.leaveCgroup(p.cgroup)
	if p.parent == nil {
		w.raise(sigCHLD)
		return
	}
	w.bury(p) // its parent waits for it, or ignores SIGCHLD
}

// endNamespace kills all that came from the first process of a namespace.
func (w *world) endNamespace(first *process) {
	for _, p := range append([]*process(nil), w.processes.all...) {
		if p != first && p.cgroup == first.cgroup && p.life == running {
			w.kill(p, uint32(sigKILL))
		}
	}
}

// bury frees p's number.
func (w *world) bury(p *process) {
	p.life = gone
	w.processes.free = append(w.processes.free, p.pid)
	all := w.processes.all
	for i := range all {
		if all[i] == p {
			w.processes.all = append(all[:i], all[i+1:]...)
			return
		}
	}
}

// Wait is Sys.Wait. Any zombie may come first.
func (w *world) Wait() (int32, uint32, errno) {
	if e := w.enter("wait4", callNsec); e != 0 {
		return -1, 0, e
	}
	children, dead := 0, 0
	var chosen *process
	for _, p := range w.processes.all {
		if p.parent != nil {
			continue
		}
		children++
		if p.life == zombie {
			if dead++; chosen == nil || w.rand.chance(dead) {
				chosen = p
			}
		}
	}
	switch {
	case chosen != nil:
		w.bury(chosen)
		w.check.reaped(chosen)
		return chosen.pid, chosen.status, 0
	case children > 0:
		return 0, 0, 0
	}
	return -1, 0, unix.ECHILD
}

// KillAll is Sys.KillAll.
func (w *world) KillAll(signal uint8) errno {
	w.enter("kill -1", callNsec)
	w.trace.line(w.now, "= kill all "+itoa(int64(signal)))
	w.check.killedAll = true
	for _, p := range append([]*process(nil), w.processes.all...) {
		w.signal(p, signal)
	}
	return 0
}

// pidfd is pidfd_open(2): it stands for the process, never for its number.
type pidfd struct {
	process *process
}

func (f *pidfd) ready() uint32 {
	if f.process.life != running {
		return epollIn
	}
	return 0
}
func (f *pidfd) read([]byte) (int, errno)  { return 0, eINVAL }
func (f *pidfd) write([]byte) (int, errno) { return 0, eINVAL }
func (f *pidfd) closed()                   {}

// PidfdOpen is Sys.PidfdOpen. A number that is not a child's may be a stranger's
// at any time.
func (w *world) PidfdOpen(pid int32) (int32, errno) {
	if e := w.enter("pidfd_open", callNsec); e != 0 {
		return -1, e
	}
	for _, p := range w.processes.all {
		if p.pid == pid && p.parent == nil && p.main {
			return w.place(&file{name: "pidfd", ops: &pidfd{p}})
		}
	}
	w.check.broken(ruleStranger, "opens a pidfd of "+itoa(int64(pid))+", which is no child of its own")
	return -1, unix.ESRCH
}

// Signal is Sys.Signal.
func (w *world) Signal(fd int32, signal uint8) errno {
	e := w.enter("pidfd_send_signal", callNsec)
	f := w.file(fd)
	if f == nil {
		w.check.broken(ruleStranger, "signals through a descriptor that is not open")
		return eBADF
	}
	target, ok := f.ops.(*pidfd)
	if !ok {
		w.check.broken(ruleStranger, "signals through "+f.name+", which is no pidfd")
		return eBADF
	}
	w.check.signalled(target.process, signal)
	if e != 0 {
		return e
	}
	if target.process.life == gone {
		return unix.ESRCH
	}
	w.trace.line(w.now, "= signal "+itoa(int64(signal))+" to "+target.process.who())
	w.signal(target.process, signal)
	return 0
}

// who names a process in the trace.
func (p *process) who() string {
	name := p.service
	switch {
	case name == "":
		name = "worker"
	case !p.main:
		name += "'s"
	}
	return name + " " + itoa(int64(p.pid))
}
