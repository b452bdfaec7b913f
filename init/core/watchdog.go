package core

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// The watchdog restarts the machine when nobody feeds it, whatever hangs: PID 1,
// a driver, the kernel. Only the slow tick asks for food, and only the end of a
// whole turn after it gives it, if the loop is sound. So neither a loop that
// stands still nor one that turns without getting anywhere keeps it quiet. See
// the kernel's Documentation/watchdog/watchdog-api.rst.

const (
	watchdogNode  = "/dev/watchdog"
	watchdogClass = "/sys/class/watchdog/watchdog"
	// watchdogSoft is the kernel's own timer, which a kernel that hangs takes along:
	// used where there is no other.
	watchdogSoft = "Software Watchdog"
)

// watchdog is what the loop knows of it.
type watchdog struct {
	fd         int32 // −1: none
	timeoutSec int32
	due        bool // the tick came: this turn feeds it
	unsound    bool // it was said that the loop is not sound
	last       bool // the kernel was asked to end the machine: it is not fed any more
}

// openWatchdog opens the first in hardware, or else the kernel's own, and says
// which; from then on the machine restarts when the loop stands still.
func (l *Loop) openWatchdog() {
	at, name := -1, ""
	for n := range watchdogsMax {
		var identity string
		errno := insist(func() (errno Errno) {
			identity, errno = l.readFile(watchdogClass + string(wire.AppendInt(nil, int64(n))) + "/identity")
			return errno
		})
		if errno != 0 {
			continue
		}
		if at < 0 || name == watchdogSoft {
			at, name = n, identity
		}
	}
	if at < 0 {
		l.console.say(l.now, "trouble: no watchdog: a hang of this node will not restart it")
		return
	}
	path := watchdogNode + string(wire.AppendInt(nil, int64(at)))
	var fd int32
	errno := insist(func() (errno Errno) {
		fd, errno = l.sys.Open(path, unix.O_WRONLY, 0)
		return errno
	})
	if errno != 0 { // EBUSY: somebody else holds it
		l.console.trouble(l.now, "open "+path+" ("+name+")", errno)
		return
	}
	l.watchdog.fd = fd
	timeoutSec, errno := l.sys.WatchdogTimeout(fd, watchdogSec)
	if errno != 0 {
		l.console.trouble(l.now, "set "+path+" ("+name+") to "+string(wire.AppendInt(nil, watchdogSec))+" s; fed all the same", errno)
		return
	}
	l.watchdog.timeoutSec = timeoutSec
	l.console.say(l.now, "watchdog: ", name, ", ", string(wire.AppendInt(nil, int64(timeoutSec))), " s")
}

// feed ends a turn after the tick. A write that fails is tried again by the next.
func (l *Loop) feed() {
	w := &l.watchdog
	if w.fd < 0 || !w.due || w.last {
		return
	}
	if !l.sound() {
		if !w.unsound {
			l.console.say(l.now, "fault: the loop is not sound; the watchdog is not fed")
		}
		w.unsound = true
		return
	}
	w.unsound = false
	if _, errno := l.sys.Write(w.fd, l.scratch[:copy(l.scratch[:], "\n")]); errno == 0 {
		w.due = false
	}
}

// sound tells whether the turn that ends did what a turn is for: nothing that
// was due long ago is left, every service is in some state, and the loop will be
// woken for the next tick.
func (l *Loop) sound() bool {
	if next := l.machine.next(); next != 0 && next < l.now-overdueNsec {
		return false
	}
	for i := range l.machine.services[:l.machine.count] {
		if s := l.machine.services[i].state; s == forgotten || s >= statesCount {
			return false
		}
	}
	return l.sources.fd(rankTimer, 0) >= 0 && l.sources.fd(rankSignal, 0) >= 0 &&
		l.machine.opsCount == 0 && l.armed != 0 && l.armed <= l.tickAt && !l.full()
}

// dismissWatchdog stops it before the machine is turned off: one that went on
// by its own battery would turn it on again. A restart keeps it: a kernel that
// hangs on its way down is restarted too.
func (l *Loop) dismissWatchdog() {
	if l.watchdog.fd < 0 {
		return
	}
	l.sys.Write(l.watchdog.fd, l.scratch[:copy(l.scratch[:], "V")]) // the magic close
	l.sys.Close(l.watchdog.fd)
	l.watchdog.fd = -1
}
