package netcfg

import "mote/wire"

// The stage "network": when it is reached, and what it waits for.

// Ready tells whether the loopback is up and every wanted link is up, with its
// address, and with its route where one is wanted. A default route that is
// somebody else's and stands in the way counts: it was kept.
func (n *Net) Ready() bool {
	i, _ := n.waiting()
	return i == wantNone
}

// Found tells whether a wanted link is there at all, up or not: the first device
// that a boot waits for.
func (n *Net) Found() bool {
	for i := range n.wantsCount {
		if n.bound[i] != 0 {
			return true
		}
	}
	return false
}

// waiting finds the first want that is not as it should be: its index and step,
// or wantLoopback, or wantNone for "nothing".
func (n *Net) waiting() (want int, at step) {
	if !n.known || !n.loopbackUp() {
		return wantLoopback, stepUp
	}
	for i := range n.wantsCount {
		link := n.have.link(n.bound[i])
		switch {
		case link == nil || !link.Up:
			return i, stepUp
		case !n.addressThere(i):
			return i, stepAddress
		case !n.routeThere(i) && !n.attempts[i][stepRoute].kept:
			return i, stepRoute
		}
	}
	return wantNone, 0
}

// loopbackUp tells whether lo is there and up.
func (n *Net) loopbackUp() bool {
	for i := range n.have.links {
		if e := &n.have.links[i]; e.generation != 0 && e.fact.Loopback && e.fact.Up {
			return true
		}
	}
	return false
}

// AppendWaiting appends what Ready waits for, in words, and appends nothing once
// it is true: "waiting for link eth0".
func (n *Net) AppendWaiting(b []byte) []byte {
	i, at := n.waiting()
	if i == wantNone {
		return b
	}
	b = append(b, "waiting for "...)
	a := &n.loopback
	switch {
	case !n.known:
		a = &n.dump.attempt
		b = append(b, "the kernel's list of links"...)
	case i == wantLoopback:
		b = append(b, "link lo to be up"...)
	default:
		a = &n.attempts[i][at]
		b = n.appendStep(b, i, at)
	}
	if a.errno != 0 {
		b = append(b, " (last try: "...)
		b = append(append(b, errnoName(a.errno)...), ')')
	}
	return b
}

// appendStep names what a want lacks.
func (n *Net) appendStep(b []byte, i int, at step) []byte {
	w := &n.wants[i]
	link := n.have.link(n.bound[i])
	if link == nil {
		if w.Name == "" {
			return append(b, "a link that is no loopback"...)
		}
		return append(append(b, "link "...), w.Name...)
	}
	name := link.Name.bytes[:link.Name.size]
	switch at {
	case stepUp:
		b = append(append(b, "link "...), name...)
		return append(b, " to be up"...)
	case stepAddress:
		b = appendPrefix(append(b, "address "...), w.Address, w.PrefixBits)
	default:
		b = wire.AppendIPv4(append(b, "route default via "...), w.Gateway)
	}
	return append(append(b, " dev "...), name...)
}

// WaitingFor is AppendWaiting as a string; empty once Ready.
func (n *Net) WaitingFor() string { return string(n.AppendWaiting(nil)) }
