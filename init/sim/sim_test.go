package sim

import (
	"flag"
	"fmt"
	"testing"
)

var (
	seedsFlag = flag.Int("seeds", 1000, "how many seeds to run")
	firstFlag = flag.Uint64("first", 1, "the first of them")
	seedFlag  = flag.Uint64("seed", 0, "run this seed only; with -v print its transcript")
)

// report tells a broken run: rule, last lines, and how to see it again.
func report(t *testing.T, out *outcome) {
	t.Helper()
	t.Errorf("seed %d at %d ms breaks rule %d (%s): %s\n%s\nreplay: go test ./init/sim -run TestSeeds -v -seed %d",
		out.plan.seed, out.endedNsec/msec, out.broken.rule, out.broken.rule.sentence(), out.broken.what,
		out.trace.tail(), out.plan.seed)
}

func TestSeeds(t *testing.T) {
	if *seedFlag != 0 {
		out := run(newPlan(*seedFlag), options{keep: testing.Verbose()})
		for _, line := range out.trace.all {
			fmt.Print(line)
		}
		if out.broken.rule != ruleNone {
			report(t, &out)
		}
		return
	}
	failed := 0
	for seed := *firstFlag; seed < *firstFlag+uint64(*seedsFlag); seed++ {
		out := run(newPlan(seed), options{})
		if out.broken.rule != ruleNone {
			report(t, &out)
			if failed++; failed > 3 {
				t.FailNow()
			}
		}
	}
}
