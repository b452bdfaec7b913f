package netcfg

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mote/wire"
)

// A storm: links flap, come and go, requests fail, notices are lost. Once it is
// over, the kernel has what is wanted, nobody else's things were touched, and
// nothing more is done.
func TestAfterAnyStormTheKernelHasWhatIsWanted(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for round := range uint64(300) {
		storm(t, seed+round)
	}
}

func storm(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 7))
	k := machine(t)
	theirs := AddressFact{Link: 1, Address: [4]byte{127, 0, 0, 1}, PrefixBits: 8}
	k.addresses = []AddressFact{theirs}
	second := wire.Link{Name: "mote1", Address: [4]byte{10, 1, 0, 1}, PrefixBits: 16}
	s := begin(t, k, mote0, second)
	k.breaks = func(uint16) unix.Errno {
		if r.IntN(4) == 0 {
			return []unix.Errno{unix.ENOMEM, unix.EBUSY, unix.ENOBUFS, unix.EEXIST, unix.ENODEV}[r.IntN(5)]
		}
		return 0
	}
	index := uint32(10)
	for range 60 {
		k.lose, k.intr, k.mute = r.IntN(5) == 0, r.IntN(8) == 0, r.IntN(10) == 0
		switch r.IntN(6) {
		case 0:
			if l := k.links[r.IntN(len(k.links))]; l.Index != 1 {
				k.unplug(l.Index)
			}
		case 1:
			name := []string{"mote0", "mote1", "x"}[r.IntN(3)]
			if !slices.ContainsFunc(k.links, func(l LinkFact) bool { return l.Name.Is(name) }) {
				index++
				k.plug(LinkFact{Index: index, Name: NameOf(name), Ethernet: true, Up: r.IntN(2) == 0})
			}
		case 2:
			k.down(k.links[r.IntN(len(k.links))].Index)
		case 3:
			if a := k.addresses[r.IntN(len(k.addresses))]; a != theirs {
				k.changeAddress(unix.RTM_DELADDR, a)
			}
		case 4:
			s.now += r.Int64N(3000 * nsecPerMsec)
		}
		s.turn()
	}
	k.breaks, k.lose, k.intr, k.mute = nil, false, false, false
	k.overrun = true // what was lost, the kernel always tells in the end
	for _, name := range []string{"mote0", "mote1"} {
		if !slices.ContainsFunc(k.links, func(l LinkFact) bool { return l.Name.Is(name) }) {
			index++
			k.plug(LinkFact{Index: index, Name: NameOf(name), Ethernet: true})
		}
	}
	s.later(60)
	if next := s.n.NextDeadline(); next != 0 && next <= s.now {
		t.Fatalf("seed %d: at %d it wants to be woken at %d", seed, s.now, next)
	}
	if !s.n.Ready() || !k.link(1).Up || !slices.Contains(k.addresses, theirs) || len(k.addresses) != 3 || len(k.routes) != 1 {
		t.Fatalf("seed %d: %q\n%+v\n%+v\n%+v", seed, s.n.WaitingFor(0), k.links, k.addresses, k.routes)
	}
	s.take()
	if s.later(5); len(s.lines) != 0 {
		t.Fatalf("seed %d: not quiet: %q", seed, s.lines)
	}
}
