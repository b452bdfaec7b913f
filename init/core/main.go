// Package core is the loop of PID 1 and what stands directly around it: time,
// children, services, workers, marks, the control socket, and the order of the
// rooms.
//
// Always true here: one goroutine, one epoll set; nothing that waits but
// EpollWait; nothing grows past limits.go; an error is said and lived with, and
// never ends the loop.
package core

import (
	"runtime"

	"mote/hw"
	netcfg "mote/net"

	"golang.org/x/sys/unix"
)

// Version is this release of Mote.
const Version = "0.1.0"

// releaseSec is a time before which this release can't run, in s since 1970: the
// clock is never left behind it. It goes with Version.
const releaseSec = 1_764_028_800 // 2025-11-25

// Main is PID 1's whole program. It never returns.
func Main() {
	sys := &Linux{}
	mainAt := sys.Now() // first of all: what comes before it belongs to the runtime's start
	runtime.LockOSThread()
	if unix.Getpid() != 1 {
		sys.Write(2, []byte("init: this is Mote's PID 1, which the kernel starts; boot it with \"make run\"\n"))
		exitNow(2)
	}
	runtime.GOMAXPROCS(1)
	l := New(sys, Rooms{HW: hw.Linux{Held: true}, Net: netcfg.Linux{}})
	at := entryNsec()
	if at == 0 {
		at = mainAt
	}
	if fd, ok := sys.Inherited(); ok {
		l.guard(func() { l.Adopt(fd) })
	} else {
		l.marks.set(at, markInit, -1)
		l.marks.set(mainAt, markMain, -1)
		l.guard(l.Boot)
	}
	for {
		l.guard(l.Run)
	}
}
