package sim

import "golang.org/x/sys/unix"

const (
	epollIn  = uint32(unix.EPOLLIN)
	epollPri = uint32(unix.EPOLLPRI)
	epollOut = uint32(unix.EPOLLOUT)
	epollErr = uint32(unix.EPOLLERR)
	epollHup = uint32(unix.EPOLLHUP)
)

// epoll is PID 1's one set, level triggered; see epoll(7). An entry belongs to a
// description and a number: it outlives the number as long as a child between
// clone and exec holds a copy of the description.
type epoll struct {
	entries []epollEntry
	// turn is where the next look begins, so that none is passed over for ever.
	turn int
	made bool
}

type epollEntry struct {
	file *file
	fd   int32
	want uint32
	tag  uint64
}

// EpollCreate is Sys.EpollCreate. Its number is not in the table of files: PID 1
// makes one and never closes it.
func (w *world) EpollCreate() (int32, errno) {
	if e := w.enter("epoll_create", callNsec); e != 0 {
		return -1, e
	}
	if w.epoll.made {
		w.check.broken(ruleFiles, "makes a second epoll set")
	}
	w.epoll.made = true
	return 1 << 20, 0
}

// sweep forgets entries whose description is gone.
func (p *epoll) sweep() {
	kept := p.entries[:0]
	for _, en := range p.entries {
		if !en.file.gone {
			kept = append(kept, en)
		}
	}
	clear(p.entries[len(kept):])
	p.entries = kept
}

func (p *epoll) find(f *file, fd int32) *epollEntry {
	for i := range p.entries {
		if en := &p.entries[i]; en.file == f && en.fd == fd {
			return en
		}
	}
	return nil
}

// EpollAdd is Sys.EpollAdd.
func (w *world) EpollAdd(_, fd int32, events uint32, tag uint64) errno {
	e := w.enter("epoll_add", callNsec)
	f := w.file(fd)
	switch {
	case e != 0:
		return e
	case f == nil:
		return eBADF
	}
	w.epoll.sweep()
	if w.epoll.find(f, fd) != nil {
		return unix.EEXIST
	}
	w.epoll.entries = append(w.epoll.entries, epollEntry{f, fd, events, tag})
	return 0
}

// EpollMod is Sys.EpollMod.
func (w *world) EpollMod(_, fd int32, events uint32, tag uint64) errno {
	e := w.enter("epoll_mod", callNsec)
	f := w.file(fd)
	switch {
	case e != 0:
		return e
	case f == nil:
		return eBADF
	}
	en := w.epoll.find(f, fd)
	if en == nil {
		return unix.ENOENT
	}
	en.want, en.tag = events, tag
	return 0
}

// EpollDel is Sys.EpollDel.
func (w *world) EpollDel(_, fd int32) errno {
	w.enter("epoll_del", callNsec)
	f := w.file(fd)
	if f == nil {
		return eBADF
	}
	for i := range w.epoll.entries {
		if en := &w.epoll.entries[i]; en.file == f && en.fd == fd {
			w.epoll.entries = append(w.epoll.entries[:i], w.epoll.entries[i+1:]...)
			return 0
		}
	}
	return unix.ENOENT
}

// EpollWait is Sys.EpollWait, the one call that waits: time jumps to the next
// thing on the agenda until something is ready or a signal came.
func (w *world) EpollWait(_ int32, evs []unix.EpollEvent, poll bool) (int, errno) {
	w.check.endOfTurn(poll)
	if e := w.enter("epoll_wait", callNsec); e != 0 {
		return 0, e
	}
	for {
		caught := w.signals
		n := w.readyEvents(evs)
		if n > 0 || poll {
			return n, 0
		}
		if w.faults.happens(4) {
			return w.spurious(evs), 0
		}
		if len(w.agenda.list) == 0 {
			w.check.broken(ruleSleep, "sleeps, and nothing will ever wake it")
		}
		w.now = max(w.now, w.agenda.list[0].at)
		w.runDue()
		if w.signals&^caught != 0 && w.rand.chance(2) {
			return 0, unix.EINTR // the handler ran; its byte is in the pipe too
		}
	}
}

// readyEvents fills evs with what is ready, from where the last look ended.
func (w *world) readyEvents(evs []unix.EpollEvent) int {
	p := &w.epoll
	p.sweep()
	n, count := 0, len(p.entries)
	for k := range count {
		en := &p.entries[(p.turn+k)%count]
		level := en.file.ops.ready() & (en.want | epollErr | epollHup)
		if level == 0 {
			continue
		}
		if n == len(evs) {
			p.turn = (p.turn + k) % count
			return n
		}
		evs[n] = event(level, en.tag)
		n++
	}
	if count > 0 {
		p.turn = w.rand.below(count)
	}
	return n
}

func event(level uint32, tag uint64) unix.EpollEvent {
	return unix.EpollEvent{Events: level, Fd: int32(uint32(tag)), Pad: int32(uint32(tag >> 32))}
}

// spurious reports a source that has nothing to read: what it had was taken by
// the kernel meanwhile. A connect in progress is never reported early.
func (w *world) spurious(evs []unix.EpollEvent) int {
	if len(w.epoll.entries) == 0 {
		return 0
	}
	en := &w.epoll.entries[w.faults.rand.below(len(w.epoll.entries))]
	if en.want&epollIn == 0 {
		return 0
	}
	evs[0] = event(epollIn, en.tag)
	return 1
}
