package core

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
	markInit    markKind = iota // PID 1's first instruction
	markMain                    // Go's runtime has started
	markMounts                  // essential file systems are mounted
	markLoop                    // the loop begins: sources are open
	markNetwork                 // the stage network is ready
	markStart                   // a service was cloned
	markUp                      // a service is ready
	markReady                   // the node is ready
	marksKinds
)

var markNames = [marksKinds]string{
	markInit: "init", markMain: "main", markMounts: "mounts", markLoop: "loop",
	markNetwork: "network", markStart: "start", markUp: "up", markReady: "ready",
}

// marks are kept in the order in which they were set.
type marks struct {
	list    [marksMax]mark
	count   int
	dropped uint64
	closed  bool // ready was told: nothing belongs to boot any more
}

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
