package netcfg

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAConflictIsDeclined(t *testing.T) {
	s := lan(t, leasing(true))
	s.serve, s.neighbour = goodServer, true
	s.until(3 * second)
	expect(t, "conflict", s.dhcp(), "dhcp discover", "dhcp select 10.0.2.77", "arp probe 10.0.2.77", "dhcp decline 10.0.2.77")
	expect(t, "news", s.news(), "dhcp: mote0: 10.0.2.77 is used by 02:09:09:09:09:09; declined")
	if s.n.Ready() || len(s.k.addresses) != 0 {
		t.Error("an address that somebody has is used")
	}
	s.neighbour = false
	s.until(9 * second)
	expect(t, "RFC 2131: ten seconds at least", s.dhcp())
	start := s.now
	s.until(20 * second)
	expect(t, "again", s.dhcp(), "dhcp discover", "dhcp select 10.0.2.77", "arp probe 10.0.2.77", "arp probe 10.0.2.77", "arp probe 10.0.2.77",
		"arp announce 10.0.2.77", "arp announce 10.0.2.77")
	if !s.n.Ready() || s.now-start > 12*second || s.n.clients[0].open != [socketSlots]Socket{} {
		t.Errorf("%s, sockets %v", s.n.WaitingFor(0), s.n.clients[0].open)
	}
}

func TestTheCarrierComesBack(t *testing.T) {
	s := lan(t, leasing(false))
	s.serve = goodServer
	s.settle()
	s.take()
	cable := func(in bool) {
		s.k.cut = map[uint32]bool{4: !in}
		s.k.sayLink(unix.RTM_NEWLINK, 0, 0, s.k.links[1])
		s.settle()
	}
	cable(false)
	if !s.n.Ready() || len(s.take()) != 0 {
		t.Error("a moment without carrier takes the address away")
	}
	s.until(10 * second)
	cable(true)
	expect(t, "back", s.dhcp(), "dhcp verify 10.0.2.77")
	// Ten times a second, for ten seconds.
	for range 100 {
		cable(false)
		s.until(s.now + 50*nsecPerMsec)
		cable(true)
		s.until(s.now + 50*nsecPerMsec)
	}
	if n := len(s.dhcp()); n > 6 || !s.n.Ready() {
		t.Errorf("%d messages in ten seconds of flapping; %s", n, s.n.WaitingFor(0))
	}
	// In another network, whose server knows better.
	s.serve = func(kind byte, xid uint32, b []byte) [][]byte {
		if kind == 3 && b[12] == 0 && !strings.Contains(string(b[240:]), server3600[1:]) {
			return [][]byte{answerOf{kind: 6, xid: xid, mac: testMAC, options: joinOptions(server3600)}.bytes()}
		}
		return goodServer(kind, xid, b)
	}
	cable(false)
	s.until(s.now + 3*second)
	s.take()
	cable(true)
	lines := s.take()
	if !slices.Contains(lines, "route delete default via 10.0.2.2 dev mote0 metric 1024") || !slices.Contains(lines, "dhcp select 10.0.2.77 dev mote0") || !s.n.Ready() {
		t.Errorf("moved: %q", lines)
	}
	// And where nobody answers, what was good a moment ago still is.
	cable(false)
	s.serve = nil
	s.until(s.now + 3*second)
	s.take()
	cable(true)
	s.until(s.now + 20*second)
	expect(t, "silence", s.dhcp(), "dhcp verify 10.0.2.77", "dhcp verify 10.0.2.77")
	if !s.n.Ready() {
		t.Error(s.n.WaitingFor(0))
	}
	s.k.unplug(4)
	if s.settle(); s.n.leaseOn(0) != nil || s.n.Ready() {
		t.Error("a lease outlives its link")
	}
}

func TestALeaseOfBefore(t *testing.T) {
	s := lan(t, leasing(false))
	s.serve = goodServer
	s.settle()
	record := s.n.AppendLease(nil, 0)
	// In the same boot PID 1 goes on where it was: not a packet is sent.
	again := lan(t, leasing(false))
	again.k.addresses, again.k.routes = s.k.addresses, s.k.routes
	again.now = 100 * second
	if !again.n.RestoreLease(0, record, again.now) {
		t.Fatal("refused")
	}
	again.settle()
	if lines := again.dhcp(); len(lines) != 0 || !again.n.Ready() {
		t.Errorf("%q; %s", lines, again.n.WaitingFor(0))
	}
	if again.until(1801 * second); !slices.Equal(again.dhcp(), []string{"dhcp renew 10.0.2.77"}) {
		t.Error("not renewed at T1")
	}
	// In another boot it asks for the same address; when nobody knows it, anew.
	other := lan(t, leasing(false))
	other.serve = goodServer
	hints, changed := s.n.NextHints(nil)
	if !changed || len(hints) > HintsSizeMax {
		t.Fatalf("hints %x, %v", hints, changed)
	}
	other.n.TakeHints(hints, 0)
	other.settle()
	expect(t, "another boot", other.dhcp(), "dhcp verify 10.0.2.77")
	silent := lan(t, leasing(false))
	silent.n.TakeHints(hints, 0)
	silent.until(12 * second)
	expect(t, "silence", silent.dhcp()[:3], "dhcp verify 10.0.2.77", "dhcp verify 10.0.2.77", "dhcp discover")
	if len(silent.k.addresses) != 0 {
		t.Error("an address that nobody confirmed is used")
	}
	// Also where the record is read late.
	late := lan(t, leasing(false))
	late.until(2 * second)
	late.serve = goodServer
	late.n.TakeHints(hints, late.now)
	late.settle()
	expect(t, "late", late.dhcp(), "dhcp discover", "dhcp verify 10.0.2.77")
	// Of another card, or over, or damaged, it is nothing.
	card := lan(t, leasing(false))
	card.k.links[1].MAC = [6]byte{2, 5}
	card.n.RestoreLease(0, record, 1)
	card.settle()
	expect(t, "another card", card.dhcp(), "dhcp discover")
	foreign := lan(t, leasing(false))
	foreign.k.links[1].MAC = [6]byte{2, 5}
	foreign.n.TakeHints(hints, 1)
	foreign.settle()
	expect(t, "hints of another card", foreign.dhcp(), "dhcp discover")
	if card.n.RestoreLease(0, record, 3600*second) || card.n.RestoreLease(0, record[:20], 1) || card.n.RestoreLease(0, append(record, 0), 1) {
		t.Error("what is over or damaged is taken")
	}
}

func TestWhatCantBeSentOrOpenedIsTriedAgain(t *testing.T) {
	s := lan(t, leasing(false))
	s.serve = goodServer
	s.k.fails = map[string]unix.Errno{"filter": unix.ENOMEM}
	s.settle()
	if lines := s.take(); lines[len(lines)-1] != "net: open dhcp packet socket dev mote0: ENOMEM; trying again in 100 ms" {
		t.Errorf("%q", lines)
	}
	s.k.fails = map[string]unix.Errno{"send packet": unix.ENOBUFS}
	s.until(second)
	lines := s.take()
	if got := lines[len(lines)-1]; !strings.HasPrefix(got, "net: dhcp discover dev mote0: ENOBUFS; trying again in ") {
		t.Error(got)
	}
	s.k.fails = nil
	if s.until(10 * second); !s.n.Ready() {
		t.Error(s.n.WaitingFor(0))
	}
}

// A packet costs no memory, whatever it says.
func TestPacketsAllocateNothing(t *testing.T) {
	s := lan(t, leasing(false))
	s.serve = goodServer
	s.until(s.n.clients[0].lease.renewNsec + 1801*second)
	xid := s.n.clients[0].xid
	ack, stray, bad := answer(5, xid, lease3600), answer(5, xid+1, lease3600), answer(5, xid, "\x33\x00")
	ops, b := make([]Op, 0, OpsMax), make([]byte, 0, MessageSizeMax)
	if n := testing.AllocsPerRun(1000, func() {
		for _, m := range [][]byte{ack, stray, bad} {
			s.n.packet(0, 0, m, s.now)
		}
		s.n.Decide(s.now, ops)
		s.n.appendPacket(b, Op{Kind: OpSend, Packet: PacketRenew}, s.now)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkPackets: 10,000 messages of a flooding server, for each of b.N.
func BenchmarkPackets(b *testing.B) {
	n := leasing(false)
	n.clients[0].open[0], n.clients[0].mac = SocketPacket, testMAC
	m := fromServer(answer(5, 7, lease3600, "\x79\x18\x0a\xe5\x00\x0a\xe5\x00\x01", "\x77\x03one\x07example\x00"))
	b.ReportAllocs()
	for b.Loop() {
		for range 10_000 {
			n.packet(0, 0, m, 1)
		}
	}
}
