package sim

// endOfTurn checks what must hold whenever the loop is about to wait. poll means
// that it knows of more to do and won't.
func (c *checks) endOfTurn(poll bool) {
	c.op, c.about = "", ""
	w := c.world
	w.watchdog.bite()
	if w.loop.Counts().Faults != 0 {
		c.broken(ruleFault, "a cell that can't happen was reached")
	}
	c.spins()
	if poll || w.rebooted {
		return
	}
	for _, p := range w.processes.all {
		if p.parent == nil && p.life == zombie && w.now-p.diedAt > tickNsec {
			c.broken(ruleReap, p.who()+" died "+itoa((w.now-p.diedAt)/msec)+" ms ago")
		}
	}
	due := int64(0)
	for i := range c.services {
		w.loop.Service(i, &c.view)
		c.state(i)
		for _, at := range []int64{c.view.DeadlineNsec, c.view.ProbeNsec} {
			if at != 0 && (due == 0 || at < due) {
				due = at
			}
		}
	}
	c.timer(due)
	if held := fileBase + 10*len(c.services); w.fdsOpen > held {
		c.broken(ruleFiles, itoa(int64(w.fdsOpen))+" descriptors are open")
	}
}

const (
	// tickNsec is the slow tick, and a little for the turn that it begins.
	tickNsec = 10*sec + 100*msec
	// fileBase descriptors are not services': the loop's own, its workers' and peers'.
	fileBase = 64
	// spinTurns in spinNsec are more than anything modelled here can cause.
	spinTurns = 4000
	spinNsec  = 100 * msec
)

// floodReads of what never ends are the most in one turn: what floods would hold up
// all else.
const floodReads = 32

// reads is told of each.
func (c *checks) reads() {
	if c.floodReads++; c.floodReads > floodReads {
		c.broken(ruleSpin, "reads "+itoa(floodReads)+" times in one turn what never ends")
	}
}

func (c *checks) spins() {
	c.floodReads = 0
	if c.world.now-c.windowAt > spinNsec {
		c.windowAt, c.windowTurns = c.world.now, 0
	}
	if c.windowTurns++; c.windowTurns > spinTurns {
		c.broken(ruleSpin, itoa(spinTurns)+" turns in "+itoa(spinNsec/msec)+" ms")
	}
}

// timer checks that the loop will be woken for what is due.
func (c *checks) timer(due int64) {
	for _, f := range c.world.fds {
		if f == nil {
			continue
		}
		if t, ok := f.ops.(*timer); ok && due != 0 && !t.fired && (t.at == 0 || t.at > due) {
			c.broken(ruleSleep, "sleeps past "+itoa(due/msec)+" ms, when something is due")
		}
	}
}

// state checks one service.
func (c *checks) state(i int) {
	v, s := &c.view, &c.services[i]
	where := s.spec.Name + " is " + v.State
	alive := v.State == "up"
	switch v.State {
	case "starting", "stopping", "killing":
		alive = true
		if v.DeadlineNsec == 0 {
			c.broken(ruleState, where+" and has no deadline")
		}
	case "stuck":
		alive = true
	case "backoff":
		if v.DeadlineNsec == 0 {
			c.broken(ruleState, where+" and has no deadline")
		}
		if s.now {
			c.broken(ruleBackoff, where+", and was to start at once")
		}
	case "waiting":
		if v.Unmet == -1 && !c.halted {
			c.broken(ruleState, where+" and all of its needs are ready")
		}
	case "done", "failed", "down", "up":
	default:
		c.broken(ruleState, where)
	}
	if alive && !v.Alive && !v.Populated {
		c.broken(ruleState, where+" and waits for the end of nothing")
	}
	c.truth(i, v.State == "up")
	if s.now && v.State == "waiting" && v.Unmet != -1 {
		s.now = false // its needs went meanwhile
	}
}

// truth compares "up" with the processes that there are. The kernel may tell of
// an empty cgroup late, but not by a second.
func (c *checks) truth(i int, up bool) {
	s, w := &c.services[i], c.world
	if !up || c.livesIn(s.spec.Name) {
		s.emptyAt = 0
	} else if s.emptyAt == 0 {
		s.emptyAt = w.now
	} else if w.now-s.emptyAt > 1*sec {
		c.broken(ruleTruth, s.spec.Name+" is called up, and has no process")
	}
	if up && s.main != nil && s.main.life == gone && (s.main.status != 0 || s.spec.Kind != daemon) {
		c.broken(ruleTruth, s.spec.Name+" is called up, and its main process ended with "+itoa(int64(s.main.status)))
	}
}
