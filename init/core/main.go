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

// Main is PID 1's whole program. It never returns.
func Main() {
	runtime.LockOSThread()
	sys := &Linux{}
	if unix.Getpid() != 1 {
		sys.Write(2, []byte("init: this is Mote's PID 1, which the kernel starts; boot it with \"make run\"\n"))
		exitNow(2)
	}
	mainAt := sys.Now()
	runtime.GOMAXPROCS(1)
	l := New(sys, Rooms{HW: hw.Linux{}, Net: netcfg.Linux{}})
	at := entryNsec()
	if at == 0 {
		at = mainAt
	}
	l.marks.set(at, markInit, -1)
	l.marks.set(mainAt, markMain, -1)
	l.guard(l.Boot)
	for {
		l.guard(l.Run)
	}
}

// guard keeps a panic from ending PID 1, which would end the kernel. What the
// loop knows can't be trusted any more then: it says why, and reboots.
func (l *Loop) guard(run func()) {
	defer func() {
		if r := recover(); r != nil {
			l.panicked(r)
		}
	}()
	run()
}

// panicked tells the kernel's log what happened, with the stack, and reboots.
func (l *Loop) panicked(r any) {
	text := "unknown"
	switch v := r.(type) {
	case error:
		text = v.Error()
	case string:
		text = v
	}
	l.sayKernel("mote: PID 1 panics: " + text)
	var stack [4096]byte
	line := stack[:runtime.Stack(stack[:], false)]
	for len(line) > 0 {
		n := 0
		for n < len(line) && line[n] != '\n' {
			n++
		}
		l.sayKernel("mote: " + string(line[:n]))
		line = line[min(n+1, len(line)):]
	}
	for {
		l.sys.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
	}
}

// sayKernel writes a line into the kernel's log, from where it reaches every
// console and pstore. Priority 2 is critical, facility 3 a daemon.
func (l *Loop) sayKernel(text string) {
	fd, errno := l.sys.Open("/dev/kmsg", unix.O_WRONLY, 0)
	if errno != 0 {
		return
	}
	l.sys.Write(fd, []byte("<26>"+text))
	l.sys.Close(fd)
}
