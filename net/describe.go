package netcfg

import "mote/wire"

// A table of the kernel's that could grow past what an answer takes would be cut.
const (
	_ = uint(wire.NetLinksMax - linksMax)
	_ = uint(wire.NetAddressesMax - addressesMax)
	_ = uint(wire.NetRoutesMax - routesMax)
)

// Describe appends what the kernel has, as far as it is known, to the tables of s, which
// have room. Byte strings are n's own: they are good until n takes a message.
func (n *Net) Describe(s *wire.NetTables) {
	for i := range n.have.links {
		e := &n.have.links[i]
		f, flags := &e.fact, uint64(0)
		if f.Up {
			flags = wire.NetLinkUp
		}
		if f.Running {
			flags |= wire.NetLinkRunning
		}
		item(s, 0, e.generation, uint64(f.Index), uint64(f.MTUBytes), flags, f.Name.bytes[:f.Name.size], f.MAC[:])
	}
	for i := range n.have.addresses {
		e := &n.have.addresses[i]
		f := &e.fact
		item(s, 1, e.generation, uint64(f.Link), uint64(f.PrefixBits), uint64(e.endNsec), fourOrSix(&f.Address, &f.Six), nil)
	}
	for i := range n.have.routes {
		e := &n.have.routes[i]
		f := &e.fact
		item(s, 2, e.generation, uint64(f.Link), uint64(f.DestBits), uint64(f.Metric), fourOrSix(&f.Gateway, &f.Six), f.Dest[:])
	}
}

// item appends one, if its place is not free. A second byte string of zeros is none: a
// MAC of the loopback, the destination of a default route.
//
//go:noinline
func item(s *wire.NetTables, table int, generation uint32, a, b, c uint64, first, second []byte) {
	if generation == 0 {
		return
	}
	zero := byte(0)
	for _, x := range second {
		zero |= x
	}
	if zero == 0 {
		second = nil
	}
	s.Tables[table] = append(s.Tables[table], wire.NetItem{Numbers: [...]uint64{a, b, c}, Bytes: [...][]byte{first, second}})
}

// fourOrSix is the one of both that is not zero, empty where none is.
//
//go:noinline
func fourOrSix(four *[4]byte, six *[16]byte) []byte {
	switch {
	case *six != [16]byte{}:
		return six[:]
	case *four != [4]byte{}:
		return four[:]
	}
	return nil
}
