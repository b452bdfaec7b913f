package netcfg

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"mote/wire"
)

// leasing is a Net that wants a lease on mote0.
func leasing(probe bool) *Net {
	return New([]wire.Link{{Name: "mote0", DHCP4: true, Probe: probe}}, "node-7", 1)
}

// network is a story with a DHCP server on it: a function from what was sent to
// what comes back.
type network struct {
	*story
	// serve gives the answers to a client's message; nil is silence.
	serve     func(kind byte, xid uint32, b []byte) [][]byte
	neighbour bool // somebody has every address
}

func lan(t *testing.T, n *Net) *network {
	k := machine(t)
	k.links[1].MAC, k.links[1].MTUBytes = testMAC, 1500
	return &network{story: &story{n: n, k: k, now: 1}}
}

// good gives testLease for an hour.
func goodServer(kind byte, xid uint32, _ []byte) [][]byte {
	return [][]byte{answer(map[byte]byte{1: 2, 3: 5}[kind], xid, lease3600)}
}

func answer(kind byte, xid uint32, lease string, more ...string) []byte {
	return answerOf{kind, xid, testMAC, testLease, joinOptions(append([]string{server3600, lease, mask24, router2}, more...)...), nil, nil}.bytes()
}

// settle turns until nothing more happens at this time; what is sent is answered
// at once.
func (s *network) settle() {
	s.story.settle()
	for len(s.k.sent) > 0 {
		b := s.k.sent[0]
		s.k.sent = s.k.sent[1:]
		switch {
		case len(b) == arpSize && s.neighbour && [4]byte(b[14:]) == [4]byte{}:
			var f arpFact
			readARP(b, &f)
			s.n.packet(0, 1, appendARP(nil, &arpFact{mac: [6]byte{2, 9, 9, 9, 9, 9}, sender: f.target, target: f.target}), s.now)
		case len(b) != arpSize && s.serve != nil:
			raw := s.n.clients[0].open[0] == SocketPacket
			if raw {
				b = b[28:]
			}
			for _, a := range s.serve(b[242], binary.BigEndian.Uint32(b[4:]), b) {
				s.hear(a)
			}
		}
		s.story.settle()
	}
}

// hear brings a message to the client.
func (s *network) hear(b []byte) {
	if s.n.clients[0].open[0] == SocketPacket {
		b = fromServer(b)
	}
	s.n.packet(0, 0, b, s.now)
}

// until steps from deadline to deadline up to a time.
func (s *network) until(nsec int64) {
	for s.settle(); ; s.settle() {
		next := s.n.NextDeadline()
		if next == 0 || next > nsec {
			s.now = nsec
			s.settle()
			return
		}
		if next <= s.now {
			s.k.t.Fatalf("at %d it wants to be woken at %d", s.now, next)
		}
		s.now = next
	}
}

// lines takes the lines that begin with one of the words.
func (s *network) dhcp() (lines []string) {
	for _, l := range s.take() {
		if strings.HasPrefix(l, "dhcp") || strings.HasPrefix(l, "arp") {
			lines = append(lines, strings.TrimSuffix(l, " dev mote0"))
		}
	}
	return lines
}

func (s *network) news() (lines []string) {
	for {
		b, ok := s.n.AppendNews(nil, s.now)
		if !ok {
			return lines
		}
		lines = append(lines, string(b))
	}
}

const second = nsecPerSec

func TestALeaseIsTakenRenewedReboundAndEnds(t *testing.T) {
	s := lan(t, leasing(false))
	s.serve = goodServer
	s.settle()
	want := []string{"dump links", "dump addresses", "dump routes", "link up lo", "link up mote0",
		"open dhcp packet socket dev mote0", "dhcp discover dev mote0", "dhcp select 10.0.2.77 dev mote0",
		"close dhcp packet socket dev mote0", "address add 10.0.2.77/24 dev mote0 valid 3600", "route add default via 10.0.2.2 dev mote0 metric 1024"}
	expect(t, "boot", s.take(), want...)
	expect(t, "news", s.news(), "dhcp: mote0: leased 10.0.2.77/24 from 10.0.2.2 for 3600 s")
	if !s.n.Ready() || string(s.n.AppendAddresses(nil)) != "mote0 10.0.2.77/24" {
		t.Errorf("%s, %s", s.n.WaitingFor(0), s.n.AppendAddresses(nil))
	}
	l := s.n.leaseOn(0)
	if l.renewNsec > 1801*second || l.renewNsec < 1770*second || l.bindNsec != 1+3150*second || l.endNsec != 1+3600*second {
		t.Errorf("T1 %d, T2 %d, end %d", l.renewNsec, l.bindNsec, l.endNsec)
	}
	s.until(1000 * second)
	expect(t, "idle", s.take())
	s.until(1801 * second)
	lines := s.take()
	if !slices.Contains(lines, "dhcp renew 10.0.2.77 dev mote0") || !slices.Contains(lines, "address add 10.0.2.77/24 dev mote0 valid 3600") || len(lines) != 4 {
		t.Errorf("renewed: %q", lines)
	}
	end := s.n.leaseOn(0).endNsec
	if !s.n.Ready() || len(s.news()) != 0 {
		t.Error("a renewed lease is told as a new one")
	}
	s.serve = nil // the server is gone
	s.until(end - 2*second)
	lines = s.dhcp()
	if n := len(lines); n < 8 || lines[0] != "dhcp renew 10.0.2.77" || lines[n-1] != "dhcp rebind 10.0.2.77" {
		t.Errorf("%q", lines)
	}
	if !s.n.Ready() {
		t.Error("given up too early")
	}
	s.until(end - leaseGuardNsec)
	if lines := s.take(); !slices.Contains(lines, "address delete 10.0.2.77/24 dev mote0") || s.n.Ready() || len(s.k.addresses) != 0 {
		t.Errorf("at its end: %q", lines)
	}
	expect(t, "news", s.news(), "dhcp: mote0: the lease of 10.0.2.77 ended, and nobody renewed it")
	if got := s.n.WaitingFor(s.now + 2100*nsecPerMsec); got != "waiting for DHCP on mote0 since 2.1 s" {
		t.Error(got)
	}
	s.serve = goodServer
	if s.until(s.now + 70*second); !s.n.Ready() {
		t.Error(s.n.WaitingFor(s.now))
	}
}

// RFC 2131 section 4.1: 4, 8, 16, 32, 64, 64 s, each a second more or less; for ever.
func TestSilenceIsAskedEverMoreSlowly(t *testing.T) {
	s := lan(t, leasing(false))
	s.settle()
	last, base := s.now, []int64{4, 8, 16, 32, 64, 64, 64}
	s.take()
	for i, want := range base {
		s.now = s.n.NextDeadline()
		if waited := s.now - last; waited < (want-1)*second || waited > (want+1)*second {
			t.Errorf("try %d after %d ms", i+2, waited/nsecPerMsec)
		}
		last = s.now
		s.settle()
		expect(t, "try", s.take(), "dhcp discover dev mote0")
	}
	if got := s.n.WaitingFor(s.now); !strings.HasPrefix(got, "waiting for DHCP on mote0 since ") {
		t.Error(got)
	}
}

func TestRapidCommit(t *testing.T) {
	s := lan(t, leasing(false))
	s.serve = func(kind byte, xid uint32, _ []byte) [][]byte { return [][]byte{answer(5, xid, lease3600, "\x50")} }
	s.settle()
	expect(t, "two messages", s.dhcp(), "dhcp discover")
	// An ACK without the option answers no DISCOVER.
	s = lan(t, leasing(false))
	s.serve = func(kind byte, xid uint32, _ []byte) [][]byte { return [][]byte{answer(5, xid, lease3600)} }
	if s.settle(); s.n.Ready() {
		t.Error("an ACK that nobody asked for is taken")
	}
}

func TestLifetimesAreClampedOrRefused(t *testing.T) {
	for _, c := range []struct {
		name, lease string
		more        []string
		ready       bool
		valid       string
	}{
		{"none", "\x32\x0a\x00\x02\x4d", nil, false, ""},
		{"0 s", "\x33\x00\x00\x00\x00", nil, false, ""}, {"1 s", "\x33\x00\x00\x00\x01", nil, false, ""}, {"9 s", "\x33\x00\x00\x00\x09", nil, false, ""},
		{"10 s", "\x33\x00\x00\x00\x0a", nil, true, "valid 10"}, {"for ever", "\x33\xff\xff\xff\xff", nil, true, "valid for ever"},
		{"136 years", "\x33\xff\xff\xff\xfe", nil, true, "valid 4294967294"},
		{"T1 past T2", lease3600, []string{"\x3a\x00\x00\x0c\x4e", "\x3b\x00\x00\x07\x08"}, true, "valid 3600"},
		{"T2 past the end", lease3600, []string{"\x3a\x00\x00\x07\x08", "\x3b\x00\x00\xff\xff"}, true, "valid 3600"},
		{"T1 0", lease3600, []string{"\x3a\x00\x00\x00\x00"}, true, "valid 3600"},
	} {
		s := lan(t, leasing(false))
		s.serve = func(kind byte, xid uint32, _ []byte) [][]byte {
			return [][]byte{answer(map[byte]byte{1: 2, 3: 5}[kind], xid, c.lease, c.more...)}
		}
		s.settle()
		lines := s.take()
		if s.n.Ready() != c.ready || c.ready && !strings.HasSuffix(lines[len(lines)-2], c.valid) {
			t.Errorf("%s: %q", c.name, lines)
		}
		if l := s.n.leaseOn(0); l != nil && l.endNsec != 0 && !(l.renewNsec < l.bindNsec && l.bindNsec < l.endNsec) {
			t.Errorf("%s: T1 %d, T2 %d, end %d", c.name, l.renewNsec, l.bindNsec, l.endNsec)
		}
		if news := s.news(); !c.ready && !slices.Contains(news, "dhcp: mote0: not taking 10.0.2.77 from 10.0.2.2: it lasts less than 10 s") {
			t.Errorf("%s: %q", c.name, news)
		}
		// Nothing spins: in ten minutes it asks a few dozen times at most.
		s.take()
		if s.until(s.now + 600*second); len(s.dhcp()) > 130 {
			t.Errorf("%s: asks without end", c.name)
		}
	}
}

func TestANAKTakesTheAddressAwayAndAStormOfThemIsSatOut(t *testing.T) {
	s := lan(t, leasing(false))
	s.serve = goodServer
	s.until(1801 * second)
	s.take()
	s.serve = func(kind byte, xid uint32, _ []byte) [][]byte {
		if kind == 1 {
			return goodServer(kind, xid, nil)
		}
		return [][]byte{answerOf{kind: 6, xid: xid, mac: testMAC, options: joinOptions(server3600)}.bytes()}
	}
	s.until(s.n.leaseOn(0).renewNsec)
	if len(s.k.addresses) != 0 || s.n.Ready() {
		t.Errorf("a NAK leaves %+v", s.k.addresses)
	}
	expect(t, "first", s.dhcp(), "dhcp renew 10.0.2.77", "dhcp discover", "dhcp select 10.0.2.77")
	if got := s.n.WaitingFor(0); got != "waiting for the next try of DHCP on mote0, which was refused" {
		t.Error(got)
	}
	start := s.now
	s.until(start + 600*second) // 1, 2, 4, … 64, 64 s
	if n := len(s.dhcp()); n < 20 || n > 32 {
		t.Errorf("%d messages in a storm of ten minutes", n)
	}
	s.serve = goodServer
	if s.until(s.now + 66*second); !s.n.Ready() {
		t.Error(s.n.WaitingFor(0))
	}
	// Not every NAK is ours to obey.
	s.until(s.n.leaseOn(0).renewNsec - 1)
	s.serve = func(_ byte, xid uint32, _ []byte) [][]byte {
		return [][]byte{answerOf{kind: 6, xid: xid, mac: testMAC, options: joinOptions("\x36\x0a\x00\x02\x09")}.bytes(),
			answerOf{kind: 6, xid: xid + 1, mac: testMAC, options: joinOptions(server3600)}.bytes(),
			answerOf{kind: 6, xid: xid, mac: [6]byte{1}, options: joinOptions(server3600)}.bytes()}
	}
	if s.until(s.now + 60*second); !s.n.Ready() {
		t.Error("a NAK of another server, exchange or client is obeyed")
	}
}

func TestTheServerOfBeforeIsWaitedForAndARogueIsNot(t *testing.T) {
	rogue := "\x36\x0a\x00\x02\x09"
	both := func(kind byte, xid uint32, b []byte) (all [][]byte) {
		if kind == 1 {
			all = append(all, answerOf{2, xid, testMAC, [4]byte{10, 0, 2, 99}, joinOptions(rogue, lease3600, mask24), nil, nil}.bytes())
		}
		return append(all, goodServer(kind, xid, b)...)
	}
	s := lan(t, leasing(false))
	s.serve = goodServer
	s.settle()
	s.serve = nil
	s.until(3600 * second)
	s.take()
	s.serve = both
	if s.until(s.now + 66*second); !s.n.Ready() || s.n.leaseOn(0).server != testServer {
		t.Errorf("%q", s.take())
	}
	// With the server of before silent the other one is taken, a second later.
	s.serve = nil
	s.until(s.n.leaseOn(0).endNsec)
	s.serve = func(kind byte, xid uint32, _ []byte) [][]byte {
		return [][]byte{answerOf{map[byte]byte{1: 2, 3: 5}[kind], xid, testMAC, [4]byte{10, 0, 2, 99}, joinOptions(rogue, lease3600, mask24), nil, nil}.bytes()}
	}
	if s.until(s.now + 67*second); !s.n.Ready() || s.n.leaseOn(0).server == testServer {
		t.Errorf("%q", s.take())
	}
}

func TestTheManifestWinsOverRoutesOfALease(t *testing.T) {
	static := wire.Link{Name: "mote1", Address: [4]byte{10, 1, 0, 1}, PrefixBits: 16, Gateway: [4]byte{10, 1, 0, 2}}
	n := New([]wire.Link{{Name: "mote0", DHCP4: true}, static}, "", 1)
	s := lan(t, n)
	s.k.links = append(s.k.links, LinkFact{Index: 5, Name: NameOf("mote1"), Ethernet: true})
	const hostile = "\x79\x01\x00\x0a\x00\x02\x02\x01\x80\x0a\x00\x02\x02\x18\x0a\x01\x05\x0a\x00\x02\x02\x00\x0a\x00\x02\x02\x08\x7f\x0a\x00\x02\x02" +
		"\x10\xac\x10\x0a\x00\x02\x02\x08\x0b\x0a\x00\x02\x4d"
	s.serve = func(kind byte, xid uint32, _ []byte) [][]byte {
		return [][]byte{answer(map[byte]byte{1: 2, 3: 5}[kind], xid, lease3600, hostile)}
	}
	s.until(second)
	var routes []string
	for _, l := range s.take() {
		if strings.HasPrefix(l, "route") {
			routes = append(routes, l)
		}
	}
	expect(t, "routes", routes, "route add default via 10.1.0.2 dev mote1", "route add default via 10.0.2.2 dev mote0 metric 1024",
		"route add 172.16.0.0/16 via 10.0.2.2 dev mote0 metric 1024")
	if !s.n.Ready() {
		t.Error(s.n.WaitingFor(0))
	}
	// An address that would take a part of another link's network away is refused.
	n.wants[1].Address, n.wants[1].PrefixBits = [4]byte{10, 0, 9, 1}, 16
	m, _ := read(answer(2, 1, lease3600))
	if n.acceptable(0, m) != refusalSteals || n.acceptable(1, m) == refusalSteals {
		t.Error("a network is stolen")
	}
}
