package core

import (
	"mote/fs"
	"mote/wire"

	"golang.org/x/sys/unix"
)

// What was kept of manifests, read at boot: services wait for it as for the rest of
// the state area, and no longer.

// fetch is the reading of the slots.
type fetch struct {
	memfd int32
	bad   [fs.ManifestSlots + 1]bool // could not be read
	busy  bool                       // a worker reads
	// boot: a staged one is taken; later only what is called the current one.
	boot bool
}

// fetchManifests begins to read the slots that the record names; false is that there
// is nothing to read, or that it is in force already.
func (l *Loop) fetchManifests(boot bool) bool {
	r := l.record()
	l.force.newest = max(l.force.newest, r.newest)
	current := r.current.slot == 0 || r.current == l.force.held.place
	if current && (!boot || r.pending.slot == 0) || l.force.try.until != 0 {
		return false
	}
	l.force.fetch.boot = boot
	fd, errno := l.sys.Memfd()
	if errno != 0 {
		l.manifestAlarm("what was kept can't be read now: " + errnoName(errno))
		return false
	}
	l.force.fetch.memfd = fd
	return l.fetchSlots()
}

// followKept takes what became current of a record that was being written when PID 1
// crashed.
func (l *Loop) followKept() {
	if l.force.follow && !l.areaBusy() && !l.area.want[fs.StateManifest].dirty {
		l.force.follow = false
		l.fetchManifests(false)
	}
}

// slotBlocks is how many blocks a place takes.
func (p *keptPlace) slotBlocks() int { return (p.length + fs.StateBlockBytes - 1) / fs.StateBlockBytes }

// fetchSlots has a worker copy them into the memfd.
func (l *Loop) fetchSlots() bool {
	r := l.record()
	w, errno := l.work(jobFetch, workerNsec, func(p *Program) {
		buffer := p.room(fs.StateBlockBytes)
		p.at("open", KeepResult|unix.SYS_OPENAT, l.area.path, unix.O_RDONLY|unix.O_CLOEXEC, 0, 0)
		for _, place := range [...]keptPlace{r.current, r.previous, r.pending} {
			if place.slot == 0 || l.force.fetch.bad[place.slot] {
				continue
			}
			for n := range place.slotBlocks() {
				at := uintptr(fs.ManifestOffset(place.slot)) + uintptr(n*fs.StateBlockBytes)
				p.add("read", UseResult|WholeResult|unix.SYS_PREAD64, 0, buffer, fs.StateBlockBytes, at, 0)
				p.add("pass on", WholeResult|unix.SYS_PWRITE64, uintptr(l.force.fetch.memfd), buffer, fs.StateBlockBytes, at, 0)
			}
		}
	})
	if errno != 0 {
		l.endFetch("what was kept can't be read now: " + errnoName(errno))
		return false
	}
	w.area, l.force.fetch.busy = true, true
	return true
}

// fetched: the worker ended, or does not answer. A slot that can't be read is left out
// by another worker.
func (l *Loop) fetched(w *worker) {
	if !l.force.fetch.busy {
		return
	}
	l.force.fetch.busy = false
	switch {
	case w.errno == 0:
		l.chooseManifest()
	case w.errno == unix.ETIMEDOUT || w.errno == unix.ECHILD || w.step == 0:
		l.endFetch("what was kept can't be read: " + errnoName(w.errno))
	default:
		l.force.fetch.bad[l.slotOfStep(w.step)] = true
		if l.fetchSlots() {
			return // services wait on
		}
	}
	l.releaseServices()
}

// slotOfStep is the slot that a step of fetchSlots was about.
func (l *Loop) slotOfStep(step int) int {
	r := l.record()
	at := 1
	for _, place := range [...]keptPlace{r.current, r.previous, r.pending} {
		if place.slot == 0 || l.force.fetch.bad[place.slot] {
			continue
		}
		if at += 2 * place.slotBlocks(); step < at {
			return place.slot
		}
	}
	return 0
}

// endFetch gives the reading up.
func (l *Loop) endFetch(why string) {
	l.sys.Close(l.force.fetch.memfd)
	l.force.fetch = fetch{memfd: -1}
	if why != "" {
		l.manifestAlarm(why)
	}
}

// chooseManifest takes what chooseKept says.
func (l *Loop) chooseManifest() {
	r, boot := l.record(), l.force.fetch.boot
	var sealed [fs.ManifestSlots + 1][]byte
	for _, place := range [...]keptPlace{r.current, r.previous, r.pending} {
		if place.slot == 0 || l.force.fetch.bad[place.slot] {
			continue
		}
		b := make([]byte, place.length)
		errno := insist(func() (errno Errno) {
			_, errno = l.sys.ReadAt(l.force.fetch.memfd, b, fs.ManifestOffset(place.slot))
			return errno
		})
		if errno == 0 {
			sealed[place.slot] = b
		}
	}
	l.endFetch("")
	if !boot {
		r.pending, r.trying = keptPlace{}, false
	}
	choice := chooseKept(r, &sealed, l.force.image, l.machineUUID())
	if choice.note != "" {
		l.console.say(l.now, "manifest: ", choice.note)
	}
	if choice.alarm != "" {
		l.manifestAlarm(choice.alarm)
	}
	if choice.record != r {
		l.apply.want = choice.record
		l.putRecord()
	}
	use := choice.use
	if use == nil {
		use = l.force.image
	}
	if use.generation != l.force.held.generation {
		l.become(use, planOf(l.force.held, use, l.refused))
	}
	l.force.held.place = use.place
}

// manifestAlarm says why what was kept is not in force.
func (l *Loop) manifestAlarm(why string) {
	l.force.alarm = why
	l.console.say(l.now, "trouble: manifest: ", why)
}

// manifestStatus tells which manifest is in force.
func (l *Loop) manifestStatus() wire.ManifestStatus {
	r := l.record()
	st := wire.ManifestStatus{Generation: l.force.held.generation, Signer: l.force.held.signer, Previous: r.previous.generation,
		Newest: max(r.newest, l.force.newest), Alarm: l.force.alarm[:min(len(l.force.alarm), wire.TextSizeMax)]}
	if r.pending.slot != 0 && !r.trying {
		st.Staged = r.pending.generation
	}
	if l.force.try.until != 0 {
		st.Tried, st.UntilNsec, st.Previous = l.force.held.generation, uint64(l.force.try.until), l.force.try.before.generation
	}
	return st
}
