package sim

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// memory is the machine's, as far as PID 1 can see it: whether it is short, and the
// trigger in /proc/pressure/memory that tells of waiting for it. The trigger also
// fires for a service that only meets its own limit.
type memory struct {
	world *world
	short bool
	// shown is what the last look at /proc/meminfo gave.
	shown bool
	// fired is taken back by the poll that tells of it: psi_trigger_poll of
	// kernel/sched/psi.c.
	fired, armed bool
}

const pressureNsec = 2 * sec // the trigger's window

func (m *memory) ready() uint32 {
	if !m.fired {
		return epollIn | epollOut
	}
	m.fired = false
	return epollIn | epollOut | epollPri
}

func (*memory) read([]byte) (int, errno) { return 0, 0 }

func (m *memory) write(b []byte) (int, errno) {
	switch {
	case m.armed:
		return 0, unix.EBUSY
	case string(b) != "full 200000 2000000\n":
		return 0, eINVAL
	}
	m.armed = true
	return len(b), 0
}

func (m *memory) closed() { m.armed = false }

// text is /proc/meminfo.
func (m *memory) text() string {
	m.shown = m.short
	available := "60000"
	if m.short {
		available = "4000"
	}
	return "MemTotal:         100000 kB\nMemFree:            2000 kB\nMemAvailable:     " + available + " kB\nBuffers: 1 kB\n"
}

// tighten has memory run short now and then until the calm.
func (w *world) tighten(r *rand) {
	w.memory.world = w
	for range 1 + r.below(3) {
		from, long := r.between(0, w.plan.chaosNsec), r.between(1*sec, 30*sec)
		short := r.percent(90)
		w.after(from, func() {
			w.trace.line(w.now, "* memory pressure")
			w.memory.short = w.memory.short || short
			w.press(min(w.now+long, 300*msec+w.plan.chaosNsec))
		})
	}
}

// press fires the trigger until it is over.
func (w *world) press(until int64) {
	if w.now >= until {
		w.memory.short = false
		return
	}
	w.memory.fired = w.memory.armed
	w.after(min(pressureNsec, until-w.now), func() { w.press(until) })
}

// shed checks that a service is stopped for want of memory only where there is
// want, and that no less important one could have been.
func (c *checks) shed(s *record, i int, now int64) {
	if !c.world.memory.shown {
		c.broken(ruleShed, s.spec.Name+" is stopped, and memory is not short")
	}
	for k := range c.services {
		c.world.loop.Service(k, &c.view)
		runs := c.view.State == "starting" || c.view.State == "up"
		if k != i && runs && c.view.StartedNsec < now && importance(c.view.Spec) < importance(s.spec) {
			c.broken(ruleShed, s.spec.Name+" is stopped, and "+c.view.Spec.Name+" is less important")
		}
	}
	if importance(s.spec) == wire.ImportanceMax {
		c.broken(ruleShed, s.spec.Name+" is stopped, and nothing is more important")
	}
	a := &s.account
	if a.shedWait == 0 || now-a.shedAt > 3600*sec {
		a.shedWait = 30 * sec
	} else {
		a.shedWait = min(2*a.shedWait, 900*sec)
	}
	a.shed, a.shedAt = true, now
}

func importance(s *wire.Service) uint8 {
	if s.Isolation.Importance == 0 {
		return wire.ImportanceDefault
	}
	return s.Isolation.Importance
}

// shedTold checks what follows the end of one that was stopped so; false means
// that it was not.
func (c *checks) shedTold(s *record, a *account, next string, now, wait int64) bool {
	if !a.shed || next != "backoff" {
		return false
	}
	a.shed = false
	if wait != a.shedWait {
		c.broken(ruleShed, s.spec.Name+" waits "+itoa(wait)+" ns, not "+itoa(a.shedWait))
	}
	if a != &s.before {
		s.earliest, s.now = now+wait, false
	}
	return true
}
