package netcfg

// What a client does when its time has come.

// decideClient brings want i's client to now, and appends what it wants done.
func (n *Net) decideClient(i int, now int64, ops []Op) []Op {
	c := n.clients[i]
	if c == nil {
		return ops
	}
	link := n.have.link(n.bound[i])
	if link == nil && !n.known {
		return ops // not read yet: a lease of before is not dropped for that
	}
	c.follow(link, now)
	if !c.recalled && c.mac != [6]byte{} {
		c.recalled = true
		if !c.restored && !c.held {
			n.recall(c)
		}
	}
	if c.held && c.lease.endNsec != 0 && now >= c.lease.endNsec-leaseGuardNsec {
		n.news.add(news{kind: newsEnded, want: uint8(i), address: c.lease.address})
		c.drop(now)
		c.hint, c.verify = c.lease.address, false
		if c.state != clientOff {
			c.pause(now)
		}
	}
	if c.dropped {
		c.dropped = false
		n.resolvChanged()
	}
	op := Op{Want: uint8(i), Leased: true}
	if link != nil {
		op.Link, op.Name = link.Index, link.Name
	}
	for range stepsInTurnMax {
		if c.atNsec == 0 || now < c.atNsec {
			break
		}
		if c.state != clientPausing && c.open != c.sockets() && c.state != clientBound {
			break // what is due is sent once its socket is open
		}
		send := n.step(i, c, now)
		if send == PacketNone {
			continue
		}
		op.Kind, op.Packet, op.Address, op.Socket = OpSend, send, c.subject(send), SocketPacket
		if send == PacketProbe || send == PacketAnnounce {
			op.Socket = SocketARP
		}
		ops = append(ops, op)
		break
	}
	return c.decideSockets(op, now, ops)
}

// decideSockets opens what the state wants, and closes what it does not.
func (c *client) decideSockets(op Op, now int64, ops []Op) []Op {
	op.Packet, op.Address = PacketNone, [4]byte{}
	for slot, want := range c.sockets() {
		a := &c.opening[slot]
		switch {
		case c.open[slot] == want:
			a.right()
		case want == SocketNone:
			op.Kind, op.Socket = OpClose, c.open[slot]
			c.open[slot] = SocketNone
			ops = append(ops, op)
		default:
			op.Kind, op.Socket = OpOpen, want
			ops = a.try(&op, now, ops)
		}
	}
	return ops
}

// subject is the address that a packet is about, for its line.
func (c *client) subject(p Packet) [4]byte {
	switch p {
	case PacketDiscover:
		return [4]byte{}
	case PacketDecline:
		return c.declined
	case PacketVerify:
		return c.hint
	case PacketRenew, PacketRebind, PacketAnnounce:
		return c.lease.address
	}
	return c.offer.address
}

// step does what is due in the state, and returns what is to be sent.
func (n *Net) step(i int, c *client, now int64) Packet {
	switch c.state {
	case clientPausing:
		c.begin(uint32(n.random.next()), now)
	case clientSelecting:
		if c.offer.address != [4]byte{} { // the server of before was waited for
			c.enter(clientRequesting, now)
			return PacketNone
		}
		if c.tries == 0 {
			c.askedNsec = now // a server may commit at once, RFC 4039
		}
		c.retry(n, retransmitNsec, now)
		return PacketDiscover
	case clientRequesting:
		if c.tries >= requestTriesMax {
			c.pause(now)
			return PacketNone
		}
		if c.tries == 0 {
			c.askedNsec = now
		}
		c.retry(n, retransmitNsec, now)
		return PacketSelect
	case clientVerifying:
		return n.stepVerifying(c, now)
	case clientProbing:
		return n.stepProbing(i, c, now)
	case clientDeclining:
		c.refused(declineNsec, now)
		return PacketDecline
	case clientBound, clientRenewing, clientRebinding:
		return n.stepHeld(c, now)
	}
	return PacketNone
}

// retry sets when the next one is sent: first, then doubled up to sixteen times
// that, and a second more or less, RFC 2131 section 4.1.
func (c *client) retry(n *Net, firstNsec, now int64) {
	c.atNsec = now + firstNsec<<min(c.tries, 4) + n.random.below(2*nsecPerSec) - nsecPerSec
	if c.tries < 255 {
		c.tries++
	}
}

// stepVerifying asks whether the address of before is still ours. Where nobody
// answers, a lease that was good a moment ago is used to its end (RFC 2131 section
// 3.2 allows it); one of a boot before is not: this may be another network.
func (n *Net) stepVerifying(c *client, now int64) Packet {
	switch {
	case c.tries < verifyTriesMax:
		if c.tries == 0 {
			c.askedNsec = now
		}
		c.retry(n, verifyNsec, now)
		return PacketVerify
	case c.held:
		c.bound(now)
	default:
		c.verify = false
		c.pause(now)
	}
	return PacketNone
}

// stepProbing looks whether somebody has the address: RFC 5227 section 2.1.1.
func (n *Net) stepProbing(i int, c *client, now int64) Packet {
	switch {
	case c.tries == 0: // PROBE_WAIT
		c.atNsec = now + n.random.below(nsecPerSec)
	case c.tries < probesMax: // PROBE_MIN to PROBE_MAX
		c.atNsec = now + nsecPerSec + n.random.below(nsecPerSec)
	case c.tries == probesMax:
		c.atNsec = now + announceNsec // ANNOUNCE_WAIT
	default:
		c.announces = announcesMax
		n.take(i, c, now)
		return PacketNone
	}
	c.tries++
	if c.tries == 1 {
		return PacketNone
	}
	return PacketProbe
}

// take begins to use what was offered and acknowledged.
func (n *Net) take(i int, c *client, now int64) {
	changed := !c.held || c.lease.address != c.offer.address || c.lease.server != c.offer.server
	if c.held && c.lease.routes != c.offer.routes {
		c.kept = 0
	}
	if was := c.held && c.lease.names(); was != c.offer.names() || was && (c.lease.dns != c.offer.dns ||
		c.lease.search != c.offer.search || c.lease.domain != c.offer.domain) {
		n.resolvChanged()
	}
	c.lease, c.held, c.offer = c.offer, true, lease{}
	c.bound(now)
	if changed {
		n.news.add(news{kind: newsLeased, want: uint8(i)})
	}
	n.hintsNew = n.remember(c) || n.hintsNew
}

// stepHeld announces, renews and rebinds: RFC 2131 section 4.4.5.
func (n *Net) stepHeld(c *client, now int64) Packet {
	l := &c.lease
	if c.state == clientBound && c.announces > 0 {
		if c.open[1] != SocketARP { // it broke: others will learn of us by asking
			c.announces, c.atNsec = 0, l.renewNsec
			return PacketNone
		}
		c.announces--
		c.atNsec = now + announceNsec
		if c.announces == 0 {
			c.atNsec = l.renewNsec
		}
		return PacketAnnounce
	}
	switch {
	case l.endNsec == 0:
		c.atNsec = 0
	case now >= l.bindNsec && c.state != clientRebinding:
		c.renew(clientRebinding, n, now)
	case c.state == clientBound && now >= l.renewNsec:
		c.renew(clientRenewing, n, now)
	case c.state == clientBound:
		c.atNsec = l.renewNsec
	case c.state == clientRenewing:
		c.atNsec = min(l.bindNsec, now+max(renewMinNsec, (l.bindNsec-now)/2))
		return PacketRenew
	default:
		c.atNsec = now + max(renewMinNsec, (l.endNsec-now)/2)
		return PacketRebind
	}
	return PacketNone
}

// renew begins to ask for more time; it counts from the first asking.
func (c *client) renew(s clientState, n *Net, now int64) {
	c.enter(s, now)
	c.xid, c.askedNsec = uint32(n.random.next()), now
}
