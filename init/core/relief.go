package core

import "mote/wire"

// relieve stops the least important service that runs, where memory is short. One
// at a time: what it gave back shows before the next is chosen. What is of the
// highest importance is left to the kernel's OOM killer, which takes it last.
func (m *machine) relieve(now int64) {
	if m.shutdown.goal != goalNone || now < m.reliefAt {
		return
	}
	victim := -1
	for i := range m.services[:m.count] {
		s := &m.services[i]
		if s.shed && s.state.alive() && s.state != stuck {
			return // one is being stopped
		}
		if s.state != starting && s.state != up || s.importance() == wire.ImportanceMax {
			continue
		}
		if victim < 0 || s.lessThan(&m.services[victim]) {
			victim = i
		}
	}
	if victim < 0 {
		return
	}
	m.reliefAt = now + reliefNsec
	s := &m.services[victim]
	if s.shedWait == 0 || now-s.shedAt > shedForgetNsec {
		s.shedWait = shedFirstNsec
	} else {
		s.shedWait = min(2*s.shedWait, shedMaxNsec)
	}
	s.shed, s.shedAt = true, now
	m.ask(opShed, int16(victim), s.shedWait)
	m.pull(int16(victim), trStop, now)
}

// lessThan orders services by what the node loses with them; of two that are as
// important, the one goes that gives more memory back.
func (s *service) lessThan(other *service) bool {
	if s.importance() != other.importance() {
		return s.importance() < other.importance()
	}
	return s.memoryBytes > other.memoryBytes
}

func (s *service) importance() uint8 {
	if s.spec.Isolation.Importance == 0 {
		return wire.ImportanceDefault
	}
	return s.spec.Isolation.Importance
}
