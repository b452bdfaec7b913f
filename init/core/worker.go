package core

import (
	"mote/fs"
	netcfg "mote/net"

	"golang.org/x/sys/unix"
)

// worker is a short-lived child of PID 1 that makes a few system calls which
// may block: writing out a file system, bringing a link up. It is a Program
// like a service's, without an exec; its cgroup is PID 1's workers'.
type worker struct {
	_        [0]func() // never compared: the compiler would write how
	pid      int32     // 0: the place is free
	job      job
	link     netcfg.Op // for jobLink
	deadline int64
	errno    Errno // of the step that failed
	step     int   // its number
	key      fs.StateKey
	area     bool // it uses the state area's device, also when nobody waits for it
}

// job is what a worker does.
type job uint8

const (
	jobNone job = iota
	jobLink     // one rtnetlink request that the kernel works on inside send
	jobLeaf     // move PID 1 into its own cgroup
	jobSync     // write and unmount everything
	// jobCrashMount and jobCrashErase are of lastboot.go.
	jobCrashMount
	jobCrashErase
	jobRead // read the state area
	jobKeep // write one value to it
	// jobFirmware, jobEntry and jobEntryLook are of tries.go.
	jobFirmware
	jobEntry
	jobEntryLook
	jobSlot   // write a manifest to its slot
	jobFetch  // read what was kept of manifests
	jobLimits // write the limits of a service that runs
	jobRTC
)

// freeWorker gives a free place, −1 when all are taken.
func (l *Loop) freeWorker() int {
	for i := range l.workers {
		if l.workers[i].pid == 0 {
			return i
		}
	}
	return -1
}

// work starts a worker that runs what fill puts into its program. EAGAIN means
// that all places are taken: whoever asks decides again later.
func (l *Loop) work(j job, deadlineNsec int64, fill func(p *Program)) (*worker, Errno) {
	i := l.freeWorker()
	if i < 0 {
		return nil, unix.EAGAIN
	}
	r, w, errno := l.sys.Pipe()
	if errno != 0 {
		return nil, errno
	}
	l.program.reset("worker", l.workersFD, w)
	fill(l.program)
	pid, pidfd, errno := l.sys.Clone(l.program)
	l.sys.Close(w)
	if errno != 0 {
		l.sys.Close(r)
		return nil, errno
	}
	l.workers[i] = worker{pid: pid, job: j, deadline: l.now + deadlineNsec}
	l.watchChild(servicesMax+i, r, pidfd)
	return &l.workers[i], 0
}

// hurry kills workers whose deadline has passed. One that does not die of it
// (uninterruptible sleep) keeps its place, and nobody waits for it any more.
func (l *Loop) hurry() {
	for i := range l.workers {
		w := &l.workers[i]
		if w.deadline == 0 || w.deadline > l.now {
			continue
		}
		w.deadline = 0
		if fd := l.sources.fd(rankExit, servicesMax+i); fd >= 0 {
			l.sys.Signal(fd, uint8(unix.SIGKILL))
		}
		w.errno = unix.ETIMEDOUT
		l.workDone(w)
		w.job = jobNone
	}
}

// workerEnded: worker i was reaped.
func (l *Loop) workerEnded(i int, status uint32) {
	l.readReport(servicesMax+i, false)
	l.sources.remove(rankReport, servicesMax+i)
	l.sources.remove(rankExit, servicesMax+i)
	w := &l.workers[i]
	if w.errno == 0 && status != 0 {
		w.errno = unix.ECHILD // killed: it can't have done its work
	}
	l.workDone(w)
	area := w.area
	*w = worker{}
	if area {
		l.keepArea()
		l.stepApply()
		l.followKept()
		l.ended()
	}
}

// workDone tells who waits for the result.
func (l *Loop) workDone(w *worker) {
	crashPoint(l, "worker")
	switch w.job {
	case jobLink:
		switch {
		case w.errno != 0:
			l.links.net.Failed(w.link, w.errno, l.now)
		case w.link.Kind == netcfg.OpResolv: // of the others the kernel tells
			l.links.net.Done(w.link, l.now)
		}
	case jobLeaf:
		if w.errno != 0 {
			l.console.trouble(l.now, "move PID 1 into "+cgroupInit, w.errno)
		}
	case jobSync:
		l.area.synced = true
		l.ended()
	case jobCrashMount:
		l.lastMounted(w.errno)
	case jobCrashErase:
		if w.errno != 0 {
			l.lastFailed("erase the kept log of the boot before", w.errno)
		}
	case jobRead:
		l.areaRead(w)
	case jobKeep:
		l.areaKept(w)
	case jobSlot:
		l.slotWritten(w)
	case jobFetch:
		l.fetched(w)
	case jobLimits:
		if w.errno != 0 {
			l.console.trouble(l.now, "change the limits of a service", w.errno)
		}
	case jobFirmware:
		l.firmwareRead(w)
	case jobEntry, jobEntryLook:
		l.entryRenamed(w)
	}
}

// sync starts the worker of a shutdown; if that can't be, the phase's deadline
// ends it.
func (l *Loop) sync() {
	for i := range l.workers {
		if w := &l.workers[i]; w.job == jobKeep {
			l.area.values.Wrote(w.key, false) // of a write that was cut off nothing is known
		} else if w.job == jobRead {
			l.dropReading("not read before the end")
		}
		l.workers[i].job = jobNone // all of them were killed just now
	}
	l.keepEnd()
	_, errno := l.work(jobSync, syncNsec, func(p *Program) {
		p.add("write file systems", unix.SYS_SYNC, 0, 0, 0, 0, 0)
	})
	if errno != 0 {
		l.area.synced = true
		l.ended()
	}
}
