package wire

import "testing"

func TestLinkRuleProblems(t *testing.T) {
	for name, good := range map[string]bool{"lan0": true, "et": true, "e": true, "wan.7": true, "fifteen-letters": true,
		"": false, "lo": false, "eth0": false, "eth": false, "a/b": false, "a b": false, "..": false, "sixteen-letters-": false} {
		m := Manifest{LinkRules: []LinkRule{{Name: name, Match: []string{"DRIVER=igc"}}}}
		if p := m.RuleProblems(); len(p) == 0 != good || len(p) > 1 || !good && p[0].Field != "link-names" {
			t.Errorf("%q: %v", name, p)
		}
	}
	m := Manifest{LinkRules: []LinkRule{{Name: "lan0"}}}
	if p := m.RuleProblems(); len(p) != 1 || p[0].What != `the rule of "lan0" matches every card` {
		t.Errorf("%v", p)
	}
}
