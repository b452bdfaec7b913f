package netcfg

import "mote/wire"

// lease is what a server gave us, with its times in ns of CLOCK_BOOTTIME.
//
// Always true of one that a client holds: it was checked by acceptable, and
// endNsec is not past the server's own end of it, as it counts from when the
// request was sent.
type lease struct {
	_          [0]func() // never compared: the compiler would write how
	address    [4]byte
	prefixBits uint8
	server     [4]byte
	// endNsec is zero where it lasts for ever; then the others are zero too.
	endNsec, renewNsec, bindNsec int64
	leaseTerms
}

// leaseOf makes a lease of an answer to what was asked at askedNsec, RFC 2131
// section 4.4.5. Times that contradict each other are replaced by its defaults.
func (n *Net) leaseOf(l *lease, m *dhcpMessage, askedNsec int64) {
	l.address, l.prefixBits, l.server, l.leaseTerms = m.address, m.prefixBits, m.server, m.leaseTerms
	l.endNsec, l.renewNsec, l.bindNsec = 0, 0, 0
	l.routes, l.routesCount = [leaseRoutesMax]leaseRoute{}, 0
	for i := range m.routes[:m.routesCount] {
		if r := &m.routes[i]; routeAcceptable(r, m.address) {
			l.routes[l.routesCount] = *r
			l.routesCount++
		}
	}
	if m.leaseSec == leaseForeverSec {
		return
	}
	whole := int64(m.leaseSec) * nsecPerSec
	renew, bind := int64(m.renewSec)*nsecPerSec, int64(m.bindSec)*nsecPerSec
	if renew == 0 || bind <= renew || bind >= whole {
		renew, bind = whole/2, whole/8*7
	}
	// The fuzz keeps a site that woke up as one from asking as one for ever.
	renew -= n.random.below(min(renew/16, renewFuzzNsec))
	l.renewNsec, l.bindNsec, l.endNsec = askedNsec+renew, askedNsec+bind, askedNsec+whole
}

// refusal is why an offer is not taken.
type refusal uint8

const (
	refusalNone refusal = iota
	refusalServer
	refusalAddress
	refusalTooShort
	refusalSteals
	refusalsCount
)

// refusalWords tell it; nothing writes to it.
var refusalWords = [refusalsCount]string{
	refusalServer:   "it names no server",
	refusalAddress:  "its address can't be a node's",
	refusalTooShort: "it lasts less than 10 s",
	refusalSteals:   "it is a part of a network that the manifest gives to another link",
}

// acceptable tells whether what a server gives may be used for want i.
func (n *Net) acceptable(i int, m *dhcpMessage) refusal {
	word, hosts := getNet32(m.address[:]), uint32(0)
	if m.prefixBits < 31 {
		hosts = 1<<(32-m.prefixBits) - 1
	}
	switch {
	case !unicast(m.server):
		return refusalServer
	case !unicast(m.address) || hosts != 0 && (word&hosts == 0 || word&hosts == hosts):
		return refusalAddress
	case m.leaseSec < leaseSecMin:
		return refusalTooShort
	case n.steals(i, m.address, m.prefixBits):
		return refusalSteals
	}
	return refusalNone
}

// unicast leaves out 0/8, loopback, multicast and all above it.
//
//go:noinline
func unicast(a [4]byte) bool { return a[0] != 0 && a[0] != 127 && a[0] < 224 }

// routeAcceptable leaves out routes that no honest server gives: to prefixes of 1
// to 7 bits (two of them take all traffic away from any default route), to
// loopback and multicast, and through ourselves.
func routeAcceptable(r *leaseRoute, own [4]byte) bool {
	if r.destBits > 0 && (r.destBits < 8 || !unicast(r.dest)) {
		return false
	}
	return r.gateway == [4]byte{} && r.destBits > 0 || unicast(r.gateway) && r.gateway != own
}

// steals tells whether a network is a smaller part of one that the manifest gives
// to another link than want i's: the kernel would send to the smaller one.
func (n *Net) steals(i int, address [4]byte, bits uint8) bool {
	for k := range n.wantsCount {
		w := &n.wants[k]
		if k != i && w.Address != [4]byte{} && bits > w.PrefixBits &&
			prefixed(address, w.PrefixBits) == prefixed(w.Address, w.PrefixBits) {
			return true
		}
	}
	return false
}

// leaseRoute gives route k of want i's lease; ok is false where there is none, or
// where it may not be.
func (n *Net) leaseRoute(i, k int) (r *leaseRoute, ok bool) {
	l := n.leaseOn(i)
	if l == nil || k >= int(l.routesCount) {
		return nil, false
	}
	r = &l.routes[k]
	return r, r.destBits == 0 || !n.steals(i, r.dest, r.destBits)
}

// leaseOn gives the lease that want i holds, or nil.
//
//go:noinline
func (n *Net) leaseOn(i int) *lease {
	if c := n.clients[i]; c != nil && c.held {
		return &c.lease
	}
	return nil
}

// validSec is for how long the lease may still be used, in whole seconds, or
// 2^32-1 for ever; it is at least 1 for a lease that is held.
func (l *lease) validSec(now int64) uint32 {
	if l.endNsec == 0 {
		return leaseForeverSec
	}
	return uint32(max((l.endNsec-now)/nsecPerSec, 1))
}

// appendText tells it: "10.0.2.15/24 from 10.0.2.2 for 86400 s".
func (l *lease) appendText(b []byte, now int64) []byte {
	b = appendPrefix(b, l.address, l.prefixBits)
	b = wire.AppendIPv4(text(b, " from "), l.server)
	if l.endNsec == 0 {
		return text(b, " for ever")
	}
	b = wire.AppendUint(text(b, " for "), uint64(l.endNsec-now+nsecPerSec-1)/nsecPerSec)
	return text(b, " s")
}
