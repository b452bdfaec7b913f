package core

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// The whole life of PID 1 is this file: wait, take, decide, act, flush.
//
//	kernel ──epoll──▶ take ──event──▶ decide (pure) ──op──▶ act ──▶ kernel
//
// What can wake PID 1: the sources, in the order of their ranks (source.go);
// signals and the deaths of children wake it through two of them. A take never
// blocks and reads no more than its budget. A decide makes no system call. An
// act that fails becomes an event of the next round; it never ends the loop.
// Replies leave at the end of the turn. Time is read once, when a turn begins;
// within the turn it stands still, but for marks.
//
// A source that hangs up or fails is removed, so that it can't spin. A turn is
// measured from waking to the end of flush (loop.turns); what takes longer than
// a millisecond is a bug, clone excepted.
type Loop struct {
	sys     Sys
	rooms   Rooms
	sources sources
	machine machine
	now     int64

	// barren: the source that is being taken could not be read.
	barren bool

	evs [epollBatch]unix.EpollEvent
	// order holds the slots that are ready in this turn, lowest first.
	order [epollBatch]*source

	events     [eventsMax]event
	eventsHead int
	eventsTail int

	// look: children may have died. It stays set until wait4 finds none.
	look   bool
	tickAt int64
	armed  int64

	// The rest is a file each: what the loop holds for its sources.
	manifest *wire.Manifest
	force    force
	apply    apply
	// manifestSum is of the image's, see sum.
	manifestSum uint64
	problems    []wire.Problem
	program     *Program
	starts      [servicesMax]start
	workers     [workersMax]worker
	rings       [ringsCount]*ring
	kernel      *ring
	conns       [connsMax + 1]conn
	knocks      knocks
	answers     answers
	console     console
	marks       marks
	turns       turns
	links       links
	devices     devices
	cad         cad
	crash       crash
	watchdog    watchdog
	last        lastBoot
	tries       tries
	counter     counter
	trial       trial
	area        area
	pressure    pressure
	around      around
	// workersFD is the cgroup of the workers; −1: none.
	workersFD int32
	// pidsMax is the limit of a service that declares none.
	pidsMax uint32
	scratch [scratchBytes]byte

	// observe is told each event and op as text; the simulator listens, PID 1
	// has none. The text is only valid during the call.
	observe func(now int64, text []byte)
	line    [160]byte
	// over ends Run. Only the simulator sets it: PID 1 never leaves.
	over bool
}

// scratchBytes is the largest read: a netlink datagram (NLMSG_GOODSIZE is at
// most 8 KiB, a dump's 32 KiB) or a piece of a service's output.
const scratchBytes = 32 << 10

// Run is the loop. It returns only in the simulator.
func (l *Loop) Run() {
	for !l.over {
		l.turn()
	}
}

func (l *Loop) turn() {
	ready := l.wait()
	l.take(ready)
	l.decide()
	l.askTime()
	l.listenAgain()
	l.flush()
	l.arm()
	l.feed()
	l.turns.note(l.sys.Now() - l.now)
}

// wait sleeps until a source is ready, and sorts the ready ones by rank.
func (l *Loop) wait() int {
	poll := l.look || l.eventsHead != l.eventsTail
	n, errno := l.sys.EpollWait(l.sources.epfd, l.evs[:], poll)
	l.now = l.sys.Now()
	if errno != 0 {
		// EINTR: a signal, most likely a child's. Anything else would be our
		// own mistake; looking at everything by level is right then too.
		l.look = true
		return 0
	}
	ready := 0
	for i := range l.evs[:n] {
		s := l.sources.find(&l.evs[i])
		if s == nil {
			continue
		}
		at := ready
		for ; at > 0 && before(s, l.order[at-1]); at-- {
			l.order[at] = l.order[at-1]
		}
		l.order[at] = s
		ready++
	}
	return ready
}

// before orders two sources by rank, then by place.
func before(a, b *source) bool {
	return a.rank < b.rank || a.rank == b.rank && a.at < b.at
}

// take drains the ready sources into events.
func (l *Loop) take(ready int) {
	reaped := false
	for _, s := range l.order[:ready] {
		if s.rank > rankExit && !reaped {
			l.reap()
			reaped = true
		}
		if s.fd < 0 || l.full() {
			continue // closed by one before it in this turn; or: next turn
		}
		began, c := l.sys.Now(), &l.turns.ranks[s.rank]
		l.takeOne(s)
		c.events++
		c.longestNsec = max(c.longestNsec, l.sys.Now()-began)
	}
	if !reaped {
		l.reap()
	}
	l.hurry()
	l.areaLate()
	l.tryLate()
	if l.tickAt <= l.now {
		l.tick()
	}
}

func (l *Loop) takeOne(s *source) {
	crashPoint(l, "take")
	l.barren = false
	gen, at, hangup := s.gen, int(s.at), false
	switch s.rank {
	case rankSignal:
		l.takeSignals(s.fd)
	case rankTimer:
		l.sys.Read(s.fd, l.scratch[:8])
		l.armed = 0
	case rankExit:
		l.look = true
		l.reap()
		// Its source goes with the child; only a worker's may still be there.
	case rankReport:
		l.takeReport(at)
	case rankCgroup:
		l.takeCgroup(at)
	case rankPressure:
		l.takePressure()
	case rankNotify:
		l.takeNotify(at)
	case rankProbe:
		l.takeProbe(at)
	case rankLink, rankLinkAck:
		l.takeLink(s.rank, s.fd)
	case rankClock:
		l.takeClock(s.fd)
	case rankPacket:
		l.takePacket(at, s.fd)
	case rankKnock:
		l.takeKnock(at)
	case rankUevent:
		hangup = !l.takeUevents(s.fd)
	case rankKey:
		hangup = !l.takeKey(s.fd)
	case rankListen:
		l.takeListen(s.fd)
	case rankConn:
		l.takeConn(at)
	case rankOutput:
		l.takeOutput(at)
	case rankKernel:
		hangup = !l.takeKernel(s.fd)
	case rankConsole:
		l.sources.remove(rankConsole, at) // flush writes, and asks again if needed
	}
	if hangup && s.fd >= 0 && s.gen == gen {
		l.sources.hung++
		l.sources.remove(s.rank, at)
	}
	switch {
	case s.fd < 0 || s.gen != gen:
	case l.barren:
		l.sources.rest(s)
	default:
		s.failures = 0
	}
}

// decide turns events into ops and acts on them, until nothing follows any
// more or the rounds of this turn are spent.
func (l *Loop) decide() {
	m := &l.machine
	for range roundsMax {
		for end := l.eventsTail; l.eventsHead != end; l.eventsHead = (l.eventsHead + 1) % eventsMax {
			e := &l.events[l.eventsHead]
			if l.observe != nil {
				l.observe(l.now, m.appendEvent(l.line[:0], *e))
			}
			l.turns.events++
			l.crash.deciding = true
			crashPoint(l, "decide")
			m.take(*e, l.now)
			l.crash.deciding = false
		}
		m.settle(l.now)
		for i := range m.ops[:m.opsCount] {
			if l.observe != nil {
				l.observe(l.now, m.appendOp(append(l.line[:0], "→ "...), m.ops[i]))
			}
			l.act(m.ops[i])
		}
		acted := m.opsCount > 0
		m.opsCount = 0
		acted = l.actNet() || acted
		if !acted && l.eventsHead == l.eventsTail {
			return
		}
	}
}

// act does one op.
func (l *Loop) act(o op) {
	crashPoint(l, "act")
	switch o.kind {
	case opStart:
		l.start(int(o.service))
	case opTerm:
		l.term(int(o.service))
	case opKill:
		l.kill(int(o.service))
	case opProbe:
		l.probe(int(o.service))
	case opUp:
		l.up(int(o.service))
	case opTell:
		l.tell(o)
	case opShed:
		l.shed(o)
	case opFault:
		l.fault(o)
	case opReady:
		l.ready()
	case opHalt:
		l.halt(goal(o.value))
	case opKillAll:
		l.sys.KillAll(uint8(unix.SIGKILL))
	case opSync:
		l.sync()
	case opEnd:
		l.end(goal(o.value))
	case opDescribe:
		l.describe(int(o.service))
	case opSettings:
		l.settings(int(o.service))
	case opLeave:
		l.leave(int(o.service))
	}
}

// push queues an event for the next round.
//
//go:noinline
func (l *Loop) push(kind eventKind, service int, errno Errno, value int64) {
	l.events[l.eventsTail] = event{kind, int16(service), errno, value}
	l.eventsTail = (l.eventsTail + 1) % eventsMax
}

// full: no source may be drained now, as its events might not fit.
func (l *Loop) full() bool {
	used := (l.eventsTail - l.eventsHead + eventsMax) % eventsMax
	return used > eventsMax-eventsReserve
}

// tick is the slow one: whatever a lost wake-up left is found here, and what
// could not be opened before is tried again.
func (l *Loop) tick() {
	l.look = true
	l.watchdog.due = true
	l.sources.wake()
	l.tickAt = l.now + tickNsec
	l.reap()
	if l.links.net != nil {
		l.openLinkSockets()
	}
	if l.sources.fd(rankListen, 0) < 0 {
		l.openControl()
	}
	l.openKnocks()
	if l.console.fd < 0 {
		l.openConsole()
	}
	if l.marks.closed {
		l.openLate()
	}
	l.rewatchCgroups()
	l.fetchLast()
	l.watchTrial()
	l.restoreTries()
	l.keepTick()
	l.applyTick()
}

// arm sets the timer to the next instant at which something is due.
func (l *Loop) arm() {
	at := sooner(l.tickAt, l.machine.next())
	if l.links.net != nil {
		at = sooner(at, l.links.net.NextDeadline())
	}
	at = sooner(at, l.links.clock.Next())
	at = sooner(at, l.area.holdUntil)
	at = sooner(at, l.force.try.until)
	for i := range l.workers {
		at = sooner(at, l.workers[i].deadline)
	}
	if at != l.armed && l.sys.TimerSet(l.sources.fd(rankTimer, 0), at) == 0 {
		l.armed = at
	}
}
