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
	// input is its standard input; printed: it wrote to its output by itself.
	input   *file
	printed bool
	// calls are a worker's own.
	calls []call
	steps int
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
	if !w.mayFork(cg) {
		return 0, -1, eAGAIN
	}
	c := w.readProgram(p)
	service := ""
	if c.exec {
		service = p.Name
		w.check.cloned(service, cg)
	}
	proc := w.spawn(nil, cg, service)
	proc.main, proc.first = true, p.PIDNamespace
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
		if w.started != nil {
			w.started()
		}
		w.startProgram(proc, c)
	} else {
		w.startWorker(proc, c)
	}
	return proc.pid, fd, 0
}

// readProgram takes from the list of system calls what the model acts on.
func (w *world) readProgram(p *core.Program) *child {
	c := &child{program: p.Name, exec: p.Exec != "", report: w.file(p.ReportFD), steps: p.Steps(), badStep: -1}
	var s stepper
	for n := range p.Steps() {
		nr, args := p.Step(n)
		if s.wrong(w, nr, args) && c.badStep < 0 {
			c.badStep = n
		}
		switch nr {
		case unix.SYS_DUP3:
			if w.file(int32(args[0])) == nil && c.badStep < 0 {
				c.badStep = n
			}
			if args[1] == 0 {
				c.input = w.file(int32(args[0]))
			}
			if to := args[1]; to == 1 || to == 2 {
				c.outputs[to-1] = w.file(int32(args[0]))
			}
		}
		if !c.exec {
			c.calls = append(c.calls, w.readCall(p, nr, args))
		}
	}
	return c
}

// fail is the end of a child whose step failed: a report, and status 126.
func (w *world) fail(p *process, c *child, step int, e errno) {
	w.trace.line(w.now, "~ "+p.who()+" fails at step "+itoa(int64(step))+" "+unix.ErrnoName(e))
	if c.report != nil && !c.report.gone {
		b := make([]byte, 8)
		b[0], b[1], b[4], b[5] = byte(step), byte(step>>8), byte(e), byte(e>>8)
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
