package core

import (
	netcfg "mote/net"

	"golang.org/x/sys/unix"
)

// The legacy is what PID 1 leaves to itself when it re-executes after a panic:
// a table of what can't be read again from the kernel, and the rings of output.
// Everything else (links, devices, cgroups, the manifest) is looked at anew.
//
//	head   version, sum of all that follows, the manifest's sum, table's length
//	table  services, descriptors, marks, counts, events that were not decided
//	rings  the bytes of each ring that the table names
//
// A legacy of another version, for another manifest, or damaged in any bit is
// refused as a whole: then the machine restarts, as services that nobody knows
// the state of can be neither kept nor stopped in order.
const (
	legacyVersion  = 5
	legacyHeadSize = 32
	// legacyTableMax bytes: 64 services at most 700 bytes each, 288 marks of 24,
	// 1,024 events of 32, 7 values of the state area twice, a lease for each link,
	// and room; manifests come on top.
	legacyTableMax = servicesMax*700 + marksMax*24 + eventsMax*32 + 2*areaKeys*600 +
		netcfg.LeasesMax*(netcfg.LeaseRecordMax+8) + 4096
)

// keptRanks are the sources that outlive PID 1's own program.
var keptRanks = [...]rank{rankExit, rankReport, rankNotify, rankKnock, rankListen, rankOutput}

// codeLegacy passes everything through c. On reading, descriptors are watched at
// once; the caller restarts the machine if c is bad afterwards.
func (l *Loop) codeLegacy(c *coder) {
	m := &l.machine
	l.crash.at = c.number(l.crash.at)
	l.crash.count = uint32(c.number(int64(l.crash.count)))
	l.crash.signals = uint64(c.number(int64(l.crash.signals)))
	if l.codeForce(c); c.bad {
		return
	}
	m.isReady = c.flag(m.isReady)
	m.readyAt = c.number(m.readyAt)
	d := &m.shutdown
	d.goal = goal(c.within(int(d.goal), int(goalsCount)))
	d.phase = phase(c.within(int(d.phase), int(phaseEnd)+1))
	d.deadline, d.limit = c.number(d.deadline), c.number(d.limit)
	for i := range m.services[:m.count] {
		m.services[i].code(c)
		l.starts[i].code(c)
		l.codeRing(c, i)
	}
	l.codeRing(c, ringLast)
	l.last.kept = c.flag(l.last.kept)
	w := &l.watchdog
	w.fd, w.timeoutSec = int32(c.within(int(w.fd)+1, filesMax))-1, int32(c.number(int64(w.timeoutSec)))
	for _, r := range keptRanks {
		for at := range rankSlots[r] {
			if r != rankExit && r != rankReport || at < servicesMax {
				l.codeSource(c, r, at)
			}
		}
	}
	l.codeLeases(c)
	l.marks.code(c)
	l.turns.code(c)
	l.codeArea(c)
	l.codeEvents(c)
	if c.reading {
		l.findKnocks()
	}
}

// code passes what is known of a service through.
func (s *service) code(c *coder) {
	s.state = state(c.within(int(s.state), int(statesCount)))
	if s.state == forgotten {
		c.bad = true
	}
	for _, v := range [...]*int64{&s.since, &s.deadline, &s.probeAt, &s.probeWait, &s.killAt,
		&s.startedAt, &s.readyAt, &s.windowStart, &s.shedWait, &s.shedAt} {
		*v = c.number(*v)
	}
	for _, v := range [...]*bool{&s.cloning, &s.alive, &s.populated, &s.ready, &s.stopAsked, &s.again, &s.timedOut, &s.shed} {
		*v = c.flag(*v)
	}
	for _, v := range [...]*uint32{&s.restarts, &s.streak, &s.windowCount} {
		*v = uint32(c.number(int64(*v)))
	}
	s.pid = int32(c.number(int64(s.pid)))
	for _, e := range [...]*end{&s.end, &s.last} {
		e.kind = endKind(c.within(int(e.kind), int(endsCount)))
		e.code = int32(c.number(int64(e.code)))
		e.errno = Errno(c.number(int64(e.errno)))
	}
}

// code passes what the loop holds for a service through.
func (st *start) code(c *coder) {
	st.pid = int32(c.number(int64(st.pid)))
	st.ended, st.oomKills = c.number(st.ended), c.number(st.oomKills)
	st.termed = c.flag(st.termed)
	st.hasCgroup = c.flag(st.hasCgroup)
	st.statusLen = c.within(st.statusLen, statusMax+1)
	c.bytes(st.status[:])
	for n := range st.outputs {
		st.outputs[n] = int32(c.within(int(st.outputs[n]), filesMax))
	}
	if c.reading {
		st.what = "its start" // what exactly was told when it happened
	}
}

// codeRing passes the numbers of a ring through; its bytes follow the table.
func (l *Loop) codeRing(c *coder, i int) {
	if !c.flag(l.rings[i] != nil) {
		return
	}
	if l.rings[i] == nil {
		l.rings[i] = new(ring)
	}
	r := l.rings[i]
	for _, v := range [...]*uint64{&r.head, &r.tail, &r.records, &r.dropped} {
		*v = uint64(c.number(int64(*v)))
	}
	if r.tail-r.head > ringBytes {
		c.bad = true
	}
}

// codeSource passes one descriptor through, and watches it on reading.
func (l *Loop) codeSource(c *coder, r rank, at int) {
	fd := int32(c.within(int(l.sources.fd(r, at)+1), filesMax)) - 1
	if c.reading && !c.bad && fd >= 0 {
		l.must("watch "+rankNames[r], func() Errno { return l.sources.add(r, at, fd, unix.EPOLLIN) })
	}
}

// codeLeases passes the leases through: a node keeps its addresses.
func (l *Loop) codeLeases(c *coder) {
	for i := range netcfg.LeasesMax {
		b := l.scratch[:0]
		if !c.reading && l.links.net != nil {
			b = l.links.net.AppendLease(b, i)
		}
		b = b[:c.within(len(b), netcfg.LeaseRecordMax+1)]
		c.bytes(b)
		if c.reading {
			l.links.kept[i] = append([]byte(nil), b...)
		}
	}
}

func (t *marks) code(c *coder) {
	t.closed = c.flag(t.closed)
	t.count = c.within(t.count, marksMax+1)
	for i := range t.list[:t.count] {
		k := &t.list[i]
		k.nsec = c.number(k.nsec)
		k.kind = markKind(c.within(int(k.kind), int(marksKinds)))
		k.service = int16(c.within(int(k.service)+1, servicesMax+1) - 1)
	}
}

func (t *turns) code(c *coder) {
	for _, v := range [...]*uint64{&t.count, &t.orphans, &t.faults, &t.events} {
		*v = uint64(c.number(int64(*v)))
	}
	t.maxNsec = c.number(t.maxNsec)
	for i := range t.buckets {
		t.buckets[i] = uint64(c.number(int64(t.buckets[i])))
	}
}

// codeEvents passes the events through that nobody could find again by looking.
// The one at whose decision the panic came is left out: it may have caused it.
func (l *Loop) codeEvents(c *coder) {
	head := l.eventsHead
	if l.crash.deciding && head != l.eventsTail {
		head = (head + 1) % eventsMax
	}
	count := 0
	for at := head; at != l.eventsTail; at = (at + 1) % eventsMax {
		if lasting(l.events[at].kind) {
			count++
		}
	}
	count = c.within(min(count, eventsMax/2), eventsMax/2+1) // leaves room for reconcile
	for at := head; count > 0 && !c.bad; at = (at + 1) % eventsMax {
		e := l.events[at]
		if !c.reading && !lasting(e.kind) {
			continue
		}
		e.kind = eventKind(c.within(int(e.kind), int(eventsKinds)))
		e.service = int16(c.within(int(e.service)+1, servicesMax+1) - 1)
		e.errno, e.value = Errno(c.number(int64(e.errno))), c.number(e.value)
		if c.reading {
			l.push(e.kind, int(e.service), e.errno, e.value)
		}
		count--
	}
}

// lasting tells of which kinds of event nothing is left but the event.
func lasting(k eventKind) bool {
	return k == evNotify || k == evStart || k == evStop || k == evRestart || k == evShutdown
}
