package core

// shutdown is the orderly end of the node: services in reverse order of their
// needs, then whatever else runs, then what is to be written, then the machine.
// Each phase has a deadline, and a hard limit stands over all of them.
type shutdown struct {
	goal     goal
	phase    phase
	deadline int64 // of the phase
	limit    int64 // of everything
}

type phase uint8

const (
	phaseNone     phase = iota
	phaseServices       // services are being stopped
	phaseSync           // everything is dead; file systems are being written
	phaseEnd            // the machine is being turned off
)

// beginShutdown starts a shutdown. A second wish may turn a power-off into a
// reboot or back, but it never makes the end come later.
func (m *machine) beginShutdown(g goal, now int64) {
	if g <= goalNone || g >= goalsCount {
		return
	}
	d := &m.shutdown
	first := d.goal == goalNone
	d.goal = g
	if !first {
		return
	}
	d.phase, d.limit = phaseServices, now+shutdownNsec
	d.deadline = d.limit - syncNsec
	m.ask(opHalt, -1, int64(g))
}

// settleShutdown takes the next step, if it is time.
func (m *machine) settleShutdown(now int64) {
	d := &m.shutdown
	switch d.phase {
	case phaseServices:
		if !m.stopInOrder(now) && now < d.deadline {
			return
		}
		d.phase, d.deadline = phaseSync, min(now+syncNsec, d.limit)
		m.ask(opKillAll, -1, 0)
		m.ask(opSync, -1, 0)
	case phaseSync, phaseEnd:
		if now >= d.deadline {
			m.end(now)
		}
	}
}

// synced: the file systems are written, as far as they could be.
func (m *machine) synced() {
	if m.shutdown.phase == phaseSync {
		m.shutdown.deadline = 1 // at once
	}
}

// end asks for the machine's end, and again a second later should it refuse.
func (m *machine) end(now int64) {
	m.shutdown.phase, m.shutdown.deadline = phaseEnd, now+sec
	m.ask(opEnd, -1, int64(m.shutdown.goal))
}

// stopInOrder stops each service on which no other one that still runs depends;
// true means that all of them rest.
func (m *machine) stopInOrder(now int64) bool {
	var held [servicesMax]bool
	for i := range m.services[:m.count] {
		s := &m.services[i]
		if !s.state.alive() || s.state == stuck {
			continue
		}
		for _, n := range s.needs[:s.needsCount] {
			held[n] = true
		}
	}
	rest := true
	for i := range m.services[:m.count] {
		s := &m.services[i]
		if s.state.resting() {
			continue
		}
		// A service that waits runs nothing: it goes down at once.
		idle := s.state == waiting || s.state == backoff
		if idle || !s.stopAsked && !held[i] {
			s.stopAsked, s.again = true, false
			m.pull(int16(i), trStop, now)
		}
		rest = rest && s.state.resting()
	}
	return rest
}
