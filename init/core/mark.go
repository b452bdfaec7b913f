package core

import (
	"mote/wire"

	"golang.org/x/sys/unix"
)

// A mark is a named instant of boot, 16 bytes. Times are CLOCK_BOOTTIME in ns,
// so they count from the kernel's start.
type mark struct {
	nsec    int64
	kind    markKind
	_       uint8
	service int16 // an index, or −1
	_       int32
}

type markKind uint8

const (
	markKernel  markKind = iota // the kernel starts PID 1, by its own log
	markInit                    // PID 1's first instruction
	markMain                    // Go's runtime has started
	markMounts                  // essential file systems are mounted
	markLoop                    // the loop begins: sources are open
	markDevice                  // the first link that is wanted is there
	markNetwork                 // the stage network is ready
	markStart                   // a service was cloned
	markUp                      // a service is ready
	markReady                   // the node is ready
	marksKinds
)

var markNames = [marksKinds]string{
	markKernel: "kernel", markInit: "init", markMain: "main", markMounts: "mounts", markLoop: "loop",
	markDevice: "device", markNetwork: "network", markStart: "start", markUp: "up", markReady: "ready",
}

// marks are kept in the order in which they were set.
type marks struct {
	_       [0]func() // never compared: the compiler would write how
	list    [marksMax]mark
	count   int
	dropped uint64
	closed  bool // ready was told: nothing belongs to boot any more
}

//go:noinline
func (t *marks) set(nsec int64, kind markKind, service int) {
	if t.count == marksMax {
		t.dropped++
		return
	}
	t.list[t.count] = mark{nsec: nsec, kind: kind, service: int16(service)}
	t.count++
}

// at gives the time of the first mark of a kind, 0 when there is none.
func (t *marks) at(kind markKind) int64 {
	for i := range t.list[:t.count] {
		if t.list[i].kind == kind {
			return t.list[i].nsec
		}
	}
	return 0
}

// mark sets a mark now, while it is boot.
func (l *Loop) mark(kind markKind, service int) {
	if !l.marks.closed {
		l.marks.set(l.sys.Now(), kind, service)
	}
}

// logMarks writes the marks into the kernel's log, a line each, for whoever
// reads that: "mote: mark 412345678 up mqtt", in ns.
func (l *Loop) logMarks() {
	fd, errno := l.sys.Open("/dev/kmsg", unix.O_WRONLY, 0)
	if errno != 0 {
		return // openKernel says so
	}
	for i := range l.marks.list[:l.marks.count] {
		m := &l.marks.list[i]
		b := append(l.line[:0], "<30>mote: mark "...) // facility daemon, informational
		b = append(wire.AppendInt(b, m.nsec), ' ')
		l.sys.Write(fd, append(b, l.markName(m)...))
	}
	l.sys.Close(fd)
}

// markKernelStart finds the kernel's word that it starts PID 1, and puts the
// mark where it belongs, before all others.
func (l *Loop) markKernelStart(nsec int64, text []byte) {
	t := &l.marks
	if string(text) != "Run /init as init process" || t.count == marksMax || t.at(markKernel) != 0 {
		return
	}
	copy(t.list[1:], t.list[:t.count])
	t.list[0] = mark{nsec: nsec, kind: markKernel, service: -1}
	t.count++
}

// drop takes the marks of a service away that has left its place.
func (t *marks) drop(service int) {
	left := 0
	for i := range t.list[:t.count] {
		if int(t.list[i].service) != service {
			t.list[left] = t.list[i]
			left++
		}
	}
	t.count = left
}

// markName gives a mark's name: "up mqtt".
func (l *Loop) markName(m *mark) string {
	switch {
	case m.service < 0:
		return markNames[m.kind]
	case m.kind == markStart:
		return l.starts[m.service].startName
	}
	return l.starts[m.service].upName
}
