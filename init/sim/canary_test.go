package sim

import (
	"testing"

	"mote/init/core"
)

// TestCanariesAreFound plants a bug in a copy of the table, one at a time, and
// expects a broken rule within a few seeds. The product keeps every rule in those
// seeds (TestSeeds), so what is found is the canary.
func TestCanariesAreFound(t *testing.T) {
	none := core.Cell{}
	start := core.Cell{State: "waiting", Trigger: "needs"}
	tell := core.Cell{State: "up", Trigger: "spent"}
	for name, c := range map[string]struct {
		state, trigger, next string
		like                 core.Cell
	}{
		"a stopped service starts again":      {"killing", "down", "starting", start},
		"a start without a clone":             {"waiting", "needs", "starting", none},
		"never ready, and never given up":     {"starting", "timer", "starting", none},
		"a stop signal that is waited on":     {"stopping", "timer", "stopping", none},
		"a crashed service counts as up":      {"up", "rest", "up", none},
		"a restart that forgets its needs":    {"backoff", "timer", "starting", start},
		"a restart without its back-off":      {"killing", "again", "waiting", none},
		"a service given up too early":        {"up", "again", "failed", tell},
		"a start that is not heard":           {"down", "start", "down", none},
		"the end of a stop is missed":         {"stopping", "down", "stopping", none},
		"a cell that is missing altogether":   {"stuck", "down", "forgotten", none},
		"a stop that signals nobody":          {"up", "stop", "down", none},
		"what is left behind is never killed": {"starting", "rest", "killing", none},
	} {
		t.Run(name, func(t *testing.T) {
			table, ok := core.Transitions.Changed(c.state, c.trigger, c.next, c.like)
			if !ok {
				t.Fatalf("no cell %s × %s → %s", c.state, c.trigger, c.next)
			}
			for seed := uint64(1); seed <= canarySeeds; seed++ {
				out := run(newPlan(seed), options{table: &table})
				if out.broken.rule == ruleNone {
					continue
				}
				if real := run(newPlan(seed), options{}); real.broken.rule != ruleNone {
					continue // broken without the canary too
				}
				t.Logf("seed %d: rule %d: %s", seed, out.broken.rule, out.broken.what)
				return
			}
			t.Errorf("not found within %d seeds", canarySeeds)
		})
	}
}

// canarySeeds are enough for each canary by a wide margin.
const canarySeeds = 500
