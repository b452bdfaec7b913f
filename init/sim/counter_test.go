package sim

import (
	"strings"
	"testing"

	"mote/fs"
)

// counterPlan is a short life of an image with a security counter.
func counterPlan(counter int64) *plan {
	p := statePlan(endReboot)
	p.counter = counter
	return p
}

// TestSecurityCounter: a node accepts an image's counter at ready and never before;
// an older image starts nothing, restarts the machine and says why.
func TestSecurityCounter(t *testing.T) {
	d := newDisk(fs.StateBytes)
	for _, c := range []struct {
		image, accepted int64
		ready           bool
		last            string
	}{
		{3, 3, true, "loss of power, a watchdog or a kernel panic"}, // of no boot before
		{5, 5, true, "reboot"},
		{4, 5, false, "reboot"},
		{0, 5, true, "reboot: its security counter 4 is below the accepted 5"},
		{5, 5, true, "reboot"},
		{6, 6, true, "reboot"},
		{5, 6, false, "reboot"},
	} {
		out, _, last := lives(t, d, counterPlan(c.image))
		accepted := int64(number(d.load().Get(fs.StateSlots)))
		if out.says("→ ready") != c.ready || out.says("exec ") != c.ready || accepted != c.accepted || last != c.last {
			t.Errorf("image %d: accepted %d, the last boot ended by %s; want ready %v, %d, %s:\n%s",
				c.image, accepted, last, c.ready, c.accepted, c.last, strings.Join(out.trace.all, ""))
		}
		if refused := "this image is refused: its security counter"; out.says(refused) == c.ready {
			t.Errorf("image %d: says %q: %v", c.image, refused, out.says(refused))
		}
	}
}

// TestSecurityCounterOfABadImage: what never gets ready shuts out nobody.
func TestSecurityCounterOfABadImage(t *testing.T) {
	d := newDisk(fs.StateBytes)
	lives(t, d, counterPlan(3))
	bad := counterPlan(9)
	bad.script = func(int, int) (conduct, bool) {
		c := good()
		c.readyNsec = 3600 * sec
		return c, true
	}
	if out, _, _ := lives(t, d, bad); out.says("→ ready") {
		t.Fatal("it got ready")
	}
	if accepted := number(d.load().Get(fs.StateSlots)); accepted != 3 {
		t.Errorf("accepted %d", accepted)
	}
}

// TestSecurityCounterPowerCut fails the power at every call to the disk in the boot
// that raises the counter: what is accepted is the old one or the new one.
func TestSecurityCounterPowerCut(t *testing.T) {
	old := newDisk(fs.StateBytes)
	lives(t, old, counterPlan(3))
	whole := old.clone()
	lives(t, whole, counterPlan(8))
	seen := map[uint64]int{}
	for at := 1; at <= whole.calls; at++ {
		broken := old.clone()
		broken.cutAt, broken.cutRand = at, rand{state: uint64(at)}
		lives(t, broken, counterPlan(8))
		accepted := number(broken.load().Get(fs.StateSlots))
		seen[accepted]++
		if accepted != 3 && accepted != 8 {
			t.Errorf("cut at call %d: accepted %d", at, accepted)
		}
	}
	if seen[3] == 0 || seen[8] == 0 {
		t.Errorf("only one of both was seen: %v", seen)
	}
}
