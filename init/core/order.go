package core

import "mote/wire"

// This file is the one table's worth of order between services: what may start,
// when the node is ready, and in which order it all ends. It looks at levels,
// never at what just happened, so it can be called at any time, any number of
// times.

// load makes the table of services. bad tells for each one whether it may run.
func (m *machine) load(man *wire.Manifest, bad func(i int) bool) {
	m.count = len(man.Services)
	for i := range man.Services {
		s := &m.services[i]
		*s = service{spec: &man.Services[i], state: down}
		if bad(i) {
			s.state, s.last = failed, end{kind: endRefused}
		}
	}
	m.relate()
	m.call()
}

// boot wants every service that can run.
func (m *machine) boot(now int64) {
	for i := range m.services[:m.count] {
		if s := &m.services[i]; s.state == down && !s.called && s.spec != &vacant {
			m.pull(int16(i), trStart, now)
		}
	}
}

// settle lets everything follow from the present state: expired deadlines,
// needs that were met, readiness of the node, the next step of a shutdown.
func (m *machine) settle(now int64) {
	for i := range m.services[:m.count] {
		s := &m.services[i]
		if s.deadline != 0 && s.deadline <= now {
			s.deadline = 0
			s.timedOut = s.timedOut || s.state == starting
			m.pull(int16(i), trTimer, now)
		}
		if s.killAt != 0 && s.killAt <= now {
			s.killAt = 0
			m.ask(opKill, int16(i), 0)
		}
		if s.leaving && s.state == down {
			m.ask(opLeave, int16(i), 0)
		}
		if s.probeAt != 0 && s.probeAt <= now {
			s.probeAt = 0
			m.ask(opProbe, int16(i), 0)
		}
	}
	if m.shutdown.goal != goalNone {
		m.settleShutdown(now)
		return
	}
	// Before what may start now: none of that can be what ready waited for.
	if !m.isReady && !m.held && m.allReady() {
		m.isReady, m.readyAt = true, now
		m.ask(opReady, -1, 0)
	}
	for i := range m.services[:m.count] {
		if m.services[i].state == waiting && m.unmet(int16(i)) == met {
			m.pull(int16(i), trNeeds, now)
		}
	}
}

// What unmet gives besides a service's index.
const (
	met          = int16(-1)
	unmetNetwork = int16(-2)
	unmetArea    = int16(-3)
)

// unmet gives the first need of a service that is not ready.
func (m *machine) unmet(i int16) int16 {
	s := &m.services[i]
	if m.held {
		return unmetArea
	}
	if s.needsNetwork && !m.network {
		return unmetNetwork
	}
	for _, n := range s.needs[:s.needsCount] {
		if !m.services[n].ready {
			return n
		}
	}
	return met
}

// allReady: everything that the manifest calls essential is up.
func (m *machine) allReady() bool {
	for i := range m.services[:m.count] {
		if s := &m.services[i]; !s.ready && !s.spec.Optional && !s.called {
			return false
		}
	}
	return m.network
}

// next gives the earliest instant at which settle has something to do by
// itself; 0 means never.
func (m *machine) next() int64 {
	at := m.shutdown.deadline
	for i := range m.services[:m.count] {
		at = sooner(at, m.services[i].deadline)
		at = sooner(at, m.services[i].probeAt)
		at = sooner(at, m.services[i].killAt)
	}
	return at
}

// sooner gives the earlier of two instants, where 0 means never.
//
//go:noinline
func sooner(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}
