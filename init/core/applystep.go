package core

import (
	"mote/fs"
	"mote/wire"

	"golang.org/x/sys/unix"
)

// A manifest on its way into the state area, step by step; and out of it, at boot.
//
//	dropping ──▶ writing ──▶ recording ──▶ in force, staged, or tried
//	(only where the pending one's slot is needed)
//
// Always true here: a step begins when the one before it is flushed. stepApply looks
// at what is there, so it can be called at any time, any number of times.

// keepApply begins to keep what was judged. Where there is no state area it leaves the
// phase at none.
func (l *Loop) keepApply() {
	a := &l.apply
	if l.area.word == "" {
		return
	}
	record := l.record()
	slot, first := record.freeSlot(l.force.held.place, l.byImage(&l.force.held.key))
	a.next.place = keptPlace{slot: slot, generation: a.next.generation, length: len(a.next.sealed), sum: sum(sumSeed, a.next.sealed)}
	if first != record {
		a.want = first
		l.putRecord()
		a.phase = applyDropping
		return
	}
	a.phase = applyWriting
	l.stepApply()
}

// putRecord asks for the record to be kept.
func (l *Loop) putRecord() {
	c := coder{b: l.scratch[:keptRecordBytes]}
	l.apply.want.code(&c)
	l.areaPut(fs.StateManifest, c.b, true)
	l.keepArea()
}

// recorded tells whether the record stands on the disk; failed that it won't.
func (l *Loop) recorded() (done, failed bool) {
	w := &l.area.want[fs.StateManifest]
	switch {
	case !w.dirty && readKept(l.area.values.Get(fs.StateManifest)) == l.apply.want:
		return true, false
	case !w.dirty, l.area.phase != areaOpen:
		return false, true
	case l.area.quietUntil > l.now: // it takes no writes: this one never began
		w.length, w.dirty = copy(w.content[:], l.area.values.Get(fs.StateManifest)), false
		return false, true
	}
	return false, false
}

// stepApply goes on with what is under way, after a worker of the area has ended.
func (l *Loop) stepApply() {
	a := &l.apply
	switch a.phase {
	case applyDropping:
		if done, failed := l.recorded(); failed {
			l.failApply("the record of manifests could not be written")
		} else if done {
			a.phase = applyWriting
			l.stepApply()
		}
	case applyWriting:
		if !a.begun && !l.areaBusy() {
			l.writeSlot()
		}
	case applyRecording:
		if done, failed := l.recorded(); failed {
			l.failApply("the record of manifests could not be written; the next boot may take either one")
		} else if done {
			l.endApply()
		}
	}
}

// applyTick gives up what nobody sends any more.
func (l *Loop) applyTick() {
	if a := &l.apply; a.phase == applyReceiving && (l.sources.fd(rankConn, a.conn) < 0 || l.sources.gen(rankConn, a.conn) != a.gen) {
		*a = apply{memfd: -1}
	}
	l.stepApply()
}

// writeSlot has a worker copy the envelope from a memfd to its slot, and flush it.
func (l *Loop) writeSlot() {
	a := &l.apply
	errno := l.fillMemfd(a.next.sealed)
	if errno == 0 {
		blocks := (len(a.next.sealed) + fs.StateBlockBytes - 1) / fs.StateBlockBytes
		var w *worker
		w, errno = l.work(jobSlot, workerNsec, func(p *Program) {
			buffer := p.room(fs.StateBlockBytes)
			p.at("open", KeepResult|unix.SYS_OPENAT, l.area.path, unix.O_WRONLY|unix.O_CLOEXEC, 0, 0)
			for n := range blocks {
				from := uintptr(n * fs.StateBlockBytes)
				p.add("read", WholeResult|unix.SYS_PREAD64, uintptr(a.memfd), buffer, fs.StateBlockBytes, from, 0)
				p.add("write", UseResult|WholeResult|unix.SYS_PWRITE64, 0, buffer, fs.StateBlockBytes, uintptr(fs.ManifestOffset(a.next.place.slot))+from, 0)
			}
			p.add("flush", UseResult|unix.SYS_FDATASYNC, 0, 0, 0, 0, 0)
		})
		if errno == 0 {
			w.area, a.begun = true, true
			return
		}
	}
	l.failApply("it could not be written: " + errnoName(errno))
}

// fillMemfd puts an envelope into a new memfd, in whole blocks.
func (l *Loop) fillMemfd(sealed []byte) Errno {
	a := &l.apply
	fd, errno := l.sys.Memfd()
	if errno != 0 {
		return errno
	}
	a.memfd = fd
	padding := -len(sealed) & (fs.StateBlockBytes - 1)
	clear(l.scratch[:padding])
	for _, rest := range [...][]byte{sealed, l.scratch[:padding]} {
		for len(rest) > 0 {
			n, errno := l.sys.Write(fd, rest)
			if errno != 0 && errno != unix.EINTR {
				return errno
			}
			rest = rest[n:]
		}
	}
	return 0
}

// slotWritten: the worker ended, or does not answer.
func (l *Loop) slotWritten(w *worker) {
	a := &l.apply
	switch {
	case a.phase != applyWriting:
		return
	case w.errno == unix.ENOSPC:
		l.failApply("the device of the state area is too small for manifests; it needs " + wire.Decimal(fs.StateAreaBytes) + " bytes")
		return
	case w.errno != 0:
		l.failApply("it could not be written: " + errnoName(w.errno))
		return
	}
	a.want = l.record()
	a.want.newest = a.next.generation
	switch a.mode {
	case wire.ApplyStaged, wire.ApplyTry:
		a.want.pending, a.want.trying = a.next.place, a.mode == wire.ApplyTry
	default:
		a.want.current, a.want.previous, a.want.pending, a.want.trying = a.next.place, l.force.held.place, keptPlace{}, false
	}
	l.putRecord()
	a.phase = applyRecording
}

// failApply tells who waits that nothing has changed. A try whose confirmation can't be
// kept goes back.
func (l *Loop) failApply(why string) {
	a := &l.apply
	wrong := refusal(wire.CodeNotKept, why, "look at the state area in status")
	if a.verb == wire.VerbConfirm {
		l.force.try.until = l.now
	}
	l.console.say(l.now, "trouble: manifest: generation ", wire.Decimal(a.next.generation), ": ", why)
	l.audit(a.next, a.verb.String(), "failed: "+why)
	l.tellApply(nil, wrong)
}

// endApply: it is kept, so it counts from now on.
func (l *Loop) endApply() {
	a := &l.apply
	if a.verb == wire.VerbConfirm {
		l.confirmed()
		l.tellApply(nil, nil)
		return
	}
	l.tellApply(l.takeForce(), nil)
}

// takeForce brings what was judged, and kept where it can be, into force.
func (l *Loop) takeForce() *wire.Applied {
	a := &l.apply
	body := l.applied(a.next, a.plan, a.next.place.slot != 0)
	l.force.newest = a.next.generation
	asked := "apply " + a.mode.String()
	if a.mode == wire.ApplyStaged {
		l.audit(a.next, asked, "kept for the next boot")
		l.console.say(l.now, "manifest: generation ", wire.Decimal(a.next.generation), " by ", a.next.signer, " is staged for the next boot")
		return body
	}
	before := l.force.held
	l.audit(a.next, asked, "in force")
	l.become(a.next, a.plan)
	if a.mode == wire.ApplyTry {
		l.force.try = try{until: l.now + a.tryNsec, before: before}
		body.UntilNsec = uint64(l.force.try.until)
	}
	a.next = nil
	return body
}

// tellApply answers who waits, if it is still there, and ends the apply.
func (l *Loop) tellApply(body *wire.Applied, wrong *wire.ReplyError) {
	a := &l.apply
	if l.sources.fd(rankConn, a.conn) >= 0 && l.sources.gen(rankConn, a.conn) == a.gen {
		l.replyLater(a.conn, a.id, body, wrong)
	}
	l.releaseApply()
	*a = apply{memfd: -1}
}

// releaseApply closes what an apply holds.
func (l *Loop) releaseApply() {
	if a := &l.apply; a.memfd >= 0 {
		l.sys.Close(a.memfd)
		a.memfd = -1
	}
}

// tryLate goes back when the time of a try has passed.
func (l *Loop) tryLate() {
	if l.force.try.until == 0 || l.force.try.until > l.now || l.machine.shutdown.goal != goalNone || l.apply.phase > applyReceiving {
		return
	}
	tried, before := l.force.held, l.force.try.before
	l.force.try = try{}
	l.audit(tried, "try", "not confirmed in time; generation "+wire.Decimal(before.generation)+" is in force again")
	l.console.say(l.now, "manifest: generation ", wire.Decimal(tried.generation), " was not confirmed in time, going back")
	l.become(before, planOf(tried, before, l.refused))
	if l.area.phase == areaOpen { // the boot after this would do the same
		l.apply.want = l.record()
		l.apply.want.pending, l.apply.want.trying = keptPlace{}, false
		l.putRecord()
	}
}
