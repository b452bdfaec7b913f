package wire

import "math"

// The network in an answer to VerbNetwork: what PID 1 knows of the kernel's tables.
// It remembers the links that may be of interest, their addresses, and the routes
// that are defaults or of a lease.

// Network answers VerbNetwork. Its byte strings are parts of the input.
type Network struct {
	// NowNsec is CLOCK_BOOTTIME as of the answer; the other times compare to it.
	NowNsec   uint64
	Links     []NetLink
	Addresses []NetAddress
	Routes    []NetRoute
}

// NetLink is a link, rtnetlink(7).
type NetLink struct {
	// Index is the kernel's, not zero.
	Index uint32
	Name  string
	// MAC is 6 bytes, or none.
	MAC []byte
	// Up is what it was told to be; Running: it can carry frames now.
	Up, Running bool
	MTUBytes    uint32
}

// NetAddress is an address of a link: 4 bytes of IPv4, or 16 of IPv6.
type NetAddress struct {
	Link       uint32
	Address    []byte
	PrefixBits uint8
	// EndNsec is when it ends, ns of CLOCK_BOOTTIME; zero is never.
	EndNsec uint64
}

// NetRoute is a route: a default where Dest is empty.
type NetRoute struct {
	// Link is the way out, zero where there are several.
	Link    uint32
	Gateway []byte
	// Dest has DestBits bits that count.
	Dest     []byte
	DestBits uint8
	Metric   uint32
}

// The bounds of an answer to VerbNetwork.
const (
	// NetLinksMax, NetAddressesMax and NetRoutesMax are what PID 1 remembers at most.
	NetLinksMax     = 64
	NetAddressesMax = 128
	NetRoutesMax    = 32
)

// The keys of an answer to VerbNetwork: numbers come first in each of its items.
const (
	keyNetworkNow       = 0
	keyNetworkLinks     = 1
	keyNetworkAddresses = 2
	keyNetworkRoutes    = 3

	keyNetLinkIndex = 0
	keyNetLinkMTU   = 1
	keyNetLinkFlags = 2
	keyNetLinkName  = 3
	keyNetLinkMAC   = 4

	keyNetAddressLink    = 0
	keyNetAddressPrefix  = 1
	keyNetAddressEnd     = 2
	keyNetAddressAddress = 3

	keyNetRouteLink    = 0
	keyNetRouteBits    = 1
	keyNetRouteMetric  = 2
	keyNetRouteGateway = 3
	keyNetRouteDest    = 4
)

// The flags of a link.
const (
	NetLinkUp      = 1
	NetLinkRunning = 2
)

// NetTables is Network as PID 1 writes it: all three lists have items of one form, so
// that one piece of code writes them.
type NetTables struct {
	_       [0]func() // never compared: the compiler would write how
	NowNsec uint64
	// Links, addresses, routes.
	Tables [3][]NetItem
}

// NetItem has the numbers of an item by their keys, then its byte strings by theirs.
type NetItem struct {
	Numbers [keyNetLinkName]uint64
	Bytes   [2][]byte
}

// appendTo writes the body of an answer to VerbNetwork.
func (n *NetTables) appendTo(e *Encoder) {
	m := e.Map()
	e.uintField(&m, keyNetworkNow, n.NowNsec)
	for t := range n.Tables {
		list := n.Tables[t]
		e.arrayField(&m, uint8(keyNetworkLinks+t), len(list))
		for i := range list {
			at := e.Map()
			for key, number := range &list[i].Numbers {
				e.uintField(&at, uint8(key), number)
			}
			for k, b := range &list[i].Bytes {
				e.bytesField(&at, uint8(keyNetLinkName+k), b)
			}
			e.End(at)
		}
	}
	e.End(m)
}

// DecodeNetwork reads the body of an answer to VerbNetwork.
func DecodeNetwork(body []byte, n *Network) error {
	*n = Network{}
	d := NewDecoder(body, "network")
	for m := d.Map(); d.Next(&m); d.part("", 0) {
		switch m.Key {
		case keyNetworkNow:
			n.NowNsec = d.uintField(math.MaxUint64)
		case keyNetworkLinks:
			n.Links = make([]NetLink, d.arrayField(NetLinksMax))
			for i := range n.Links {
				d.part("link", i)
				d.netLink(&n.Links[i])
			}
		case keyNetworkAddresses:
			n.Addresses = make([]NetAddress, d.arrayField(NetAddressesMax))
			for i := range n.Addresses {
				d.part("address", i)
				d.netAddress(&n.Addresses[i])
			}
		case keyNetworkRoutes:
			n.Routes = make([]NetRoute, d.arrayField(NetRoutesMax))
			for i := range n.Routes {
				d.part("route", i)
				d.netRoute(&n.Routes[i])
			}
		default:
			d.Skip()
		}
	}
	return d.End()
}

// netLink reads one link of a network.
func (d *Decoder) netLink(l *NetLink) {
	for m := d.Map(); d.Next(&m); {
		switch m.Key {
		case keyNetLinkIndex:
			l.Index = d.uint32Field()
		case keyNetLinkMTU:
			l.MTUBytes = d.uint32Field()
		case keyNetLinkFlags:
			flags := d.uintField(math.MaxUint32)
			l.Up, l.Running = flags&NetLinkUp != 0, flags&NetLinkRunning != 0
		case keyNetLinkName:
			l.Name = string(d.bytesField(LinkNameSizeMax))
		case keyNetLinkMAC:
			l.MAC = d.bytesField(6)
		default:
			d.Skip()
		}
	}
}

// netAddress reads one address of a network.
func (d *Decoder) netAddress(a *NetAddress) {
	for m := d.Map(); d.Next(&m); {
		switch m.Key {
		case keyNetAddressLink:
			a.Link = d.uint32Field()
		case keyNetAddressAddress:
			a.Address = d.bytesField(16)
		case keyNetAddressPrefix:
			a.PrefixBits = uint8(d.uintField(128))
		case keyNetAddressEnd:
			a.EndNsec = d.uintField(math.MaxUint64)
		default:
			d.Skip()
		}
	}
}

// netRoute reads one route of a network.
func (d *Decoder) netRoute(r *NetRoute) {
	for m := d.Map(); d.Next(&m); {
		switch m.Key {
		case keyNetRouteLink:
			r.Link = d.uint32Field()
		case keyNetRouteGateway:
			r.Gateway = d.bytesField(16)
		case keyNetRouteDest:
			r.Dest = d.bytesField(16)
		case keyNetRouteBits:
			r.DestBits = uint8(d.uintField(128))
		case keyNetRouteMetric:
			r.Metric = d.uint32Field()
		default:
			d.Skip()
		}
	}
}
