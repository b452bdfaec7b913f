package sim

import "encoding/binary"

// lan is the network at eth0: servers, neighbours, and the wire between, which
// loses, doubles, delays and so reorders what goes over it.
type lan struct {
	world   *world
	rand    rand
	sockets []*packetSocket
	servers []*server
	// taken are addresses that neighbours have; they answer ARP at once.
	taken map[[4]byte]bool
	// lossPercent of packets get lost, and as many come twice.
	lossPercent int
	delayNsec   int64
	// lossy: before the calm packets got lost, or took long.
	lossy bool
	// honest: the calm has begun.
	honest bool
	// garbled: an answer was garbled, so a lease may be without what comes with it.
	garbled bool
}

func newLan(w *world, p *plan) *lan {
	n := &lan{world: w, rand: rand{state: p.seed ^ 0xd4c9}, taken: map[[4]byte]bool{}}
	r := &n.rand
	n.lossPercent, n.delayNsec = pick(r, 0, 0, 5, 30), pick(r, 1*msec, 20*msec, 3*sec)
	n.lossy = n.lossPercent > 0 || n.delayNsec > 20*msec
	n.servers = append(n.servers, newServer(n, 2, serverTemper(r.weighted(6, 1, 2, 2, 2, 1))))
	if r.percent(25) { // another one, that nobody asked for
		n.servers = append(n.servers, newServer(n, 3, serverTemper(r.below(int(serverTempers)))))
	}
	for range pick(r, 0, 0, 2, 5) {
		n.taken[[4]byte{10, 0, 2, byte(50 + r.below(8))}] = true
	}
	return n
}

// calm: one good server, nobody on its addresses, and a good wire.
func (n *lan) calm() {
	n.honest, n.lossPercent, n.delayNsec = true, 0, 1*msec
	for _, s := range n.servers {
		s.temper = serverSilent
	}
	n.servers[0].temper, n.servers[0].leaseSec = serverGood, max(n.servers[0].leaseSec, 20)
	clear(n.taken)
}

// carry has something arrive later, twice or never.
func (n *lan) carry(arrive func()) {
	copies := 1
	if n.rand.percent(n.lossPercent) {
		copies = 0
	} else if n.rand.percent(n.lossPercent) {
		copies = 2
	}
	for range copies {
		n.world.after(n.rand.between(10*usec, n.delayNsec), arrive)
	}
}

// fromClient is a packet of PID 1's.
func (n *lan) fromClient(l *link, etherType uint16, b []byte) {
	if etherType == etherARP {
		n.arp(l, b)
		return
	}
	if len(b) < 28+240 || b[9] != 17 || binary.BigEndian.Uint16(b[22:]) != 67 {
		n.world.check.broken(ruleLease, "sends what is no request of a DHCP client")
	}
	q, ok := parseQuestion(b)
	if !ok {
		n.world.check.broken(ruleLease, "sends a DHCP message that a server can't read")
	}
	if q.mac != l.mac() {
		n.world.check.broken(ruleLease, "sends another link's address in a DHCP message")
	}
	n.world.trace.line(n.world.now, "= dhcp "+q.kindName())
	for _, s := range n.servers {
		if unicast := [4]byte(b[16:20]); unicast != s.ip && unicast != [4]byte{255, 255, 255, 255} {
			continue
		}
		n.carry(func() { s.asked(l, q) })
	}
}

// toClient brings a datagram to the sockets that hear it.
func (n *lan) toClient(index uint32, to [4]byte, b []byte) {
	n.carry(func() {
		l := n.world.links.at(index)
		if l == nil || !l.carries() {
			return
		}
		for _, s := range n.sockets {
			if s.shut || !s.bound || s.link != index || s.etherType == etherARP || len(s.queue) >= packetQueueMax {
				continue
			}
			if !s.udp {
				s.queue = append(s.queue, b)
			} else if to == [4]byte{255, 255, 255, 255} || n.world.links.has(to) {
				s.queue = append(s.queue, b[28:])
			}
		}
	})
}

func (t *linkTable) has(ip [4]byte) bool {
	for i := range t.addresses {
		if t.addresses[i].ip == ip {
			return true
		}
	}
	return false
}

// arp lets a neighbour answer, RFC 826. It always arrives: what a probe can't
// find because of loss is no fault of the client.
func (n *lan) arp(l *link, b []byte) {
	if len(b) != 28 {
		n.world.check.broken(ruleLease, "sends what is no ARP message")
	}
	target := [4]byte(b[24:28])
	if !n.taken[target] {
		return
	}
	answer := append([]byte{0, 1, 8, 0, 6, 4, 0, 2, 2, 9, 9, 9, 9, target[3]}, target[:]...)
	answer = append(append(answer, b[8:14]...), b[14:18]...)
	index := l.index
	n.world.after(100*usec, func() {
		for _, s := range n.sockets {
			if !s.shut && s.bound && s.link == index && s.etherType == etherARP && len(s.queue) < packetQueueMax {
				s.queue = append(s.queue, answer)
			}
		}
	})
}

// configured checks an address that was just set: nobody else may have one that
// was looked for.
func (c *checks) configured(a *address) {
	w := c.world
	if a.protocol != protocolMote || w.lan == nil || w.lan.world.plan.manifest.Links == nil {
		return
	}
	for i := range w.plan.manifest.Links {
		want := &w.plan.manifest.Links[i]
		if want.DHCP4 && want.Probe && want.Address != a.ip && w.lan.taken[a.ip] {
			c.broken(ruleLease, "uses an address that a neighbour has, in spite of probing")
		}
	}
}

// protocolMote is the tag of PID 1's own addresses.
const protocolMote = 205
