package wire

import "math"

// LinkRule gives a card's link a name, by what stays the same whenever the machine
// starts.
type LinkRule struct {
	// Name is what the link is called, at most 15 bytes.
	Name string
	// Match are lines that the kernel says of the card, or of what it stands on, in
	// uevent files of sysfs, all of which have to be there: "DRIVER=igc",
	// "PCI_SLOT_NAME=0000:00:1f.6"; and "MAC=52:54:00:00:00:01", the permanent address.
	Match []string
	// Order is which of all cards that match, in the kernel's order of finding them,
	// from 1; 0 means the first that no rule before has named.
	Order uint8
}

// linkRule reads one entry of "link-names".
func (d *Decoder) linkRule(r *LinkRule) {
	for m := d.Map(); d.Next(&m); {
		switch m.Key {
		case keyLinkRuleName:
			d.field("name")
			r.Name = d.textField(LinkNameSizeMax)
		case keyLinkRuleMatch:
			d.field("match")
			r.Match = d.textsField(MatchMax, MatchSizeMax)
		case keyLinkRuleOrder:
			d.field("order")
			r.Order = uint8(d.uintField(math.MaxUint8))
		default:
			d.Unknown()
		}
	}
}

// RuleProblems says what is wrong with the rules for names. PID 1 does not ask: the
// kernel refuses a bad name.
func (m *Manifest) RuleProblems() []Problem {
	c := checker{m: m, service: -1}
	for i := range m.LinkRules {
		r := &m.LinkRules[i]
		if !linkNameOK(r.Name) || r.Name == "lo" || len(r.Name) > 2 && r.Name[:3] == "eth" {
			c.add("link-names", quote(r.Name)+" is no name that a rule can give",
				"use at most 15 bytes as in \"lan0\"; \"lo\" and what begins with \"eth\" are the kernel's own, and may be taken")
		}
		if len(r.Match) == 0 {
			c.add("link-names", "the rule of "+quote(r.Name)+" matches every card", "give a line of match, as DRIVER: igc")
		}
	}
	return c.problems
}
