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
	// OpLinkUp may wait for a driver: it is for a worker.
	OpLinkUp
	OpAddressAdd
	OpAddressDelete
	OpRouteAdd
	OpRouteDelete
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
func (n *LinkName) Is(s string) bool { return string(n.bytes[:n.size]) == s }

// String is the name.
func (n LinkName) String() string { return string(n.bytes[:n.size]) }

// Op is one thing to be done: a value that can be compared, and that says all
// there is to say.
type Op struct {
	Kind OpKind
	// Want is which wish it is for, as Net counts them; for the answer's way back.
	Want uint8
	// Link is the interface's index, Name its name when it was decided.
	Link       uint32
	Name       LinkName
	Address    [4]byte
	PrefixBits uint8
	Gateway    [4]byte
}

// Slow tells that the op may block: do it in a worker, with RunSlow.
func (o Op) Slow() bool { return o.Kind == OpLinkUp }

// Dump tells that the answer is a list.
func (o Op) Dump() bool { return o.Kind >= OpDumpLinks && o.Kind <= OpDumpRoutes }

// AppendText appends the op's line: "address add 10.0.2.15/24 dev eth0".
func (o Op) AppendText(b []byte) []byte {
	switch o.Kind {
	case OpDumpLinks:
		return append(b, "dump links"...)
	case OpDumpAddresses:
		return append(b, "dump addresses"...)
	case OpDumpRoutes:
		return append(b, "dump routes"...)
	case OpLinkUp:
		b = append(b, "link up "...)
		return append(b, o.Name.bytes[:o.Name.size]...)
	case OpAddressAdd:
		b = append(b, "address add "...)
	case OpAddressDelete:
		b = append(b, "address delete "...)
	case OpRouteAdd:
		b = append(b, "route add default via "...)
	case OpRouteDelete:
		b = append(b, "route delete default via "...)
	default:
		return append(b, "nothing"...)
	}
	if o.Kind == OpRouteAdd || o.Kind == OpRouteDelete {
		b = wire.AppendIPv4(b, o.Gateway)
	} else {
		b = appendPrefix(b, o.Address, o.PrefixBits)
	}
	b = append(b, " dev "...)
	if o.Name.size == 0 { // a link that nobody wants is known by its index only
		return wire.AppendUint(append(b, '#'), uint64(o.Link))
	}
	return append(b, o.Name.bytes[:o.Name.size]...)
}

// String is the op's line.
func (o Op) String() string { return string(o.AppendText(make([]byte, 0, 64))) }

// appendPrefix appends "10.0.2.15/24".
func appendPrefix(b []byte, address [4]byte, bits uint8) []byte {
	b = wire.AppendIPv4(b, address)
	return wire.AppendUint(append(b, '/'), uint64(bits))
}
