package netcfg

// Names of links by the manifest's rules: looked at, decided and given before a link
// is used, one link after the other.
//
// Always true here: while a card has no decision, or not its name, no want is bound to
// a link that it was not bound to before. A card that has a rule keeps it for as long
// as it is there, whatever is plugged in; one that has none is never named later.

// card is what naming knows of a link that is a card's. Virtual links are named by who
// makes them.
type card struct {
	// looked: fits has a bit for each rule that the card is all of.
	looked bool
	fits   uint16
	// decided: rule is the one that it has, counted from 1, or 0 for none.
	decided bool
	rule    uint8
	// tries counts those to give it its name.
	tries uint8
}

// settled tells that no card may still get another name. One that refuses is used as it
// is after some tries, and tried again all the same.
func (n *Net) settled() bool {
	for i := range n.have.links {
		e := &n.have.links[i]
		if len(n.rules) > 0 && e.fact.OfCard && (!e.card.decided || n.misnamed(e) && e.card.tries < namingTriesMax) {
			return false
		}
	}
	return true
}

// misnamed tells that a card has a rule, and not its name.
//
//go:noinline
func (n *Net) misnamed(e *linkEntry) bool {
	return e.card.rule != 0 && !e.fact.Name.Is(n.rules[e.card.rule-1].Name)
}

// decideNames names the card that was tried least often of those that are to be, and
// binds wants where that is settled.
func (n *Net) decideNames(now int64, ops []Op) []Op {
	a := &n.naming
	if a.late(now) {
		a.flying = false
		a.pause(now)
	}
	n.bind()
	var e *linkEntry
	for i := range n.have.links {
		l := &n.have.links[i]
		if !n.misnamed(l) {
			l.card.tries = 0
		} else if e == nil || l.card.tries < e.card.tries {
			e = l
		}
	}
	switch {
	case e == nil:
		a.right()
	case !a.flying:
		if e.card.tries == 0 { // it does not wait for another's next try
			*a = attempt{}
		}
		if now >= a.atNsec {
			e.card.tries = min(e.card.tries, namingTriesMax) + 1
			op := Op{Kind: OpLinkName, Link: e.fact.Index, Name: NameOf(n.rules[e.card.rule-1].Name)}
			return a.try(&op, now, ops)
		}
	}
	return ops
}

// assign gives each rule that no card has its card, of those that are new.
func (n *Net) assign() {
	for r := range n.rules {
		if e := n.pick(r); e != nil {
			e.card.rule = uint8(r) + 1
		}
	}
	for i := range n.have.links {
		n.have.links[i].card.decided = n.have.links[i].card.looked
	}
}

// pick finds the card for a rule, nil where one has it or none is to get it. One that
// has the name already, of a program before this one, keeps it.
func (n *Net) pick(r int) (pick *linkEntry) {
	want, behind := n.rules[r].Order, uint32(0)
	for order := uint8(1); ; order++ {
		var e *linkEntry // the next that fits, in the kernel's order of finding them
		for i := range n.have.links {
			l := &n.have.links[i]
			if l.card.fits>>r&1 != 0 && l.fact.Index > behind && (e == nil || l.fact.Index < e.fact.Index) {
				e = l
			}
		}
		switch {
		case e == nil:
			return pick
		case int(e.card.rule) == r+1:
			return nil
		case e.card.decided || e.card.rule != 0:
		case e.fact.Name.Is(n.rules[r].Name):
			return e
		case order == want || want == 0 && pick == nil:
			pick = e
		}
		behind = e.fact.Index
	}
}
