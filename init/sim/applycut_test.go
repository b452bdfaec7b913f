package sim

import (
	"testing"

	"mote/fs"
	"mote/wire"
)

// What an operator was told of manifests when power failed, and what may therefore be
// in force in the boot after. Invariant:
//
//	The boot after a loss of power has the manifest of the last apply, staging or
//	confirmation that was told to have succeeded, or of the one that was under way:
//	old or new, and nothing else. A try that nobody confirmed is never in it; it takes
//	the place of a staged one, and leaves what was in force. The highest generation
//	ever told stays refused.

// expected follows the answers.
type expected struct {
	told    uint64 // what the next boot has by all that was told
	current uint64 // what is in force, or was before a try
	other   uint64 // what it may have instead, while something is under way
	newest  uint64 // told last, in whatever mode
}

// agenda sends a few manifests in modes by chance.
func (e *expected) agenda(w *world, r *rand, first uint64) {
	next := first
	var step func(left int)
	step = func(left int) {
		if left == 0 {
			return
		}
		n, mode := next, pick(r, wire.ApplyAuto, wire.ApplyAuto, wire.ApplyStaged, wire.ApplyTry, wire.ApplyTry, wire.ApplyDryRun)
		next++
		tryMsec := uint32(0)
		if mode == wire.ApplyTry {
			tryMsec = uint32(pick(r, 20, 100_000))
		}
		again := func() { w.after(r.between(1*msec, 80*msec), func() { step(left - 1) }) }
		switch e.other = e.told; mode {
		case wire.ApplyAuto, wire.ApplyStaged:
			e.other = n
		case wire.ApplyTry:
			e.other = e.current
		}
		sent := w.send(sealed(signer, n, "", generation(n)), mode, tryMsec, func(reply *wire.Reply) {
			e.other = e.told
			if reply.Error.Code == 0 && mode != wire.ApplyDryRun {
				e.newest = n
			}
			switch {
			case reply.Error.Code != 0 || mode == wire.ApplyDryRun:
			case mode == wire.ApplyTry && tryMsec > 1000:
				e.told, e.other = e.current, n
				w.confirm(n, func(reply *wire.Reply) {
					if reply.Error.Code == 0 {
						e.told, e.current = n, n
					}
					e.other = e.told
					again()
				})
				return
			case mode == wire.ApplyTry:
				e.told, e.other = e.current, e.current
			case mode == wire.ApplyAuto:
				e.told, e.current, e.other = n, n, n
			default:
				e.told, e.other = n, n
			}
			again()
		})
		if !sent {
			e.other = e.told
			again()
		}
	}
	w.after(300*msec, func() { step(4) })
}

// cutSeed lives through some boots of one node: in each, manifests are sent, and power
// fails at one call to the disk.
func cutSeed(t *testing.T, seed uint64) (cuts, news int) {
	d := newDisk(fs.StateAreaBytes)
	r := rand{state: seed * 0x9e3779b97f4a7c15}
	d.sectorBytes = pick(&r, 512, 4096)
	e, generationNext := &expected{}, uint64(1)
	for range 3 {
		d.cutAt, d.cutRand = 1+r.below(120), r.fork()
		var w *world
		started := *e
		out := run(applyPlan(endReboot), options{disk: d, arm: func(world *world) {
			w = world
			w.arm()
			e.agenda(w, &r, generationNext)
		}})
		if !out.cut && out.broken.rule != ruleNone {
			t.Fatalf("seed %d: %v", seed, out.broken)
		}
		generationNext += 4
		d.cutAt = 0
		_, w = applying(t, d, nothing)
		st := w.loop.Manifest()
		if out.cut {
			cuts++
		}
		if st.Generation != e.told && st.Generation != e.other {
			t.Fatalf("seed %d: generation %d is in force; told was %d, under way %d, before %d (cut: %v)", seed, st.Generation, e.told, e.other, started.told, out.cut)
		}
		if st.Newest < e.newest {
			t.Fatalf("seed %d: %d is the newest, and %d was taken", seed, st.Newest, e.newest)
		}
		if st.Generation != e.told {
			news++
		}
		e.told, e.current, e.other = st.Generation, st.Generation, st.Generation
	}
	return cuts, news
}

// TestApplyPowerCut holds the invariant above over many seeds.
func TestApplyPowerCut(t *testing.T) {
	seeds := uint64(*seedsFlag) / 4 // each lives through six boots
	cuts, news := 0, 0
	for seed := uint64(1); seed <= seeds && !t.Failed(); seed++ {
		c, n := cutSeed(t, seed)
		cuts, news = cuts+c, news+n
	}
	t.Logf("%d losses of power; %d of the boots after had what was under way", cuts, news)
	if cuts == 0 || news == 0 || news == cuts {
		t.Error("only one of both outcomes was seen")
	}
}
