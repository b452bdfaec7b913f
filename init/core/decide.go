package core

import "mote/wire"

// machine decides. It takes events and the time, changes its own state, and
// asks for ops; it makes no system call, reads no clock, and allocates nothing.
type machine struct {
	_        [0]func() // never compared: the compiler would write how
	table    *Table
	services [servicesMax]service
	count    int

	network  bool // the stage: all links that the manifest asks for are there
	held     bool // services and ready wait for the state area
	isReady  bool
	readyAt  int64
	shutdown shutdown
	reliefAt int64 // no service is stopped for want of memory before

	ops      [opsMax]op
	opsCount int
	// seen counts visits of the table's cells, for the simulator's coverage.
	seen [statesCount][triggersCount]uint32
}

// opsMax ops of one round: no service asks for more than three, and two more where
// another manifest describes it.
const opsMax = 6*servicesMax + 8

// ask appends an op. The bound can't be reached, see opsMax.
// It stays out of line: inlined at each of its places, it would cost PID 1 kilobytes.
//
//go:noinline
func (m *machine) ask(kind opKind, service int16, value int64) {
	if m.opsCount < opsMax {
		m.ops[m.opsCount] = op{kind, service, value}
		m.opsCount++
	}
}

// take digests one event.
func (m *machine) take(e event, now int64) {
	switch e.kind {
	case evNetwork:
		m.network = e.value != 0
		return
	case evShutdown:
		m.beginShutdown(goal(e.value), now)
		return
	case evPressure:
		m.relieve(now)
		return
	case evSynced:
		m.synced()
		return
	case evArea:
		m.held = false
		return
	}
	if e.service < 0 || int(e.service) >= m.count {
		return
	}
	s := &m.services[e.service]
	switch e.kind {
	case evCloned:
		s.cloning, s.pid, s.alive, s.populated = false, int32(e.value), true, true
	case evNoClone:
		s.cloning = false
		s.end = end{kind: endClone, errno: e.errno}
		m.judge(e.service, now)
	case evExec:
		m.executed(e.service, now)
	case evExecFail:
		s.end = end{kind: endExec, code: int32(e.value), errno: e.errno}
	case evNoKill:
		if s.state == killing || s.state == stuck {
			s.killAt = now + killRetryNsec
		}
	case evExit:
		m.exited(e.service, e.value, now)
	case evEmpty:
		// While it is being cloned this is about the instance before.
		s.populated = false
		if !s.cloning && !s.alive && s.state.alive() {
			m.judge(e.service, now)
		}
	case evNotify:
		m.notified(e.service, e.value, now)
	case evProbe:
		m.probed(e.service, e.errno, now)
	case evKnock:
		m.knocked(e.service, now)
	case evStart, evStop, evRestart:
		m.wish(e.service, e.kind, now)
	}
}

// pull is one step of a service's table.
func (m *machine) pull(i int16, t trigger, now int64) {
	s := &m.services[i]
	c := m.table[s.state][t]
	m.seen[s.state][t]++
	if c.act == actFault {
		m.ask(opFault, i, int64(s.state)<<8|int64(t))
		return
	}
	if c.next != s.state {
		m.enter(i, c.next, now)
	}
	switch c.act {
	case actStart:
		m.ask(opStart, i, 0)
	case actTerm:
		m.ask(opTerm, i, 0)
	case actKill:
		m.ask(opKill, i, 0)
	case actTell:
		// By the time it is told the service may have been started again: the
		// op carries what follows, and s.last how it ended.
		m.ask(opTell, i, int64(c.next)|max(s.deadline-now, 0)<<tellShift)
	}
}

// enter sets what a state begins with.
func (m *machine) enter(i int16, next state, now int64) {
	s := &m.services[i]
	s.state, s.since, s.deadline, s.probeAt = next, now, 0, 0
	if next != stuck {
		s.killAt = 0
	}
	s.ready = next == up || next == done && s.spec.Kind == wire.KindOneShot
	switch next {
	case starting:
		s.deadline = now + s.startNsec()
		s.startedAt, s.readyAt, s.end, s.timedOut = now, 0, end{}, false
		s.stopAsked, s.again, s.shed = false, false, false
		s.cloning, s.alive, s.populated = true, false, false
	case up:
		s.readyAt = now
		m.ask(opUp, i, 0)
	case stopping:
		s.deadline = now + s.stopNsec()
	case killing:
		s.deadline = now + killNsec
	case backoff:
		s.deadline = now + s.delayNsec()
		if s.shed {
			s.deadline, s.shed = now+s.shedWait, false
		}
	case done, failed:
		s.deadline = s.nextRun(now)
		if s.ready {
			s.readyAt = now
			m.ask(opUp, i, 0)
		}
	case down:
		if m.emptied(i); s.again {
			s.again = false
			m.pull(i, trStart, now)
		}
	}
}

// executed: the program runs.
func (m *machine) executed(i int16, now int64) {
	s := &m.services[i]
	if s.state != starting {
		return
	}
	switch s.spec.Ready {
	case wire.ReadyExec:
		m.pull(i, trReady, now)
	case wire.ReadyTCP, wire.ReadyUnix:
		s.probeAt, s.probeWait = now, probeFirstNsec
	}
}

// exited: the main process was reaped. A daemon that ended well and left
// processes behind has put itself into the background (it forked twice, as old
// daemons do): its cgroup stands for it from now on.
func (m *machine) exited(i int16, value, now int64) {
	s := &m.services[i]
	// Once it was seen empty nothing can be born in it: then a rest is a cgroup
	// that could not be read.
	rest := value&restFlag != 0 && s.populated
	s.alive, s.populated = false, rest
	if s.end.kind == endNone {
		if s.end = endOf(uint32(value)); value&oomFlag != 0 {
			s.end = end{kind: endOOM}
		}
	}
	if !s.state.alive() {
		return
	}
	if !rest {
		m.judge(i, now)
		return
	}
	well := s.end == end{kind: endExit}
	if well && s.spec.Kind == wire.KindDaemon && (s.state == starting || s.state == up) {
		return
	}
	m.pull(i, trRest, now)
}

// judge says what the end of a service means, once nothing of it is left.
func (m *machine) judge(i int16, now int64) {
	s := &m.services[i]
	if s.timedOut {
		s.end = end{kind: endTimeout}
	}
	s.last = s.end
	m.pull(i, m.verdict(s, now), now)
}

func (m *machine) verdict(s *service, now int64) trigger {
	well := s.end == end{kind: endExit}
	switch {
	case s.stopAsked:
		return trDown
	case s.spec.Kind == wire.KindOneShot && well:
		return trDone
	case s.shed:
		s.restarts++
		return trAgain
	case s.spec.Restart == wire.RestartOnFailure && well:
		return trDone
	case s.spec.Restart == wire.RestartNever:
		return trSpent
	case (s.end.kind == endExec || s.end.kind == endClone) && permanent(s.end.errno):
		return trSpent
	}
	if s.readyAt != 0 && now-s.readyAt > s.backoffMaxNsec() {
		s.streak = 0
	}
	if !s.spend(now) && !s.called { // nobody else could start it again
		return trSpent
	}
	s.streak++
	s.restarts++
	return trAgain
}

// The bits of evNotify, see sd_notify(3).
const (
	notifyReady = 1 << iota
	notifyStopping
	notifyExtend // its value in µs stands in the bits above notifyShift
	notifyShift  = 8
)

func (m *machine) notified(i int16, bits int64, now int64) {
	s := &m.services[i]
	if bits&notifyReady != 0 && s.spec.Ready == wire.ReadyNotify && s.startedAt != 0 {
		m.pull(i, trReady, now)
	}
	if bits&notifyExtend != 0 && (s.state == starting || s.state == stopping) {
		s.deadline = max(s.deadline, now+bits>>notifyShift*1000)
	}
}

// probed: a try of its socket ended.
func (m *machine) probed(i int16, errno Errno, now int64) {
	s := &m.services[i]
	switch {
	case s.state != starting:
	case errno == 0:
		m.pull(i, trReady, now)
	default:
		s.probeAt = now + s.probeWait
		s.probeWait = min(s.probeWait+s.probeWait/2, probeMaxNsec)
	}
}

// wish is an operator's word about one service.
func (m *machine) wish(i int16, kind eventKind, now int64) {
	s := &m.services[i]
	if m.shutdown.goal != goalNone || s.last.kind == endRefused || s.leaving || s.spec == &vacant {
		return
	}
	// Whoever stops or starts it decides in place of the want of memory.
	s.stopAsked = s.stopAsked || s.shed && s.state.alive()
	s.shed, s.shedWait = false, 0
	switch kind {
	case evStart:
		s.again = s.stopAsked && s.state.alive() // once it is down
		s.streak, s.windowStart = 0, 0
		m.pull(i, trStart, now)
	case evStop:
		s.stopAsked, s.again = true, false
		m.pull(i, trStop, now)
		if s.state == failed {
			s.deadline = 0 // it does not run again by itself
		}
	case evRestart:
		s.streak, s.windowStart = 0, 0
		if s.state.alive() {
			s.stopAsked, s.again = true, true
			m.pull(i, trStop, now)
			return
		}
		m.pull(i, trStart, now)
	}
}
