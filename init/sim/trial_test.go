package sim

import (
	"strings"
	"testing"

	"mote/fs"
)

// neverReady is a life of twenty minutes in which a service takes an hour.
func neverReady(counter int64, loader loaderKind) *plan {
	p := counterPlan(counter)
	p.chaosNsec, p.loader = 1200*sec, loader
	p.script = func(int, int) (conduct, bool) {
		c := good()
		c.readyNsec = 3600 * sec
		return c, true
	}
	return p
}

// TestTrial: a release that was never ready on a node where another one was restarts
// after ten minutes, without its try; nothing else that is not ready does.
func TestTrial(t *testing.T) {
	const told, over = "on trial: this release was never ready here", "a release on trial was not ready in time"
	for _, c := range []struct {
		name        string
		were        []int64 // the releases that were ready before, by their counters
		is          int64
		loader      loaderKind
		told, ended bool
	}{
		{"the first one of a node", nil, 3, loaderCounts, false, false},
		{"a new one", []int64{3}, 5, loaderCounts, true, true},
		{"a new one, both slots were good", []int64{3, 4}, 5, loaderCounts, true, true},
		{"a new one that nobody counts", []int64{3}, 5, loaderSilent, true, false},
		{"a new one without firmware", []int64{3}, 5, loaderNone, true, false},
		{"the one that was ready last", []int64{3}, 3, loaderCounts, false, false},
		{"the one of the other slot", []int64{3, 3}, 3, loaderCounts, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDisk(fs.StateBytes)
			for _, counter := range c.were {
				if out, _, _ := lives(t, d, counterPlan(counter)); !out.says("→ ready") {
					t.Fatal("a good release is not ready")
				}
			}
			out, _, _ := lives(t, d, neverReady(c.is, c.loader))
			if out.says(told) != c.told || out.says(over) != c.ended {
				t.Errorf("told %v, restarted %v; want %v, %v:\n%s", out.says(told), out.says(over), c.told, c.ended,
					strings.Join(out.trace.all, ""))
			}
			_, _, last := lives(t, d, counterPlan(7))
			if (last == "reboot: "+over) != c.ended {
				t.Errorf("the last boot ended by %q", last)
			}
		})
	}
}

// TestTrialPassed: what gets ready late, but in time, is not restarted, and is on trial
// no more.
func TestTrialPassed(t *testing.T) {
	d := newDisk(fs.StateBytes)
	lives(t, d, counterPlan(3))
	late := neverReady(5, loaderCounts)
	late.script = func(_, start int) (conduct, bool) {
		c := good()
		if start < 15 {
			c.readyNsec = 3600 * sec
		}
		return c, true
	}
	if out, _, _ := lives(t, d, late); !out.says("→ ready") || out.says("was not ready in time") {
		t.Fatalf("ready %v:\n%s", out.says("→ ready"), strings.Join(out.trace.all, ""))
	}
	if out, _, _ := lives(t, d, neverReady(5, loaderCounts)); out.says("on trial") {
		t.Error("it is on trial once more")
	}
}
