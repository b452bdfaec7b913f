package core

import (
	"mote/fs"

	"golang.org/x/sys/unix"
)

// areaPut asks to keep a value, at most fs.StateContentMax bytes. It is written
// when the device and, unless it is urgent, the budget allow; a value asked for
// meanwhile takes its place.
func (l *Loop) areaPut(key fs.StateKey, content []byte, urgent bool) {
	w := &l.area.want[key]
	w.length = copy(w.content[:], content)
	w.dirty, w.urgent = true, w.urgent || urgent
}

// keepArea writes the first value that is to be written, unless a worker is with
// the device. It may be called at any time, any number of times.
func (l *Loop) keepArea() {
	a := &l.area
	if a.phase != areaOpen || a.quietUntil > l.now || l.areaBusy() {
		return
	}
	for n := range a.want {
		key, w := fs.StateKey(n), &a.want[n]
		if !w.dirty || !w.urgent && a.paidUntil > l.now+areaBurstNsec {
			continue
		}
		put, block, at := a.values.Put(key, w.content[:w.length], l.scratch[:0])
		switch put {
		case fs.StateWrite:
			l.writeArea(key, block, at)
			return
		case fs.StateFull:
			l.alarm("no place is left for value " + string(rune('0'+n)) + " on " + a.path + "; it lives in memory only")
		}
		w.dirty, w.urgent = false, false // it stands there, or can't
	}
}

// writeArea writes one block for keepArea.
func (l *Loop) writeArea(key fs.StateKey, block []byte, at int64) {
	a := &l.area
	if _, errno := l.workArea(key, block, at); errno != 0 {
		a.values.Withdraw(key)
		a.quietUntil = l.now + areaQuietNsec
		l.alarm("can't be written now: " + errnoName(errno))
		return
	}
	a.paidUntil = max(a.paidUntil, l.now) + areaWriteNsec
}

// workArea has a worker write one block and flush it.
func (l *Loop) workArea(key fs.StateKey, block []byte, at int64) (*worker, Errno) {
	w, errno := l.work(jobKeep, workerNsec, func(p *Program) {
		dir, path := l.sys.At(l.area.path)
		p.add("open", KeepResult|unix.SYS_OPENAT, uintptr(dir), p.str(path), unix.O_WRONLY|unix.O_CLOEXEC, 0, 0)
		p.add("write", UseResult|WholeResult|unix.SYS_PWRITE64, 0, p.bytes(block), uintptr(len(block)), uintptr(at), 0)
		p.add("flush", UseResult|unix.SYS_FDATASYNC, 0, 0, 0, 0, 0)
	})
	if errno == 0 {
		w.area, w.key = true, key
	}
	return w, errno
}

// areaKept: a writing worker ended, or does not answer. What failed in another
// way than by the disk's word that it takes no writes may have reached the disk.
func (l *Loop) areaKept(w *worker) {
	a := &l.area
	switch {
	case w.errno == 0:
		a.values.Wrote(w.key, true)
		a.alarm = ""
	case w.errno == unix.EROFS || w.errno == unix.EPERM || w.errno == unix.EACCES:
		a.values.Withdraw(w.key)
		a.quietUntil = l.now + areaQuietNsec
		l.alarm(a.path + " is read-only; what is new lives in memory only")
	case w.step == 0 && w.errno != unix.ETIMEDOUT && w.errno != unix.ECHILD:
		a.values.Withdraw(w.key)
		a.quietUntil = l.now + areaQuietNsec
		l.alarm("can't open " + a.path + ": " + errnoName(w.errno))
	default:
		a.values.Wrote(w.key, false)
		l.alarm("a write to " + a.path + " failed: " + errnoName(w.errno))
	}
}

// areaBusy: a worker is with the device, perhaps one that nobody waits for.
func (l *Loop) areaBusy() bool {
	for i := range l.workers {
		if l.workers[i].pid != 0 && l.workers[i].area {
			return true
		}
	}
	return false
}

// areaResting: nothing more is written now.
func (l *Loop) areaResting() bool {
	a := &l.area
	if l.areaBusy() {
		return false
	}
	for n := range a.want {
		if a.want[n].dirty && a.phase == areaOpen && a.quietUntil <= l.now {
			return false
		}
	}
	return true
}

// ended tells a shutdown that everything was written.
func (l *Loop) ended() {
	if l.area.synced && l.areaResting() {
		l.push(evSynced, -1, 0, 0)
	}
}
