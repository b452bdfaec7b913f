package core

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// Adopt takes over what an earlier program of this PID 1 left in memfd: the other
// end of handOver. It stands in the place of Boot. What is not in the legacy is
// read from the kernel; then the loop goes on as if it had been away for long.
func (l *Loop) Adopt(memfd int32) {
	began := l.sys.Now()
	l.now = began
	l.sys.Hold()
	l.openFirst()
	l.openSources()
	l.loadManifest()
	l.resolve()
	if wrong := l.readLegacy(memfd); wrong != "" {
		l.restart("what PID 1 left to itself can't be used: " + wrong)
		return
	}
	if errno := l.keep(false); errno != 0 {
		l.restart("a descriptor that PID 1 left to itself: " + errnoName(errno))
		return
	}
	words := l.readWords()
	l.startNet(words)
	if what, errno := l.openCgroups(); errno != 0 {
		l.console.trouble(l.now, what, errno)
	}
	if l.watchdog.fd < 0 {
		l.openWatchdog()
	}
	l.readCounter(words)
	l.adoptArea(words)
	l.giveSecret()
	l.tickAt, l.watchdog.due = l.now+tickNsec, true
	l.watchdog.last = l.machine.shutdown.phase == phaseEnd
	l.reconcile()
	l.openView() // what fails is tried again by the next start
	if l.sources.fd(rankListen, 0) < 0 {
		l.openControl()
	}
	l.openKnocks()
	l.look = true
	l.resume()
	l.now = l.sys.Now()
	l.console.say(l.now, "PID 1 crashed and took over again in ",
		string(appendMsec(nil, l.now-l.crash.at, 0)), " ms; the kernel's log has its stack")
	l.crash.turning = true
	l.flush()
	l.arm()
}

// readLegacy reads and checks all of it; the text says what is wrong.
func (l *Loop) readLegacy(fd int32) string {
	all := make([]byte, legacyHeadSize+legacyTableMax+2*wire.EnvelopeSizeMax+ringsCount*ringBytes+1)
	n := 0
	errno := insist(func() (errno Errno) {
		n, errno = l.sys.ReadAt(fd, all, 0)
		return errno
	})
	l.sys.Close(fd)
	if errno != 0 {
		return errnoName(errno)
	}
	all = all[:n]
	head := coder{b: all[:min(n, legacyHeadSize)], reading: true}
	version, check, manifest, size := head.number(0), head.number(0), head.number(0), head.number(0)
	switch {
	case head.bad || size < 0 || size > int64(n-legacyHeadSize):
		return "it is cut short"
	case version != legacyVersion:
		return "it is of another version"
	case uint64(check) != sum(sumSeed, all[legacyHeadSize:]):
		return "its checksum is wrong"
	case uint64(manifest) != l.manifestSum:
		return "the manifest is another"
	}
	rings := all[legacyHeadSize+size:]
	c := coder{b: all[legacyHeadSize : legacyHeadSize+size], reading: true}
	l.codeLegacy(&c)
	for i := range l.rings {
		if l.rings[i] != nil && len(rings) >= ringBytes {
			rings = rings[copy(l.rings[i].data[:], rings):]
		}
	}
	if c.bad || c.at != len(c.b) || len(rings) != 0 {
		return "its table does not hold together"
	}
	return ""
}

// reconcile brings what was known of the services together with what is there:
// an event or an op of the turn that crashed is found again by looking.
func (l *Loop) reconcile() {
	for i := range l.machine.services[:l.machine.count] {
		s, st := &l.machine.services[i], &l.starts[i]
		if st.hasCgroup {
			if errno := insist(func() Errno { return l.watchCgroup(i) }); errno != 0 {
				l.console.trouble(l.now, s.spec.Name+": "+st.what, errno)
			}
		}
		if st.pid == 0 { // it was reaped, and the crash came before these went
			l.sources.remove(rankReport, i)
			l.sources.remove(rankExit, i)
		} else if l.sources.fd(rankExit, i) < 0 {
			l.rewatchChild(i)
		}
		switch {
		case s.cloning && st.pid != 0:
			l.push(evCloned, i, 0, int64(st.pid))
		case s.cloning && st.hasCgroup && l.populated(i):
			// Something of it lives, and not what was cloned: it goes, and another
			// comes. So it is said of a cgroup that can't be read now, too.
			s.cloning, s.populated, s.end = false, true, end{kind: endClone, errno: unix.EAGAIN}
			l.push(evExit, i, 0, restFlag)
		case s.cloning:
			s.cloning = false // the crash came before its clone: it starts now, needs allowing
			l.machine.enter(int16(i), waiting, l.now)
		case s.alive && st.pid == 0:
			value := st.ended
			if l.populated(i) {
				value |= restFlag
			}
			l.push(evExit, i, 0, value)
		case !s.alive && s.populated && !l.populated(i):
			l.push(evEmpty, i, 0, 0)
		}
		switch {
		case s.state == starting && st.pid != 0 && l.sources.fd(rankReport, i) < 0:
			l.push(evExec, i, 0, 0)
		case s.state == stopping && !st.termed:
			l.term(i)
		case s.state == killing || s.state == stuck:
			s.killAt = l.now
		}
	}
}

// rewatchChild: the crash came after service i was cloned and before its pidfd
// was watched. Nobody has reaped it, so the number is still its own.
func (l *Loop) rewatchChild(i int) {
	errno := insist(func() Errno {
		fd, errno := l.sys.PidfdOpen(l.starts[i].pid)
		if errno != 0 {
			return errno
		}
		if errno = l.sources.add(rankExit, i, fd, unix.EPOLLIN); errno != 0 {
			l.sys.Close(fd)
		}
		return errno
	})
	if errno != 0 {
		l.machine.services[i].killAt = l.now // as watchChild does; wait4 sees its end
	}
}

// rewatchCgroups opens the cgroups of services that run and whose cgroup could
// not be opened when PID 1 took over; until then none of them is seen empty.
func (l *Loop) rewatchCgroups() {
	for i := range l.machine.services[:l.machine.count] {
		if l.starts[i].cgroupFD <= 0 && l.machine.services[i].state.alive() && l.watchCgroup(i) == 0 {
			l.takeCgroup(i) // it may have become empty meanwhile
		}
	}
}

// resume does again what belongs to the node rather than to a service.
func (l *Loop) resume() {
	l.shutdownBySignals(l.crash.signals)
	l.crash.signals = 0
	switch d := &l.machine.shutdown; {
	case d.phase == phaseSync:
		l.sys.KillAll(uint8(unix.SIGKILL))
		l.sync()
	case d.goal == goalNone && l.workersFD >= 0:
		// Nobody waits any more for what they do, and all of it is asked again.
		l.writeFile(cgroupWorkers+"/cgroup.kill", "1")
	}
	l.keepArea()
	l.followKept()
	if !l.machine.isReady {
		return
	}
	if !l.marks.closed {
		l.ready()
		return
	}
	l.settleIn()
}
