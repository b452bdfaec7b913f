package core

import (
	"mote/fs"
	"mote/wire"
)

// Which manifests the state area keeps, and which of them a boot takes. Pure.
//
// Always true here: a boot takes what it would have been told to take last, or what
// was in force before that; power that fails between any two writes changes nothing
// about this, as what a record names is written and flushed before the record is.
// A try is recorded as one, so the boot after it takes the manifest before it.

// keptPlace is one manifest's; the zero value is none.
type keptPlace struct {
	slot       int // from 1
	generation uint64
	length     int
	sum        uint64 // of its bytes
}

// keptRecord is what fs.StateManifest holds.
type keptRecord struct {
	newest uint64 // the highest generation that was ever taken
	// current is in force, previous was before it; pending is for the next boot, or is
	// tried.
	current, previous, pending keptPlace
	trying                     bool
}

// keptRecordBytes is its length.
const keptRecordBytes = (1 + 3*4 + 1) * 8

func (p *keptPlace) code(c *coder) {
	p.slot = c.within(p.slot, fs.ManifestSlots+1)
	p.generation = uint64(c.number(int64(p.generation)))
	p.length = c.within(p.length, wire.EnvelopeSizeMax+1)
	p.sum = uint64(c.number(int64(p.sum)))
}

func (r *keptRecord) code(c *coder) {
	r.newest = uint64(c.number(int64(r.newest)))
	r.current.code(c)
	r.previous.code(c)
	r.pending.code(c)
	r.trying = c.flag(r.trying)
}

// readKept reads a record; one that is none counts as an empty one.
func readKept(b []byte) (r keptRecord) {
	c := coder{b: b, reading: true}
	if r.code(&c); c.bad {
		return keptRecord{}
	}
	return r
}

// freeSlot is one that the record does not need, and the record that must be written
// before that is written over: as it is, or without the manifest that is given up. That
// is the one before the current one, so that the next boot still has what it was told
// to have; the pending one where the current one is believed only by the one before.
func (r *keptRecord) freeSlot(inForce keptPlace, byImage bool) (slot int, first keptRecord) {
	first = *r
	for slot = 1; slot <= fs.ManifestSlots; slot++ {
		if slot != r.current.slot && slot != r.previous.slot && slot != r.pending.slot && slot != inForce.slot {
			return slot, first
		}
	}
	if byImage && r.previous.slot != inForce.slot {
		first.previous = keptPlace{}
		return r.previous.slot, first
	}
	if r.pending.slot != 0 {
		first.pending, first.trying = keptPlace{}, false
		return r.pending.slot, first
	}
	// The one in force is neither the current one nor the one before it only where
	// those could not be used.
	return r.current.slot, first
}

// keptChoice is which manifest a boot takes.
type keptChoice struct {
	use    *held // nil: the image's
	record keptRecord
	// note and alarm are for people: what was given up as it had to be, and why what
	// was kept is not in force.
	note, alarm string
}

// chooseKept decides it. sealed are what stands in the slots, nil where it could not
// be read; image is the image's manifest, whose keys are believed.
func chooseKept(r keptRecord, sealed *[fs.ManifestSlots + 1][]byte, image *held, machine string) (out keptChoice) {
	out.record = r
	if p := r.pending; p.slot != 0 && r.trying {
		out.note = "generation " + wire.Decimal(p.generation) + " was tried and not confirmed; the one before it is in force"
		out.record.pending, out.record.trying = keptPlace{}, false
	} else if p.slot != 0 {
		out.record.pending = keptPlace{}
		if out.take(p, r.current, sealed, image, machine) {
			out.record.current, out.record.previous = p, r.current
			return out
		}
	}
	if out.take(r.current, r.previous, sealed, image, machine) {
		return out
	}
	out.take(r.previous, keptPlace{}, sealed, image, machine)
	return out
}

// take takes the manifest of a place, if it is believed; if not it says why.
func (o *keptChoice) take(p, before keptPlace, sealed *[fs.ManifestSlots + 1][]byte, image *held, machine string) bool {
	if p.slot == 0 {
		return false
	}
	h, why := believe(p, before, sealed, image, machine)
	if why != "" {
		o.alarm = "generation " + wire.Decimal(p.generation) + " can't be used: " + why
		return false
	}
	h.place, o.use = p, h
	return true
}

// believe judges what stands in a slot anew, as who can write the disk could have
// written there: its key must be one of the image's, or of the manifest that it
// followed, which must then be signed by one of the image's.
func believe(p, before keptPlace, sealed *[fs.ManifestSlots + 1][]byte, image *held, machine string) (*held, string) {
	b := sealed[p.slot]
	if len(b) != p.length || sum(sumSeed, b) != p.sum {
		return nil, "it is damaged"
	}
	h, wrong := judge(b, image.manifest.Access, machine)
	if wrong != nil && wrong.Code == wire.CodeUntrusted && before.slot != 0 {
		if anchor, none := judge(sealed[before.slot], image.manifest.Access, machine); none == nil {
			h, wrong = judge(b, anchor.manifest.Access, machine)
		}
	}
	switch {
	case wrong != nil:
		return nil, wrong.What
	case h.generation != p.generation:
		return nil, "it is another one"
	}
	return h, ""
}
