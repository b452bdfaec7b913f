package core

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// What the loop tells on its console, and the acts that consist of telling.

// up: service i is ready.
func (l *Loop) up(i int) {
	l.sources.remove(rankProbe, i)
	l.mark(markUp, i)
	s := &l.machine.services[i]
	var text [48]byte
	b := append(text[:0], " up in "...)
	b = append(appendMsec(b, l.now-s.startedAt, 0), " ms"...)
	l.console.say(l.now, s.spec.Name, string(b))
}

// tell: a service ended, and what follows.
func (l *Loop) tell(o op) {
	i, next, wait := int(o.service), state(o.value&(1<<tellShift-1)), o.value>>tellShift
	l.sources.remove(rankProbe, i)
	s := &l.machine.services[i]
	if s.called && next == done {
		return // it left as it does each time, until somebody knocks
	}
	var text [160]byte
	b := append(text[:0], ": "...)
	b = l.appendEnd(b, i)
	switch next {
	case backoff:
		b = append(b, "; restart "...)
		b = wire.AppendUint(b, uint64(s.restarts))
		if wait > 0 {
			b = appendWait(append(b, " in "...), wait)
		} else {
			b = append(b, " now"...)
		}
	case failed:
		b = append(b, "; not started again"...)
	case down:
		b = append(b, "; stopped"...)
	case stuck:
		b = append(b, "; a process of it does not die"...)
	}
	l.console.say(l.now, s.spec.Name, string(b))
}

// appendEnd writes how service i ended last: "exit status 3".
func (l *Loop) appendEnd(b []byte, i int) []byte {
	e := &l.machine.services[i].last
	switch e.kind {
	case endExit:
		return wire.AppendInt(append(b, "exit status "...), int64(e.code))
	case endSignal:
		return append(append(b, "killed by "...), wire.SignalName(uint8(e.code))...)
	case endOOM:
		return append(b, "killed by the kernel, out of memory"...)
	case endExec, endClone:
		b = append(append(b, l.starts[i].what...), ": "...)
		return append(b, errnoName(e.errno)...)
	case endTimeout:
		return append(b, "not ready in time"...)
	case endRefused:
		return append(b, "its description was refused"...)
	}
	return append(b, "has not ended"...)
}

// fault: a cell of the table that can't be reached was reached.
func (l *Loop) fault(o op) {
	l.turns.faults++
	s, t := state(o.value>>8), trigger(o.value&0xff)
	l.console.say(l.now, "fault: service ", l.machine.services[o.service].spec.Name,
		" got ", t.String(), " while ", s.String(), "; ignored")
}

// ready: everything essential is up. What was put off for it comes now.
func (l *Loop) ready() {
	l.mark(markReady, -1)
	l.marks.closed = true
	l.sayReady()
	l.logMarks()
	l.settleIn()
}

// settleIn does what ready does not need, and what is done again after a crash.
func (l *Loop) settleIn() {
	l.lockMemory()
	if errno := l.sys.ReserveCPU(); errno != 0 {
		l.console.trouble(l.now, "reserve PID 1's share of a processor", errno)
	}
	l.leaf()
	l.openLate()
	l.last.due = jobCrashMount
	l.fetchLast()
	l.tries = tries{due: jobFirmware, memfd: -1}
	l.restoreTries()
	if l.area.phase == areaOpen {
		l.keepBoot(false)
		l.keepSlots()
		l.keepArea()
	}
}

// openLate opens what nothing that ready needs depends on; the slow tick tries
// again what could not be opened.
func (l *Loop) openLate() {
	if l.sources.fd(rankKernel, 0) < 0 {
		l.openKernel()
	}
	if l.sources.fd(rankPressure, 0) < 0 {
		l.openPressure()
	}
	if l.sources.fd(rankUevent, 0) < 0 {
		l.openUevents()
	} else if l.devices.missed {
		l.findButtons()
	}
}

// lockMemory keeps PID 1 from depending on the disk that its program is on. It
// reads what is not there yet, once, which is why it comes after ready.
func (l *Loop) lockMemory() {
	if errno := l.sys.LockMemory(); errno != 0 {
		l.console.trouble(l.now, "lock PID 1 in memory", errno)
	}
}

// sayReady prints the summary of the boot.
func (l *Loop) sayReady() {
	up, count := 0, 0
	for i := range l.machine.services[:l.machine.count] {
		s := &l.machine.services[i]
		if s.spec != &vacant {
			count++
		}
		if s.ready {
			up++
		}
	}
	name := l.manifest.Node
	if name == "" {
		name = "this node"
	}
	at := l.marks.at(markReady)
	var text [200]byte
	l.console.say(at, "ready: ", name, " runs Mote ", Version, ", ",
		string(wire.AppendInt(nil, int64(up))), " of ",
		string(wire.AppendInt(nil, int64(count))), " services up, ",
		string(l.appendAddresses(text[:0])))
	b := append(text[:0], "boot: "...)
	from := int64(0)
	for _, phase := range [...]struct {
		name string
		end  markKind
	}{{"kernel", markInit}, {"runtime", markMain}, {"mounts", markMounts}, {"sources", markLoop}, {"services", markReady}} {
		end := l.marks.at(phase.end)
		b = append(append(b, phase.name...), ' ')
		b = appendMsec(b, end-from, 0)
		if phase.end != markReady {
			b = append(b, ", "...)
		}
		from = end
	}
	l.console.more(string(append(b, " ms"...)))
}

// halt: a shutdown begins.
func (l *Loop) halt(g goal) {
	l.console.say(l.now, g.String(), ": stopping services")
}

// end is the machine's own. When the kernel refuses, decide asks again a second
// later, and the watchdog, which nobody feeds any more, restarts the machine.
func (l *Loop) end(g goal) {
	l.sayWritten()
	l.console.say(l.now, g.String())
	l.flush()
	cmd := unix.LINUX_REBOOT_CMD_RESTART
	if g == goalPowerOff {
		cmd = unix.LINUX_REBOOT_CMD_POWER_OFF
		if !l.watchdog.last {
			l.dismissWatchdog()
		}
	}
	errno := l.sys.Reboot(cmd)
	l.console.trouble(l.now, g.String(), errno)
	if l.watchdog.last = true; l.watchdog.fd < 0 && !l.over {
		l.openWatchdog()
	}
}
