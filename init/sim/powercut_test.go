package sim

import (
	"bytes"
	"encoding/binary"
	"hash/crc64"
	"slices"
	"strings"
	"testing"

	"mote/fs"

	"golang.org/x/sys/unix"
)

// clone copies a disk as a loss of power leaves it.
func (d *disk) clone() *disk {
	c := newDisk(len(d.durable))
	copy(c.durable, d.durable)
	c.sectorBytes, c.boots = d.sectorBytes, d.boots
	return c
}

// lives runs one boot of a node whose clock stands at 1970 without help.
func lives(t *testing.T, d *disk, p *plan) (out outcome, boots int64, last string) {
	t.Helper()
	var w *world
	out = run(p, options{disk: d, keep: true, arm: func(world *world) {
		w = world
		w.clockNsec = 0
		w.arm()
	}})
	if out.broken.rule != ruleNone {
		report(t, &out)
	}
	boots, last = w.loop.Boots()
	return out, boots, last
}

// cutPlan is a life in which everything is written: the clock by its period, a
// crash of PID 1, and an orderly end.
func cutPlan(ends ending) *plan {
	p := statePlan(ends)
	p.chaosNsec = 1900 * sec
	return p
}

// TestStatePowerCut fails the power at every call to the disk in a boot, with each
// size of sector and many choices of what of the unflushed sectors is kept, after
// histories that used each place. The next boot finds old or new: its number is
// the one before or the next, its clock is not behind what was kept, and it says
// of the boot before what was written whole of it.
func TestStatePowerCut(t *testing.T) {
	cuts, news := 0, 0
	for _, sectorBytes := range []int{512, 4096} {
		d := newDisk(fs.StateBytes)
		d.sectorBytes = sectorBytes
		for before := range int64(4) {
			whole := d.clone()
			lives(t, whole, cutPlan(endReboot))
			for at := 1; at <= whole.calls; at++ {
				for seed := range uint64(2) {
					broken := d.clone()
					broken.cutAt, broken.cutRand = at, rand{state: uint64(at)<<8 | seed}
					if out, _, _ := lives(t, broken, cutPlan(endReboot)); !out.cut {
						continue // a call that only this run did not make
					}
					cuts++
					broken.cutAt = 0
					_, boots, last := lives(t, broken, statePlan(endReboot))
					old := boots == before+1 && (before == 0 || last == "reboot")
					new := boots == before+2
					if !old && !new {
						t.Errorf("sectors of %d, after %d boots, cut at call %d, seed %d: boot %d, the last one ended by %s",
							sectorBytes, before, at, seed, boots, last)
					}
					if new {
						news++
					}
				}
				if t.Failed() {
					return
				}
			}
			d = whole
		}
	}
	t.Logf("%d losses of power; %d of the next boots found the boot's own record", cuts, news)
	if news == 0 || news == cuts {
		t.Error("only one of both outcomes was seen")
	}
}

// TestStateTroubles: a disk that is read-only, absent, late, hung, zeroed, too small
// or taken away does not keep a node from its services, and is told of.
func TestStateTroubles(t *testing.T) {
	used := newDisk(fs.StateBytes)
	for range 4 {
		lives(t, used, statePlan(endReboot))
	}
	for name, c := range map[string]struct {
		change func(d *disk)
		kind   diskKind
		says   string
		boots  int64 // by the next, healthy boot
	}{
		"healthy":   {func(*disk) {}, diskGood, "boot 5, the last one ended by reboot", 6},
		"read-only": {func(d *disk) { d.readOnly = true }, diskGood, "state area: /dev/vdb1 is read-only; what is new lives in memory only", 5},
		"absent":    {func(d *disk) { d.there = false }, diskGood, "state area: PARTLABEL=mote-state is not there; unjoined", 5},
		"late":      {func(d *disk) { d.there = false }, diskLate, "boot 5, the last one ended by reboot", 6},
		"hung":      {func(d *disk) { d.slowNsec = -1 }, diskGood, "state area: /dev/vdb1 is not read yet", 5},
		"zeroed":    {func(d *disk) { clear(d.durable) }, diskGood, "state area: /dev/vdb1, empty, boot 1; unjoined", 2},
		"too small": {func(d *disk) { d.durable, d.cached = d.durable[:8192], d.cached[:8192] }, diskGood, "trouble: state area: read block 2 of /dev/vdb1: EIO", 7},
		"vanishes":  {func(*disk) {}, diskVanishes, "state area: /dev/vdb1 is gone; what is new lives in memory only, until the next boot", 6},
	} {
		t.Run(name, func(t *testing.T) {
			d := used.clone()
			c.change(d)
			p := statePlan(endReboot)
			p.chaosNsec = 20 * sec
			p.disk = c.kind
			out, _, _ := lives(t, d, p)
			if !out.says(c.says) {
				t.Errorf("never says %q:\n%s", c.says, strings.Join(out.trace.all, ""))
			}
			if !out.counts.Ready {
				t.Error("the node did not get ready")
			}
			if c.boots == 7 {
				return // there is no healthy boot of such a disk
			}
			d.there, d.readOnly, d.slowNsec = true, false, 20*usec
			if _, boots, _ := lives(t, d, statePlan(endReboot)); boots != c.boots {
				t.Errorf("the next boot is boot %d, not %d", boots, c.boots)
			}
		})
	}
}

// TestStateForeign: a device that holds something else is left as it is, byte by
// byte, through two boots; the node runs, and says so on the console and in its
// status.
func TestStateForeign(t *testing.T) {
	d := newDisk(fs.StateBytes)
	copy(d.durable[1024+56:], "\x53\xef and a file system") // ext4's magic
	d.cached = slices.Clone(d.durable)
	before := slices.Clone(d.durable)
	for range 2 {
		out, _, _ := lives(t, d, statePlan(endReboot))
		if text := "trouble: state area: /dev/vdb1 holds something else and is not written to; name another device"; !out.says(text) {
			t.Errorf("never says %q:\n%s", text, strings.Join(out.trace.all, ""))
		}
		if !out.counts.Ready {
			t.Error("the node did not get ready")
		}
	}
	if !bytes.Equal(d.durable, before) || d.writes != 0 {
		t.Errorf("%d writes to what is not ours", d.writes)
	}
}

// TestStateFailedWrites fails each write or flush of a life, one or several in a
// row: what is called kept is there all the same, in another place.
func TestStateFailedWrites(t *testing.T) {
	for _, call := range []string{"disk pwrite", "disk fdatasync"} {
		for failures := 1; failures <= 3; failures++ {
			d := newDisk(fs.StateBytes)
			lives(t, d, statePlan(endReboot))
			left := failures
			out := run(statePlan(endReboot), options{disk: d, keep: true, fails: func(_ *world, made string) errno {
				if made != call || left == 0 {
					return 0
				}
				left--
				return unix.EIO
			}})
			if out.broken.rule != ruleNone {
				report(t, &out)
			}
			want := int64(3)
			if failures >= 2 {
				want = 2 // no place was left for the record of this boot
			}
			if full := out.says("no place is left for value 0"); full != (failures >= 2) {
				t.Errorf("%d failures of %s: says that no place is left: %v", failures, call, full)
			}
			_, boots, _ := lives(t, d, statePlan(endReboot))
			if boots != want && boots != 3 {
				t.Errorf("after %d failures of %s: boot %d, not %d", failures, call, boots, want)
			}
		}
	}
}

// TestStateCrashes: a crash of PID 1 is counted, and the area goes on; the second
// within a minute leaves its reason for the next boot.
func TestStateCrashes(t *testing.T) {
	d := newDisk(fs.StateBytes)
	crashes := func(instants ...int64) outcome {
		p := statePlan(endReboot)
		p.chaosNsec = 2 * sec
		out := run(p, options{disk: d, keep: true, arm: func(w *world) {
			w.arm()
			for n := range int64(20) {
				w.after(n*100*msec, func() { w.raise(sigCHLD) }) // the loop shall turn now and then
			}
		}, fails: func(w *world, _ string) errno {
			if w.crash.on && len(instants) > 0 && w.now > instants[0] {
				instants = instants[1:]
				w.crash.on = false
				panic(crashed{})
			}
			return 0
		}})
		again := len(instants) == 0 && out.broken.rule == ruleDead // it restarts without an order
		if out.broken.rule != ruleNone && !again {
			report(t, &out)
		}
		return out
	}
	crashes(700 * msec)
	if got := number(d.load().Get(fs.StateCrashes)); got != 1 {
		t.Errorf("%d crashes are kept, not 1", got)
	}
	if out := crashes(700*msec, 900*msec); !out.says("boot 2, the last one ended by reboot") {
		t.Error("after one crash the end was not kept")
	}
	out, _, _ := lives(t, d, statePlan(endReboot))
	if says := "boot 3, the last one ended by PID 1 panics for the second time within a minute"; !out.says(says) {
		t.Errorf("never says %q", says)
	}
	if got := number(d.load().Get(fs.StateCrashes)); got != 3 {
		t.Errorf("%d crashes are kept, not 3", got)
	}
}

// newer makes a record of key 0 for its copy n that only a later release may read;
// the sum is another's CRC-64.
func newer(block []byte, n int) {
	clear(block)
	copy(block, "MoSt")
	block[4], block[5], block[8], block[16] = 2, 2, byte(n+1), 5
	copy(block[24:], "later")
	summed := append(binary.LittleEndian.AppendUint64(nil, uint64(n)), block[:29]...)
	binary.LittleEndian.PutUint64(block[29:], crc64.Checksum(summed, crc64.MakeTable(crc64.ECMA)))
}

// TestStateNewerRelease: after a rollback the records of the release that was
// there are left alone, and say so.
func TestStateNewerRelease(t *testing.T) {
	d := newDisk(fs.StateBytes)
	lives(t, d, statePlan(endReboot))
	for n := range fs.StateCopies {
		at := fs.StateOffset(fs.StateBoot, n)
		newer(d.durable[at:at+fs.StateBlockBytes], n)
	}
	before := bytes.Clone(d.durable[:fs.StateOffset(fs.StateClock, 0)])
	out, _, _ := lives(t, d, statePlan(endReboot))
	for _, text := range []string{"3 blocks are of a newer release; left alone", "no place is left for value 0"} {
		if !out.says(text) {
			t.Errorf("never says %q", text)
		}
	}
	if !bytes.Equal(before, d.durable[:len(before)]) {
		t.Error("a newer release's records were written over")
	}
}

// TestStateNeverGrows: every place is used, and none beyond the area's end, where
// this disk has no space.
func TestStateNeverGrows(t *testing.T) {
	d := newDisk(fs.StateBytes)
	for range 8 {
		if out, _, _ := lives(t, d, statePlan(endReboot)); out.says("ENOSPC") {
			t.Fatal("a write had no space")
		}
	}
	if _, boots, _ := lives(t, d, statePlan(endReboot)); boots != 9 {
		t.Errorf("boot %d, not 9", boots)
	}
}

// TestStateClock: a machine that begins in 1970 runs no service before the time of
// its release, nor before what was kept in an earlier boot.
func TestStateClock(t *testing.T) {
	d := newDisk(fs.StateBytes)
	day := int64(0)
	for boot := range 4 {
		var earliest int64
		p := statePlan(endReboot)
		p.script = nil
		p.chaosNsec = 2 * 3600 * sec
		out := run(p, options{disk: d, keep: true, arm: func(w *world) {
			w.clockNsec = 0
			w.arm()
			w.started = func() {
				if earliest == 0 {
					earliest = w.Clock()
				}
			}
		}})
		if out.broken.rule != ruleNone {
			report(t, &out)
		}
		if earliest < 1_764_028_800*sec || earliest < day {
			t.Errorf("boot %d starts a service at %d s since 1970", boot, earliest/sec)
		}
		day = earliest + 2*3600*sec - 1800*sec
	}
}
