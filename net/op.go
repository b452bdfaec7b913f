package netcfg

import "mote/wire"

// OpKind is what is to be done. Zero is nothing.
type OpKind uint8

// The kinds of op.
const (
	OpNone OpKind = iota
	// OpDumpLinks, OpDumpAddresses and OpDumpRoutes ask for all there is.
	OpDumpLinks
	OpDumpAddresses
	OpDumpRoutes
	// OpLinkUp and OpLinkMTU may wait for a driver: they are for a worker.
	OpLinkUp
	OpLinkMTU
	OpAddressAdd
	OpAddressDelete
	OpRouteAdd
	OpRouteDelete
	// OpOpen and OpClose are about a socket of a want, see Op.Socket; OpSend sends
	// a packet by it.
	OpOpen
	OpClose
	OpSend
	// OpLinkName gives a link the name Name; it is for a worker too.
	OpLinkName
	// OpResolv writes resolv.conf; it is for a worker too.
	OpResolv
	opsCount
)

// LinkName is a link's name as a value that can be compared; IFNAMSIZ is 16.
type LinkName struct {
	bytes [16]byte
	size  uint8
}

// NameOf makes a LinkName; what is past 15 bytes is cut.
func NameOf(s string) (n LinkName) {
	n.size = uint8(copy(n.bytes[:wire.LinkNameSizeMax], s))
	return n
}

// Is compares without allocating.
//
//go:noinline
func (n *LinkName) Is(s string) bool { return string(n.bytes[:n.size]) == s }

// String is the name.
func (n LinkName) String() string { return string(n.bytes[:n.size]) }

// Op is one thing to be done: a value that can be compared, and that says all
// there is to say.
type Op struct {
	Kind OpKind
	// Want is which wish it is for, as Net counts them; for the answer's way back.
	Want uint8
	// Leased tells that a lease wants it, and Route which of its routes it is.
	Leased bool
	Route  uint8
	// Link is the interface's index, Name its name when it was decided.
	Link       uint32
	Name       LinkName
	Address    [4]byte
	PrefixBits uint8
	Dest       [4]byte
	DestBits   uint8
	Gateway    [4]byte
	// V6 tells that the op is about IPv6: then Six stands for Address or Gateway. A list
	// with V6 has both.
	V6  bool
	Six [16]byte
	// RA: the link listens to routers.
	RA bool
	// Metric is a route's, MTUBytes a link's, ValidSec an address's: zero for ever.
	Metric, MTUBytes, ValidSec uint32
	Socket                     Socket
	Packet                     Packet
}

// Slow tells that the op may block: do it in a worker, with RunSlow.
func (o Op) Slow() bool { return o.Kind == OpLinkUp || o.Kind == OpLinkMTU || o.Kind >= OpLinkName }

// Dump tells that the answer is a list.
func (o Op) Dump() bool { return o.Kind >= OpDumpLinks && o.Kind <= OpDumpRoutes }

// opWords begin an op's line; nothing writes to it.
var opWords = [opsCount]string{
	OpNone: "nothing", OpDumpLinks: "dump links", OpDumpAddresses: "dump addresses", OpDumpRoutes: "dump routes",
	OpLinkUp: "link up ", OpLinkMTU: "link mtu ", OpAddressAdd: "address add ", OpAddressDelete: "address delete ",
	OpRouteAdd: "route add ", OpRouteDelete: "route delete ", OpOpen: "open ", OpClose: "close ", OpLinkName: "link name ", OpResolv: "write resolv.conf",
}

// AppendText appends the op's line: "address add 10.0.2.15/24 dev eth0".
func (o Op) AppendText(b []byte) []byte {
	if o.Kind < opsCount {
		b = text(b, opWords[o.Kind])
	}
	switch o.Kind {
	case OpLinkUp:
		return appendName(b, &o.Name)
	case OpLinkName:
		return wire.AppendUint(text(appendName(b, &o.Name), " dev #"), uint64(o.Link))
	case OpLinkMTU:
		b = wire.AppendUint(b, uint64(o.MTUBytes))
	case OpAddressAdd, OpAddressDelete:
		if o.V6 {
			b = appendPrefix6(b, o.Six, o.PrefixBits)
		} else {
			b = appendPrefix(b, o.Address, o.PrefixBits)
		}
	case OpRouteAdd, OpRouteDelete:
		b = o.appendRoute(b)
	case OpOpen, OpClose:
		b = text(b, socketNames[o.Socket])
	case OpSend:
		b = text(b, packetNames[o.Packet])
		if o.Address != [4]byte{} {
			b = wire.AppendIPv4(append(b, ' '), o.Address)
		}
	default:
		return b
	}
	b = text(b, " dev ")
	if o.Name.size == 0 { // a link that nobody wants is known by its index only
		b = wire.AppendUint(append(b, '#'), uint64(o.Link))
	} else {
		b = appendName(b, &o.Name)
	}
	if o.Metric != 0 {
		b = wire.AppendUint(text(b, " metric "), uint64(o.Metric))
	}
	switch o.ValidSec {
	case 0:
	case leaseForeverSec:
		b = text(b, " valid for ever")
	default:
		b = wire.AppendUint(text(b, " valid "), uint64(o.ValidSec))
	}
	return b
}

// appendRoute appends "10.0.0.0/8 via 10.0.2.2"; a route on the link has no via.
func (o *Op) appendRoute(b []byte) []byte {
	if o.DestBits == 0 {
		b = text(b, "default")
	} else {
		b = appendPrefix(b, o.Dest, o.DestBits)
	}
	if o.V6 {
		b = wire.AppendIPv6(text(b, " via "), o.Six)
	} else if o.Gateway != [4]byte{} {
		b = wire.AppendIPv4(text(b, " via "), o.Gateway)
	}
	return b
}

// String is the op's line.
func (o Op) String() string { return string(o.AppendText(make([]byte, 0, 64))) }

// appendPrefix appends "10.0.2.15/24". It and text stay out of line: inlined at
// each of their places, they would cost PID 1 kilobytes.
//
//go:noinline
func appendPrefix(b []byte, address [4]byte, bits uint8) []byte {
	b = wire.AppendIPv4(b, address)
	return wire.AppendUint(append(b, '/'), uint64(bits))
}

// appendPrefix6 appends "fd00::15/64".
//
//go:noinline
func appendPrefix6(b []byte, address [16]byte, bits uint8) []byte {
	b = wire.AppendIPv6(b, address)
	return wire.AppendUint(append(b, '/'), uint64(bits))
}

// text appends any number of words.
//
//go:noinline
func text(b []byte, words string) []byte { return append(b, words...) }

// appendName appends a link's name.
//
//go:noinline
func appendName(b []byte, n *LinkName) []byte { return append(b, n.bytes[:n.size]...) }
