package netcfg

// What a client hears.

// packet takes one packet of the socket in a want's slot.
func (n *Net) packet(i, slot int, b []byte, now int64) {
	c := n.clients[i]
	if slot == 1 {
		var f arpFact
		if readARP(b, &f) && c.state == clientProbing && f.conflicts(c.offer.address, c.mac) {
			n.news.add(news{kind: newsConflict, want: uint8(i), address: c.offer.address, mac: f.mac})
			c.declined, c.decliner = c.offer.address, c.offer.server
			c.enter(clientDeclining, now)
		}
		return
	}
	payload, ok := b, true
	if c.open[0] == SocketPacket {
		payload, ok = datagram(b)
	}
	m := &n.heard
	if !ok || !m.read(payload, &n.options) {
		c.malformed++
		return
	}
	if m.xid != c.xid || m.chaddr != c.mac {
		c.strays++
		return
	}
	switch m.kind {
	case dhcpOffer:
		n.offered(i, c, m, now)
	case dhcpAck:
		n.acknowledged(i, c, m, now)
	case dhcpNak:
		n.refusedBy(i, c, m, now)
	}
}

// offered takes the first good offer; where a server gave the last lease, others
// are kept for a second in which it may be heard.
func (n *Net) offered(i int, c *client, m *dhcpMessage, now int64) {
	if c.state != clientSelecting || !n.good(i, c, m) {
		return
	}
	known := c.sticky == [4]byte{} || m.server == c.sticky
	if !known && c.offer.address != [4]byte{} {
		return
	}
	c.offer = lease{address: m.address, server: m.server}
	if known {
		c.enter(clientRequesting, now)
		return
	}
	c.atNsec = min(c.atNsec, now+stickyNsec)
}

// acknowledged takes a lease, from whom it may come in the state.
func (n *Net) acknowledged(i int, c *client, m *dhcpMessage, now int64) {
	right := false
	switch c.state {
	case clientSelecting:
		right = m.rapid
	case clientRequesting:
		right = m.server == c.offer.server
	case clientVerifying:
		right = m.address == c.hint
	case clientRenewing:
		right = m.address == c.lease.address && m.server == c.lease.server
	case clientRebinding:
		right = m.address == c.lease.address
	}
	if !right || !n.good(i, c, m) {
		return
	}
	n.leaseOf(&c.offer, m, c.askedNsec)
	if n.wants[i].Probe && !c.held {
		c.enter(clientProbing, now)
		return
	}
	n.take(i, c, now)
}

// refusedBy takes a NAK, from whom it may come in the state.
func (n *Net) refusedBy(i int, c *client, m *dhcpMessage, now int64) {
	address := [4]byte{}
	switch {
	case c.state == clientRequesting && m.server == c.offer.server:
		address = c.offer.address
	case c.state == clientVerifying:
		address = c.hint
	case c.state == clientRebinding, c.state == clientRenewing && m.server == c.lease.server:
		address = c.lease.address
	default:
		return
	}
	n.news.add(news{kind: newsRefused, want: uint8(i), address: address, server: m.server})
	c.refused(0, now)
}

// good tells whether a message may be used, and says once a try why it may not.
func (n *Net) good(i int, c *client, m *dhcpMessage) bool {
	why := n.acceptable(i, m)
	if why != refusalNone && !c.told {
		c.told = true
		n.news.add(news{kind: newsUnusable, want: uint8(i), address: m.address, server: m.server, why: why})
	}
	return why == refusalNone
}
