package sim

import "encoding/binary"

// A DHCP server, RFC 2131 section 4.3, with a codec of its own: a mistake of room
// net's codec is not made twice.

// serverTemper is how a server behaves until the calm.
type serverTemper int

const (
	serverGood serverTemper = iota
	serverSilent
	serverRefuses // a NAK to every request, good offers
	serverGarbles // a bit of each answer is wrong
	serverOdd     // lifetimes and addresses that make no sense
	serverForgets // loses its bindings now and then
	serverTempers
)

type server struct {
	lan      *lan
	ip       [4]byte
	temper   serverTemper
	leaseSec uint32
	rapid    bool
	routes   bool
	bindings []*binding
	offset   int
}

// binding is an address that the server has given to a client until endNsec.
type binding struct {
	mac     [6]byte
	ip      [4]byte
	endNsec int64
	bad     bool // declined
}

func newServer(n *lan, host byte, temper serverTemper) *server {
	r := &n.rand
	return &server{lan: n, ip: [4]byte{10, 0, 2, host}, temper: temper, leaseSec: pick(r, uint32(10), 12, 30, 120, 3600, 1<<32-1),
		rapid: r.percent(30), routes: r.percent(30), offset: r.below(8)}
}

// question is what a client's message says.
type question struct {
	kind          byte
	xid           uint32
	mac           [6]byte
	ciaddr        [4]byte
	asked, server [4]byte
	rapid         bool
}

func (q *question) kindName() string {
	switch q.kind {
	case 1:
		return "discover"
	case 4:
		return "decline"
	}
	return "request"
}

// parseQuestion reads a message within its datagram.
func parseQuestion(b []byte) (q question, ok bool) {
	m := b[28:]
	q.xid, q.ciaddr, q.mac = binary.BigEndian.Uint32(m[4:]), [4]byte(m[12:]), [6]byte(m[28:])
	if m[0] != 1 || m[1] != 1 || m[2] != 6 || binary.BigEndian.Uint32(m[236:]) != 0x63825363 {
		return q, false
	}
	for rest := m[240:]; len(rest) > 0 && rest[0] != 255; {
		if rest[0] == 0 {
			rest = rest[1:]
			continue
		}
		if len(rest) < 2 || len(rest) < 2+int(rest[1]) {
			return q, false
		}
		value := rest[2 : 2+int(rest[1])]
		switch {
		case rest[0] == 53 && len(value) == 1:
			q.kind = value[0]
		case rest[0] == 50 && len(value) == 4:
			q.asked = [4]byte(value)
		case rest[0] == 54 && len(value) == 4:
			q.server = [4]byte(value)
		case rest[0] == 80:
			q.rapid = true
		}
		rest = rest[2+len(value):]
	}
	return q, q.kind == 1 || q.kind == 3 || q.kind == 4
}

// bindingOf finds a client's binding, or makes one on a free address.
func (s *server) bindingOf(mac [6]byte) *binding {
	now := s.lan.world.now
	for _, b := range s.bindings {
		if b.mac == mac && !b.bad {
			return b
		}
	}
	for i := range 200 {
		ip := [4]byte{10, 0, 2, byte(50 + (s.offset+i)%200)}
		free := true
		for _, b := range s.bindings {
			free = free && (b.ip != ip || !b.bad && b.endNsec < now)
		}
		if free {
			b := &binding{mac: mac, ip: ip}
			s.bindings = append(s.bindings, b)
			return b
		}
	}
	return nil
}

// asked answers one message, RFC 2131 section 4.3.2.
func (s *server) asked(l *link, q question) {
	r := &s.lan.rand
	if s.temper == serverSilent || q.server != [4]byte{} && q.server != s.ip {
		return
	}
	if s.temper == serverForgets && r.percent(20) {
		for _, b := range s.bindings {
			if b.endNsec < s.lan.world.now { // a client that has it may use it to its end
				b.mac = [6]byte{}
			}
		}
	}
	b := s.bindingOf(q.mac)
	switch {
	case b == nil:
	case q.kind == 4:
		b.bad = true
	case q.kind == 1 && q.rapid && s.rapid:
		s.grant(l, &q, b, true)
	case q.kind == 1:
		s.answer(l, &q, 2, b, false)
	case s.temper == serverRefuses:
		s.answer(l, &q, 6, b, false)
	case q.ciaddr != [4]byte{} && q.ciaddr != b.ip, q.asked != [4]byte{} && q.asked != b.ip:
		s.answer(l, &q, 6, b, false)
	default:
		s.grant(l, &q, b, false)
	}
}

// grant acknowledges a lease: from now on the client may have the address, until
// the lease's end and no longer.
func (s *server) grant(l *link, q *question, b *binding, rapid bool) {
	w := s.lan.world
	if s.leaseSec != 1<<32-1 {
		b.endNsec = w.now + int64(s.leaseSec)*sec
		w.after(b.endNsec-w.now, func() { w.check.leases(b.ip) })
	} else {
		b.endNsec = 1 << 62
	}
	s.answer(l, q, 5, b, rapid)
}

// leases checks that an address is not used after the end of every lease of it.
func (c *checks) leases(ip [4]byte) {
	w := c.world
	for _, s := range w.lan.servers {
		for _, b := range s.bindings {
			if b.ip == ip && b.endNsec > w.now {
				return
			}
		}
	}
	for i := range w.links.addresses {
		if a := &w.links.addresses[i]; a.ip == ip && a.protocol == protocolMote && !w.static(ip) {
			c.broken(ruleLease, "uses an address after the end of its lease")
		}
	}
}

// static tells whether the manifest gives the address.
func (w *world) static(ip [4]byte) bool {
	for i := range w.plan.manifest.Links {
		if w.plan.manifest.Links[i].Address == ip {
			return true
		}
	}
	return false
}

// garble flips a bit of the options, but not of the lease's length: that would be
// another lease, which a checksum is for.
func (s *server) garble(options []byte) {
	s.lan.garbled = true
	r := &s.lan.rand
	if at := r.below(len(options)); at < 9 || at >= 15 {
		options[at] ^= byte(1 << r.below(8))
	}
}

// answer sends an OFFER (2), ACK (5) or NAK (6).
func (s *server) answer(l *link, q *question, kind byte, b *binding, rapid bool) {
	r := &s.lan.rand
	m := make([]byte, 240)
	m[0], m[1], m[2] = 2, 1, 6
	binary.BigEndian.PutUint32(m[4:], q.xid)
	copy(m[28:], q.mac[:])
	binary.BigEndian.PutUint32(m[236:], 0x63825363)
	ip, seconds := b.ip, s.leaseSec
	if s.temper == serverOdd {
		ip = pick(r, ip, [4]byte{}, [4]byte{127, 0, 0, 1}, [4]byte{10, 0, 2, 255}, [4]byte{224, 0, 0, 1})
		seconds = min(seconds, pick(r, seconds, 0, 1))
	}
	m = append(append(m, 53, 1, kind, 54, 4), s.ip[:]...)
	if kind != 6 {
		copy(m[16:], ip[:])
		m = append(m, 51, 4)
		m = binary.BigEndian.AppendUint32(m, seconds)
		m = append(append(m, 1, 4, 255, 255, 255, 0, 3, 4), s.ip[:]...)
		m = append(append(m, 6, 4), s.ip[:]...)
		if s.routes {
			m = append(m, 121, 5+8, 0, 10, 0, 2, s.ip[3], 24, 192, 168, 7, 10, 0, 2, 9)
		}
		if s.temper == serverOdd { // T1 after T2 after the end
			m = append(m, 58, 4, 0xff, 0, 0, 0, 59, 4, 0x0f, 0, 0, 0)
		}
	}
	if rapid {
		m = append(m, 80, 0)
	}
	m = append(m, 255)
	if s.temper == serverGarbles {
		s.garble(m[240:])
		if r.chance(4) {
			m = m[:r.below(len(m))]
		}
	}
	to := ip
	switch {
	case q.ciaddr != [4]byte{}:
		to = q.ciaddr
	case kind == 6:
		to = [4]byte{255, 255, 255, 255}
	}
	s.lan.toClient(l.index, to, udpDatagram(s.ip, to, 67, 68, m))
}
