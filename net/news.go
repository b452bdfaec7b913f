package netcfg

import "mote/wire"

// What became of leases, for the console: one line each.

// newsKind is what happened.
type newsKind uint8

const (
	newsLeased newsKind = iota
	newsEnded
	newsRefused
	newsConflict
	newsUnusable
	newsAdvertised
	newsDuplicate
)

// news is one happening.
type news struct {
	kind            newsKind
	want            uint8
	why             refusal
	address, server [4]byte
	mac             [6]byte
	six             [16]byte
}

// newsRing keeps those that wait for AppendNews; the oldest go first.
type newsRing struct {
	ring        [newsMax]news
	first, size int
}

// add forgets the oldest where there is no room: a log that lags must not grow.
//
//go:noinline
func (r *newsRing) add(e news) {
	if r.size == newsMax {
		r.first = (r.first + 1) % newsMax
		r.size--
	}
	r.ring[(r.first+r.size)%newsMax] = e
	r.size++
}

// AppendNews appends the line of the oldest happening that was not told yet, and
// reports whether there was one:
//
//	dhcp: eth0: leased 10.0.2.15/24 from 10.0.2.2 for 86400 s
func (n *Net) AppendNews(b []byte, now int64) ([]byte, bool) {
	r := &n.news
	if r.size == 0 {
		return b, false
	}
	e := &r.ring[r.first]
	r.first = (r.first + 1) % newsMax
	r.size--
	if e.kind < newsAdvertised {
		b = text(b, "dhcp: ")
	} else {
		b = text(b, "ipv6: ")
	}
	b = text(n.appendLinkName(b, int(e.want)), ": ")
	switch e.kind {
	case newsLeased:
		if l := n.leaseOn(int(e.want)); l != nil {
			return l.appendText(text(b, "leased "), now), true
		}
		return text(b, "a lease came and went"), true
	case newsEnded:
		b = wire.AppendIPv4(text(b, "the lease of "), e.address)
		return text(b, " ended, and nobody renewed it"), true
	case newsRefused:
		b = wire.AppendIPv4(b, e.server)
		return wire.AppendIPv4(text(b, " refuses us "), e.address), true
	case newsConflict:
		b = wire.AppendIPv4(b, e.address)
		return text(appendMAC(text(b, " is used by "), e.mac), "; declined"), true
	case newsAdvertised:
		return text(wire.AppendIPv6(b, e.six), " by router advertisement"), true
	case newsDuplicate:
		return text(wire.AppendIPv6(b, e.six), " is used by another node; given up"), true
	}
	b = wire.AppendIPv4(text(b, "not taking "), e.address)
	b = wire.AppendIPv4(text(b, " from "), e.server)
	return text(text(b, ": "), refusalWords[e.why]), true
}

// appendLinkName appends the name of a want's link, or what stands for it.
//
//go:noinline
func (n *Net) appendLinkName(b []byte, i int) []byte {
	if link := n.have.link(n.bound[i]); link != nil {
		return appendName(b, &link.Name)
	}
	if name := n.wants[i].Name; name != "" {
		return text(b, name)
	}
	return text(b, "the first link")
}

// appendMAC appends "02:00:00:00:00:01".
//
//go:noinline
func appendMAC(b []byte, mac [6]byte) []byte {
	const digits = "0123456789abcdef"
	for i, c := range mac {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, digits[c>>4], digits[c&15])
	}
	return b
}
