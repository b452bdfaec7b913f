package netcfg

import "mote/wire"

// Where programs find the name servers: /run/resolv.conf, resolv.conf(5), made of
// the leases and advertisements in the order of the links. It is written whole, by a
// worker, whenever one brings or takes a server or a name.

// resolv is how far that got.
type resolv struct {
	attempt
	// changes counts what changed the text; written is the count that stands in the
	// file, writing the one that is being written.
	changes, written, writing uint32
}

// resolvChanged has the file written again.
func (n *Net) resolvChanged() { n.resolv.changes++ }

// decideResolv has the file written where it is behind.
func (n *Net) decideResolv(now int64, ops []Op) []Op {
	r := &n.resolv
	if r.written == r.changes {
		r.right()
		return ops
	}
	if !r.flying {
		r.writing = r.changes
	}
	return r.try(&Op{Kind: OpResolv, Want: wantNone}, now, ops)
}

// names tells whether a lease brings anything for resolv.conf.
//
//go:noinline
func (t *leaseTerms) names() bool { return t.dns.count > 0 || t.search.size > 0 || t.domain.size > 0 }

// AppendResolv appends the file's text, at most ResolvSizeMax bytes. Servers past
// resolvServersMax are left out, as programs ask no more (MAXNS of resolv.h).
func (n *Net) AppendResolv(b []byte) []byte {
	servers := 0
	for i := range n.wantsCount {
		l := n.leaseOn(i)
		for k := 0; l != nil && k < int(l.dns.count) && servers < resolvServersMax; k++ {
			if unicast(l.dns.list[k]) || l.dns.list[k][0] == 127 {
				b = append(wire.AppendIPv4(text(b, "nameserver "), l.dns.list[k]), '\n')
				servers++
			}
		}
		for k := 0; n.adverts[i] != nil && k < advertNamesMax && servers < resolvServersMax; k++ {
			e := &n.adverts[i].names[k]
			if e.endNsec == 0 || e.kind != optionServers {
				continue
			}
			address := [16]byte(e.text.bytes[:])
			b = wire.AppendIPv6(text(b, "nameserver "), address)
			if wire.LinkLocal(&address) {
				b = n.appendLinkName(append(b, '%'), i)
			}
			b = append(b, '\n')
			servers++
		}
	}
	start := len(b)
	for i := range n.wantsCount {
		if l := n.leaseOn(i); l != nil {
			names := l.search.text()
			if len(names) == 0 {
				names = l.domain.text() // RFC 3397: a search list goes before it
			}
			b = appendSearch(b, start, names)
		}
		for k := 0; n.adverts[i] != nil && k < advertNamesMax; k++ {
			if e := &n.adverts[i].names[k]; e.endNsec != 0 && e.kind == optionSearch {
				b = appendSearch(b, start, e.text.text())
			}
		}
	}
	if len(b) > start {
		b = append(b, '\n')
	}
	return b
}

// appendSearch appends names to the search list that began at start, where there is
// room for all of them.
func appendSearch(b []byte, start int, names []byte) []byte {
	if len(names) == 0 || len(b)-start+len(names)+1 > resolvSearchMax {
		return b
	}
	if len(b) == start {
		b = text(b, "search")
	}
	return appendBytes(append(b, ' '), names)
}

// HostName is the name that a lease gives the node, empty where none does. It is
// a part of n until the next Decide.
func (n *Net) HostName() []byte {
	for i := range n.wantsCount {
		if l := n.leaseOn(i); l != nil && l.host.size > 0 {
			return l.host.text()
		}
	}
	return nil
}
