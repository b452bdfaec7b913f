package sim

import "mote/wire"

const daemon = wire.KindDaemon

// The calm phase: no faults, good programs, and an operator who asks for every
// service. After it everything that can be up must be.

// How long the parts of the calm phase take: the longest stop, start and wait of
// wanted in manifest.go, one after the other, and what is stuck by then.
const (
	calmRestartNsec = 45 * sec
	calmStartNsec   = 45 * sec
	calmStopNsec    = 20 * sec
	// leaseSettleNsec is the longest wait of a DHCP client before it asks again,
	// 65 s, and what it takes then, with a conflict and probing.
	leaseSettleNsec = 100 * sec
)

func (w *world) beginCalm() {
	w.trace.line(w.now, "* calm")
	w.faults.on, w.faults.storm, w.good = false, "", true
	for _, p := range append([]*process(nil), w.processes.all...) {
		if p.held && !w.rand.chance(5) {
			w.release(p)
		}
	}
	w.lan.calm()
	w.router.calm()
	w.links.plug("eth0")
	if l := w.links.came("eth0"); l.cut {
		w.links.plugCable(l, false)
	}
	settle := int64(0)
	for i := range w.plan.manifest.Links {
		if want := &w.plan.manifest.Links[i]; want.DHCP4 || want.RA { // a router speaks all 30 s
			settle = leaseSettleNsec
		}
	}
	w.after(settle, func() { w.wishAll(wire.VerbRestart, 0) })
	w.after(settle+calmRestartNsec, func() { w.wishAll(wire.VerbStart, 0) })
	w.after(settle+calmRestartNsec+calmStartNsec/2, w.knockAll)
	w.after(settle+calmRestartNsec+calmStartNsec, w.endCalm)
}

func (w *world) endCalm() {
	w.check.live()
	w.check.linked()
	w.check.last()
	w.check.tries()
	if !w.plan.cycle {
		w.endRun()
		return
	}
	w.check.filesBefore = w.fdsOpen - w.lan.open()
	names, crashes := w.openNames(), w.crash.count
	// Workers of a crash a moment ago may still be at what never answers.
	settled := crashes == 0 || w.now-w.crash.before > 15*sec
	for i := range w.check.services { // what runs every so often does so now, or not
		settled = settled && w.check.services[i].spec.EveryMsec == 0
	}
	w.trace.line(w.now, "* cycle")
	w.wishAll(wire.VerbStop, 0)
	w.after(calmStopNsec, func() { w.wishAll(wire.VerbStart, 0) })
	w.after(calmStopNsec+calmStartNsec, func() {
		w.check.live()
		// A crash in between opens again what had failed before, or left open.
		if open := w.fdsOpen - w.lan.open(); settled && w.crash.count == crashes && open != w.check.filesBefore {
			w.check.broken(ruleFiles, itoa(int64(open))+" descriptors are open after a stop and a start, not "+
				itoa(int64(w.check.filesBefore))+":"+w.openNames()+"; before:"+names)
		}
		w.endRun()
	})
}

// openNames lists what PID 1 has open.
func (w *world) openNames() (list string) {
	for _, f := range w.fds {
		if f != nil {
			list += " " + f.name
		}
	}
	return list
}

// live checks that everything is up that can be.
func (c *checks) live() {
	w := c.world
	cannot := make([]bool, len(c.services))
	for range c.services { // as often as the longest chain of needs
		for i := range c.services {
			w.loop.Service(i, &c.view)
			cannot[i] = cannot[i] || c.view.Refused || c.heldIn(c.view.Spec.Name) ||
				c.view.NeedsNetwork && !w.linkComes() ||
				c.view.Spec.EveryMsec != 0 && !c.view.Ready // it runs once more
			for _, n := range c.view.Needs {
				cannot[i] = cannot[i] || cannot[n]
			}
		}
	}
	all := true
	for i := range c.services {
		w.loop.Service(i, &c.view)
		called := c.called(i)
		c.world.loop.Service(i, &c.view)
		all = all && (c.view.Ready || c.view.Spec.Optional || called)
		if !c.view.Ready && !cannot[i] && !called {
			c.broken(ruleLive, c.view.Spec.Name+" is "+c.view.State+" after the calm")
		}
	}
	c.attended(cannot)
	if n := w.loop.Counts(); all && n.Network && !n.Ready {
		c.broken(ruleLive, "everything is ready, but the node is not called so")
	}
	if n := w.loop.Counts(); n.ConsoleBytes > 0 && w.console.room == consoleRoom {
		c.broken(ruleConsole, itoa(int64(n.ConsoleBytes))+" bytes wait for a console that has room")
	}
}

func (c *checks) heldIn(name string) bool {
	for _, p := range c.world.processes.all {
		if p.service == name && p.held && p.life == running {
			return true
		}
	}
	return false
}

// linkComes tells whether every wanted link can be there.
func (w *world) linkComes() bool {
	for i := range w.plan.manifest.Links {
		if name := w.plan.manifest.Links[i].Name; name != "" && name != "eth0" && len(w.plan.manifest.LinkRules) == 0 {
			return false
		}
	}
	return true
}

// linked checks the kernel's tables against the manifest.
func (c *checks) linked() {
	t := &c.world.links
	if lo := t.named("lo"); len(c.services) > 0 && !lo.up {
		c.broken(ruleLinks, "lo is down")
	}
	for i := range c.world.plan.manifest.Links {
		want := &c.world.plan.manifest.Links[i]
		l := t.came("eth0")
		if rules := c.world.plan.manifest.LinkRules; len(rules) > 0 && l.name != rules[0].Name {
			c.broken(ruleLinks, "eth0 is not called "+rules[0].Name)
		}
		if want.Name == "" || want.Name != l.name {
			continue
		}
		if want.DHCP4 {
			c.hasLease(l)
		}
		c.hasSix(l, &want.Address6, want.RA)
		if want.Address == [4]byte{} {
			continue
		}
		there := false
		for k := range t.addresses {
			there = there || t.addresses[k].link == l.index && t.addresses[k].ip == want.Address
		}
		if !l.up || !there {
			c.broken(ruleLinks, "eth0 is not as it is wanted")
		}
		if want.Gateway != [4]byte{} && len(t.routes) == 0 {
			c.broken(ruleLinks, "there is no default route")
		}
	}
}

// hasLease checks that the link has an address that is leased to it, and its way
// out.
func (c *checks) hasLease(l *link) {
	if !c.leasedTo(l) {
		c.broken(ruleLinks, "a good server was there, and eth0 has no lease")
	}
	if f := c.world.files[resolvFile]; !c.world.lan.garbled && (f == nil || string(f.text[:min(len(f.text), 16)]) != "nameserver 10.0.") {
		c.broken(ruleLinks, "eth0 has a lease, and programs don't know its name server")
	}
	for i := range c.world.links.routes {
		if c.world.links.routes[i].bits == 0 {
			return
		}
	}
	c.broken(ruleLinks, "a lease's default route is missing")
}

func (c *checks) leasedTo(l *link) bool {
	w := c.world
	for _, s := range w.lan.servers {
		for _, b := range s.bindings {
			if b.mac == l.mac() && !b.bad && b.endNsec > w.now && w.links.has(b.ip) {
				return true
			}
		}
	}
	return false
}

// open counts the sockets of DHCP clients, which come and go.
func (n *lan) open() (count int) {
	for _, s := range n.sockets {
		if !s.shut {
			count++
		}
	}
	return count
}
