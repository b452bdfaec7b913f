package netcfg

// Codec of rtnetlink(7), written: requests to the kernel, appended to the
// caller's buffer. Numbers are in the machine's byte order, little-endian on
// both architectures this is built for; addresses are in network byte order.

// Of include/uapi/linux/netlink.h and rtnetlink.h; a test holds them to x/sys.
const (
	msgError     = 2
	msgDone      = 3
	msgNewLink   = 16
	msgDelLink   = 17
	msgGetLink   = 18
	msgNewAddr   = 20
	msgDelAddr   = 21
	msgGetAddr   = 22
	msgNewRoute  = 24
	msgDelRoute  = 25
	msgGetRoute  = 26
	msgOption    = 68 // RTM_NEWNDUSEROPT
	flagRequest  = 0x1
	flagMulti    = 0x2
	flagAck      = 0x4
	flagDumpIntr = 0x10
	flagDump     = 0x300
	flagReplace  = 0x100
	flagExcl     = 0x200
	flagCreate   = 0x400

	attrLinkAddress  = 1  // IFLA_ADDRESS
	attrLinkName     = 3  // IFLA_IFNAME
	attrLinkMTU      = 4  // IFLA_MTU
	attrLinkPermMAC  = 54 // IFLA_PERM_ADDRESS
	attrLinkCard     = 56 // IFLA_PARENT_DEV_NAME
	attrAddrAddress  = 1  // IFA_ADDRESS
	attrAddrLocal    = 2  // IFA_LOCAL
	attrAddrTimes    = 6  // IFA_CACHEINFO
	attrAddrFlags    = 8  // IFA_FLAGS
	attrAddrProto    = 11 // IFA_PROTO
	attrRouteDest    = 1  // RTA_DST
	attrRouteOut     = 4  // RTA_OIF
	attrRouteGateway = 5  // RTA_GATEWAY
	attrRouteTable   = 15 // RTA_TABLE
	attrRouteMetric  = 6  // RTA_PRIORITY

	familyAny     = 0  // AF_UNSPEC
	familyIPv4    = 2  // AF_INET
	familyIPv6    = 10 // AF_INET6
	linkUp        = 0x1
	linkLoopback  = 0x8
	linkRunning   = 0x40
	hardwareEther = 1   // ARPHRD_ETHER
	tableMain     = 254 // RT_TABLE_MAIN
	routeUnicast  = 1   // RTN_UNICAST
	scopeUniverse = 0   // RT_SCOPE_UNIVERSE
	scopeLink     = 253 // RT_SCOPE_LINK
	nextHopOnLink = 4   // RTNH_F_ONLINK

	headSize      = 16 // struct nlmsghdr
	linkBodySize  = 16 // struct ifinfomsg
	addrBodySize  = 8  // struct ifaddrmsg
	routeBodySize = 12 // struct rtmsg
	attrHeadSize  = 4  // struct rtattr
	addrTimesSize = 16 // struct ifa_cacheinfo
	optionSize    = 16 // struct nduseroptmsg

	// IFA_F_ of include/uapi/linux/if_addr.h.
	addrTemporary     = 0x01
	addrOptimistic    = 0x04
	addrDuplicate     = 0x08 // IFA_F_DADFAILED
	addrTentative     = 0x40
	addrPermanent     = 0x80 // somebody configured it without end
	addrNoPrefixRoute = 0x200
	addrStable        = 0x800 // IFA_F_STABLE_PRIVACY, which only the kernel can set
)

// ProtocolMote tags the addresses and routes that are ours: only those are ever
// deleted. 128 and above are free for anyone's use, and 205 is in nobody's
// rt_protos.
const ProtocolMote = 205

// AppendOp appends the op's request with the sequence number seq. OpNone
// appends nothing.
func AppendOp(b []byte, o Op, seq uint32) []byte {
	switch o.Kind {
	case OpDumpLinks:
		return appendDump(b, msgGetLink, linkBodySize, 0, seq)
	case OpDumpAddresses:
		return appendDump(b, msgGetAddr, addrBodySize, o.dumpFamily(), seq)
	case OpDumpRoutes:
		return appendDump(b, msgGetRoute, routeBodySize, o.dumpFamily(), seq)
	case OpLinkUp:
		return appendLinkUp(b, o, seq)
	case OpLinkMTU:
		var value [4]byte
		return appendLinkAttr(b, o.Link, attrLinkMTU, append32(value[:0], o.MTUBytes), seq)
	case OpLinkName:
		return appendLinkAttr(b, o.Link, attrLinkName, o.Name.bytes[:], seq)
	case OpAddressAdd:
		if o.ValidSec != 0 && !o.V6 { // a renewed lease finds its address there
			return appendAddress(b, o, msgNewAddr, flagCreate|flagReplace, seq)
		}
		return appendAddress(b, o, msgNewAddr, flagCreate|flagExcl, seq)
	case OpAddressDelete:
		return appendAddress(b, o, msgDelAddr, 0, seq)
	case OpRouteAdd:
		return appendRoute(b, o, msgNewRoute, flagCreate|flagExcl, seq)
	case OpRouteDelete:
		return appendRoute(b, o, msgDelRoute, 0, seq)
	}
	return b
}

// dumpFamily is what a list has: where IPv6 is wanted, all there is.
func (o *Op) dumpFamily() byte {
	if o.V6 {
		return familyAny
	}
	return familyIPv4
}

// appendHead appends struct nlmsghdr; finish sets its length.
//
//	0  uint32 length, with the head
//	4  uint16 type, 6  uint16 flags
//	8  uint32 sequence number, 12  uint32 port: the kernel puts ours in
func appendHead(b []byte, kind, flags uint16, seq uint32) []byte {
	b = append32(b, 0)
	b = append16(append16(b, kind), flags|flagRequest)
	return append32(append32(b, seq), 0)
}

// finish sets the length of the message that began at start.
//
//go:noinline
func finish(b []byte, start int) []byte {
	size := uint32(len(b) - start)
	b[start], b[start+1] = byte(size), byte(size>>8)
	b[start+2], b[start+3] = byte(size>>16), byte(size>>24)
	return b
}

// appendDump asks for everything of a family. The body is all zero but for its
// first byte: strict checking (NETLINK_GET_STRICT_CHK) demands it whole.
func appendDump(b []byte, kind uint16, bodySize int, family byte, seq uint32) []byte {
	start := len(b)
	b = append(appendHead(b, kind, flagDump, seq), family)
	for range bodySize - 1 {
		b = append(b, 0)
	}
	return finish(b, start)
}

// appendLinkUp sets IFF_UP and touches no other flag: struct ifinfomsg.
//
//	0  uint8 family, 1  pad, 2  uint16 hardware type
//	4  int32 index, 8  uint32 flags, 12  uint32 mask of the flags to change
func appendLinkUp(b []byte, o Op, seq uint32) []byte {
	start := len(b)
	b = appendHead(b, msgNewLink, flagAck, seq)
	b = append32(append32(b, 0), o.Link)
	b = append32(append32(b, linkUp), linkUp)
	return finish(b, start)
}

// appendLinkAttr sets one attribute of a link: its largest packet in bytes, or its name,
// which the kernel changes while it is up, too (since 6.2).
func appendLinkAttr(b []byte, link uint32, kind uint16, value []byte, seq uint32) []byte {
	start := len(b)
	b = appendHead(b, msgNewLink, flagAck, seq)
	b = append32(append32(b, 0), link)
	b = append32(append32(b, 0), 0)
	b = append16(append16(b, attrHeadSize+uint16(len(value))), kind)
	return finish(append(b, value...), start)
}

// appendAddress names an address by link, prefix and address: struct ifaddrmsg.
//
//	0  uint8 family, 1  uint8 prefix bits, 2  uint8 flags, 3  uint8 scope
//	4  uint32 index of the link
//
// and, where it ends by itself, struct ifa_cacheinfo:
//
//	0  uint32 preferred, 4  uint32 valid, in s from now; 8  two times of no use
func appendAddress(b []byte, o Op, kind, flags uint16, seq uint32) []byte {
	start := len(b)
	b = appendHead(b, kind, flags|flagAck, seq)
	if o.V6 {
		b = append32(append(b, familyIPv6, o.PrefixBits, 0, scopeUniverse), o.Link)
		b = appendAttr(b, attrAddrLocal, o.Six[:])
		if kind == msgNewAddr {
			b = append32(append16(append16(b, attrHeadSize+4), attrAddrFlags), o.addressFlags())
		}
	} else {
		b = append32(append(b, familyIPv4, o.PrefixBits, 0, scopeUniverse), o.Link)
		b = appendAttr(b, attrAddrLocal, o.Address[:])
		b = appendAttr(b, attrAddrAddress, o.Address[:])
	}
	if kind == msgNewAddr {
		b = append16(append16(b, attrHeadSize+1), attrAddrProto)
		b = append(b, ProtocolMote, 0, 0, 0) // one byte, padded to four
	}
	if kind == msgNewAddr && o.ValidSec != 0 {
		b = append16(append16(b, attrHeadSize+addrTimesSize), attrAddrTimes)
		b = append32(append32(b, o.ValidSec), o.ValidSec)
		b = append32(append32(b, 0), 0)
	}
	return finish(b, start)
}

// addressFlags: an IPv6 address is used while the kernel asks whether somebody else
// has it (RFC 4429). The prefix's route of an advertised one is the kernel's own.
func (o *Op) addressFlags() uint32 {
	if o.ValidSec != 0 {
		return addrOptimistic | addrNoPrefixRoute
	}
	return addrOptimistic
}

// appendRoute names a route: struct rtmsg.
//
//	0  uint8 family, 1  destination bits, 2  source bits, 3  tos
//	4  uint8 table, 5  protocol, 6  scope, 7  type, 8  uint32 flags
//
// A leased gateway need not be in the link's prefix: it is said to be on the link
// (RFC 3442 has such routes, and clouds lease addresses of 32 bits).
func appendRoute(b []byte, o Op, kind, flags uint16, seq uint32) []byte {
	start := len(b)
	scope, nextHop := byte(scopeUniverse), uint32(0)
	switch {
	case o.V6: // its routes have no scope
	case o.Gateway == [4]byte{}:
		scope = scopeLink
	case o.Metric != 0:
		nextHop = nextHopOnLink
	}
	b = appendHead(b, kind, flags|flagAck, seq)
	family := byte(familyIPv4)
	if o.V6 {
		family = familyIPv6
	}
	b = append(b, family, o.DestBits, 0, 0, tableMain, ProtocolMote, scope, routeUnicast)
	b = append32(b, nextHop)
	if o.DestBits != 0 {
		b = appendAttr(b, attrRouteDest, o.Dest[:])
	}
	if o.V6 {
		b = appendAttr(b, attrRouteGateway, o.Six[:])
	} else if o.Gateway != [4]byte{} {
		b = appendAttr(b, attrRouteGateway, o.Gateway[:])
	}
	b = append32(append16(append16(b, attrHeadSize+4), attrRouteOut), o.Link)
	if o.Metric != 0 {
		b = append32(append16(append16(b, attrHeadSize+4), attrRouteMetric), o.Metric)
	}
	return finish(b, start)
}

// appendAttr appends struct rtattr with an address behind it, which needs no pad.
//
//go:noinline
func appendAttr(b []byte, kind uint16, value []byte) []byte {
	b = append16(append16(b, uint16(attrHeadSize+len(value))), kind)
	return append(b, value...)
}

// These stay out of line: inlined at each of their places, they would cost PID 1
// kilobytes.
//
//go:noinline
func append16(b []byte, n uint16) []byte { return append(b, byte(n), byte(n>>8)) }

//go:noinline
func append32(b []byte, n uint32) []byte {
	return append(b, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
}
