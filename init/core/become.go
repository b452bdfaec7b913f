package core

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// The way from one manifest to another while services run. A service keeps its place
// in the tables as long as it has its name; what is gone leaves its place when its last
// process has ended, and until then is stopped by its own description.

// force is what is in force.
type force struct {
	_ [0]func() // never compared: the compiler would write how
	// held is in force; image is what the image brought.
	held, image *held
	// newest is the highest generation that was taken in this boot.
	newest uint64
	// alarm is why what was kept is not in force; empty: it is not so.
	alarm string
	try   try
	fetch fetch
	// follow: PID 1 crashed while a record was being written; what it says is taken
	// once that is done.
	follow bool
}

// vacant describes a place that no service has; nothing writes to it.
var vacant = wire.Service{Optional: true}

// find gives the place of the service of that name; −1: none.
func (m *machine) find(name string) int {
	for i := range m.services[:m.count] {
		if m.services[i].spec.Name == name && name != "" {
			return i
		}
	}
	return -1
}

// room gives a place for a service that is new; −1: none.
func (m *machine) room() int {
	for i := range m.services[:m.count] {
		if m.services[i].spec == &vacant {
			return i
		}
	}
	if m.count == servicesMax {
		return -1
	}
	m.count++
	return m.count - 1
}

// become takes over the descriptions of another manifest; kinds tells of each what it
// changes.
func (m *machine) become(man *wire.Manifest, kinds *[servicesMax]wire.ChangeKind, now int64) {
	for i := range m.services[:m.count] {
		if s := &m.services[i]; s.spec != &vacant && serviceOf(man, s.spec.Name) < 0 {
			m.dismiss(int16(i), now)
		}
	}
	var places [servicesMax]int
	for n := range man.Services {
		spec := &man.Services[n]
		if places[n] = m.find(spec.Name); places[n] < 0 {
			if places[n] = m.room(); places[n] < 0 {
				continue // hasRoom has looked
			}
			m.services[places[n]] = service{spec: spec, state: down}
			m.ask(opDescribe, int16(places[n]), 0)
			continue
		}
		i := int16(places[n])
		s := &m.services[i]
		switch {
		case kinds[n] == 0 || kinds[n] == wire.ChangeLive:
			if s.spec = spec; kinds[n] != 0 {
				m.ask(opSettings, i, 0)
			}
		case s.state.alive():
			s.next, s.leaving = spec, false
		default:
			s.spec, s.leaving = spec, false
			m.ask(opDescribe, i, 0)
		}
	}
	m.relate()
	m.call()
	for n := range man.Services {
		if places[n] >= 0 && kinds[n] != 0 && kinds[n] != wire.ChangeLive {
			m.renew(int16(places[n]), now)
		}
	}
}

// dismiss ends a service that is not described any more.
func (m *machine) dismiss(i int16, now int64) {
	s := &m.services[i]
	if s.leaving {
		return
	}
	s.leaving, s.next, s.stopAsked, s.again, s.shed = true, nil, true, false, false
	if s.state.alive() {
		m.pull(i, trStop, now)
		return
	}
	m.enter(i, down, now)
}

// renew starts a service by its new description, once nothing of the old one runs.
func (m *machine) renew(i int16, now int64) {
	s := &m.services[i]
	s.streak, s.windowStart, s.shed, s.shedWait = 0, 0, false, 0
	if s.state.alive() {
		s.stopAsked, s.again = true, !s.called // or the next connection starts it
		m.pull(i, trStop, now)
		return
	}
	s.last, s.restarts, s.stopAsked = end{}, 0, false
	if s.called {
		m.enter(i, down, now)
		return
	}
	m.pull(i, trStart, now)
}

// emptied: service i is down. What is described anew is so from now on.
func (m *machine) emptied(i int16) {
	if s := &m.services[i]; s.next != nil {
		s.spec, s.next = s.next, nil
		m.ask(opDescribe, i, 0)
	}
}

// vacate gives the place of service i away; settle asks for it once it is down.
func (m *machine) vacate(i int16) { m.services[i] = service{spec: &vacant, state: down} }

// relate finds the needs of all services by their names.
func (m *machine) relate() {
	for i := range m.services[:m.count] {
		s := &m.services[i]
		spec := s.spec
		if s.next != nil {
			spec = s.next
		}
		s.needsCount, s.needsNetwork = 0, false
		for _, name := range spec.Needs {
			if name == wire.StageNetwork {
				s.needsNetwork = true
			} else if n := m.find(name); n >= 0 && s.needsCount < len(s.needs) {
				s.needs[s.needsCount] = int16(n)
				s.needsCount++
			}
		}
	}
}

// become brings the node to another manifest.
func (l *Loop) become(to *held, p *plan) {
	before := l.force.held
	l.force.held, l.manifest, l.problems = to, to.manifest, nil
	l.startClock()
	if before.manifest.Node != to.manifest.Node {
		l.setHostName(to.manifest.Node)
	}
	l.sayPlan(to, p)
	l.machine.become(to.manifest, &p.kinds, l.now)
	l.renewKnocks()
	if p.network {
		l.changeNet()
	}
}

// sayPlan tells what changes, in one line.
func (l *Loop) sayPlan(h *held, p *plan) {
	b := append(make([]byte, 0, 256), "generation "...)
	b = wire.AppendUint(b, h.generation)
	if h.sealed == nil {
		b = append(b[:0], "the image's"...)
	} else {
		b = append(append(b, " by "...), h.signer...)
	}
	b = append(b, " is in force"...)
	for i := range p.changes {
		separator := ", "
		if i == 0 {
			separator = ": "
		}
		b = append(append(append(append(b, separator...), p.changes[i].Name...), ' '), p.changes[i].What.String()...)
	}
	if p.network {
		b = append(b, "; links change"...)
	}
	l.console.say(l.now, "manifest: ", string(b))
}

// describe forgets what was resolved of service i, and resolves it anew.
func (l *Loop) describe(i int) {
	l.forget(i, false)
	l.resolveOne(i)
	l.renewKnocks() // it may have another port
}

// leave gives the place of service i away, and takes its marks, which had its name.
func (l *Loop) leave(i int) {
	l.forget(i, true)
	l.marks.drop(i)
	l.machine.vacate(int16(i))
}

// forget gives back what outlives a restart of service i. Its cgroup goes, so that the
// next one has its own limits and none of the old; its output stays while it has its
// name.
func (l *Loop) forget(i int, all bool) {
	st := &l.starts[i]
	l.sources.remove(rankCgroup, i)
	l.sources.remove(rankNotify, i)
	l.sources.remove(rankProbe, i)
	if st.cgroupFD > 0 {
		l.sys.Close(st.cgroupFD)
	}
	if st.hasCgroup {
		l.sys.Rmdir(cgroupServices + "/" + st.name) // EBUSY: its limits are written over
	}
	if st.notifyPath != "" {
		l.sys.Unlink(st.notifyPath)
	}
	outputs := st.outputs
	*st = start{name: st.name}
	if !all {
		st.outputs = outputs
		return
	}
	for n, fd := range outputs {
		if fd > 0 {
			l.sys.Close(fd)
			l.sources.remove(rankOutput, 2*i+n)
		}
	}
	st.name = ""
	l.rings[i] = nil
}

// settings writes the limits of service i while it runs. The kernel takes memory back
// inside such a write, which may be slow: so a worker makes it.
func (l *Loop) settings(i int) {
	st, spec := &l.starts[i], l.machine.services[i].spec
	if !st.hasCgroup {
		return
	}
	values := l.limitValues(&spec.Limits)
	lines := values[:len(values):len(values)]
	for n := range spec.Limits.IO {
		if line, errno := l.ioLimit(&spec.Limits.IO[n]); errno == 0 {
			lines = append(lines, limitValue{file: "io.max", value: line})
		}
	}
	_, errno := l.work(jobLimits, workerNsec, func(p *Program) {
		for n := range lines {
			v := &lines[n]
			p.at(v.file, KeepResult|MayFail|unix.SYS_OPENAT, cgroupServices+"/"+spec.Name+"/"+v.file, unix.O_WRONLY|unix.O_CLOEXEC, 0, 0)
			p.add(v.file, UseResult|MayFail|unix.SYS_WRITE, 0, p.bytes([]byte(v.value)), uintptr(len(v.value)), 0, 0)
			p.add(v.file, UseResult|MayFail|unix.SYS_CLOSE, 0, 0, 0, 0, 0)
		}
	})
	if errno != 0 {
		l.console.trouble(l.now, spec.Name+": change its limits", errno)
	}
}

// changeNet brings the links to what the manifest in force wants. The room begins anew
// with what it had leased; what the kernel has and nobody wants any more it takes away.
func (l *Loop) changeNet() {
	for slot := range rankSlots[rankPacket] {
		l.sources.remove(rankPacket, slot)
	}
	l.sources.remove(rankLink, 0)
	l.sources.remove(rankLinkAck, 0)
	for i := range l.workers {
		if l.workers[i].job == jobLink {
			l.workers[i].job = jobNone // its answer is for the room as it was
		}
	}
	l.openLinks(l.wantedLinks(l.readWords()))
	l.links.net.TellRules()
	l.giveSecret()
}
