package sim

import "testing"

// crashSeeds are run by the short form; -seeds 1000 and more run a tenth.
const crashSeeds = 150

// TestCrashes makes PID 1 crash inside system calls of any kind, once in a
// minute of virtual time at most, and holds what takes over to every rule.
func TestCrashes(t *testing.T) {
	crashes, failed := 0, 0
	for seed := *firstFlag; seed < *firstFlag+uint64(max(crashSeeds, *seedsFlag/10)); seed++ {
		out := run(newPlan(seed), options{crashes: 400})
		crashes += out.crashes
		if out.broken.rule == ruleNone {
			continue
		}
		t.Errorf("seed %d at %d ms breaks rule %d (%s) after %d crashes: %s\n%s", seed, out.endedNsec/msec,
			out.broken.rule, out.broken.rule.sentence(), out.crashes, out.broken.what, out.trace.tail())
		if failed++; failed == failuresMax {
			t.FailNow()
		}
	}
	t.Logf("%d crashes", crashes)
	if crashes == 0 {
		t.Error("PID 1 never crashed")
	}
}
