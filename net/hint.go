package netcfg

import "mote/wire"

// What outlives a boot of the leases: which address each card had, and of whom.
// It is asked for first, RFC 2131 section 3.2; the times of a lease don't outlive
// the clock that they were counted by.
//
//	0  version, then of each card: MAC, address, server
//
// Of version 2, which is written where a link listens to routers, the 16 bytes behind
// the version are the secret of this node's IPv6 addresses (RFC 7217): with it they
// are the same in each boot, and tell nobody which card it is.
const (
	hintsVersion       = 1
	hintsVersionSecret = 2
	hintSize           = 6 + 4 + 4
	secretSize         = 16
	// HintsSizeMax bounds a record in bytes.
	HintsSizeMax = 1 + secretSize + wantsMax*hintSize
)

// leaseHint is one card's.
type leaseHint struct {
	mac             [6]byte
	address, server [4]byte
}

// TakeHints takes the record of an earlier boot, at any time: a client that has
// had no offer yet begins anew with it. What can't be read is passed over.
func (n *Net) TakeHints(b []byte, now int64) {
	if len(b) > secretSize && b[0] == hintsVersionSecret {
		n.secret, n.secretKnown = [secretSize]byte(b[1:]), true
		b = b[secretSize:]
	} else {
		n.hintsNew = n.hintsNew || n.secretKnown // it is to be kept from now on
		if len(b) == 0 || b[0] != hintsVersion {
			return
		}
	}
	for b = b[1:]; len(b) >= hintSize && int(n.hintsCount) < len(n.hints); b = b[hintSize:] {
		h := leaseHint{[6]byte(b), [4]byte(b[6:]), [4]byte(b[10:])}
		if unicast(h.address) && unicast(h.server) && n.hintOf(h.mac) == nil {
			n.hints[n.hintsCount] = h
			n.hintsCount++
		}
	}
	for _, c := range n.clients {
		if c == nil || c.held || c.refusals > 0 || c.state > clientSelecting || c.offer.address != [4]byte{} {
			continue // it is further than a hint would bring it
		}
		if n.recall(c) && c.state == clientSelecting {
			c.pause(now)
		}
	}
}

// WantsSecret tells whether a link waits for MakeSecret, or for hints with a secret,
// before it is brought up.
func (n *Net) WantsSecret() bool {
	for i := range n.wantsCount {
		if n.adverts[i] != nil {
			return !n.secretKnown
		}
	}
	return false
}

// TellRules has links that are up told the rules of IPv6 again, which otherwise comes
// before they are brought up: another manifest may want them to listen to routers, or
// not to.
func (n *Net) TellRules() {
	for i := range n.unruled {
		n.unruled[i] = true
	}
}

// MakeSecret makes a secret where no earlier boot's is known: what is kept of this one
// has it.
func (n *Net) MakeSecret(sys Sys) {
	half := uint64(0)
	for k := range n.secret {
		if k%8 == 0 {
			half = sys.Random()
		}
		n.secret[k] = byte(half)
		half >>= 8
	}
	n.secretKnown = true
}

// AppendSecret appends the secret as the kernel takes it, an IPv6 address
// (stable_secret of Documentation/networking/ip-sysctl.rst).
func (n *Net) AppendSecret(b []byte) []byte { return wire.AppendIPv6(b, n.secret) }

// recall gives a client what its card had in an earlier boot; false is nothing.
func (n *Net) recall(c *client) bool {
	h := n.hintOf(c.mac)
	if h == nil {
		return false
	}
	c.hint, c.verify, c.sticky = h.address, true, h.server
	return true
}

// hintOf finds what is kept of a card, or returns nil.
func (n *Net) hintOf(mac [6]byte) *leaseHint {
	for i := range n.hints[:n.hintsCount] {
		if h := &n.hints[i]; h.mac == mac {
			return h
		}
	}
	return nil
}

// remember puts a card's lease into the record; false is that it stood there.
func (n *Net) remember(c *client) bool {
	h := leaseHint{c.mac, c.lease.address, c.lease.server}
	at := 0
	for at < int(n.hintsCount) && n.hints[at].mac != h.mac {
		at++
	}
	switch {
	case at == len(n.hints): // cards that came and went: the oldest is forgotten
		copy(n.hints[:], n.hints[1:])
		at--
	case at == int(n.hintsCount):
		n.hintsCount++
	case n.hints[at] == h:
		return false
	}
	n.hints[at] = h
	return true
}

// NextHints appends the record, where it changed since it was last asked for.
func (n *Net) NextHints(b []byte) (record []byte, changed bool) {
	if !n.hintsNew {
		return b, false
	}
	n.hintsNew = false
	if n.secretKnown {
		b = appendBytes(append(b, hintsVersionSecret), n.secret[:])
	} else {
		b = append(b, hintsVersion)
	}
	for i := range n.hints[:n.hintsCount] {
		h := &n.hints[i]
		b = appendBytes(appendBytes(appendBytes(b, h.mac[:]), h.address[:]), h.server[:])
	}
	return b, true
}
