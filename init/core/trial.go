package core

import (
	"mote/fs"
	"mote/wire"
)

// A release on trial: one that was never ready on this node, where another one was.
// It has trialNsec to get ready; past that the machine is restarted, without giving
// the loader its try back, so after three of them comes the other slot. A release
// that was ready here once is never restarted so: what keeps it from ready now (a
// cable, a server) is not mended by another one. Nor is one where the loader does not
// count, or where no other release was ready: there is nothing to go back to.
//
// Always true here: the release is known by the kernel's signed words, which hold
// the hash of its root; the two that were ready last are kept, one for each slot,
// beside the security counter and in one record with it. A node without a state area
// can't tell, and waits.
type trial struct {
	release uint64 // the sum of the kernel's words
	asked   bool   // whether the loader counts
}

// slotsKept is what fs.StateSlots holds. A release that knows only the counter reads
// its eight bytes, and finds nothing wrong behind them.
type slotsKept struct {
	counter uint64    // the highest security counter that was accepted; 0: none
	ready   [2]uint64 // the releases that were ready last, the newest first; 0: none
}

const slotsKeptBytes = 3 * 8

func (k *slotsKept) code(c *coder) {
	k.counter = uint64(c.number(int64(k.counter)))
	for i := range k.ready {
		k.ready[i] = uint64(c.number(int64(k.ready[i])))
	}
}

// slots is what is kept of releases.
func (l *Loop) slots() (k slotsKept) {
	k.code(&coder{b: l.area.values.Get(fs.StateSlots), reading: true})
	return k
}

// keepSlots keeps of a node that is ready that this release was, and its counter if
// it is the highest so far.
func (l *Loop) keepSlots() {
	if l.area.phase != areaOpen || !l.machine.isReady {
		return
	}
	k := l.slots()
	was := k
	k.counter = max(k.counter, l.counter.image)
	if release := l.trial.release; k.ready[0] != release {
		k.ready[0], k.ready[1] = release, k.ready[0]
	}
	if k != was {
		c := coder{b: l.scratch[:slotsKeptBytes]}
		k.code(&c)
		l.areaPut(fs.StateSlots, c.b, true)
	}
}

// onTrial tells whether this release has yet to get ready here for the first time,
// where another one was.
func (l *Loop) onTrial() bool {
	if l.area.phase != areaOpen || l.machine.isReady {
		return false
	}
	k := l.slots()
	return k.ready[0] != 0 && k.ready[0] != l.trial.release && k.ready[1] != l.trial.release
}

// sayTrial tells of a trial as soon as it is known that there is one.
func (l *Loop) sayTrial() {
	if l.onTrial() {
		l.console.say(l.now, "on trial: this release was never ready here; it is restarted unless it is within ",
			string(wire.AppendInt(nil, trialNsec/(60*sec))), " min")
	}
}

// watchTrial asks the loader's count when the trial has lasted too long.
func (l *Loop) watchTrial() {
	if l.now >= trialNsec && !l.trial.asked && l.onTrial() {
		l.trial.asked = true
		l.tries = tries{due: jobFirmware, memfd: -1}
	}
}

// endTrial restarts the machine if the loader counts, now that it is known.
func (l *Loop) endTrial(counted bool) {
	if !counted || !l.onTrial() {
		return
	}
	reason := "a release on trial was not ready in time"
	l.area.kept.boot.reason.set(reason)
	l.console.say(l.now, reason, "; restarting, three times until the loader takes the other slot")
	l.push(evShutdown, -1, 0, int64(goalReboot))
}
