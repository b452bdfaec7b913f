package netcfg

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// named gives a lease's answer with two name servers and a domain.
func named(servers string) func(kind byte, xid uint32, _ []byte) [][]byte {
	return func(kind byte, xid uint32, _ []byte) [][]byte {
		return [][]byte{answer(map[byte]byte{1: 2, 3: 5}[kind], xid, lease3600, "\x06"+servers, "\x0flan")}
	}
}

func TestNameServersComeAndGoWithTheLease(t *testing.T) {
	s := lan(t, leasing(false))
	s.serve = named("\x0a\x00\x02\x03\x0a\x00\x02\x04")
	s.settle()
	if want := "nameserver 10.0.2.3\nnameserver 10.0.2.4\nsearch lan\n"; s.resolv != want {
		t.Fatalf("%q, want %q", s.resolv, want)
	}
	s.take()
	s.until(1801 * second) // renewed, and nothing else
	for _, line := range s.take() {
		if strings.Contains(line, "resolv") {
			t.Error("written though nothing changed")
		}
	}
	s.serve = named("\x0a\x00\x02\x09")
	s.until(3700 * second)
	if want := "nameserver 10.0.2.9\nsearch lan\n"; s.resolv != want {
		t.Fatalf("%q, want %q", s.resolv, want)
	}
	s.serve = nil
	s.until(10800 * second)
	if s.resolv != "" || s.n.leaseOn(0) != nil {
		t.Errorf("%q outlives the lease", s.resolv)
	}
}

func TestNameServersOfAServerThatLies(t *testing.T) {
	s := lan(t, leasing(false))
	s.serve = named("\x00\x00\x00\x00\xff\xff\xff\xff\xe0\x00\x00\x01\x0a\x00\x02\x03")
	s.settle()
	if want := "nameserver 10.0.2.3\nsearch lan\n"; s.resolv != want {
		t.Errorf("%q, want %q", s.resolv, want)
	}
}

func TestResolvIsBounded(t *testing.T) {
	n := leasing(false)
	c := n.clients[0]
	c.held = true
	c.lease.dns = addressList{[leaseServersMax][4]byte{{10, 200, 200, 201}, {10, 200, 200, 202}, {10, 200, 200, 203}, {10, 200, 200, 204}}, leaseServersMax}
	c.lease.search.size = uint8(copy(c.lease.search.bytes[:], strings.Repeat("x", searchSizeMax)))
	if b := n.AppendResolv(nil); len(b) > ResolvSizeMax || strings.Count(string(b), "nameserver") != resolvServersMax {
		t.Errorf("%d bytes: %q", len(b), b)
	}
}

func TestAWriteOfResolvThatFailsIsTriedAgain(t *testing.T) {
	n := leasing(false)
	n.stage, n.known = synced, true
	n.resolvChanged()
	ops := n.Decide(second, nil)
	if len(ops) != 1 || ops[0].Kind != OpResolv {
		t.Fatal(ops)
	}
	n.Failed(ops[0], unix.ENOSPC, second)
	if f, _ := n.NextFailure(); f.Error() != "net: write resolv.conf: ENOSPC; trying again in 100 ms" {
		t.Error(f.Error())
	}
	if ops = n.Decide(second+nsecPerMsec, nil); len(ops) != 0 {
		t.Error(ops)
	}
	if ops = n.Decide(second+100*nsecPerMsec, nil); len(ops) != 1 {
		t.Fatal(ops)
	}
	n.resolvChanged() // meanwhile
	n.Done(ops[0], 2*second)
	if ops = n.Decide(2*second, nil); len(ops) != 1 {
		t.Error("a change while it was written is lost")
	}
}
