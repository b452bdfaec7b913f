package netcfg

import (
	"bytes"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"mote/wire"
)

// option makes one of RFC 8106: lifetime in seconds, and what it has.
func option(kind byte, lifeSec uint32, body ...byte) []byte {
	for len(body)%8 != 0 {
		body = append(body, 0)
	}
	b := []byte{kind, byte(1 + len(body)/8), 0, 0, byte(lifeSec >> 24), byte(lifeSec >> 16), byte(lifeSec >> 8), byte(lifeSec)}
	return append(b, body...)
}

func server(text string) []byte { a := netip.MustParseAddr(text).As16(); return a[:] }

// listening is a Net with mote0 at index 3, up, that listens to routers.
func listening(t *testing.T) *Net {
	t.Helper()
	n := New([]wire.Link{{Name: "mote0", RA: true}}, "", 1)
	n.have.setLink(&LinkFact{Index: 1, Name: NameOf("lo"), Loopback: true, Up: true}, true)
	n.have.setLink(&LinkFact{Index: 3, Name: NameOf("mote0"), Up: true, Running: true, Ethernet: true, MAC: [6]byte{2, 1}}, true)
	n.stage, n.known = synced, true
	n.bind()
	return n
}

func (n *Net) resolvText() string { return string(n.AppendResolv(nil)) }

func TestNamesOfAdvertisementsComeMoveAndEnd(t *testing.T) {
	n := listening(t)
	name := []byte("\x03one\x07example\x00")
	n.optionsAre(3, slices.Concat(option(1, 0, 1, 2), option(optionServers, 60, slices.Concat(server("fd09::53"), server("fe80::53"))...),
		option(optionSearch, 90, name...)), 1*nsecPerSec)
	if want := "nameserver fd09::53\nnameserver fe80::53%mote0\nsearch one.example\n"; n.resolvText() != want {
		t.Fatalf("%q, want %q", n.resolvText(), want)
	}
	n.Decide(nsecPerSec, nil)
	if got := n.NextDeadline(); got != 61*nsecPerSec && n.resolv.atNsec == 0 {
		t.Errorf("wakes at %d", got)
	}
	before := n.resolv.changes
	n.optionsAre(3, option(optionServers, 60, server("fd09::53")...), 30*nsecPerSec) // known: only its end moves
	if n.resolv.changes != before {
		t.Error("written though nothing changed")
	}
	n.Decide(61*nsecPerSec, nil)
	if want := "nameserver fd09::53\nsearch one.example\n"; n.resolvText() != want {
		t.Errorf("%q, want %q", n.resolvText(), want)
	}
	n.optionsAre(3, option(optionServers, 0, server("fd09::53")...), 62*nsecPerSec) // withdrawn
	n.optionsAre(3, option(optionSearch, leaseForeverSec, name...), 62*nsecPerSec)
	n.Decide(1<<60, nil)
	if want := "search one.example\n"; n.resolvText() != want {
		t.Errorf("%q, want %q", n.resolvText(), want)
	}
	n.linkFell(3)
	if n.resolvText() != "" {
		t.Errorf("%q outlives its link", n.resolvText())
	}
}

// A flood changes nothing but what there is room for; nobody's addresses and
// malformed options are passed over, and other links' are none of ours.
func TestAdvertisementsThatLie(t *testing.T) {
	n := listening(t)
	for i := range 10_000 {
		n.optionsAre(3, option(optionServers, 60, server(netip.AddrFrom16([16]byte{0xfd, 1, 14: byte(i >> 8), 15: byte(i)}).String())...), 1)
	}
	if got := strings.Count(n.resolvText(), "nameserver"); got != resolvServersMax {
		t.Errorf("%d name servers", got)
	}
	for name, b := range map[string][]byte{
		"nobody's": option(optionServers, 60, server("::")...), "a group's": option(optionServers, 60, server("ff02::1")...),
		"no address": option(optionServers, 60), "half an address": option(optionServers, 60, 1, 2, 3, 4, 5, 6, 7, 8),
		"length 0": {optionServers, 0, 0, 0, 0, 0, 0, 60}, "past the end": option(optionServers, 60, server("fd01::1")...)[:16],
		"a name without end": option(optionSearch, 60, 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e'), "a loop": option(optionSearch, 60, 0xc0, 0, 0, 0, 0, 0, 0, 0),
	} {
		n := listening(t)
		n.optionsAre(3, b, 1)
		n.optionsAre(4, option(optionServers, 60, server("fd01::1")...), 1)
		if n.resolvText() != "" || n.resolv.changes != 0 {
			t.Errorf("%s: %q", name, n.resolvText())
		}
	}
}

func TestADuplicateIsToldOnceAndDoesNotComeBack(t *testing.T) {
	n := listening(t)
	f := AddressFact{Link: 3, Six: [16]byte{0xfd, 9, 15: 7}, PrefixBits: 64, ValidSec: 600, PreferredSec: 300, Flags: addrStable}
	n.sixIs(&f, false)
	n.have.setAddress(&f, 1)
	gone := f
	gone.Flags |= addrDuplicate | addrTentative
	for range 3 { // with every advertisement the kernel tries it again
		n.sixIs(&gone, true)
		n.have.dropAddress(&gone)
	}
	for _, want := range []string{"ipv6: mote0: fd09::7 by router advertisement", "ipv6: mote0: fd09::7 is used by another node; given up"} {
		if line, _ := n.AppendNews(nil, 1); string(line) != want {
			t.Errorf("%q, want %q", line, want)
		}
	}
	if line, more := n.AppendNews(nil, 1); more {
		t.Errorf("told again: %q", line)
	}
	if ops := n.bringBack(2, nil); len(ops) != 0 {
		t.Errorf("does %v", ops)
	}
}

func TestALostAddressComesBackUntilItsEnd(t *testing.T) {
	n := listening(t)
	f := AddressFact{Link: 3, Six: [16]byte{0xfd, 9, 15: 7}, PrefixBits: 64, ValidSec: 600, PreferredSec: 300, Flags: addrStable}
	lose := func() {
		n.have.setAddress(&f, 1)
		n.sixIs(&f, true)
		n.have.dropAddress(&f)
		n.losing = attempt{}
	}
	lose()
	if ops := n.bringBack(10*nsecPerSec, nil); len(ops) != 1 || ops[0].String() != "address add fd09::7/64 dev mote0 valid 587" {
		t.Errorf("does %v", ops)
	}
	lose()
	if ops := n.bringBack(598*nsecPerSec, nil); len(ops) != 0 {
		t.Errorf("past its end: %v", ops)
	}
	lose()
	n.have.link(3).Up = false
	if ops := n.bringBack(10*nsecPerSec, nil); len(ops) != 0 {
		t.Errorf("on a link that is down: %v", ops)
	}
	f.PreferredSec = 0 // the router wants nobody to begin with it any more
	n.have.link(3).Up = true
	n.lost = [lostMax]addressEntry{}
	lose()
	if ops := n.bringBack(10*nsecPerSec, nil); len(ops) != 0 {
		t.Errorf("a deprecated one: %v", ops)
	}
}

func TestALinkThatIsUpIsToldItsRulesAgain(t *testing.T) {
	n := listening(t)
	n.MakeSecret(&counting{})
	told := func() (ops []Op) {
		for _, op := range n.Decide(nsecPerSec, nil) {
			if op.Kind == OpLinkUp {
				ops = append(ops, op)
			}
		}
		return ops
	}
	if ops := told(); len(ops) != 0 {
		t.Errorf("does %v", ops)
	}
	n.TellRules()
	ops := told()
	if len(ops) != 1 || !ops[0].RA {
		t.Fatalf("does %v", ops)
	}
	n.Done(ops[0], nsecPerSec)
	n.attempts[0][stepUp] = attempt{}
	if ops := told(); len(ops) != 0 {
		t.Errorf("again: %v", ops)
	}
}

type counting struct {
	Sys
	next uint64
}

func (c *counting) Random() uint64 { c.next++; return c.next }

func TestTheSecretIsKept(t *testing.T) {
	n := New([]wire.Link{{RA: true}}, "", 1)
	n.TakeHints(nil, 0)
	if !n.WantsSecret() {
		t.Fatal("an empty record is a secret")
	}
	n.MakeSecret(&counting{})
	if _, changed := n.NextHints(nil); changed {
		t.Error("written before it is known whether one was kept")
	}
	n.TakeHints(nil, 0)
	record, changed := n.NextHints(nil)
	if !changed || len(record) != 1+secretSize {
		t.Fatalf("record %x", record)
	}
	again := New([]wire.Link{{RA: true, DHCP4: true}}, "", 1)
	again.TakeHints(append(slices.Clone(record), 2, 0, 0, 0, 0, 1, 10, 0, 2, 15, 10, 0, 2, 2), 0)
	if again.WantsSecret() || string(again.AppendSecret(nil)) != string(n.AppendSecret(nil)) || again.hintsCount != 1 {
		t.Errorf("secret %s, want %s", again.AppendSecret(nil), n.AppendSecret(nil))
	}
	if _, changed := again.NextHints(nil); changed {
		t.Error("a record that stands there is written again")
	}
	if New([]wire.Link{{DHCP4: true}}, "", 1).WantsSecret() {
		t.Error("a node without router advertisements wants a secret")
	}
}

func TestReadIPv6Messages(t *testing.T) {
	op := Op{Kind: OpAddressAdd, V6: true, Link: 3, Six: [16]byte{0xfd, 9, 15: 7}, PrefixBits: 64, ValidSec: 600}
	m := messages(t, AppendOp(nil, op, 1))[0]
	if f := m.Address; m.Kind != MessageAddress || f.Six != op.Six || f.PrefixBits != 64 || f.Link != 3 || f.Protocol != ProtocolMote || f.ValidSec != 600 ||
		f.PreferredSec != 600 || f.Flags != addrOptimistic|addrNoPrefixRoute {
		t.Errorf("%+v", m)
	}
	op = Op{Kind: OpRouteAdd, V6: true, Link: 3, Six: [16]byte{0xfe, 0x80, 15: 1}, Metric: staticMetric6}
	m = messages(t, AppendOp(nil, op, 1))[0]
	if f := m.Route; m.Kind != MessageRoute || !f.V6 || f.Six != op.Six || f.Link != 3 || f.Metric != staticMetric6 || f.Protocol != ProtocolMote {
		t.Errorf("%+v", m)
	}
	b, err := os.ReadFile("testdata/option-rdnss.bin")
	if err != nil {
		t.Fatal(err)
	}
	m = messages(t, b)[0]
	o, rest, ok := nextOption(m.Options)
	if m.Kind != MessageOption || !ok || len(rest) != 0 || o.kind != optionServers || o.lifeSec != 60 || !bytes.Equal(o.body[:16], server("fd09::53")) {
		t.Errorf("%+v: %+v", m, o)
	}
}

func FuzzAdvertisement(f *testing.F) {
	f.Add(option(optionServers, 60, server("fd09::53")...))
	f.Add(option(optionSearch, 60, []byte("\x03one\x00\x03two\x00")...))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := New([]wire.Link{{Name: "mote0", RA: true}}, "", 1)
		n.have.setLink(&LinkFact{Index: 3, Name: NameOf("mote0"), Up: true}, true)
		n.stage = synced
		n.bind()
		n.optionsAre(3, b, 1)
		if got := n.AppendResolv(nil); len(got) > ResolvSizeMax {
			t.Errorf("%d bytes: %q", len(got), got)
		}
	})
}
