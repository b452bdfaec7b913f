// The user-mode emulator translates only a part of rtnetlink, so the real kernel
// is asked on the native architecture only.
//
//go:build amd64

package netcfg

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// up brings the world with a veth pair to ready.
func up(t *testing.T) *world {
	t.Helper()
	namespace(t)
	request(t, vethMessage(t, "mote0", "peer0"))
	w := newWorld(t, mote0)
	w.until("ready", w.n.Ready)
	return w
}

func TestTheKernelConfiguresWhatIsWanted(t *testing.T) {
	w := up(t)
	want := []string{"link up lo", "link up mote0", "address add 10.0.2.15/24 dev mote0", "route add default via 10.0.2.2 dev mote0"}
	if !slices.Equal(w.done, want) {
		t.Errorf("did %q\nwant %q", w.done, want)
	}
	if f, ok := w.n.NextFailure(); ok {
		t.Error(f)
	}
	if w.n.WaitingFor(0) != "" || w.n.Malformed != 0 || w.n.Forged != 0 {
		t.Errorf("%q, malformed %d, forged %d", w.n.WaitingFor(0), w.n.Malformed, w.n.Forged)
	}
	for i := range w.n.have.addresses {
		if e := &w.n.have.addresses[i]; e.generation != 0 && e.fact.Protocol != ProtocolMote {
			t.Errorf("the address is tagged %d", e.fact.Protocol)
		}
	}
	// A second Net, as after a restart of PID 1, finds nothing to do.
	again := newWorld(t, mote0)
	if again.until("ready", again.n.Ready); len(again.done) != 0 {
		t.Errorf("did %q again", again.done)
	}
	// And one that wants nothing takes away what is tagged as ours.
	none := newWorld(t)
	none.until("an end of tidying", func() bool { return len(none.done) == 2 && !none.n.tidying[0].flying })
	dev := Op{Kind: OpAddressDelete, Link: w.n.bound[0], Address: mote0.Address, PrefixBits: 24}.String()
	if want := []string{"route delete default via 10.0.2.2 dev #" + dev[len(dev)-1:], dev}; !slices.Equal(none.done, want) {
		t.Errorf("did %q\nwant %q", none.done, want)
	}
}

func TestWhatOthersTakeAwayIsRepaired(t *testing.T) {
	w := up(t)
	link := w.n.bound[0]
	op := Op{Link: link, Address: mote0.Address, PrefixBits: 24, Gateway: mote0.Gateway}
	for _, c := range []struct {
		name    string
		message []byte
	}{
		{"address", appendAddress(nil, op, msgDelAddr, 0, 1)},
		{"route", appendRoute(nil, op, msgDelRoute, 0, 1)},
		{"up", linkMessage(msgNewLink, link, 0, linkUp, "")},
	} {
		request(t, c.message)
		w.until(c.name+" seen as gone", func() bool { return !w.n.Ready() })
		w.until(c.name+" repaired", func() bool { return w.n.Ready() && w.n.stage == synced })
	}
	// What stands now is what the kernel has, not only what we believe.
	fresh := newWorld(t, mote0)
	if fresh.until("ready", fresh.n.Ready); len(fresh.done) != 0 {
		t.Errorf("the kernel lacked %q", fresh.done)
	}
}

func TestALinkMayComeLateBeRenamedAndGo(t *testing.T) {
	namespace(t)
	w := newWorld(t, mote0)
	w.until("loopback", func() bool { return w.n.known && w.n.loopbackUp() })
	if got := w.n.WaitingFor(0); got != "waiting for link mote0" {
		t.Errorf("%q", got)
	}
	request(t, vethMessage(t, "mote0", "peer0"))
	w.until("ready", w.n.Ready)
	link := w.n.bound[0]
	request(t, linkMessage(msgNewLink, link, 0, 0, "other0"))
	w.until("new name", func() bool { return w.n.have.link(link) != nil && w.n.have.link(link).Name.Is("other0") })
	if !w.n.Ready() || w.n.bound[0] != link {
		t.Errorf("a rename lost it: %s", w.n.WaitingFor(0))
	}
	request(t, linkMessage(msgDelLink, link, 0, 0, ""))
	w.until("end of the link", func() bool { return !w.n.Ready() })
	if got := w.n.WaitingFor(0); got != "waiting for link mote0" {
		t.Errorf("%q", got)
	}
}

func TestAnExistingAddressAndRouteAreKept(t *testing.T) {
	namespace(t)
	request(t, vethMessage(t, "mote0", "peer0"))
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	ifreq, err := unix.NewIfreq("mote0")
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFINDEX, ifreq); err != nil {
		t.Fatal(err)
	}
	link := ifreq.Uint32()
	// Somebody else was here: the same address, and another default route.
	other := Op{Link: link, Address: mote0.Address, PrefixBits: 24, Gateway: [4]byte{10, 0, 2, 9}}
	request(t, linkMessage(msgNewLink, link, linkUp, linkUp, ""))
	request(t, appendAddress(nil, other, msgNewAddr, flagCreate|flagExcl, 1))
	theirs := appendRoute(nil, other, msgNewRoute, flagCreate|flagExcl, 1)
	theirs[headSize+5] = unix.RTPROT_STATIC // not our tag
	request(t, theirs)
	w := newWorld(t, mote0)
	w.until("ready", w.n.Ready)
	// And once more behind our back: an add that was decided before we heard of it.
	var buffer [MessageSizeMax]byte
	op := Op{Kind: OpAddressAdd, Link: link, Name: NameOf("mote0"), Address: mote0.Address, PrefixBits: 24}
	w.n.Act(Linux{}, w.fd, op, buffer[:], boottime(t))
	w.until("answer", func() bool { return w.n.failures.size == 2 })
	for _, want := range []string{
		"net: route add default via 10.0.2.2 dev mote0: EEXIST; kept the existing one",
		"net: address add 10.0.2.15/24 dev mote0: EEXIST; kept the existing one",
	} {
		if f, ok := w.n.NextFailure(); !ok || f.Error() != want {
			t.Errorf("%v, want %s", f, want)
		}
	}
	if !w.n.Ready() {
		t.Error(w.n.WaitingFor(0))
	}
	// Once the other's route is gone, ours takes its place.
	del := appendHead(nil, msgDelRoute, flagAck, 1)
	del = append(del, familyIPv4, 0, 0, 0, tableMain, 0, 255, 0, 0, 0, 0, 0) // any protocol, nowhere
	request(t, finish(appendAttr(del, attrRouteGateway, other.Gateway[:]), 0))
	w.until("our own route", func() bool { return w.n.routeThere(0) })
}

func TestAForgedMessageIsDropped(t *testing.T) {
	w := up(t)
	name, err := unix.Getsockname(w.fd)
	if err != nil {
		t.Fatal(err)
	}
	forger, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(forger)
	gone := linkMessage(msgDelLink, w.n.bound[0], 0, 0, "mote0")
	if err := unix.Sendto(forger, gone, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Pid: name.(*unix.SockaddrNetlink).Pid}); err != nil {
		t.Fatal(err)
	}
	w.until("forged message", func() bool { return w.n.Forged == 1 })
	if !w.n.Ready() {
		t.Error(w.n.WaitingFor(0))
	}
}

func TestAnOverrunOfTheRealSocketLeadsToAResync(t *testing.T) {
	w := up(t)
	if err := unix.SetsockoptInt(w.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 1); err != nil {
		t.Fatal(err)
	}
	before := w.n.Resyncs
	for i := range 100 { // a flag that flaps, and behind it an address that goes
		request(t, linkMessage(msgNewLink, w.n.bound[0], uint32(i%2)<<8, 1<<8, "")) // IFF_PROMISC
	}
	request(t, appendAddress(nil, Op{Link: w.n.bound[0], Address: mote0.Address, PrefixBits: 24}, msgDelAddr, 0, 1))
	if err := unix.SetsockoptInt(w.fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 1<<20); err != nil {
		t.Fatal(err)
	}
	w.until("resync", func() bool { return w.n.Resyncs > before })
	w.until("address again", func() bool { return len(w.done) > 4 && w.n.Ready() && w.n.stage == synced })
	if !slices.Contains(w.done[4:], "address add 10.0.2.15/24 dev mote0") {
		t.Errorf("did %q", w.done)
	}
}

func TestRunSlowReturnsTheKernelsWord(t *testing.T) {
	namespace(t)
	if errno := RunSlow(Linux{}, Op{Kind: OpLinkUp, Link: 1}); errno != 0 {
		t.Errorf("lo: %v", errno)
	}
	if errno := RunSlow(Linux{}, Op{Kind: OpLinkUp, Link: 12345}); errno != unix.ENODEV {
		t.Errorf("no link: %v", errno)
	}
}
