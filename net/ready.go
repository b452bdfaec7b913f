package netcfg

import "mote/wire"

// The stage "network": when it is reached, and what it waits for.

// Ready tells whether the loopback is up and every wanted link is up, with its
// address, and with its route where one is wanted. A default route that is
// somebody else's and stands in the way counts: it was kept. A lease is waited
// for only where the link has no other address.
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
		if at = n.missing6(i); at != stepsCount && !n.attempts[i][at].kept {
			return i, at
		}
		if six, _ := n.nextSix(i, 0); six != nil || n.wants[i].Address != [4]byte{} {
			continue
		}
		if n.clients[i] == nil { // an address it has, or it has to come
			return i, stepAdvert
		}
		if n.leaseOn(i) == nil || n.leaseEntry(i) == nil {
			return i, stepLeaseAddress
		}
		if n.missingLeaseRoute(i) >= 0 {
			return i, stepLeaseRoute
		}
	}
	return wantNone, 0
}

// waits is what is waited for, and since when.
type waits struct {
	want      int
	at        step
	sinceNsec int64
}

// noteWait keeps the instant at which the present wait began.
func (n *Net) noteWait(now int64) {
	if want, at := n.waiting(); n.waits.sinceNsec == 0 || want != n.waits.want || at != n.waits.at {
		n.waits = waits{want, at, now}
	}
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
// it is true: "waiting for DHCP on eth0 since 2.1 s".
func (n *Net) AppendWaiting(b []byte, now int64) []byte {
	i, at := n.waiting()
	if i == wantNone {
		return b
	}
	b = text(b, "waiting for ")
	a := &n.loopback
	switch {
	case !n.known:
		a = &n.dump.attempt
		b = text(b, "the kernel's list of links")
	case i == wantLoopback:
		b = text(b, "link lo to be up")
	default:
		a = &n.attempts[i][at]
		b = n.appendStep(b, i, at)
	}
	if a.errno != 0 {
		b = text(b, " (last try: ")
		b = text(text(b, errnoName(a.errno)), ")")
	}
	since := n.waits.sinceNsec
	if i < n.wantsCount && at == stepLeaseAddress && n.clients[i].beganNsec != 0 {
		since = n.clients[i].beganNsec
	}
	if since == 0 || since > now {
		return b
	}
	tenths := uint64(now-since) / (nsecPerSec / 10)
	b = wire.AppendUint(text(b, " since "), tenths/10)
	return append(b, '.', byte('0'+tenths%10), ' ', 's')
}

// appendStep names what a want lacks.
func (n *Net) appendStep(b []byte, i int, at step) []byte {
	w := &n.wants[i]
	link := n.have.link(n.bound[i])
	if link == nil {
		if w.Name == "" {
			return text(b, "a link that is no loopback")
		}
		return text(text(b, "link "), w.Name)
	}
	switch at {
	case stepUp:
		b = appendName(text(b, "link "), &link.Name)
		return text(b, " to be up")
	case stepLeaseAddress:
		return n.appendLeaseWait(b, i, link)
	case stepLeaseRoute:
		return appendName(text(b, "the routes of the lease on "), &link.Name)
	case stepAdvert:
		if !link.Running {
			return appendName(text(b, "a carrier on "), &link.Name)
		}
		return appendName(text(b, "a router's advertisement on "), &link.Name)
	case stepAddress:
		b = appendPrefix(text(b, "address "), w.Address, w.PrefixBits)
	case stepAddress6, stepRoute6:
		b = text(b, "the manifest's IPv6 address or gateway")
	default:
		b = wire.AppendIPv4(text(b, "route default via "), w.Gateway)
	}
	return appendName(text(b, " dev "), &link.Name)
}

// appendLeaseWait names what a lease waits for.
func (n *Net) appendLeaseWait(b []byte, i int, link *LinkFact) []byte {
	switch c := n.clients[i]; {
	case !link.Ethernet:
		return text(appendName(text(b, "DHCP on "), &link.Name), ", which is no Ethernet link")
	case !link.Running:
		return appendName(text(b, "a carrier on "), &link.Name)
	case c.state == clientProbing:
		b = wire.AppendIPv4(text(b, "ARP to show that nobody has "), c.offer.address)
		return appendName(text(b, " on "), &link.Name)
	case c.state == clientPausing && c.refusals > 0:
		return text(appendName(text(b, "the next try of DHCP on "), &link.Name), ", which was refused")
	}
	return appendName(text(b, "DHCP on "), &link.Name)
}

// WaitingFor is AppendWaiting as a string; empty once Ready.
func (n *Net) WaitingFor(now int64) string { return string(n.AppendWaiting(nil, now)) }

// AppendAddresses tells how the node is reached: "eth0 10.0.2.15/24", with a space
// between two, "loopback only" where no link is wanted.
func (n *Net) AppendAddresses(b []byte) []byte {
	if n.wantsCount == 0 {
		return text(b, "loopback only")
	}
	for i := range n.wantsCount {
		if i > 0 {
			b = text(b, " ")
		}
		b = n.appendLinkName(b, i)
		if w := &n.wants[i]; w.Address != [4]byte{} {
			b = appendPrefix(text(b, " "), w.Address, w.PrefixBits)
		}
		if l := n.leaseOn(i); l != nil {
			b = appendPrefix(text(b, " "), l.address, l.prefixBits)
		}
		for f, k := n.nextSix(i, 0); f != nil; f, k = n.nextSix(i, k) {
			b = appendPrefix6(text(b, " "), f.Six, f.PrefixBits)
		}
	}
	return b
}
