package netcfg

// What outlives a boot of the leases: which address each card had, and of whom.
// It is asked for first, RFC 2131 section 3.2; the times of a lease don't outlive
// the clock that they were counted by.
//
//	0  version, then of each card: MAC, address, server
const (
	hintsVersion = 1
	hintSize     = 6 + 4 + 4
	// HintsSizeMax bounds a record in bytes.
	HintsSizeMax = 1 + wantsMax*hintSize
)

// leaseHint is one card's.
type leaseHint struct {
	mac             [6]byte
	address, server [4]byte
}

// TakeHints takes the record of an earlier boot, at any time: a client that has
// had no offer yet begins anew with it. What can't be read is passed over.
func (n *Net) TakeHints(b []byte, now int64) {
	if len(b) == 0 || b[0] != hintsVersion {
		return
	}
	for b = b[1:]; len(b) >= hintSize && int(n.hintsCount) < len(n.hints); b = b[hintSize:] {
		h := leaseHint{[6]byte(b), [4]byte(b[6:]), [4]byte(b[10:])}
		if unicast(h.address) && unicast(h.server) {
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

// recall gives a client what its card had in an earlier boot; false is nothing.
func (n *Net) recall(c *client) bool {
	for i := range n.hints[:n.hintsCount] {
		if h := &n.hints[i]; h.mac == c.mac {
			c.hint, c.verify, c.sticky = h.address, true, h.server
			return true
		}
	}
	return false
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
	b = append(b, hintsVersion)
	for i := range n.hints[:n.hintsCount] {
		h := &n.hints[i]
		b = appendBytes(appendBytes(appendBytes(b, h.mac[:]), h.address[:]), h.server[:])
	}
	return b, true
}
