package netcfg

// A lease as bytes, so that it outlives PID 1's program:
//
//	 0  version, 1  MAC, 7  address, 11  prefix bits, 12  server
//	16  uint64 end, 24  renew, 32  rebind; ns of CLOCK_BOOTTIME, little-endian
//	40  uint64 MTU, 48  routes: count, and each destination, bits, gateway
//	then name servers and time servers: count, addresses
//	then host name, domain and search list: size, bytes
const (
	leaseRecordVersion = 1
	leaseFixedSize     = 48
	// LeaseRecordMax bounds a record in bytes.
	LeaseRecordMax = leaseFixedSize + 1 + 9*leaseRoutesMax + 2*(1+4*leaseServersMax) +
		2*(1+leaseTextSizeMax) + 1 + searchSizeMax
)

// LeasesMax bounds the leases of a node: one for each link that is wanted.
const LeasesMax = wantsMax

// AppendLease appends the record of want i's lease; nothing where there is none.
func (n *Net) AppendLease(b []byte, i int) []byte {
	l := n.leaseOn(i)
	if l == nil {
		return b
	}
	c := leaseCoder{b: b}
	c.lease(&n.clients[i].mac, l)
	return c.b
}

// RestoreLease takes a record of want i, from before Decide was called first, of the
// program before this one: the lease goes on where it was. false is what can't be
// read or is over, and changes nothing.
func (n *Net) RestoreLease(i int, b []byte, now int64) bool {
	if i < 0 || i >= n.wantsCount || n.clients[i] == nil {
		return false
	}
	c := n.clients[i]
	l := new(lease)
	mac, ok := l.read(b)
	if !ok || l.endNsec != 0 && l.endNsec-leaseGuardNsec <= now {
		return false
	}
	c.mac, c.hint, c.verify, c.sticky = mac, l.address, true, l.server
	c.lease, c.held, c.restored, c.recalled = *l, true, true, true
	if l.names() {
		n.resolvChanged()
	}
	n.hintsNew = n.remember(c) || n.hintsNew
	return true
}

// read takes a record whole, as if it were a server's.
func (l *lease) read(b []byte) (mac [6]byte, ok bool) {
	c := leaseCoder{b: b, reading: true}
	c.lease(&mac, l)
	forever := l.endNsec == 0 && l.renewNsec == 0 && l.bindNsec == 0
	ordered := 0 < l.renewNsec && l.renewNsec <= l.bindNsec && l.bindNsec <= l.endNsec
	if c.wrong || len(c.b) != 0 || l.prefixBits == 0 || l.prefixBits > 32 ||
		!unicast(l.address) || !unicast(l.server) || !forever && !ordered {
		return mac, false
	}
	for k := range l.routes[:l.routesCount] {
		r := &l.routes[k]
		if r.destBits > 32 || r.dest != prefixed(r.dest, r.destBits) || !routeAcceptable(r, l.address) {
			return mac, false
		}
	}
	for _, t := range [...]*leaseText{&l.host, &l.domain} {
		if t.size > 0 && !nameOK(t.text()) {
			return mac, false
		}
	}
	return mac, l.search.whole()
}

// leaseCoder writes a record, or reads one: one walk does both. wrong is set by a
// record that ends early, or that counts more than there is room for.
type leaseCoder struct {
	b              []byte
	reading, wrong bool
}

func (c *leaseCoder) lease(mac *[6]byte, l *lease) {
	version := uint8(leaseRecordVersion)
	c.one(&version, leaseRecordVersion)
	c.wrong = c.wrong || version != leaseRecordVersion
	c.bytes(mac[:])
	c.bytes(l.address[:])
	c.one(&l.prefixBits, 32)
	c.bytes(l.server[:])
	mtu := int64(l.mtu)
	for _, n := range [...]*int64{&l.endNsec, &l.renewNsec, &l.bindNsec, &mtu} {
		c.number(n)
	}
	l.mtu = uint16(mtu)
	c.wrong = c.wrong || int64(l.mtu) != mtu
	c.one(&l.routesCount, leaseRoutesMax)
	for k := range l.routes[:l.routesCount] {
		r := &l.routes[k]
		c.bytes(r.dest[:])
		c.one(&r.destBits, 32)
		c.bytes(r.gateway[:])
	}
	for _, list := range [...]*addressList{&l.dns, &l.ntp} {
		c.one(&list.count, leaseServersMax)
		for k := range list.list[:list.count] {
			c.bytes(list.list[k][:])
		}
	}
	c.text(l.host.bytes[:], &l.host.size)
	c.text(l.domain.bytes[:], &l.domain.size)
	c.text(l.search.bytes[:], &l.search.size)
}

// bytes is as many as v has.
func (c *leaseCoder) bytes(v []byte) {
	switch {
	case !c.reading:
		c.b = appendBytes(c.b, v)
	case len(c.b) < len(v):
		c.b, c.wrong = nil, true
	default:
		c.b = c.b[copy(v, c.b):]
	}
}

// one is a byte; one that is more than most is wrong, and read as zero.
func (c *leaseCoder) one(v *uint8, most uint8) {
	var b [1]byte
	b[0] = *v
	c.bytes(b[:])
	*v = b[0]
	if *v > most {
		*v, c.wrong = 0, true
	}
}

// number is eight bytes, the lowest first.
func (c *leaseCoder) number(v *int64) {
	var b [8]byte
	for k := range b {
		b[k] = byte(*v >> (8 * k))
	}
	c.bytes(b[:])
	*v = int64(uint64(get32(b[:])) | uint64(get32(b[4:]))<<32)
}

// text is a size, and as many bytes.
func (c *leaseCoder) text(room []byte, size *uint8) {
	c.one(size, uint8(len(room)))
	c.bytes(room[:*size])
}
