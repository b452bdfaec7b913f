package sim

import (
	"flag"
	"fmt"
	"testing"

	"mote/init/core"
)

var (
	seedsFlag = flag.Int("seeds", 1000, "how many seeds to run")
	firstFlag = flag.Uint64("first", 1, "the first of them")
	seedFlag  = flag.Uint64("seed", 0, "run this seed only; with -v print its transcript")
)

// failuresMax runs are told before the campaign ends.
const failuresMax = 4

// report tells a broken run: rule, last lines, and how to see it again.
func report(t *testing.T, out *outcome) {
	t.Helper()
	t.Errorf("seed %d at %d ms breaks rule %d (%s) after %d crashes: %s\n%s\nreplay: go test ./init/sim -run %s -v -seed %d",
		out.plan.seed, out.endedNsec/msec, out.broken.rule, out.broken.rule.sentence(), out.crashes, out.broken.what,
		out.trace.tail(), t.Name(), out.plan.seed)
}

// TestSeeds is the campaign: no rule may be broken, and the seeds together must
// come by every cell of the table, with faults on in at least half of them.
func TestSeeds(t *testing.T) {
	if *seedFlag != 0 {
		replay(t, *seedFlag, options{})
		return
	}
	visits := make(map[[2]string]uint64)
	faulty, failed := 0, 0
	var lines, replies uint64
	for seed := *firstFlag; seed < *firstFlag+uint64(*seedsFlag); seed++ {
		out := run(newPlan(seed), options{})
		if out.broken.rule != ruleNone {
			report(t, &out)
			if failed++; failed == failuresMax {
				t.FailNow()
			}
		}
		if out.injected > 0 {
			faulty++
		}
		lines, replies = lines+out.trace.lines, replies+out.replies
		for cell, n := range out.visits {
			visits[cell] += uint64(n)
		}
	}
	t.Logf("%d seeds, %d with faults, %d lines of trace, %d replies", *seedsFlag, faulty, lines, replies)
	if *seedsFlag < 1000 {
		return // these few may not come by every cell, nor by faults often enough
	}
	if 2*faulty < *seedsFlag {
		t.Errorf("faults were on in %d of %d seeds only", faulty, *seedsFlag)
	}
	for _, cell := range core.Transitions.Cells() {
		if visits[[2]string{cell.State, cell.Trigger}] == 0 {
			t.Errorf("no seed comes by %s × %s", cell.State, cell.Trigger)
		}
	}
}

// replay prints a seed's transcript, and what it breaks.
func replay(t *testing.T, seed uint64, o options) {
	t.Helper()
	o.keep = testing.Verbose()
	out := run(newPlan(seed), o)
	for _, line := range out.trace.all {
		fmt.Print(line)
	}
	if out.broken.rule != ruleNone {
		report(t, &out)
	}
}

// TestOneSeedOneTrace: the same seed gives the same text, to its hash; another
// one gives another.
func TestOneSeedOneTrace(t *testing.T) {
	seen := make(map[uint64]uint64)
	for seed := uint64(1); seed <= 100; seed++ {
		a, b := run(newPlan(seed), options{}), run(newPlan(seed), options{})
		if a.trace.hash.Sum64() != b.trace.hash.Sum64() || a.trace.lines != b.trace.lines {
			t.Errorf("seed %d breaks rule %d (%s)", seed, ruleSame, ruleSame.sentence())
		}
		if other := seen[a.trace.hash.Sum64()]; other != 0 {
			t.Errorf("seeds %d and %d have the same trace", other, seed)
		}
		seen[a.trace.hash.Sum64()] = seed
	}
}

// TestFailedLoopPanics: without its epoll set, timer or signal pipe there is no
// PID 1, and it says so instead of going on blind.
func TestFailedLoopPanics(t *testing.T) {
	p := newPlan(1)
	w := newWorld(p, false)
	w.fileLimit = 2 // the console and /dev/null; the timer finds no place
	w.loop = core.New(w, w.rooms())
	defer func() {
		if recover() == nil {
			t.Error("Boot went on without a timer")
		}
	}()
	w.loop.Boot()
}
