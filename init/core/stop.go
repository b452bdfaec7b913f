package core

import "golang.org/x/sys/unix"

// What people expect of the signals of PID 1:
//
//	SIGTERM  power off  (a machine manager or a container engine ends us)
//	SIGINT   reboot     (the kernel sends it for Ctrl-Alt-Del)
//	SIGPWR   power off  (an uninterruptible power supply runs out)
//
// The power key powers off. The others do nothing, and kill nobody.

// cad counts presses of Ctrl-Alt-Del: cadPresses within cadNsec mean that
// somebody does not want to wait.
type cad struct {
	since int64
	count int
}

// takeSignals empties the pipe, which only wakes, and takes the pending set.
func (l *Loop) takeSignals(fd int32) {
	if _, errno := l.sys.Read(fd, l.scratch[:]); errno != 0 && errno != unix.EAGAIN && errno != unix.EINTR {
		l.barren = true // it stays readable; the slow tick reaps meanwhile
	}
	set := l.sys.Signals()
	l.shutdownBySignals(set)
	if set&(1<<uint(unix.SIGINT)) == 0 {
		return
	}
	if l.now-l.cad.since > cadNsec {
		l.cad = cad{since: l.now}
	}
	if l.cad.count++; l.cad.count >= cadPresses {
		l.console.say(l.now, "Ctrl-Alt-Del pressed again and again: reboot now")
		l.end(goalReboot)
	}
}

// shutdownBySignals does what a set of signals asks for.
func (l *Loop) shutdownBySignals(set uint64) {
	has := func(sig unix.Signal) bool { return set&(1<<uint(sig)) != 0 }
	if has(unix.SIGCHLD) {
		l.look = true
	}
	if has(unix.SIGTERM) || has(unix.SIGPWR) {
		l.push(evShutdown, -1, 0, int64(goalPowerOff))
	}
	if has(unix.SIGINT) {
		l.push(evShutdown, -1, 0, int64(goalReboot))
	}
}
