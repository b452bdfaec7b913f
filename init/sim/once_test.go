package sim

import "testing"

// TestSeedsOnceRed runs the seeds of long campaigns that broke a rule once, and what
// was wrong then. A seed stands for the same run only as long as nothing is drawn
// otherwise; what it found has a test of its own besides.
func TestSeedsOnceRed(t *testing.T) {
	for _, s := range []struct {
		seed    uint64
		crashes int
		was     string
	}{
		{1068, crashCalls, "only here: a worker of the program before erased while the next one did not know yet what it has"},
		{1121, crashCalls, "the log of a panic was thrown away when PID 1 crashed while it was being erased"},
		{2408, crashCalls, "a record that was read in pieces counted as unreadable, and was erased"},
		{2408, 0, "the same, without a crash of PID 1"},
		{2586, crashCalls, "a watchdog that was to restart a machine which could not be turned off was stopped again after a crash"},
		{2850, crashCalls, "the cgroup of a service that runs was looked at 10 s after a crash, as its limits could not be set again"},
		{3626, crashCalls, "the log of a panic was thrown away when PID 1 crashed while it was being erased"},
		{3794, crashCalls, "only here: a worker of a crash just before was still at a disk that never answers"},
		{4559, 0, "the log of a panic was not read when no descriptor was free for once"},
		{4561, 0, "the loader's count was given up after three failures, 20 s"},
		{7134, 0, "the same"},
		{7402, 0, "a lease was asked for at a socket that had broken, and never opened anew"},
		{9190, 0, "memory counted as short by a line of /proc/meminfo that was read in half"},
		{7254, 0, "a record that was read in pieces counted as unreadable, and was erased"},
	} {
		if out := run(newPlan(s.seed), options{crashes: s.crashes}); out.broken.rule != ruleNone {
			t.Logf("it was red before: %s", s.was)
			report(t, &out)
		}
	}
}
