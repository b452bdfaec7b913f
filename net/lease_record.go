package netcfg

// A lease as bytes, so that it outlives PID 1's program and, in the state area, a
// boot:
//
//	0  version, 1  MAC, 7  address, 11  prefix bits, 12  server
//	16  uint64 end, 24  renew, 32  rebind; ns of CLOCK_BOOTTIME, little-endian
//	40  uint16 MTU, 42  routes: count, and each destination, bits, gateway
//	then name servers and time servers: count, addresses
//	then host name, domain and search list: size, bytes
const (
	leaseRecordVersion = 1
	leaseTimesAt       = 16
	leaseFixedSize     = 42
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
	b = appendBytes(append(b, leaseRecordVersion), n.clients[i].mac[:])
	b = appendBytes(b, l.address[:])
	b = appendBytes(append(b, l.prefixBits), l.server[:])
	for _, at := range [...]int64{l.endNsec, l.renewNsec, l.bindNsec} {
		b = append32(append32(b, uint32(at)), uint32(at>>32))
	}
	b = append(append16(b, l.mtu), l.routesCount)
	for k := range l.routes[:l.routesCount] {
		r := &l.routes[k]
		b = appendBytes(append(appendBytes(b, r.dest[:]), r.destBits), r.gateway[:])
	}
	for _, list := range [...]*addressList{&l.dns, &l.ntp} {
		b = append(b, list.count)
		for k := range list.list[:list.count] {
			b = appendBytes(b, list.list[k][:])
		}
	}
	for _, part := range [...][]byte{l.host.text(), l.domain.text(), l.search.text()} {
		b = appendBytes(append(b, byte(len(part))), part)
	}
	return b
}

// RestoreLease takes a record of want i, from before Decide was called first. Of
// the same boot a lease goes on where it was; of another boot, whose clock is
// unknown, its address is only asked for. false is what can't be read or is over,
// and changes nothing.
func (n *Net) RestoreLease(i int, b []byte, sameBoot bool, now int64) bool {
	if i < 0 || i >= n.wantsCount || n.clients[i] == nil {
		return false
	}
	c := n.clients[i]
	var l lease
	mac, ok := l.read(b)
	if !ok || sameBoot && l.endNsec != 0 && l.endNsec-leaseGuardNsec <= now {
		return false
	}
	c.mac, c.hint, c.verify, c.sticky = mac, l.address, true, l.server
	if sameBoot {
		c.lease, c.held, c.restored = l, true, true
	}
	return true
}

// read takes a record whole.
func (l *lease) read(b []byte) (mac [6]byte, ok bool) {
	if len(b) < leaseFixedSize+1 || b[0] != leaseRecordVersion {
		return mac, false
	}
	mac, l.address, l.prefixBits, l.server = [6]byte(b[1:]), [4]byte(b[7:]), b[11], [4]byte(b[12:])
	for k, at := range [...]*int64{&l.endNsec, &l.renewNsec, &l.bindNsec} {
		word := b[leaseTimesAt+8*k:]
		*at = int64(uint64(get32(word)) | uint64(get32(word[4:]))<<32)
	}
	l.mtu, l.routesCount = get16(b[40:]), b[42]
	rest := b[leaseFixedSize+1:]
	forever := l.endNsec == 0 && l.renewNsec == 0 && l.bindNsec == 0
	ordered := 0 < l.renewNsec && l.renewNsec <= l.bindNsec && l.bindNsec <= l.endNsec
	if l.prefixBits == 0 || l.prefixBits > 32 || !unicast(l.address) || !unicast(l.server) || !forever && !ordered ||
		l.routesCount > leaseRoutesMax || len(rest) < 9*int(l.routesCount) {
		return mac, false
	}
	for k := range int(l.routesCount) {
		r := leaseRoute{dest: [4]byte(rest), destBits: rest[4], gateway: [4]byte(rest[5:])}
		if r.destBits > 32 || r.dest != prefixed(r.dest, r.destBits) || !routeAcceptable(&r, l.address) {
			return mac, false
		}
		l.routes[k], rest = r, rest[9:]
	}
	return mac, l.readLists(rest)
}

// readLists takes servers and names.
func (l *lease) readLists(rest []byte) bool {
	for _, list := range [...]*addressList{&l.dns, &l.ntp} {
		if len(rest) == 0 || rest[0] > leaseServersMax || len(rest) < 1+4*int(rest[0]) {
			return false
		}
		list.count, rest = rest[0], rest[1:]
		for k := range int(list.count) {
			list.list[k], rest = [4]byte(rest), rest[4:]
		}
	}
	for _, text := range [...]*leaseText{&l.host, &l.domain} {
		if len(rest) == 0 || len(rest) < 1+int(rest[0]) || rest[0] > leaseTextSizeMax ||
			rest[0] > 0 && !nameOK(rest[1:1+int(rest[0])]) {
			return false
		}
		text.size = uint8(copy(text.bytes[:], rest[1:1+int(rest[0])]))
		rest = rest[1+int(rest[0]):]
	}
	if len(rest) == 0 || len(rest) != 1+int(rest[0]) {
		return false
	}
	l.search.size = uint8(copy(l.search.bytes[:], rest[1:]))
	return l.search.whole()
}
