package sim

import (
	"strings"
	"testing"

	"mote/fs"
	"mote/wire"
)

// statePlan is a short life without chance: two services, then an orderly end.
func statePlan(ends ending) *plan {
	services := []wire.Service{service("a", wire.ReadyExec), service("b", wire.ReadyNotify, "a")}
	p := &plan{seed: 1, manifest: &wire.Manifest{Node: "node", Services: services}, driverNsec: 1 * msec,
		syncNsec: 5 * msec, processLimit: 100, chaosNsec: 200 * msec, ending: ends, tempers: []temper{steady, steady}}
	p.script = func(int, int) (conduct, bool) { return good(), true }
	return p
}

// says finds a text on the console of a run that kept its trace.
func (o *outcome) says(text string) bool {
	return strings.Contains(strings.Join(o.trace.all, ""), text)
}

// TestStateBoots: a node counts its boots, and knows how each ended.
func TestStateBoots(t *testing.T) {
	d := newDisk(fs.StateBytes)
	for _, c := range []struct {
		ends ending
		says string
	}{
		{endReboot, "state area: /dev/vdb1, empty, boot 1; unjoined"},
		{endTerm, "boot 2, the last one ended by reboot; unjoined"},
		{endReboot, "boot 3, the last one ended by power off; unjoined"},
	} {
		out := run(statePlan(c.ends), options{keep: true, disk: d})
		if out.broken.rule != ruleNone {
			report(t, &out)
		}
		if !out.says(c.says) {
			t.Errorf("never says %q:\n%s", c.says, strings.Join(out.trace.all, ""))
		}
	}
	t.Logf("%d writes, %d flushes", d.writes, d.flushes)
}
