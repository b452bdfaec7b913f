package sim

import (
	"mote/fs"

	"golang.org/x/sys/unix"
)

// A disk with a state area. What it breaks: it comes late or never, or goes; it takes no
// writes; a read, a write or a flush fails or does nothing for long; a flush that
// failed succeeds the next time, and what it lost stays lost; power fails, and of
// the writes that were not flushed any sectors are kept, in any order.
type disk struct {
	// durable is what a loss of power leaves; of pending any part may be added.
	durable []byte
	pending []diskWrite
	// cached is what a read gives: the page cache. The last close drops what of it
	// never reached the disk.
	cached  []byte
	handles int

	there, readOnly bool
	// sectorBytes are written whole or not at all.
	sectorBytes int
	// slowNsec is what a call takes, −1: for ever.
	slowNsec int64
	// cutAt is the call at which power fails, counted from 1; 0: never.
	cutAt, calls int
	cutRand      rand

	writes, flushes, boots int
	world                  *world
}

type diskWrite struct {
	at   int
	data []byte
}

// diskNode is where PID 1 finds it.
const diskNode = "/dev/vdb1"

// powerCut is what ends a run when power fails.
type powerCut struct{}

func newDisk(size int) *disk {
	return &disk{durable: make([]byte, size), cached: make([]byte, size), there: true, sectorBytes: 512,
		slowNsec: 20 * usec}
}

// newDisk makes the disk that a plan says.
func (p *plan) newDisk() *disk {
	if p.disk == diskNone {
		return nil
	}
	d := newDisk(fs.StateAreaBytes)
	d.there = p.disk != diskLate && p.disk != diskNever
	d.readOnly = p.disk == diskReadOnly
	if p.disk == diskHung {
		d.slowNsec = -1
	}
	return d
}

// plugDisk makes the disk appear, with the kernel's word about it.
func (w *world) plugDisk() {
	w.disk.there = true
	w.files[diskNode] = &node{}
	w.files["/sys/class/block"] = &node{dir: true, names: []string{"vda", "vdb", "vdb1"}}
	w.files["/sys/class/block/vdb/uevent"] = &node{text: []byte("MAJOR=254\nMINOR=16\nDEVNAME=vdb\nDEVTYPE=disk\n")}
	w.files["/sys/class/block/vdb1/uevent"] = &node{text: []byte("DEVNAME=vdb1\nDEVTYPE=partition\nPARTN=1\nPARTNAME=mote-state\n")}
	path := "/devices/virtual/block/vdb/vdb1"
	w.inputs.seqnum++
	w.sendUevent("add@"+path+"\x00ACTION=add\x00DEVPATH="+path+"\x00SUBSYSTEM=block\x00MAJOR=254\x00MINOR=17"+
		"\x00DEVNAME=vdb1\x00SEQNUM="+itoa(int64(w.inputs.seqnum))+"\x00", true)
}

// unplugDisk takes it away while the node runs; who has it open gets errors.
func (w *world) unplugDisk() {
	w.disk.there = false
	delete(w.files, diskNode)
	w.files["/sys/class/block"] = &node{dir: true, names: []string{"vda"}}
	path := "/devices/virtual/block/vdb/vdb1"
	w.inputs.seqnum++
	w.sendUevent("remove@"+path+"\x00ACTION=remove\x00DEVPATH="+path+"\x00SUBSYSTEM=block"+
		"\x00SEQNUM="+itoa(int64(w.inputs.seqnum))+"\x00", true)
}

// attach gives the world a disk; one that is not there comes when it is plugged.
func (w *world) attach(d *disk) {
	w.disk, d.world = d, w
	d.reboot()
	words := "console=ttyS0 mote.state=PARTLABEL=mote-state"
	if w.plan.counter != 0 {
		words += " mote.counter=" + itoa(w.plan.counter)
	}
	w.files["/proc/cmdline"] = &node{text: []byte(words + "\n")}
	w.files["/proc/sys/kernel/random/boot_id"] = &node{text: []byte("5f2b5f0e-0000-4000-8000-00000000000" + itoa(int64(d.boots%10)) + "\n")}
	d.boots++
	if d.there {
		w.plugDisk()
	}
}

// reboot is what a new boot finds: the page cache is gone.
func (d *disk) reboot() {
	d.pending, d.handles, d.calls = nil, 0, 0
	copy(d.cached, d.durable)
}

// load reads the area as a boot would, from what is durable.
func (d *disk) load() *fs.State {
	s := new(fs.State)
	s.Reset()
	for k := range fs.StateKey(fs.StateKeysMax) {
		for n := range fs.StateCopies {
			at := fs.StateOffset(k, n)
			s.Take(k, n, d.durable[at:at+fs.StateBlockBytes])
		}
	}
	return s
}

// kept checks that what the loop believes to be kept is on the disk, that or what
// came after it, and that the clock is not behind what was kept of it.
func (c *checks) kept() {
	w := c.world
	if w.disk == nil {
		return
	}
	s := w.disk.load()
	for k := range fs.StateKey(fs.StateKeysMax) {
		value, generation := w.loop.Kept(k)
		switch found := s.Generation(k); {
		case found < generation:
			c.broken(ruleKept, "value "+itoa(int64(k))+" of generation "+itoa(int64(generation))+" is called kept; on the disk is "+itoa(int64(found)))
		case found == generation && string(s.Get(k)) != string(value):
			c.broken(ruleKept, "value "+itoa(int64(k))+" is on the disk otherwise than it is called kept")
		}
	}
	if _, opened := w.loop.Kept(fs.StateBoot); opened == 0 || w.clockRefused {
		return
	}
	if clock := s.Get(fs.StateClock); len(clock) == 8 && w.Clock() < int64(number(clock))*sec {
		c.broken(ruleClock, "the clock is behind what was kept of it")
	}
}

// number reads a record's eight bytes.
func number(b []byte) (v uint64) {
	for n := range 8 {
		v |= uint64(b[n]) << (8 * n)
	}
	return v
}

// cut is a loss of power: any sectors of what was not flushed are there.
func (d *disk) cut() {
	d.world.check.kept()
	for _, p := range d.pending {
		for at := 0; at < len(p.data); at += d.sectorBytes {
			if d.cutRand.chance(2) {
				copy(d.durable[p.at+at:p.at+min(at+d.sectorBytes, len(p.data))], p.data[at:])
			}
		}
	}
	panic(powerCut{})
}

// called counts a call, after it has done what it does.
func (d *disk) called() {
	if d.calls++; d.calls == d.cutAt {
		d.cut()
	}
}

func (d *disk) open() errno {
	defer d.called()
	if !d.there {
		return unix.ENOENT
	}
	d.handles++
	return 0
}

func (d *disk) pread(b []byte, at int) int {
	defer d.called()
	if at >= len(d.cached) {
		return 0
	}
	return copy(b, d.cached[at:])
}

func (d *disk) pwrite(b []byte, at int) (int, errno) {
	defer d.called()
	if d.readOnly { // the open succeeds, see block/fops.c
		return 0, unix.EPERM
	}
	if !d.there {
		return 0, unix.EIO
	}
	if at+len(b) > len(d.cached) {
		return 0, unix.ENOSPC
	}
	d.writes++
	copy(d.cached[at:], b)
	d.pending = append(d.pending, diskWrite{at, append([]byte(nil), b...)})
	return len(b), 0
}

func (d *disk) fdatasync() errno {
	if !d.there {
		d.pending = nil
		d.called()
		return unix.EIO
	}
	for _, p := range d.pending {
		copy(d.durable[p.at:], p.data)
	}
	d.pending = nil
	d.flushes++
	d.called()
	return 0
}

// lose is a flush that failed: some of it may have reached the disk, and nobody
// will write the rest.
func (d *disk) lose(r *rand) {
	for _, p := range d.pending {
		if r.chance(2) {
			copy(d.durable[p.at:], p.data)
		}
	}
	d.pending = nil
	d.called()
}

func (d *disk) close() {
	if d.handles--; d.handles > 0 {
		return
	}
	copy(d.cached, d.durable)
	for _, p := range d.pending {
		copy(d.cached[p.at:], p.data)
	}
}

// diskFile is the disk as a worker has it open.
type diskFile struct{ disk *disk }

func (*diskFile) ready() uint32             { return epollIn | epollOut }
func (*diskFile) read([]byte) (int, errno)  { return 0, eINVAL }
func (*diskFile) write([]byte) (int, errno) { return 0, eINVAL }
func (f *diskFile) closed()                 { f.disk.close() }

// accepted is the security counter that is called kept; 0: none.
func (w *world) accepted() uint64 {
	if value, _ := w.loop.Kept(fs.StateSlots); len(value) >= 8 {
		return number(value[:8])
	}
	return 0
}
