package core

import (
	"mote/fs"
	"mote/wire"
)

// What PID 1 keeps in the state area: its boots, its crashes, and the time.
//
//	boot     count, ready, how it ended, the kernel's boot id, the reason's text
//	clock    the last time that was believed, in s since 1970
//	crashes  of PID 1 in all, the boot of the last one
//
// Every number takes eight bytes, every text its length before it. A later release
// may append; what is behind is ignored.

// kept is what this boot knows of them.
type kept struct {
	_         [0]func() // never compared: the compiler would write how
	boot      bootRecord
	last      bootRecord // of the boot before; count 0: none is known
	lastEnded string     // how that ended, in words
	crashes   int64      // of earlier boots and of this one before it was opened
	lastCrash int64      // the boot of the last one
	floorSec  int64      // the clock was not earlier than this
	clockAt   int64      // when the time is kept again
}

// bootRecord tells of one boot.
type bootRecord struct {
	count     int64 // this one included, from 1
	readyNsec int64 // since the kernel's start, 0: it did not get ready
	ended     ending
	id        text // the kernel's boot_id
	reason    text
}

// ending is how a boot ended. Numbers are for ever: they are on disks.
type ending int64

const (
	endingUnknown  ending = iota // nobody came to say: power, watchdog, kernel
	endingPowerOff               // in order
	endingReboot                 // in order
	endingPanic                  // of PID 1, with its reason
	endingsCount
)

// text is a short text of a record.
type text struct {
	b      [64]byte
	length int
}

func (t *text) set(s string) { t.length = copy(t.b[:], s) }

func (t *text) code(c *coder) {
	t.length = c.within(t.length, len(t.b)+1)
	c.bytes(t.b[:t.length])
}

//go:noinline
func (t *text) String() string { return string(t.b[:t.length]) }

func (r *bootRecord) code(c *coder) {
	r.count, r.readyNsec = c.number(r.count), c.number(r.readyNsec)
	r.ended = ending(c.within(int(r.ended), int(endingsCount)))
	r.id.code(c)
	r.reason.code(c)
}

// tellLast puts how the boot before ended in words, once: a status allocates nothing.
func (k *kept) tellLast() {
	if k.lastEnded = ""; k.last.count > 0 {
		k.lastEnded = k.last.words()
	}
}

// words tells how the boot ended.
func (r *bootRecord) words() string {
	switch r.ended {
	case endingPowerOff:
		return "power off"
	case endingReboot:
		if r.reason.length > 0 {
			return "reboot: " + r.reason.String()
		}
		return "reboot"
	case endingPanic:
		return r.reason.String()
	}
	return "loss of power, a watchdog or a kernel panic"
}

// areaOpened takes up what earlier boots kept, and begins this one's record.
func (l *Loop) areaOpened() {
	k := &l.area.kept
	values := l.area.values
	if c := (coder{b: values.Get(fs.StateBoot), reading: true}); len(c.b) > 0 {
		k.last.code(&c)
		if c.bad || k.last.count < 0 {
			k.last = bootRecord{}
		}
	}
	k.tellLast()
	c := coder{b: values.Get(fs.StateCrashes), reading: true}
	k.crashes, k.lastCrash = c.number(0), c.number(0)
	c = coder{b: values.Get(fs.StateClock), reading: true}
	k.floorSec = c.number(0)
	l.raiseClock(k.floorSec)
	k.boot = bootRecord{count: k.last.count + 1}
	if id, errno := l.readFile("/proc/sys/kernel/random/boot_id"); errno == 0 {
		k.boot.id.set(id)
	}
	k.clockAt = l.now + clockKeepNsec
	l.keepBoot(true)
	switch {
	case k.last.ended == endingPanic: // which could write nothing else
		k.crashes++
		l.keepCrashes(k.last.count)
	case l.crash.count > 0:
		l.keepCrashes(k.boot.count)
	}
	if l.links.net != nil {
		l.links.net.TakeHints(values.Get(fs.StateLeases), l.now)
	}
	l.sayArea()
}

// keepBoot writes this boot's record.
func (l *Loop) keepBoot(urgent bool) {
	k := &l.area.kept
	if l.machine.isReady {
		k.boot.readyNsec = l.machine.readyAt
	}
	c := coder{b: l.scratch[:fs.StateContentMax]}
	k.boot.code(&c)
	l.areaPut(fs.StateBoot, c.b[:c.at], urgent)
}

// keepCrashes writes how often PID 1 has crashed, and in which boot last.
func (l *Loop) keepCrashes(boot int64) {
	k := &l.area.kept
	k.lastCrash = boot
	c := coder{b: l.scratch[:fs.StateContentMax]}
	c.number(k.crashes + int64(l.crash.count))
	c.number(k.lastCrash)
	l.areaPut(fs.StateCrashes, c.b[:c.at], true)
}

// keepClock writes the time, if it can be believed.
func (l *Loop) keepClock(urgent bool) {
	k := &l.area.kept
	k.clockAt = l.now + clockKeepNsec
	if l.links.clock.Served() && l.links.clock.SinceNsec == 0 {
		return // a better one is to come
	}
	now := l.sys.Clock() / sec
	if now <= k.floorSec || now > releaseSec+clockAheadSec {
		return
	}
	k.floorSec = now
	c := coder{b: l.scratch[:8]}
	c.number(now)
	l.areaPut(fs.StateClock, c.b, urgent)
}

// raiseClock sets the clock to a time that has passed for certain, where it is
// earlier: so a machine without a battery for its clock does not take certificates
// for not yet valid. It never sets it back.
func (l *Loop) raiseClock(floorSec int64) {
	if floorSec > releaseSec+clockAheadSec || l.sys.Clock() >= floorSec*sec {
		return
	}
	if errno := l.sys.SetClock(floorSec * sec); errno != 0 {
		l.console.trouble(l.now, "set the clock forwards", errno)
		return
	}
	l.console.say(l.now, "clock: behind, set forwards to ", string(wire.AppendInt(nil, floorSec)), " s since 1970")
}

// keepTick is the area's part of the slow tick.
func (l *Loop) keepTick() {
	l.lookArea()
	if l.area.phase != areaOpen {
		return
	}
	if l.now >= l.area.kept.clockAt {
		l.keepClock(false)
	}
	l.keepArea()
}

// keepEnd writes how this boot ends, in the phase of a shutdown that writes.
func (l *Loop) keepEnd() {
	a := &l.area
	if a.phase != areaOpen {
		return
	}
	a.kept.boot.ended = endingPowerOff
	if l.machine.shutdown.goal == goalReboot {
		a.kept.boot.ended = endingReboot
	}
	a.quietUntil = 0
	l.keepClock(true)
	l.keepBoot(true)
	l.keepArea()
}

// keepReason writes why PID 1 restarts the machine, and waits for it, as no turn
// comes any more: a worker is started, and looked for until its time is up.
func (l *Loop) keepReason(reason string) {
	a := &l.area
	if a.phase != areaOpen {
		return
	}
	a.phase = areaDead // what comes to a panic on this way must not come back to it
	b := &a.kept.boot
	b.ended = endingPanic
	b.reason.set(reason)
	c := coder{b: l.scratch[:fs.StateContentMax]}
	b.code(&c)
	for n := range a.want {
		a.values.Wrote(fs.StateKey(n), false)
	}
	put, block, at := a.values.Put(fs.StateBoot, c.b[:c.at], make([]byte, 0, fs.StateBlockBytes))
	if put != fs.StateWrite {
		return
	}
	w, errno := l.workArea(fs.StateBoot, block, at)
	if errno != 0 {
		return
	}
	for end := l.sys.Now() + reasonNsec; l.sys.Now() < end; {
		if pid, _, _ := l.sys.Wait(); pid == w.pid {
			return
		}
	}
}
