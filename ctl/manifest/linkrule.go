package manifest

import "mote/wire"

// linkRuleFields are the rules by which links get their names.
func linkRuleFields() []Field {
	return []Field{
		{Name: "match", Wire: "Match", Form: &environment{of: anyText("a text", "igc", plainNumber), most: wire.MatchMax}, Live: true, Required: true,
			Example: "{MAC: \"52:54:00:00:00:01\"}",
			Doc:     "What the card has to be, all of it: MAC, the permanent address in small letters; DRIVER; PCI_SLOT_NAME, its PCI function; or whatever else the kernel says in the card's uevent file or in that of what it stands on (/sys/class/net/eth0/device/uevent, device/../uevent)."},
		{Name: "order", Wire: "Order", Form: count("a number", "2", 1, wire.LinksMax), Live: true, Unset: "the first that no rule above has named", Example: "2",
			Doc: "Which one of all cards that match, in the order in which the kernel finds them, from 1."},
	}
}
