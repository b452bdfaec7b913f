package core

import (
	"mote/hw"
	"mote/wire"

	"golang.org/x/sys/unix"
)

// The boot before, if it ended in a panic of the kernel: firmware or EFI variables
// have the end of its log (pstore). After ready a worker mounts pstorefs, which
// reads them; the loop keeps their text, says why the kernel panicked, and has a
// worker erase them when all of it is kept, so that there is room for the next one.
// Nothing of it is needed for ready, and reading firmware may take long. What fails
// is tried again from the mount on by the slow tick, triesMax times.

// lastBoot is how far that got. Its log is the ring at place ringLast.
type lastBoot struct {
	_       [0]func() // never compared: the compiler would write how
	due     job       // the worker that comes next; jobNone: nothing is left to do
	tries   int
	kept    bool // the ring has all of it, and it was told
	records [hw.CrashRecordsMax]hw.CrashRecord
	count   int
	reason  [reasonMax]byte
	length  int
}

// fetchLast starts the worker that is due. Where there is no place for it the slow
// tick tries again.
func (l *Loop) fetchLast() {
	b := &l.last
	var fill func(p *Program)
	switch b.due {
	case jobCrashMount:
		fill = func(p *Program) {
			folder := p.enter(l.sys.At(hw.CrashFolder))
			p.mount("mount "+hw.CrashFolder, "pstore", folder, "pstore", quietMount, "")
		}
	case jobCrashErase:
		fill = func(p *Program) {
			for i := range b.records[:b.count] {
				dir, path := l.sys.At(b.records[i].Path())
				p.add("erase a record", unix.SYS_UNLINKAT, uintptr(dir), p.str(path), 0, 0, 0)
			}
		}
	default:
		return
	}
	if _, errno := l.work(b.due, workerNsec, fill); errno == 0 {
		b.due = jobNone
	}
}

// lastMounted: pstorefs is there, or is not.
func (l *Loop) lastMounted(errno Errno) {
	switch errno {
	case 0, unix.EBUSY: // it is mounted: this is not the first try, or PID 1 crashed on the way
		l.readLast()
	case unix.ENODEV, unix.ENOENT: // this kernel has none
	default:
		l.lastFailed("mount "+hw.CrashFolder, errno)
	}
}

// lastFailed has the slow tick try again; with the last try it says what failed.
func (l *Loop) lastFailed(what string, errno Errno) {
	b := &l.last
	if b.tries++; b.tries < triesMax {
		b.due = jobCrashMount
		return
	}
	l.console.trouble(l.now, what+"; the log of a panic stays there for the next boot", errno)
}

// readLast keeps the text of all records, for now in memory, and has them erased. A
// record that nobody understands goes too: it would take the next panic's place.
func (l *Loop) readLast() {
	b := &l.last
	errno := insist(func() (errno Errno) {
		b.count, errno = hw.FindCrashRecords(l.rooms.HW, &b.records)
		return errno
	})
	unread := 0
	if b.count > 0 && !b.kept {
		var failed Errno
		unread, failed = l.keepLast()
		errno = max(errno, failed)
	}
	if errno != 0 {
		l.lastFailed("read "+hw.CrashFolder, errno)
	}
	if b.count == 0 || b.due != jobNone {
		return
	}
	if !b.kept {
		l.sayLast(unread)
	}
	if errno == 0 {
		b.kept, b.due = true, jobCrashErase
		l.fetchLast()
	}
}

// keepLast fills the ring anew, and counts the records that nobody understands.
func (l *Loop) keepLast() (unread int, failed Errno) {
	l.rings[ringLast] = new(ring)
	for i := range l.last.records[:l.last.count] {
		if r := &l.last.records[i]; !r.Readable {
			unread++
		} else if errno := insist(func() Errno { return l.readCrash(r) }); errno != 0 {
			failed = errno
		}
	}
	return unread, failed
}

// readCrash puts the lines of one record into the ring.
func (l *Loop) readCrash(r *hw.CrashRecord) Errno {
	n, errno := hw.ReadCrashRecord(l.rooms.HW, r, l.scratch[:])
	if errno != 0 {
		return errno
	}
	_, rest, _ := hw.DecodeCrashHead(l.scratch[:n])
	for len(rest) > 0 {
		var nsec int64
		var text []byte
		nsec, text, rest = hw.NextLogLine(rest)
		l.rings[ringLast].put(nsec, streamKernel, 0, text[:min(len(text), lineMax)])
		if reason := hw.CrashReason(text); reason != nil {
			l.last.length = copy(l.last.reason[:], reason)
		}
	}
	return 0
}

// sayLast tells why the boot before ended.
func (l *Loop) sayLast(unread int) {
	reason := string(l.last.reason[:l.last.length])
	if reason == "" {
		reason = "for a reason that its log does not give"
	}
	l.console.say(l.now, "the boot before ended in a panic of the kernel: ", reason)
	var text [96]byte
	b := wire.AppendUint(text[:0], l.rings[ringLast].records)
	b = append(b, " lines of its log are kept (request \"previous\")"...)
	if unread > 0 {
		b = append(wire.AppendInt(append(b, "; "...), int64(unread)), " records could not be read"...)
	}
	l.console.more(string(b))
}
