package sim

import (
	"mote/init/core"

	"golang.org/x/sys/unix"
)

// child is what a process will do that PID 1 cloned: its list of system calls,
// read at the clone, as the real one has a copy of PID 1's memory.
type child struct {
	program string
	exec    bool
	report  *file
	outputs [2]*file
	// task is a worker's system calls.
	task func(p *process) errno
	// slowNsec is how long that call takes; −1 is for ever.
	slowNsec int64
	steps    int
	// badStep is the first that can't be done, as its descriptor is not open; −1: none.
	badStep int
}

// Clone is Sys.Clone.
func (w *world) Clone(p *core.Program) (int32, int32, errno) {
	if e := w.enter("clone", cloneNsec); e != 0 {
		return 0, -1, e
	}
	cg := w.cgroups[cgroupRoot]
	if p.CgroupFD >= 0 {
		f := w.file(p.CgroupFD)
		if f == nil {
			return 0, -1, eBADF
		}
		dir, ok := f.ops.(*cgroupDir)
		if !ok {
			return 0, -1, eBADF
		}
		cg = dir.cgroup
	}
	if cg.pidsMax > 0 && cg.pids >= cg.pidsMax || len(w.processes.all) >= w.processes.limit {
		return 0, -1, eAGAIN
	}
	c := w.readProgram(p)
	service := ""
	if c.exec {
		service = p.Name
		w.check.cloned(service, cg)
	}
	proc := w.spawn(nil, cg, service)
	proc.main = true
	for _, f := range w.fds {
		if f != nil {
			f.refs++
			proc.fds = append(proc.fds, f)
		}
	}
	fd, e := w.place(&file{name: "pidfd", ops: &pidfd{proc}})
	if e != 0 {
		w.kill(proc, uint32(sigKILL)) // the kernel makes the descriptor first
		return 0, -1, e
	}
	w.trace.line(w.now, "= clone "+proc.who())
	if c.exec {
		w.startProgram(proc, c)
	} else {
		w.startWorker(proc, c)
	}
	return proc.pid, fd, 0
}

// readProgram takes from the list of system calls what the model acts on.
func (w *world) readProgram(p *core.Program) *child {
	c := &child{program: p.Name, exec: p.Exec != "", report: w.file(p.ReportFD), steps: p.Steps(), badStep: -1}
	kept, private := false, false
	for n := range p.Steps() {
		nr, args := p.Step(n)
		// A result that nobody kept is no descriptor; a filter without
		// no_new_privs is refused, see seccomp(2).
		if c.badStep < 0 && (nr&core.UseResult != 0 && !kept || nr == unix.SYS_SECCOMP && !private) {
			c.badStep = n
		}
		kept = kept || nr&core.KeepResult != 0
		private = private || nr == unix.SYS_PRCTL && args[0] == unix.PR_SET_NO_NEW_PRIVS
		switch nr {
		case unix.SYS_DUP3:
			if w.file(int32(args[0])) == nil && c.badStep < 0 {
				c.badStep = n
			}
			if to := args[1]; to == 1 || to == 2 {
				c.outputs[to-1] = w.file(int32(args[0]))
			}
		case unix.SYS_WRITE:
			f := w.file(int32(args[0]))
			text := append([]byte(nil), p.Bytes(args[1], args[2])...)
			c.task = func(*process) errno {
				if f == nil || f.gone {
					return eBADF
				}
				w.links.working = true
				n, e := f.ops.write(text)
				w.links.working = false
				if e == 0 && n < len(text) {
					e = unix.EIO
				}
				return e
			}
			if f != nil && f.name == "rtnetlink" {
				c.slowNsec = w.linkWorkNsec()
			}
		case unix.SYS_MOUNT:
			target := p.String(args[1])
			c.task = func(*process) errno { return w.mount(target) }
		case unix.SYS_UNLINKAT:
			path := p.String(args[1])
			c.then(func(*process) errno { return w.erase(path) })
		case unix.SYS_SYNC:
			c.task = func(*process) errno { return 0 }
			c.slowNsec = w.plan.syncNsec
		}
	}
	return c
}

// then adds a system call to the task; it comes only where those before succeed.
func (c *child) then(next func(*process) errno) {
	before := c.task
	c.task = func(p *process) errno {
		if before != nil {
			if e := before(p); e != 0 {
				return e
			}
		}
		return next(p)
	}
}

// startWorker runs a worker's call and ends it; a task that hangs is in
// uninterruptible sleep, as a system call that blocks mostly is.
func (w *world) startWorker(p *process, c *child) {
	wait := w.rand.between(50*usec, 2*msec)
	if w.faults.happens(2) {
		w.later(p, wait, func() { w.fail(p, c, 0, unix.EIO) })
		return
	}
	if c.slowNsec < 0 {
		p.held = true
		return
	}
	w.later(p, wait+c.slowNsec, func() {
		e := errno(unix.EINVAL)
		if c.task != nil {
			e = c.task(p)
		}
		if e != 0 {
			w.fail(p, c, 0, e)
			return
		}
		w.trace.line(w.now, "~ worker "+itoa(int64(p.pid))+" done")
		w.die(p, 0)
	})
}

// fail is the end of a child whose step failed: a report, and status 126.
func (w *world) fail(p *process, c *child, step int, e errno) {
	w.trace.line(w.now, "~ "+p.who()+" fails at step "+itoa(int64(step))+" "+unix.ErrnoName(e))
	if c.report != nil && !c.report.gone {
		b := make([]byte, 8)
		b[0], b[4], b[5] = byte(step), byte(e), byte(e>>8)
		c.report.ops.write(b)
	}
	w.die(p, 126<<8)
}

// exec closes what was close-on-exec and keeps the outputs: an end of file on
// the report tells PID 1.
func (w *world) exec(p *process, c *child) {
	w.trace.line(w.now, "~ "+p.who()+" execs")
	p.execed = true
	for _, f := range c.outputs {
		if f != nil {
			f.refs++
		}
	}
	for _, f := range p.fds {
		f.drop()
	}
	p.fds = nil
	for _, f := range c.outputs {
		if f != nil {
			p.fds = append(p.fds, f)
		}
	}
}
