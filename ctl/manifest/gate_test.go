package manifest

import (
	"slices"
	"strings"
	"testing"

	"mote/wire"
)

// TestGate: the field becomes two services, which the document may change.
func TestGate(t *testing.T) {
	const text = "mote: v1\nnode: edge-7\ngate: {root: R, identity: I}\n"
	m := read(t, text)
	if len(m.Services) != 2 || m.Services[0].Name != "leaf" || m.Services[1].Name != "gate" {
		t.Fatalf("%+v", m.Services)
	}
	leaf, gate := &m.Services[0], &m.Services[1]
	if GatePort(m) != gatePortDefault || !gate.Relay || !slices.Equal(gate.Needs, []string{"leaf"}) {
		t.Errorf("%+v", gate)
	}
	if f := leaf.Isolation.Files; len(f) != 1 || f[0].Content != "I" || f[0].Mode != 0o400 || f[0].Owner != "leaf" {
		t.Errorf("the identity is in %+v", f)
	}
	if f := gate.Isolation.Files; len(f) != 1 || f[0].Content != "R" {
		t.Errorf("the roots are in %+v", f)
	}
	if uid, _, _ := m.Identity(gate.User); uid == 0 || len(gate.Caps)+len(leaf.Caps) != 0 {
		t.Errorf("the gate is user %d with %v", uid, gate.Caps)
	}
	changed := read(t, text[:len(text)-2]+", port: 70}\nservices: {gate: {limits: {memory-max: 1 GiB}}, web: {exec: [/bin/web]}}\n")
	if g := &changed.Services[1]; GatePort(changed) != 70 || g.Limits.MemoryMaxBytes != 1<<30 || g.Limits.PidsMax != gate.Limits.PidsMax {
		t.Errorf("%+v", g)
	}
	if GatePort(&wire.Manifest{Services: []wire.Service{{Port: 80}}}) != 0 {
		t.Error("a service with a port is taken for the gate")
	}
	if changes := Diff(m, again(t, shown(t, m))); changes != nil {
		t.Errorf("shown and compiled it is another: %v", changes)
	}
}

// TestGateProblems are told where they stand.
func TestGateProblems(t *testing.T) {
	for text, want := range map[string]string{
		"gate: 7443":                                             `a number, where a map of fields is wanted`,
		"gate: {root: R}":                                        `no field "identity"; give a key and its endorsement as PEM`,
		"gate: {root: R, identity: I, prot: 1}":                  `no field "prot"; did you mean port?`,
		"gate: {root: R, identity: I, port: 99999}":              `99999 is not between 1 and 65535`,
		"gate: {root: R, identity: 5}\nservices: {leaf: {a: 1}}": `no field "a"`,
		"gate: {root: \"\", identity: I}":                        `needs either content or source`,
	} {
		n, problems := Load("gate.yaml", []byte("mote: v1\n"+text+"\n"))
		_, more := Compile(n, Values{})
		var b strings.Builder
		problems.And(more).Print(&b, false)
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s: %s\nwant %q", text, b.String(), want)
		}
	}
}
