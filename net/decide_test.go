package netcfg

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"mote/hw"
	"mote/wire"
)

func expect(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

var dumps = []string{"dump links", "dump addresses", "dump routes"}

func begin(t *testing.T, k *kernel, want ...wire.Link) *story {
	t.Helper()
	return &story{n: New(want, "", 1), k: k, now: 1}
}

func TestFromNothingToReady(t *testing.T) {
	s := begin(t, machine(t), mote0)
	if s.n.Ready() || s.n.WaitingFor(0) != "waiting for the kernel's list of links" {
		t.Errorf("%q", s.n.WaitingFor(0))
	}
	s.settle()
	expect(t, "boot", s.take(), append(slices.Clone(dumps), "link up lo", "link up mote0",
		"address add 10.0.2.15/24 dev mote0", "route add default via 10.0.2.2 dev mote0")...)
	if !s.n.Ready() || s.n.WaitingFor(0) != "" {
		t.Error(s.n.WaitingFor(0))
	}
	s.later(3)
	expect(t, "idle", s.take())
	if next := s.n.NextDeadline(); next != 0 {
		t.Errorf("idle, and yet a deadline at %d", next)
	}
}

func TestALinkWithoutNameIsTheFirstEthernet(t *testing.T) {
	k := machine(t)
	k.links = []LinkFact{
		{Index: 9, Name: NameOf("eth1"), Ethernet: true}, {Index: 1, Name: NameOf("lo"), Loopback: true, Up: true},
		{Index: 2, Name: NameOf("tunl0")}, {Index: 5, Name: NameOf("eth0"), Ethernet: true},
	}
	want := mote0
	want.Name = ""
	s := begin(t, k, want)
	s.settle()
	if got := s.n.have.link(s.n.bound[0]); got == nil || got.Index != 5 || !s.n.Ready() {
		t.Errorf("chose %+v; %s", got, s.n.WaitingFor(0))
	}
	k.plug(LinkFact{Index: 3, Name: NameOf("late0"), Ethernet: true})
	if s.settle(); s.n.bound[0] != 5 {
		t.Error("a link that came later took its place")
	}
	k.unplug(5)
	if s.later(2); s.n.bound[0] != 3 || !s.n.Ready() {
		t.Errorf("with it gone, bound to %d: %s", s.n.bound[0], s.n.WaitingFor(0))
	}
	none := begin(t, &kernel{t: t, links: []LinkFact{{Index: 1, Name: NameOf("lo"), Loopback: true}}}, want)
	if none.settle(); none.n.WaitingFor(0) != "waiting for a link that is no loopback" {
		t.Error(none.n.WaitingFor(0))
	}
}

// 1. A link goes and its notice is lost. 2. Another comes under its name. 3. The
// list that tells of both is read while the old one still counts as there.
func TestALinkIsReplacedUnseen(t *testing.T) {
	for _, name := range []string{"mote0", ""} {
		k := machine(t)
		want := mote0
		want.Name = name
		s := begin(t, k, want)
		s.settle()
		k.lose = true
		k.unplug(4)
		k.plug(LinkFact{Index: 8, Name: NameOf("mote0"), Ethernet: true})
		k.lose = false
		s.settle()
		if s.later(3); !s.n.Ready() || s.n.bound[0] != 8 {
			t.Errorf("%q: bound to %d: %s", name, s.n.bound[0], s.n.WaitingFor(0))
		}
	}
}

func TestWhatIsTakenAwayIsPutBack(t *testing.T) {
	k := machine(t)
	s := begin(t, k, mote0)
	s.settle()
	s.later(2)
	s.take()
	k.changeAddress(unix.RTM_DELADDR, AddressFact{Link: 4, Address: mote0.Address, PrefixBits: 24})
	s.settle()
	expect(t, "address", s.take(), "dump routes", "address add 10.0.2.15/24 dev mote0", "route add default via 10.0.2.2 dev mote0")
	s.later(2)
	k.down(4)
	s.settle()
	expect(t, "down", s.take(), "dump routes", "link up mote0", "route add default via 10.0.2.2 dev mote0")
	s.later(2)
	k.changeRoute(unix.RTM_DELROUTE, k.routes[0])
	s.settle()
	expect(t, "route", s.take(), "route add default via 10.0.2.2 dev mote0")
	k.unplug(4)
	s.settle()
	if s.n.Ready() || s.n.WaitingFor(0) != "waiting for link mote0" {
		t.Error(s.n.WaitingFor(0))
	}
	k.plug(LinkFact{Index: 6, Name: NameOf("mote0"), Ethernet: true})
	s.later(2)
	if !s.n.Ready() || s.n.bound[0] != 6 {
		t.Error(s.n.WaitingFor(0))
	}
}

func TestFailuresAreTriedAgainEverMoreSlowly(t *testing.T) {
	k := machine(t)
	s := begin(t, k, mote0)
	k.breaks = func(kind uint16) unix.Errno {
		if kind == unix.RTM_NEWADDR {
			return unix.ENOMEM
		}
		return 0
	}
	s.settle()
	if got := s.n.WaitingFor(0); got != "waiting for address 10.0.2.15/24 dev mote0 (last try: ENOMEM)" {
		t.Error(got)
	}
	const op = "address add 10.0.2.15/24 dev mote0"
	var waits []string
	last := s.now
	for range 12 {
		s.take()
		for !slices.Contains(s.lines, op) {
			s.later(1)
		}
		waits = append(waits, string(wire.AppendInt(nil, (s.now-last)/nsecPerMsec)))
		last = s.now
	}
	expect(t, "waits", waits, "100", "200", "400", "800", "1600", "3200", "6400", "12800", "25600", "30000", "30000", "30000")
	expect(t, "lines", s.take()[:2], op, "net: "+op+": ENOMEM; trying again in 30000 ms")
	k.breaks = nil
	s.later(2)
	if !s.n.Ready() {
		t.Error(s.n.WaitingFor(0))
	}
	s.later(2)
	if !reflect.DeepEqual(s.n.attempts[0][stepAddress], attempt{}) {
		t.Errorf("a success does not begin afresh: %+v", s.n.attempts[0][stepAddress])
	}
}

// A route failed, then its link went down: there is nothing to try, and so
// nothing to wake for.
func TestWhatCannotBeTriedNowWakesNobody(t *testing.T) {
	k := machine(t)
	s := begin(t, k, mote0)
	k.breaks = func(kind uint16) unix.Errno {
		if kind == unix.RTM_NEWROUTE || kind == unix.RTM_NEWLINK && k.link(1).Up {
			return unix.EPERM
		}
		return 0
	}
	k.links[1].Up = true
	s.settle()
	k.down(4)
	for range 40 {
		s.settle()
		next := s.n.NextDeadline()
		if next <= s.now {
			t.Fatalf("at %d it wants to be woken at %d: %q", s.now, next, s.lines)
		}
		s.now = next
	}
}

func TestEachStepFailsAndIsNamed(t *testing.T) {
	for kind, want := range map[uint16]string{
		unix.RTM_GETLINK:  "waiting for the kernel's list of links (last try: EBUSY)",
		unix.RTM_GETROUTE: "waiting for the kernel's list of links (last try: EBUSY)",
		unix.RTM_NEWLINK:  "waiting for link lo to be up (last try: EBUSY)",
		unix.RTM_NEWROUTE: "waiting for route default via 10.0.2.2 dev mote0 (last try: EBUSY)",
	} {
		k := machine(t)
		s := begin(t, k, mote0)
		k.breaks = func(k uint16) unix.Errno {
			if k == kind {
				return unix.EBUSY
			}
			return 0
		}
		s.settle()
		if got := s.n.WaitingFor(0); got != want {
			t.Errorf("%q, want %q", got, want)
		}
		k.breaks = nil
		if s.later(4); !s.n.Ready() {
			t.Errorf("never recovers from %q: %q", want, s.n.WaitingFor(0))
		}
	}
}

func TestAnotherDefaultRouteIsKeptUntilItGoes(t *testing.T) {
	k := machine(t)
	theirs := RouteFact{Link: 4, Gateway: [4]byte{10, 0, 2, 9}, Protocol: unix.RTPROT_STATIC, Type: unix.RTN_UNICAST, Table: 254}
	k.routes = []RouteFact{theirs}
	s := begin(t, k, mote0)
	s.settle()
	s.later(4)
	if !s.n.Ready() || k.routes[0] != theirs {
		t.Errorf("%s, %+v", s.n.WaitingFor(0), k.routes)
	}
	lines := s.take()
	if slices.ContainsFunc(lines, func(l string) bool { return strings.Contains(l, "delete") }) {
		t.Errorf("what is not ours was touched: %q", lines)
	}
	if !slices.Contains(lines, "net: route add default via 10.0.2.2 dev mote0: EEXIST; kept the existing one") {
		t.Errorf("%q", lines)
	}
	k.changeRoute(unix.RTM_DELROUTE, theirs)
	s.settle()
	expect(t, "once it is gone", s.take(), "route add default via 10.0.2.2 dev mote0")
}

func TestOnlyOurOwnIsTidied(t *testing.T) {
	k := machine(t)
	k.addresses = []AddressFact{
		{Link: 4, Address: [4]byte{10, 9, 9, 9}, PrefixBits: 8, Protocol: ProtocolMote},
		{Link: 4, Address: [4]byte{10, 8, 8, 8}, PrefixBits: 8},
		{Link: 4, Address: mote0.Address, PrefixBits: 8}, // remembered, not wanted, not ours
	}
	k.routes = []RouteFact{{Link: 4, Gateway: [4]byte{10, 9, 9, 1}, Protocol: ProtocolMote, Type: unix.RTN_UNICAST, Table: 254}}
	s := begin(t, k, mote0)
	s.settle()
	s.later(4)
	if len(k.addresses) != 3 || k.addresses[0].Address != [4]byte{10, 8, 8, 8} || k.addresses[1].PrefixBits != 8 || len(k.routes) != 1 || k.routes[0].Gateway != mote0.Gateway {
		t.Errorf("left %+v, %+v", k.addresses, k.routes)
	}
}

func TestLostInterruptedAndMissingAnswers(t *testing.T) {
	k := machine(t)
	s := begin(t, k, mote0)
	k.intr = true
	s.settle()
	expect(t, "interrupted", s.take(), "dump links", "net: dump links: EINTR; trying again in 100 ms")
	s.later(3)
	if !s.n.Ready() {
		t.Error(s.n.WaitingFor(0))
	}
	k.lose = true
	k.down(4)
	k.lose = false
	resyncs := s.n.Resyncs
	s.settle()
	if s.later(2); !s.n.Ready() || s.n.Resyncs == resyncs || !k.link(4).Up {
		t.Errorf("lost: %s", s.n.WaitingFor(0))
	}
	s.later(3)
	s.take()
	k.mute = true
	s.n.Resync()
	s.settle()
	if next := s.n.NextDeadline(); next != s.now+answerNsec {
		t.Errorf("an answer is waited for until %d", next-s.now)
	}
	s.later(1)
	expect(t, "mute", s.take(), "dump links", "net: dump links: ETIMEDOUT; trying again in 100 ms")
	k.mute = false
	if s.later(4); s.n.stage != synced {
		t.Error("no resync after a missing answer")
	}
}

func TestMessagesThatAreNotTheKernelsOrNotWhole(t *testing.T) {
	k := machine(t)
	s := begin(t, k, mote0)
	s.settle()
	var from hw.Sender
	k.unplug(4) // the notice of it is forged
	k.port = 77
	s.n.Take(k, 3, s.buffer[:], &from, s.now)
	k.port = 0
	if s.n.Forged != 1 || !s.n.Ready() {
		t.Errorf("forged %d, %s", s.n.Forged, s.n.WaitingFor(0))
	}
	for _, size := range []int{10, 20} { // cut by the buffer; cut by whoever sent it
		resyncs, malformed := s.n.Resyncs, s.n.Malformed
		k.queue = [][]byte{make([]byte, size)}
		s.n.Take(k, 3, s.buffer[:15], &from, s.now)
		if s.n.Malformed != malformed+1 || s.n.Resyncs != resyncs+1 {
			t.Errorf("%d bytes: malformed %d, resyncs %d", size, s.n.Malformed-malformed, s.n.Resyncs-resyncs)
		}
		s.settle()
	}
	for errno, want := range map[unix.Errno]Outcome{
		unix.EAGAIN: OutcomeDrained, unix.EINTR: OutcomeDrained, unix.ENOBUFS: OutcomeTaken, unix.ENOMEM: OutcomeTaken, unix.EBADF: OutcomeBroken,
	} {
		k.fails = map[string]unix.Errno{"recvmsg": errno}
		if got := s.n.Take(k, 3, s.buffer[:], &from, s.now); got != want {
			t.Errorf("%v: %d, want %d", errno, got, want)
		}
	}
}

func TestSendingFails(t *testing.T) {
	k := machine(t)
	s := begin(t, k, mote0)
	k.fails = map[string]unix.Errno{"write": unix.ENOBUFS}
	s.settle()
	expect(t, "write", s.take(), "dump links", "net: dump links: ENOBUFS; trying again in 100 ms")
	k.fails["write"] = unix.EINTR
	s.later(1)
	expect(t, "signals", s.take(), "dump links", "net: dump links: EINTR; trying again in 200 ms")
	k.fails = nil
	if s.later(3); !s.n.Ready() {
		t.Error(s.n.WaitingFor(0))
	}
	up := Op{Kind: OpLinkUp, Link: 4}
	for call, errno := range map[string]unix.Errno{"socket": unix.EMFILE, "write": unix.EPERM, "read": unix.EIO} {
		k.fails = map[string]unix.Errno{call: errno}
		if got := RunSlow(k, up); got != errno {
			t.Errorf("RunSlow with %s failing: %v", call, got)
		}
	}
	k.fails, k.queue = nil, nil
	if got := RunSlow(k, Op{Kind: OpLinkUp, Link: 99}); got != unix.ENODEV {
		t.Errorf("RunSlow of no link: %v", got)
	}
	for call, want := range map[string]string{
		"socket": "net: open the rtnetlink socket: EMFILE; the kernel needs CONFIG_NET; no link is configured",
		"bind":   "net: bind the rtnetlink socket: EMFILE; no link is configured",
	} {
		k.fails = map[string]unix.Errno{call: unix.EMFILE}
		if fd, err := New(nil, "", 1).OpenSocket(k); fd != -1 || err == nil || err.Error() != want {
			t.Errorf("%s: %d, %v", call, fd, err)
		}
	}
}

func TestSteadyWorkAllocatesNothing(t *testing.T) {
	s := begin(t, machine(t), mote0)
	s.settle()
	notice := real(t, "dump-links.bin")
	gone := real(t, "dump-routes.bin")
	request := make([]byte, 0, MessageSizeMax)
	line := make([]byte, 0, 256)
	ops := make([]Op, 0, OpsMax)
	if n := testing.AllocsPerRun(100, func() {
		s.n.Receive(notice, s.now)
		s.n.Receive(gone, s.now)
		s.n.Decide(s.now, ops)
		s.n.NextDeadline()
		s.n.Ready()
		s.n.AppendWaiting(line, s.now)
		op := Op{Kind: OpAddressAdd, Link: 4, Name: NameOf("mote0")}
		s.n.Encode(request, op)
		op.AppendText(line)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzReceive: whatever comes, the state stays within its bounds and Decide
// within OpsMax.
func FuzzReceive(f *testing.F) {
	for _, name := range []string{"dump-links.bin", "dump-addresses.bin", "dump-routes.bin", "link-deleted.bin"} {
		f.Add(real(f, name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		n := New([]wire.Link{mote0, {Address: [4]byte{10, 1, 1, 1}, PrefixBits: 8}, {Name: "mote0", DHCP4: true, Probe: true}}, "", 1)
		for now := int64(1); now < 6; now++ {
			n.Receive(b, now)
			ops := n.Decide(now, nil)
			if len(ops) > OpsMax {
				t.Fatalf("%d ops", len(ops))
			}
			for _, op := range ops {
				n.Encode(nil, op)
			}
			n.stage = synced // so that Decide looks at what was received
		}
	})
}
