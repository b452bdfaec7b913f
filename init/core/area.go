package core

import (
	"mote/fs"
	"mote/hw"
	"mote/wire"

	"golang.org/x/sys/unix"
)

// The state area as the loop holds it: a few values that outlive the boot, on the
// device that the kernel's word mote.state= or the manifest names. Package fs says what stands
// where; keep.go has what PID 1 itself keeps.
//
// Always true here: PID 1 never touches the device, workers do, one at a time; so
// a disk that hangs holds nobody but them. A value counts as kept once its write
// and its flush succeeded, and until then it lives in memory only. A node without
// the area, or with one that fails, runs, and says so.
//
//	looking ──its node is there──▶ reading ──all blocks──▶ open
//	   ▲                              │ └──no answer──▶ dead
//	   └────────can't be opened───────┤                            └──its node is gone──▶ gone
//	                                  └──somebody else's──▶ foreign
//
// Services wait for it, so that no program runs behind the clock's floor, for
// areaHoldNsec at most.
type area struct {
	_     [0]func() // never compared: the compiler would write how
	word  string    // the device's name as it was given; empty: the node keeps nothing
	path  string    // of the device, once it is there
	phase areaPhase
	// values is what is known of the device, nil until it is looked for.
	values *fs.State
	want   [areaKeys]areaWant
	// alarm is what is wrong with it, in words; empty: nothing.
	alarm string

	// memfd is where the reading worker puts the blocks, next the first of its
	// own, lost those that can't be read: bit n is block n.
	memfd int32
	next  int
	lost  uint32

	// holdUntil services wait, 0: they don't.
	holdUntil int64
	// quietUntil nothing is written, after a failure that another place does not
	// mend; paidUntil is what the writes so far have used of the budget.
	quietUntil, paidUntil int64
	// synced: a shutdown's other worker has ended.
	synced bool

	kept kept
}

type areaPhase uint8

const (
	areaNone    areaPhase = iota
	areaLooking           // its device is not there, or could not be opened
	areaReading
	areaOpen
	areaDead    // it does not answer
	areaGone    // it was open, and its node is not there any more
	areaForeign // it holds something else, and is left alone
)

// areaWant is a value that is to be kept.
type areaWant struct {
	_       [0]func() // as area
	content [fs.StateContentMax]byte
	length  int
	dirty   bool
	urgent  bool // written whatever the budget says
}

const (
	// areaKeys are read and written; a record of another key is left alone.
	areaKeys   = int(fs.StateManifest) + 1
	areaBlocks = areaKeys * fs.StateCopies
)

// areaWord is what the kernel's words name, or else the manifest.
func (l *Loop) areaWord(words string) string {
	if word, _ := wire.KernelWord(words, fs.StateWordName); word != "" {
		return word
	}
	return l.manifest.State
}

// startArea begins to look for the device.
func (l *Loop) startArea(words string) {
	a := &l.area
	a.word = l.areaWord(words)
	switch {
	case a.word == "":
		return
	case !wire.StateDeviceOK(a.word):
		l.alarm(fs.StateWordName + a.word[:min(len(a.word), wire.StateDeviceSizeMax)] + " names no device; " + wire.StateDeviceNext)
		a.word = ""
		return
	}
	if a.values == nil {
		a.values = new(fs.State)
	}
	a.values.Reset()
	a.phase = areaLooking
	if l.sources.fd(rankUevent, 0) < 0 {
		l.openUevents() // its device may come late
	}
	l.lookArea()
}

// holdServices has services wait for the area, bounded.
func (l *Loop) holdServices() {
	if a := &l.area; a.phase != areaNone {
		a.holdUntil, l.machine.held = l.now+areaHoldNsec, true
	}
}

// lookArea looks for the device again: at start, after each uevent about a disk,
// and with the slow tick.
func (l *Loop) lookArea() {
	a := &l.area
	if a.phase == areaOpen {
		l.missArea()
	}
	if a.phase != areaLooking {
		return
	}
	path := a.word
	if hasPrefix(a.word, wire.PartLabel) {
		name, err := hw.FindPartition(l.rooms.HW, a.word[len(wire.PartLabel):])
		if err != nil {
			l.console.say(l.now, "trouble: ", err.Error())
		}
		if name == "" {
			return
		}
		path = "/dev/" + name
	}
	fd, errno := l.sys.Open(path, unix.O_PATH, 0) // opens the node, not the device
	if errno != 0 {
		return
	}
	l.sys.Close(fd)
	if a.memfd, errno = l.sys.Memfd(); errno != 0 {
		a.memfd = -1
		l.alarm("can't be read now: " + errnoName(errno))
		return
	}
	a.path, a.phase, a.next, a.lost = path, areaReading, 0, 0
	l.readArea()
}

// missArea gives the area up in this boot when its node is gone: what comes by that
// name later may be another disk, and must not be written to.
func (l *Loop) missArea() {
	a := &l.area
	fd, errno := l.sys.Open(a.path, unix.O_PATH, 0)
	if errno == 0 {
		l.sys.Close(fd)
	} else if errno == unix.ENOENT {
		a.phase = areaGone
		l.alarm(a.path + " is gone; what is new lives in memory only, until the next boot")
	}
}

// readArea has a worker copy the blocks from a.next on into the memfd.
func (l *Loop) readArea() {
	a := &l.area
	w, errno := l.work(jobRead, workerNsec, func(p *Program) {
		buffer := p.room(fs.StateBlockBytes)
		dir, path := l.sys.At(a.path)
		p.add("open", KeepResult|unix.SYS_OPENAT, uintptr(dir), p.str(path), unix.O_RDONLY|unix.O_CLOEXEC, 0, 0)
		for n := a.next; n < areaBlocks; n++ {
			at := uintptr(blockAt(n))
			p.add("read", UseResult|WholeResult|unix.SYS_PREAD64, 0, buffer, fs.StateBlockBytes, at, 0)
			p.add("pass on", WholeResult|unix.SYS_PWRITE64, uintptr(a.memfd), buffer, fs.StateBlockBytes, at, 0)
		}
	})
	if errno != 0 {
		l.dropReading("can't be read now: " + errnoName(errno))
		return
	}
	w.area = true
}

// blockAt is where block n, the copy n % 3 of key n / 3, stands on the device, and
// in the memfd.
func blockAt(n int) int64 { return fs.StateOffset(fs.StateKey(n/fs.StateCopies), n%fs.StateCopies) }

// dropReading gives up this reading; the slow tick begins another.
func (l *Loop) dropReading(why string) {
	l.sys.Close(l.area.memfd)
	l.area.memfd, l.area.phase = -1, areaLooking
	l.alarm(why)
}

// areaRead: the reading worker ended, or does not answer. A block that can't be
// read is left out, and another worker goes on behind it.
func (l *Loop) areaRead(w *worker) {
	a := &l.area
	block, passing := a.next+(w.step-1)/2, w.step%2 == 0
	switch {
	case w.errno == 0:
		l.openArea()
	case w.errno == unix.ETIMEDOUT:
		l.dropReading(a.path + " does not answer; the node keeps nothing in this boot")
		a.phase = areaDead
		l.releaseServices()
	case w.step == 0 || passing || w.errno == unix.ECHILD:
		l.dropReading("can't read " + a.path + ": " + errnoName(w.errno))
	default:
		a.lost |= 1 << block
		l.console.trouble(l.now, "state area: read block "+string(wire.AppendInt(nil, int64(block)))+" of "+a.path, w.errno)
		if a.next = block + 1; a.next < areaBlocks {
			l.readArea()
		} else {
			l.openArea()
		}
	}
}

// openArea digests what was read.
func (l *Loop) openArea() {
	a := &l.area
	for block := range areaBlocks {
		key, n := fs.StateKey(block/fs.StateCopies), block%fs.StateCopies
		var got int
		errno := insist(func() (errno Errno) {
			got, errno = l.sys.ReadAt(a.memfd, l.scratch[:fs.StateBlockBytes], blockAt(block))
			return errno
		})
		if a.lost&(1<<block) != 0 || errno != 0 || got != fs.StateBlockBytes {
			a.values.Unreadable(key, n)
			continue
		}
		a.values.Take(key, n, l.scratch[:fs.StateBlockBytes])
	}
	l.sys.Close(a.memfd)
	a.memfd = -1
	if a.values.Foreign() {
		a.values.Reset()
		a.phase = areaForeign
		l.alarm(a.path + " holds something else and is not written to; name another device, or clear its first 196608 bytes")
		l.releaseServices()
		return
	}
	a.phase, a.alarm = areaOpen, ""
	l.areaOpened()
	l.judgeCounter()
	if !l.fetchManifests(true) {
		l.releaseServices()
	}
	l.keepArea()
}

// areaLate ends the wait of services when its time has come.
func (l *Loop) areaLate() {
	a := &l.area
	if a.holdUntil == 0 || a.holdUntil > l.now {
		return
	}
	if a.phase == areaLooking {
		l.alarm(a.word + " is not there; unjoined")
	} else {
		l.alarm(a.path + " is not read yet")
	}
	l.releaseServices()
}

// releaseServices lets services start, if they wait for the area.
func (l *Loop) releaseServices() {
	if l.area.holdUntil != 0 {
		l.area.holdUntil = 0
		l.push(evArea, -1, 0, 0)
		l.giveSecret()
	}
}

// alarm says what is wrong with the area, once.
//
//go:noinline
func (l *Loop) alarm(text string) {
	if l.area.alarm != text {
		l.area.alarm = text
		l.console.say(l.now, "trouble: state area: ", text)
	}
}

func hasPrefix(s, prefix string) bool { return len(s) >= len(prefix) && s[:len(prefix)] == prefix }
