package sim

import (
	"strings"

	"mote/wire"

	"golang.org/x/sys/unix"
)

// The lives of programs, from their exec to their end.

// startProgram begins a service's new instance.
func (w *world) startProgram(p *process, c *child) {
	i := w.plan.index(c.program)
	spec, r := &w.plan.manifest.Services[i], &w.plan.programs
	do := well(r, spec)
	if !w.good {
		do = w.plan.conduct(i, spec)
	}
	if c.badStep >= 0 {
		do.failStep, do.fails = c.badStep, eBADF
	}
	switch {
	case do.failStep >= 0:
		step := min(do.failStep, c.steps-1)
		w.later(p, do.execNsec, func() { w.fail(p, c, step, do.fails) })
	case do.execNsec < 0:
		p.held = true
		w.whenReleased(p, func() { w.run(p, c, spec, &do) })
	default:
		w.later(p, do.execNsec, func() { w.run(p, c, spec, &do) })
	}
}

// whenReleased does something when p wakes up, should it not have been killed.
func (w *world) whenReleased(p *process, do func()) { p.onRelease = do }

// run is the program, from its exec on.
func (w *world) run(p *process, c *child, spec *wire.Service, do *conduct) {
	w.exec(p, c)
	actor := p
	p.onSignal = w.stops(p, do)
	if spec.Port != 0 && do.lifeNsec < 0 {
		w.later(p, 1*msec, func() { w.attend(p, c, spec, w.now) })
	}
	if do.background {
		actor = w.spawn(p, p.cgroup, p.service)
		actor.onSignal = p.onSignal
		w.later(p, 1*msec, func() { w.die(p, 0) })
	}
	if do.readyNsec >= 0 {
		w.later(actor, do.readyNsec, func() { w.getReady(actor, spec) })
	}
	if do.lifeNsec >= 0 {
		w.later(actor, do.lifeNsec, func() { w.end(actor, do, spec) })
	}
	if do.heldAtNsec >= 0 {
		w.later(actor, do.heldAtNsec, func() {
			if do.restNsec > 0 {
				w.leave(actor, do, spec)
			}
			w.hold(actor, do.heldNsec)
		})
	}
	if do.flood {
		for _, f := range c.outputs {
			end, ok := f.ops.(*pipeEnd)
			if !ok {
				continue // a relay's connection takes what its peer reads
			}
			p := end.pipe
			p.full = []byte(strings.Repeat("1234567\n", pipeBytes/8))
			w.later(actor, 900*msec, func() { p.flood, p.bytes = w, p.full })
			w.later(actor, 1150*msec, func() { p.flood = nil })
		}
	}
	if do.bomb {
		w.later(actor, 1*msec, func() { w.bomb(actor) })
	}
	for range do.orphans {
		w.later(actor, w.rand.between(0, 2*sec), func() { w.orphan(actor) })
	}
	for n := range do.lines {
		w.later(actor, int64(n)*w.rand.between(0, 1*msec), func() { w.print(c, n) })
	}
	for range do.babble {
		// Whoever may write to the socket may: it need not be the program, nor now.
		w.after(w.rand.between(0, 8*sec), func() { w.sendNotify(spec.Name, babble(&w.rand)) })
	}
}

// stops is what a program does about a signal.
func (w *world) stops(p *process, do *conduct) func(uint8) {
	return func(signal uint8) {
		if do.termNsec < 0 {
			return
		}
		status := uint32(0)
		if w.rand.chance(3) {
			status = uint32(signal)
		}
		w.later(p, do.termNsec, func() {
			w.trace.line(w.now, "~ "+p.who()+" stops")
			w.kill(p, status)
		})
	}
}

// getReady shows readiness in the service's way.
func (w *world) getReady(p *process, spec *wire.Service) {
	switch spec.Ready {
	case wire.ReadyNotify:
		w.trace.line(w.now, "~ "+p.who()+" says READY=1")
		w.sendNotify(spec.Name, pick(&w.rand, "READY=1", "READY=1\n", "STATUS=serving\nREADY=1\nMAINPID=1"))
		if w.rand.chance(8) {
			w.sendNotify(spec.Name, "READY=1")
		}
	case wire.ReadyTCP:
		_, port, _ := wire.ParseTCPAddress(spec.ReadyAddress)
		w.trace.line(w.now, "~ "+p.who()+" listens")
		w.tcp[port] = &listener{p}
	case wire.ReadyUnix:
		w.trace.line(w.now, "~ "+p.who()+" listens")
		w.tcp[unixPort(spec.ReadyAddress)] = &listener{p}
	}
}

// end is a program's own. What it has told before may arrive after it.
func (w *world) end(p *process, do *conduct, spec *wire.Service) {
	w.leave(p, do, spec)
	w.trace.line(w.now, "~ "+p.who()+" ends with "+itoa(int64(do.status)))
	if do.status == uint32(sigKILL) {
		p.cgroup.oomKills++ // only the kernel ends a program so, and only for want of memory
	}
	w.kill(p, do.status)
}

// leave makes what a program leaves behind: others, and words under way.
func (w *world) leave(p *process, do *conduct, spec *wire.Service) {
	for range do.rest {
		if w.mayFork(p.cgroup) {
			child := w.spawn(p, p.cgroup, p.service)
			if w.rand.chance(2) {
				child.onSignal = func(uint8) {}
			}
			if do.restNsec > 0 {
				w.hold(child, do.restNsec)
			} else if w.rand.chance(2) {
				w.later(child, w.rand.between(1*msec, 20*sec), func() { w.die(child, 0) })
			}
		}
	}
	if do.lateReady {
		for _, most := range []int64{300 * msec, 3 * sec, 15 * sec, 25 * sec, 40 * sec} {
			w.after(w.rand.between(0, most), func() { w.sendNotify(spec.Name, "READY=1") })
		}
	}
}

// hold puts p into uninterruptible sleep.
func (w *world) hold(p *process, nsec int64) {
	w.trace.line(w.now, "~ "+p.who()+" hangs in the kernel")
	p.held = true
	if nsec >= 0 {
		w.after(nsec, func() { w.release(p) })
	}
}

// mayFork tells whether the kernel allows one more process in a cgroup.
func (w *world) mayFork(cg *cgroup) bool {
	for ; cg != nil; cg = cg.above {
		if cg.pidsMax > 0 && cg.pids >= cg.pidsMax {
			return false
		}
	}
	return len(w.processes.all) < w.processes.limit
}

// orphan has p fork twice; the grandchild ends soon, as PID 1's.
func (w *world) orphan(p *process) {
	if !w.mayFork(p.cgroup) {
		return
	}
	child := w.spawn(p, p.cgroup, p.service)
	if w.mayFork(p.cgroup) {
		grand := w.spawn(child, p.cgroup, p.service)
		w.later(grand, w.rand.between(0, 50*msec), func() { w.die(grand, uint32(w.rand.below(256))<<8) })
	}
	w.later(child, w.rand.between(0, 1*msec), func() { w.die(child, 0) })
}

// bomb has p fork as long as it may, again and again.
func (w *world) bomb(p *process) {
	for w.mayFork(p.cgroup) {
		w.spawn(p, p.cgroup, p.service)
	}
	w.later(p, 10*msec, func() { w.bomb(p) })
}

// print writes a line, or a large piece without an end, to stdout or stderr.
func (w *world) print(c *child, n int) {
	f := c.outputs[n%2]
	if f == nil || f.gone {
		return
	}
	c.printed = true
	line := "line " + itoa(int64(n)) + "\n"
	if n%7 == 6 {
		line = string(make([]byte, 3000)) + line
	}
	f.ops.write([]byte(line)) // a full pipe holds the writer, never PID 1
}

// babble is what a service may send to its notify socket.
func babble(r *rand) string {
	switch r.below(8) {
	case 0:
		return "READY=1"
	case 1:
		return "STATUS=" + string(make([]byte, r.below(5000)))
	case 2:
		return "EXTEND_TIMEOUT_USEC=" + itoa(r.between(0, 2_000_000))
	case 3:
		return "EXTEND_TIMEOUT_USEC=99x\n\n=\nREADY"
	case 4:
		return "STOPPING=1"
	case 5:
		return "\x00\xff\xfe"
	case 6:
		return ""
	}
	return "WATCHDOG=1\nFDSTORE=1\nREADY=0\nERRNO=" + itoa(int64(unix.EIO))
}
