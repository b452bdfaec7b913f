package netcfg

import (
	"fmt"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"mote/wire"
)

// uevent is the descriptor of a file of sysfs.
const uevent = 9

func (k *kernel) Open(path string, flags int) (int, unix.Errno) {
	if errno := k.call("open"); errno != 0 {
		return -1, errno
	}
	text, is := k.uevents[path]
	if !is {
		return -1, unix.ENOENT
	}
	k.opened = text
	return uevent, 0
}

func (k *kernel) named(name string) bool {
	return slices.ContainsFunc(k.links, func(l LinkFact) bool { return l.Name.Is(name) })
}

// card plugs a card in: eth and its index, with a MAC that ends in it.
func (k *kernel) card(index uint32, driver, slot string) {
	name := fmt.Sprintf("eth%d", index)
	if k.uevents == nil {
		k.uevents = map[string]string{}
	}
	k.uevents["/sys/class/net/"+name+"/device/uevent"] = "DRIVER=" + driver + "\nMODALIAS=x\n"
	if slot != "" {
		k.uevents["/sys/class/net/"+name+"/device/../uevent"] = "DRIVER=bridge\nPCI_SLOT_NAME=" + slot + "\n"
	}
	k.plug(LinkFact{Index: index, Name: NameOf(name), Ethernet: true, OfCard: true, PermanentMAC: [6]byte{2, 0, 0, 0, 0, byte(index)}})
}

// names are what the kernel calls its links now, by index.
func (k *kernel) names() (list []string) {
	for _, l := range k.links[1:] {
		list = append(list, fmt.Sprintf("%d %s", l.Index, l.Name))
	}
	return list
}

func rule(name string, order uint8, match ...string) wire.LinkRule {
	return wire.LinkRule{Name: name, Match: match, Order: order}
}

// three begins with three cards of two drivers, and wants lan0.
func three(t *testing.T, rules ...wire.LinkRule) (*story, *kernel) {
	k := &kernel{t: t, links: []LinkFact{{Index: 1, Name: NameOf("lo"), Loopback: true}}}
	k.card(2, "igc", "0000:00:02.0")
	k.card(3, "igc", "0000:00:03.0")
	k.card(4, "virtio_net", "0000:00:04.0")
	want := mote0
	want.Name = "lan0"
	s := begin(t, k, want)
	s.n.NameLinks(rules)
	return s, k
}

func TestCardsAreNamedBeforeTheyAreUsed(t *testing.T) {
	s, k := three(t, rule("lan0", 0, "MAC=02:00:00:00:00:04"), rule("wan0", 2, "DRIVER=igc"), rule("dmz0", 0, "PCI_SLOT_NAME=0000:00:02.0", "DRIVER=igc"))
	s.settle()
	s.later(6)
	expect(t, "boot", s.take(), "dump links", "dump addresses", "dump routes", "link name dmz0 dev #2", "link up lo",
		"link name wan0 dev #3", "link name lan0 dev #4", "link up lan0",
		"address add 10.0.2.15/24 dev lan0", "route add default via 10.0.2.2 dev lan0")
	expect(t, "names", k.names(), "2 dmz0", "3 wan0", "4 lan0")
	if !s.n.Ready() {
		t.Error(s.n.WaitingFor(s.now))
	}
	s.later(4)
	if next := s.n.NextDeadline(); next != 0 || len(s.take()) > 0 {
		t.Errorf("idle, and yet a deadline at %d", next)
	}
}

func TestOrderCountsAllThatMatch(t *testing.T) {
	for _, tc := range []struct {
		rules []wire.LinkRule
		want  []string
	}{
		{[]wire.LinkRule{rule("a", 0, "DRIVER=igc"), rule("b", 0, "DRIVER=igc"), rule("c", 0, "DRIVER=igc")}, []string{"2 a", "3 b", "4 eth4"}},
		{[]wire.LinkRule{rule("a", 2, "DRIVER=igc"), rule("b", 1, "DRIVER=igc")}, []string{"2 b", "3 a", "4 eth4"}},
		{[]wire.LinkRule{rule("a", 3, "DRIVER=igc"), rule("b", 1, "DRIVER=ig")}, []string{"2 eth2", "3 eth3", "4 eth4"}},
		{[]wire.LinkRule{rule("a", 1, "DRIVER=igc"), rule("b", 1, "DRIVER=igc")}, []string{"2 a", "3 eth3", "4 eth4"}},
		{[]wire.LinkRule{rule("a", 2, "DRIVER=bridge")}, []string{"2 eth2", "3 a", "4 eth4"}},
	} {
		s, k := three(t, tc.rules...)
		s.settle()
		s.later(6)
		expect(t, fmt.Sprint(tc.rules), k.names(), tc.want...)
	}
}

// A card that comes late is named; one that is used, and has no rule, is not.
func TestCardsComeAndGo(t *testing.T) {
	s, k := three(t, rule("wan0", 0, "DRIVER=igc"))
	s.n.wants[0].Name = "eth3"
	s.settle()
	s.later(4)
	expect(t, "names", k.names(), "2 wan0", "3 eth3", "4 eth4")
	if !s.n.Ready() {
		t.Error(s.n.WaitingFor(s.now))
	}
	k.unplug(2)
	s.settle()
	s.later(4)
	expect(t, "without", k.names(), "3 eth3", "4 eth4")
	k.card(7, "igc", "0000:00:02.0")
	s.settle()
	s.later(4)
	expect(t, "again", k.names(), "3 eth3", "4 eth4", "7 wan0")
	// Somebody renames it, and the notice is lost.
	k.lose = true
	k.link(7).Name = NameOf("mine")
	k.lose = false
	s.n.Resync()
	s.settle()
	s.later(4)
	expect(t, "renamed", k.names(), "3 eth3", "4 eth4", "7 wan0")
	// A program before this one has named it: the order does not count then.
	after := begin(t, k, mote0)
	after.n.NameLinks([]wire.LinkRule{rule("wan0", 1, "DRIVER=igc")})
	after.settle()
	after.later(4)
	expect(t, "after a crash", k.names(), "3 eth3", "4 eth4", "7 wan0")
}

// A name that is taken: said, tried a few times, and then the links are used as they
// are. It is tried on, ever more slowly, until the name is free.
func TestCardsThatRefuse(t *testing.T) {
	s, k := three(t, rule("lan0", 0, "MAC=02:00:00:00:00:02"), rule("wan0", 0, "MAC=02:00:00:00:00:03"))
	k.links = append(k.links, LinkFact{Index: 5, Name: NameOf("lan0"), Ethernet: true})
	s.settle()
	s.later(12)
	expect(t, "names", k.names(), "2 eth2", "3 wan0", "4 eth4", "5 lan0")
	lines := s.take()
	const failed = "net: link name lan0 dev #2: EEXIST; trying again in 100 ms"
	if !slices.Contains(lines, failed) {
		t.Errorf("not said %q in %q", failed, lines)
	}
	if s.n.bound[0] != 5 || !s.n.Ready() {
		t.Errorf("bound to %d: %s", s.n.bound[0], s.n.WaitingFor(s.now))
	}
	if next := s.n.NextDeadline(); next-s.now < retryMaxNsec/2 {
		t.Errorf("at %d it is tried again at %d", s.now, next)
	}
	k.unplug(5)
	s.settle()
	s.later(4)
	expect(t, "names", k.names(), "2 lan0", "3 wan0", "4 eth4")
	if s.n.bound[0] != 2 || !s.n.Ready() {
		t.Errorf("bound to %d: %s", s.n.bound[0], s.n.WaitingFor(s.now))
	}
}

// What can't be read now is looked at in another turn, and holds links back until then.
func TestCardsThatCannotBeReadNow(t *testing.T) {
	s, k := three(t, rule("lan0", 0, "DRIVER=virtio_net"))
	k.fails = map[string]unix.Errno{"open": unix.EMFILE}
	s.settle()
	if s.n.bound[0] != 0 || s.n.Ready() {
		t.Error("a link was used before its name was known")
	}
	k.fails = nil
	s.settle()
	s.later(4)
	expect(t, "names", k.names(), "2 eth2", "3 eth3", "4 lan0")
	if !s.n.Ready() {
		t.Error(s.n.WaitingFor(s.now))
	}
}
