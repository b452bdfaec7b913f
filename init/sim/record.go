package sim

import (
	"mote/init/core"
	"mote/wire"

	"golang.org/x/sys/unix"
)

// A second, dumber account of each service: from what it was seen to do follows
// when it may start again.

type viewOf = core.View

type record struct {
	spec *wire.Service
	// wanted: the operator's last word was not "stop".
	wanted bool
	main   *process
	// account follows from the ends and the policy. A wish makes it new; before is
	// the one that an end counts for which came before the wish in the same turn,
	// and of which is told after it.
	account, before account
	endedFirst      bool
	endAt, wishAt   int64
	upAt            int64
	startedAt       int64
	// earliest is when the next start may be; now: it must come with this turn.
	earliest int64
	now      bool
	// hopeless: its last start failed in a way that would fail again.
	hopeless bool
	// emptyAt is since when it is called up and has no process.
	emptyAt int64
}

// account is what restarts are counted with.
type account struct {
	streak, spent uint32
	windowAt      int64
	// shed: it is stopped for want of memory, and started again shedWait after its
	// end; shedAt is when that was last.
	shed             bool
	shedWait, shedAt int64
}

// wish takes an operator's word. One about a service that can't run, or about a
// node that goes down, is not heard.
func (c *checks) wish(s *record, i int, now int64, word string) {
	c.world.loop.Service(i, &c.view)
	if c.halted || c.view.Refused {
		return
	}
	s.endedFirst = s.endedFirst && s.wishAt == now
	s.wanted, s.wishAt = word != "stop", now
	if !s.wanted {
		return
	}
	if !s.endedFirst {
		s.before, s.endedFirst = s.account, s.endAt == now
	}
	s.account, s.earliest = account{}, 0
}

// start checks that service i may start now.
func (c *checks) start(s *record, i int) {
	w, v := c.world, &c.view
	w.loop.Service(i, v)
	switch {
	case c.halted:
		c.broken(ruleWish, s.spec.Name+" starts while the node goes down")
	case !s.wanted:
		c.broken(ruleWish, s.spec.Name+" starts, which was stopped")
	case w.now < s.earliest:
		c.broken(ruleBackoff, s.spec.Name+" starts "+itoa((s.earliest-w.now)/usec)+" µs too early")
	case v.NeedsNetwork && !w.loop.Counts().Network:
		c.broken(ruleNeeds, s.spec.Name+" starts without the network")
	}
	for _, n := range v.Needs {
		var need viewOf
		w.loop.Service(int(n), &need)
		up := need.State == "up" || need.State == "done" && need.Spec.Kind == wire.KindOneShot
		if !up || !need.Ready {
			c.broken(ruleNeeds, s.spec.Name+" starts while "+need.Spec.Name+" is "+need.State)
		}
	}
	s.account.shed = false
	s.startedAt, s.upAt, s.now, s.hopeless, s.main = w.now, 0, false, false, nil
	s.endedFirst = false
}

// told checks what follows an end.
func (c *checks) told(s *record, now, value int64) {
	next, wait := core.StateName(int(value&0xff)), value>>8
	if next == "stuck" {
		c.stuck(s)
		return
	}
	a := &s.account
	if s.wishAt == now && s.endedFirst {
		a = &s.before
	}
	if c.shedTold(s, a, next, now, wait) {
		return
	}
	window, most := or(s.spec.RestartsWindowMsec, 600_000), s.spec.RestartsMax
	if most == 0 {
		most = 30
	}
	if next != "backoff" && next != "failed" || s.spec.Restart == wire.RestartNever || s.hopeless {
		if next == "backoff" {
			c.broken(ruleBudget, s.spec.Name+" is started again, against its policy")
		}
		return
	}
	if s.upAt != 0 && now-s.upAt > or(s.spec.BackoffMaxMsec, 30_000) {
		a.streak = 0
	}
	if a.windowAt == 0 || now-a.windowAt > window {
		a.windowAt, a.spent = now, 0
	}
	a.spent++
	if gone := a.spent > most && !c.called(c.world.plan.index(s.spec.Name)); gone != (next == "failed") {
		c.broken(ruleBudget, s.spec.Name+" ended "+itoa(int64(a.spent))+" times of "+itoa(int64(most)))
	}
	if next == "failed" {
		return
	}
	a.streak++
	want := int64(0)
	if a.streak > 1 {
		want = min(or(s.spec.BackoffMsec, 100)<<min(a.streak-2, 20), or(s.spec.BackoffMaxMsec, 30_000))
	}
	if wait != want {
		c.broken(ruleBackoff, s.spec.Name+" waits "+itoa(wait)+" ns, not "+itoa(want))
	}
	if a == &s.before {
		return // the wish starts it at once
	}
	s.earliest, s.now = now+wait, wait == 0
}

// stuck is only what was killed, and does not die of it.
func (c *checks) stuck(s *record) {
	for _, p := range c.world.processes.all {
		if p.service == s.spec.Name && p.life == running && !p.killed {
			c.broken(ruleTruth, s.spec.Name+" is called stuck, and "+p.who()+" was never killed")
		}
	}
}

func or(valueMsec, defaultMsec uint32) int64 {
	if valueMsec == 0 {
		valueMsec = defaultMsec
	}
	return int64(valueMsec) * msec
}

// permanent is what a start is not tried again after.
func permanent(name string) bool {
	switch name {
	case "ENOENT", "ENOTDIR", "EACCES", "ENOEXEC", "ELOOP", "EISDIR", "ENAMETOOLONG", "E2BIG", "EINVAL", "EPERM", "ELIBBAD", "ENOSYS":
		return true
	}
	return false
}

// cloned checks a service's new process.
func (c *checks) cloned(name string, cg *cgroup) {
	s := c.record(name)
	if s == nil || c.op != "start" || c.about != name {
		c.broken(ruleOne, "clones "+name+", which was not to be started")
	}
	if name := c.world.unset(); name != "" {
		c.broken(ruleSettings, "starts a service while "+name+" is not set")
	}
	for _, p := range c.world.processes.all {
		if p.service == name && p.life == running {
			c.broken(ruleOne, "starts "+name+" while "+p.who()+" of it lives")
		}
	}
	if cg.name != cgroupServices+name {
		c.broken(ruleOne, name+" is born into "+cg.name)
	}
}

// signalled checks whom a signal is for: a worker that is late, or the main
// process of the service that is being acted on.
func (c *checks) signalled(p *process, signal uint8) {
	if s := c.record(p.service); s != nil && c.op == "adopt" {
		c.world.loop.Service(c.world.plan.index(p.service), &c.view)
		if c.view.State == "stopping" {
			return // the signal that the program before did not come to send
		}
	}
	if s := c.record(p.service); s != nil && signal == sigKILL && c.op == "" {
		c.world.loop.Service(c.world.plan.index(p.service), &c.view)
		if c.view.State == "killing" || c.view.State == "stuck" {
			return // killed once more, as the first time may have failed
		}
	}
	if !p.main || p.service != "" && (p.service != c.about || c.op != "term" && c.op != "kill" && c.op != "start") {
		c.broken(ruleStranger, "signals "+p.who()+" while acting on "+c.op+" "+c.about)
	}
	if c.op == "term" && p.service != "" {
		want := c.record(p.service).spec.StopSignal
		if want == 0 {
			want = uint8(unix.SIGTERM)
		}
		if signal != want {
			c.broken(ruleStranger, p.who()+" is sent signal "+itoa(int64(signal)))
		}
	}
}

// killedCgroup checks whom a kill is for: the service that is being acted on, or
// one that was to be dead already.
func (c *checks) killedCgroup(cg *cgroup) {
	if c.op == "adopt" && cg.name == cgroupRoot+"/workers" {
		return // of the program before
	}
	for i := range c.services {
		c.world.loop.Service(i, &c.view)
		dying := c.view.State == "killing" || c.view.State == "stuck"
		if dying && cg.name == cgroupServices+c.view.Spec.Name {
			return
		}
	}
	if c.op != "kill" || cg.name != cgroupServices+c.about {
		c.broken(ruleStranger, "kills "+cg.name+" while acting on "+c.op+" "+c.about)
	}
}

// reaped: a child's end was taken from the kernel.
func (c *checks) reaped(*process) {}

func (c *checks) record(name string) *record {
	if i := c.world.plan.index(name); i >= 0 && i < len(c.services) {
		return &c.services[i]
	}
	return nil
}
