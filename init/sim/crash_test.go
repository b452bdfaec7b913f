package sim

import "testing"

// crashSeeds are run by the short form; -seeds 1000 and more run a tenth.
const crashSeeds = 150

// crashCalls is how many system calls PID 1 makes on average between two crashes.
const crashCalls = 400

// TestCrashes makes PID 1 crash inside system calls of any kind, once in a
// minute of virtual time at most, and holds what takes over to every rule.
func TestCrashes(t *testing.T) {
	if *seedFlag != 0 {
		replay(t, *seedFlag, options{crashes: crashCalls})
		return
	}
	crashes, failed := 0, 0
	for seed := *firstFlag; seed < *firstFlag+uint64(max(crashSeeds, *seedsFlag/10)); seed++ {
		out := run(newPlan(seed), options{crashes: crashCalls})
		crashes += out.crashes
		if out.broken.rule == ruleNone {
			continue
		}
		report(t, &out)
		if failed++; failed == failuresMax {
			t.FailNow()
		}
	}
	t.Logf("%d crashes", crashes)
	if crashes == 0 {
		t.Error("PID 1 never crashed")
	}
}
