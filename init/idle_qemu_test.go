//go:build qemu && long

package main_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"mote/ctl/vm"
	"mote/wire"
)

// idleSec is how long the machine is left alone; ticksMax turns are its slow
// ticks, one in ten seconds, and one more for where the interval begins.
const (
	idleSec  = 60
	ticksMax = idleSec/10 + 1
)

// TestLongQEMUIdle leaves a node with running services alone for a minute of its
// own time, and counts how often PID 1 woke.
func TestLongQEMUIdle(t *testing.T) {
	g := boot(t, vm.Config{}, chain())
	g.until("third", "up", func(s wire.ServiceStatus) bool { return s.State == "up" })
	from, switches := g.turnsAndSwitches()
	time.Sleep(idleSec * time.Second)
	to, after := g.turnsAndSwitches()
	// Looking costs turns too: the two connections and requests of one look.
	t.Logf("%d turns and %d context switches of PID 1 in %d s", to-from, after-switches, idleSec)
	if turns := to - from; turns > ticksMax+lookTurns {
		t.Errorf("PID 1 woke %d times in %d s, want at most %d", turns, idleSec, ticksMax+lookTurns)
	}
}

// lookTurns is what turnsAndSwitches itself costs: an accept, a request, and the
// peer's end, and the relay's own output none.
const lookTurns = 4

// turnsAndSwitches gives the loop's turns, and how often PID 1's threads slept.
func (g *guest) turnsAndSwitches() (turns, switches uint64) {
	for _, task := range strings.Fields(g.ask("list /proc/1/task")) {
		for line := range strings.Lines(g.ask("cat /proc/1/task/%s/status", task)) {
			var n uint64
			if _, err := fmt.Sscanf(line, "voluntary_ctxt_switches: %d", &n); err == nil {
				switches += n
			}
		}
	}
	return g.loop().Turns, switches
}
