package netcfg

// Codec of DHCPv4, read: RFC 2131 section 2 (the fixed part, which is BOOTP's),
// RFC 2132 (options), RFC 3396 (long options), RFC 3442 (classless routes).
//
// Always true here: no length is believed that the rest of the bytes does not
// hold; what an option says is taken only where its length is right; nothing is
// allocated. A message that is wrong in any part that we read is dropped whole:
// half of a lease is worse than none.

// dhcpKind is option 53.
type dhcpKind uint8

// The kinds of RFC 2132 section 9.6. The last three are only sent by clients.
const (
	dhcpDiscover dhcpKind = 1
	dhcpOffer    dhcpKind = 2
	dhcpRequest  dhcpKind = 3
	dhcpDecline  dhcpKind = 4
	dhcpAck      dhcpKind = 5
	dhcpNak      dhcpKind = 6
)

// The options that are sent or read.
const (
	optPad            = 0
	optMask           = 1
	optRouter         = 3
	optDNS            = 6
	optHostName       = 12
	optDomain         = 15
	optMTU            = 26
	optNTP            = 42
	optRequested      = 50
	optLeaseSec       = 51
	optOverload       = 52
	optKind           = 53
	optServer         = 54
	optParameters     = 55
	optMessage        = 56
	optSizeMax        = 57
	optRenewSec       = 58
	optRebindSec      = 59
	optClientID       = 61
	optRapidCommit    = 80
	optSearch         = 119
	optRoutes         = 121
	optEnd            = 255
	bootpReply        = 2
	bootpRequest      = 1
	dhcpFixedSize     = 240 // BOOTP's head and the magic cookie
	dhcpCookieAt      = 236
	dhcpFileAt        = 108
	dhcpNameAt        = 44
	leaseForeverSec   = 1<<32 - 1
	dhcpHardwareEther = 1
)

// leaseText is a text of a server, cut to its place. It is hostile input: only
// letters, digits, '-' and '.' are in it.
type leaseText struct {
	bytes [leaseTextSizeMax]byte
	size  uint8
}

func (t *leaseText) text() []byte { return t.bytes[:t.size] }

// leaseRoute is one route of a lease. A zero gateway is a destination on the link.
type leaseRoute struct {
	dest     [4]byte
	destBits uint8
	gateway  [4]byte
}

// dhcpMessage is what a server's message says, as far as it is read.
type dhcpMessage struct {
	_       [0]func() // never compared: the compiler would write how
	kind    dhcpKind
	xid     uint32
	chaddr  [6]byte
	address [4]byte
	server  [4]byte
	// prefixBits is of option 1, or of the address's class as RFC 950 has it
	// where there is none.
	prefixBits                  uint8
	leaseSec, renewSec, bindSec uint32
	rapid                       bool
	leaseTerms
}

// leaseTerms is what comes with an address.
type leaseTerms struct {
	mtu          uint16
	routes       [leaseRoutesMax]leaseRoute
	routesCount  uint8
	dns, ntp     addressList
	host, domain leaseText
	search       leaseSearch
}

// addressList is the first few addresses of an option.
type addressList struct {
	list  [leaseServersMax][4]byte
	count uint8
}

// options are the up to three places where options stand: the end of the message
// and, where option 52 says so, the fields file and sname (RFC 2131 section 4.1).
type options struct {
	_     [0]func() // never compared: the compiler would write how
	areas [3][]byte
	// joined holds an option whose parts were put together, RFC 3396.
	joined [optionSizeMax]byte
}

// read takes a server's message. ok is false where it is none, or where anything
// in it is malformed. m is set whole, o is scratch.
func (m *dhcpMessage) read(b []byte, o *options) (ok bool) {
	*m = dhcpMessage{}
	if len(b) < dhcpFixedSize || b[0] != bootpReply || b[1] != dhcpHardwareEther || b[2] != 6 ||
		string(b[dhcpCookieAt:dhcpFixedSize]) != "\x63\x82\x53\x63" {
		return false
	}
	m.xid = getNet32(b[4:])
	m.address = [4]byte(b[16:20])
	m.chaddr = [6]byte(b[28:34])
	if !o.find(b) {
		return false
	}
	return m.lease(o) && m.extras(o)
}

// find sets the areas, and walks each once: after it every option is whole.
func (o *options) find(b []byte) bool {
	o.areas = [3][]byte{b[dhcpFixedSize:]}
	if !wholeOptions(o.areas[0]) {
		return false
	}
	// Option 52 counts only in the first area, so that the others can't send a
	// reader in a circle.
	overload, there := o.option(optOverload)
	switch {
	case !there:
		return true
	case len(overload) != 1 || overload[0] == 0 || overload[0] > 3:
		return false
	}
	if overload[0]&1 != 0 {
		o.areas[1] = b[dhcpFileAt:dhcpCookieAt]
	}
	if overload[0]&2 != 0 {
		o.areas[2] = b[dhcpNameAt:dhcpFileAt]
	}
	return wholeOptions(o.areas[1]) && wholeOptions(o.areas[2])
}

// wholeOptions tells whether every option ends within the area. An area may end
// without an end option, as some servers have it.
//
//go:noinline
func wholeOptions(b []byte) bool {
	for len(b) > 0 && b[0] != optEnd {
		if b[0] == optPad {
			b = b[1:]
			continue
		}
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			return false
		}
		b = b[2+int(b[1]):]
	}
	return true
}

// option gives an option's bytes, its parts joined in the order of RFC 3396. They
// are a part of the message, or of o until the next call. What does not fit into
// optionSizeMax is cut: no option that is read is as long.
func (o *options) option(code byte) (value []byte, there bool) {
	joined := 0
	for _, b := range o.areas {
		for len(b) > 0 && b[0] != optEnd {
			if b[0] == optPad {
				b = b[1:]
				continue
			}
			size := int(b[1])
			if b[0] == code {
				if !there {
					value = b[2 : 2+size]
				} else {
					if joined == 0 {
						joined = copy(o.joined[:], value)
					}
					joined += copy(o.joined[joined:], b[2:2+size])
					value = o.joined[:joined]
				}
				there = true
			}
			b = b[2+size:]
		}
	}
	return value, there
}

// fixed reads an option of exactly as many bytes as v has; absent is fine.
func (o *options) fixed(code byte, v []byte) bool {
	value, there := o.option(code)
	if !there {
		return true
	}
	return copy(v, value) == len(value) && len(value) == len(v)
}

// lease reads who offers what for how long.
func (m *dhcpMessage) lease(o *options) bool {
	var kind [1]byte
	var mask, leaseSec, renewSec, bindSec [4]byte
	if !o.fixed(optKind, kind[:]) || !o.fixed(optServer, m.server[:]) || !o.fixed(optMask, mask[:]) ||
		!o.fixed(optLeaseSec, leaseSec[:]) || !o.fixed(optRenewSec, renewSec[:]) ||
		!o.fixed(optRebindSec, bindSec[:]) {
		return false
	}
	m.kind = dhcpKind(kind[0])
	m.leaseSec, m.renewSec, m.bindSec = getNet32(leaseSec[:]), getNet32(renewSec[:]), getNet32(bindSec[:])
	rapid, there := o.option(optRapidCommit)
	m.rapid = there
	if len(rapid) != 0 || m.kind != dhcpOffer && m.kind != dhcpAck && m.kind != dhcpNak {
		return false
	}
	if mask == [4]byte{} {
		m.prefixBits = classBits(m.address)
		return true
	}
	var contiguous bool
	m.prefixBits, contiguous = prefixOf(mask)
	return contiguous
}

// classBits is the mask of a server that gives none, RFC 950: 8, 16 or 24 bits.
func classBits(address [4]byte) uint8 {
	switch {
	case address[0] < 128:
		return 8
	case address[0] < 192:
		return 16
	}
	return 24
}

// extras reads what comes with a lease.
func (m *dhcpMessage) extras(o *options) bool {
	var mtu [2]byte
	if !o.fixed(optMTU, mtu[:]) || !m.dns.read(o, optDNS) || !m.ntp.read(o, optNTP) ||
		!m.host.read(o, optHostName) || !m.domain.read(o, optDomain) || !m.ways(o) {
		return false
	}
	m.mtu = uint16(mtu[0])<<8 | uint16(mtu[1])
	search, there := o.option(optSearch)
	return !there || m.search.read(search)
}

// read takes an option that is a list of addresses; those past the list's end
// are left out.
func (l *addressList) read(o *options, code byte) bool {
	value, there := o.option(code)
	if !there {
		return true
	}
	if len(value) == 0 || len(value)%4 != 0 {
		return false
	}
	for ; len(value) > 0 && int(l.count) < len(l.list); value = value[4:] {
		l.list[l.count] = [4]byte(value)
		l.count++
	}
	return true
}

// read takes a name. One that is too long or has other bytes than a name's is
// left out, as the lease is good without it; an empty one is malformed.
func (t *leaseText) read(o *options, code byte) bool {
	value, there := o.option(code)
	if !there {
		return true
	}
	for len(value) > 0 && value[len(value)-1] == 0 { // RFC 2132 section 2
		value = value[:len(value)-1]
	}
	if len(value) == 0 {
		return false
	}
	if len(value) <= len(t.bytes) && nameOK(value) {
		t.size = uint8(copy(t.bytes[:], value))
	}
	return true
}

// nameOK tells whether all of b may stand in a host or domain name: labels of
// letters, digits, '-' and '_', with a dot between two.
//
//go:noinline
func nameOK(b []byte) bool {
	label := 0
	for i, c := range b {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-' && label > 0:
			label++
		case c == '.' && label > 0 && i < len(b)-1:
			label = 0
		default:
			return false
		}
		if label > 63 {
			return false
		}
	}
	return label > 0
}

// ways reads the routes. Option 121 stands in the place of option 3: RFC 3442.
//
//	each: prefix bits, as many bytes of the destination as these need, gateway
func (m *dhcpMessage) ways(o *options) bool {
	value, there := o.option(optRoutes)
	if !there {
		var routers addressList
		if !routers.read(o, optRouter) {
			return false
		}
		if routers.count > 0 && routers.list[0] != [4]byte{} { // the first is preferred
			m.routes[0], m.routesCount = leaseRoute{gateway: routers.list[0]}, 1
		}
		return true
	}
	if len(value) == 0 {
		return false
	}
	for len(value) > 0 {
		bits := value[0]
		size := (int(bits) + 7) / 8
		if bits > 32 || len(value) < 1+size+4 {
			return false
		}
		r := leaseRoute{destBits: bits, gateway: [4]byte(value[1+size:])}
		copy(r.dest[:], value[1:1+size])
		r.dest = prefixed(r.dest, bits)
		value = value[1+size+4:]
		if int(m.routesCount) < len(m.routes) && !m.hasRoute(&r) {
			m.routes[m.routesCount] = r
			m.routesCount++
		}
	}
	return true
}

// hasRoute tells whether a route to the same place was read: the first counts.
func (m *dhcpMessage) hasRoute(r *leaseRoute) bool {
	for i := range m.routes[:m.routesCount] {
		if m.routes[i].dest == r.dest && m.routes[i].destBits == r.destBits {
			return true
		}
	}
	return false
}

// prefixed is the address with all but its first bits zero.
func prefixed(address [4]byte, bits uint8) [4]byte {
	word := getNet32(address[:])
	if bits < 32 {
		word &^= 1<<(32-bits) - 1
	}
	return [4]byte{byte(word >> 24), byte(word >> 16), byte(word >> 8), byte(word)}
}

//go:noinline
func getNet32(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}
