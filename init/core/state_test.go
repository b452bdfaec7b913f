package core

import (
	"path/filepath"
	"strings"
	"testing"

	"mote/size/golden"
)

// TestTransitionsPrinted keeps a picture of the table that can be read at once.
func TestTransitionsPrinted(t *testing.T) {
	acts := [...]string{actFault: "", actNone: "", actStart: " +start", actTerm: " +term",
		actKill: " +kill", actTell: " +tell"}
	var b strings.Builder
	for s := range statesCount {
		for tr := range triggersCount {
			if c := Transitions[s][tr]; c.act != actFault {
				b.WriteString(s.String() + " × " + tr.String() + " → " + c.next.String() + acts[c.act] + "\n")
			}
		}
	}
	golden.Check(t, filepath.Join("testdata", "transitions.txt"), b.String())
}

// TestTransitionsKeepTheirRules holds the table to what is meant by its states.
func TestTransitionsKeepTheirRules(t *testing.T) {
	for s := range statesCount {
		for tr := range triggersCount {
			c := Transitions[s][tr]
			where := s.String() + " × " + tr.String()
			switch {
			case c.act == actFault && c.next != forgotten:
				t.Errorf("%s: a cell without an act leads to %s", where, c.next)
			case c.act == actFault:
			case s == forgotten || c.next == forgotten:
				t.Errorf("%s: the forgotten state is used", where)
			case c.act == actStart && (s.alive() || c.next != starting):
				t.Errorf("%s: starts a second instance, or one that is not starting", where)
			case s.alive() && !c.next.alive() && tr != trAgain && tr != trDone && tr != trSpent && tr != trDown:
				t.Errorf("%s: processes are forgotten", where)
			}
		}
		if s == forgotten {
			continue
		}
		for _, tr := range []trigger{trStart, trStop} {
			if Transitions[s][tr].act == actFault && !(s == stuck) {
				t.Errorf("%s × %s: an operator may wish it at any time", s, tr)
			}
		}
		if stateNames[s] == "" {
			t.Errorf("state %d has no name", s)
		}
	}
}

func TestEveryNameIsThere(t *testing.T) {
	for k := range eventsKinds {
		if eventNames[k] == "" {
			t.Errorf("event %d has no name", k)
		}
	}
	for k := range opsKinds {
		if opNames[k] == "" {
			t.Errorf("op %d has no name", k)
		}
	}
	for r := range ranksCount {
		if rankNames[r] == "" || rankSlots[r] == 0 {
			t.Errorf("rank %d has no name or no slot", r)
		}
	}
	for k := range marksKinds {
		if markNames[k] == "" {
			t.Errorf("mark %d has no name", k)
		}
	}
	sum := 0
	for _, n := range rankSlots {
		sum += n
	}
	if sum != slotsMax {
		t.Errorf("slotsMax is %d, the ranks need %d", slotsMax, sum)
	}
}
