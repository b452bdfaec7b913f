package core

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// A panic is a bug of ours, and no reason to stop what runs. PID 1 tells the
// kernel's log its stack, leaves what it knows to itself in a sealed memfd, and
// executes its own program again: same process, same children, no trust in the
// old memory. Services keep their pipes, sockets and processes.
//
// It restarts the machine instead, and says why, when the panic came before the
// loop turned, when it is the second within a minute, and when handing over
// failed. legacy.go has what is handed over, adopt.go the other end.

// crash is what is known of panics of PID 1.
type crash struct {
	at    int64  // of the last one, 0: none
	count uint32 // since the machine's start
	// signals are those that came and were not taken yet.
	signals uint64
	// turning: the loop has begun, so there is something to hand over.
	turning bool
	// deciding: the event at the queue's head is being decided.
	deciding bool
}

// guard keeps a panic from ending PID 1, which would end the kernel.
func (l *Loop) guard(run func()) {
	defer func() {
		if r := recover(); r != nil {
			l.panicked(r)
		}
	}()
	run()
}

// panicked tells the kernel's log what happened, with the stack, and hands over.
func (l *Loop) panicked(r any) {
	defer func() {
		if recover() != nil {
			l.restart("PID 1 panics while it handles a panic")
		}
	}()
	text := "unknown"
	switch v := r.(type) {
	case error:
		text = v.Error()
	case string:
		text = v
	}
	l.sayKernel("PID 1 panics: " + text)
	l.sayStack()
	now := l.sys.Now()
	again := l.crash.count > 0 && now-l.crash.at < crashAgainNsec
	l.crash.at = now
	l.crash.count++
	switch {
	case !l.crash.turning:
		l.restart("PID 1 panics before its loop turns")
	case again:
		l.restart("PID 1 panics for the second time within a minute")
	default:
		if errno := l.handOver(); errno != 0 {
			l.restart("PID 1 can't execute itself again: " + errnoName(errno))
		}
	}
}

// sayStack writes the stack of the panic, a line each.
func (l *Loop) sayStack() {
	var stack [4096]byte
	line := stack[:runtime.Stack(stack[:], false)]
	for len(line) > 0 {
		n := 0
		for n < len(line) && line[n] != '\n' {
			n++
		}
		l.sayKernel(string(line[:n]))
		line = line[min(n+1, len(line)):]
	}
}

// restart says why and restarts the machine. It returns only in the simulator.
func (l *Loop) restart(reason string) {
	l.sayKernel("reboot: " + reason)
	l.keepReason(reason)
	for !l.over {
		l.sys.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
	}
}

// sayKernel writes a line into the kernel's log, from where it reaches every
// console and pstore. Priority 2 is critical, facility 3 a daemon.
func (l *Loop) sayKernel(text string) { l.writeKernel("<26>mote: " + text) }

// noteKernel writes one that only records: priority 5 is notice.
func (l *Loop) noteKernel(text string) { l.writeKernel("<29>mote: " + text) }

func (l *Loop) writeKernel(line string) {
	fd, errno := l.sys.Open("/dev/kmsg", unix.O_WRONLY, 0)
	if errno != 0 {
		return
	}
	l.sys.Write(fd, []byte(line))
	l.sys.Close(fd)
}

// appendLegacy gives the legacy as legacy.go describes it; false when a table of
// the loop does not fit, or holds what can't be.
func (l *Loop) appendLegacy() ([]byte, bool) {
	size := legacyHeadSize + legacyTableMax + len(l.force.held.sealed)
	if l.force.try.until != 0 {
		size += len(l.force.try.before.sealed)
	}
	all := make([]byte, size)
	c := coder{b: all[legacyHeadSize:]}
	l.codeLegacy(&c)
	all = all[:legacyHeadSize+c.at]
	for i := range l.rings {
		if l.rings[i] != nil {
			all = append(all, l.rings[i].data[:]...)
		}
	}
	head := coder{b: all[:legacyHeadSize]}
	head.number(legacyVersion)
	head.number(int64(sum(sumSeed, all[legacyHeadSize:])))
	head.number(int64(l.manifestSum))
	head.number(int64(c.at))
	return all, !c.bad
}

// handOver writes the legacy and executes PID 1's program again. It may
// allocate: whatever it takes is gone with the exec.
func (l *Loop) handOver() Errno {
	l.crash.signals |= l.sys.Signals()
	all, ok := l.appendLegacy()
	if !ok {
		return unix.EOVERFLOW
	}
	fd, errno := l.sys.Memfd()
	if errno != 0 {
		return errno
	}
	for rest := all; len(rest) > 0; {
		n, errno := l.sys.Write(fd, rest)
		if errno != 0 && errno != unix.EINTR {
			l.sys.Close(fd)
			return errno
		}
		rest = rest[n:]
	}
	if errno := l.keep(true); errno != 0 {
		l.sys.Close(fd)
		return errno
	}
	return l.sys.HandOver(fd)
}

// keep says of every descriptor in the legacy whether it outlives the exec.
func (l *Loop) keep(yes bool) Errno {
	if l.watchdog.fd >= 0 {
		if errno := l.sys.Keep(l.watchdog.fd, yes); errno != 0 {
			return errno
		}
	}
	for _, r := range keptRanks {
		for at := range rankSlots[r] {
			fd := l.sources.fd(r, at)
			if fd < 0 || at >= servicesMax && (r == rankExit || r == rankReport) {
				continue
			}
			if errno := l.sys.Keep(fd, yes); errno != 0 {
				return errno
			}
		}
	}
	for i := range l.starts[:l.machine.count] {
		for _, fd := range l.starts[i].outputs {
			if fd <= 0 {
				continue
			}
			if errno := l.sys.Keep(fd, yes); errno != 0 {
				return errno
			}
		}
	}
	return 0
}
