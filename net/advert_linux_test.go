// As linux_test.go: the real kernel, and here the distribution's router, radvd.
//
//go:build amd64

package netcfg

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mote/size/installed"
	"mote/wire"
)

var advertised = wire.Link{Name: "mote0", RA: true}

// radvd starts a router at the other end of mote0 that advertises what text says
// beside its times.
func (s *site) radvd(text string) (stop func()) {
	s.t.Helper()
	installed.Program(s.t, "radvd")
	config := filepath.Join(s.t.TempDir(), "conf")
	text = "interface peer0 { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; " + text + "};\n"
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
	s.run("sh", "-c", "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding")
	return s.serve("radvd", "--nodaemon", "--logmethod", "stderr", "--config", config, "--pidfile", config+".pid")
}

// six gives the kernel's words on the global addresses of mote0, a line each.
func six(t *testing.T) (lines []string) {
	t.Helper()
	for _, line := range strings.Split(run(t, "ip", "-6", "-o", "address", "show", "dev", "mote0", "scope", "global"), "\n") {
		if line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// addressOf takes "fd09::5/64" out of such a line.
func addressOf(line string) string { return strings.Fields(line)[3] }

const site6 = "prefix fd09::/64 { AdvValidLifetime 600; AdvPreferredLifetime 300; }; "

func TestRadvdAdvertisesAnAddressAndNames(t *testing.T) {
	s := newSite(t)
	s.radvd(site6 + "RDNSS fd09::53 fe80::53 { AdvRDNSSLifetime 60; }; DNSSL one.example two.example { };")
	w := newWorld(t, advertised)
	w.untilMsec(20000, "address", w.n.Ready)
	w.until("resolv.conf", func() bool { return strings.Count(w.resolv, "\n") == 3 })
	if want := "nameserver fd09::53\nnameserver fe80::53%mote0\nsearch one.example two.example\n"; w.resolv != want {
		t.Errorf("resolv.conf is %q, want %q", w.resolv, want)
	}
	before := six(t)
	if len(before) != 1 || !strings.Contains(before[0], "stable-privacy") || strings.Contains(before[0], "ff:fe") {
		t.Fatalf("ip says %q", before)
	}
	if line := "ipv6: mote0: " + strings.TrimSuffix(addressOf(before[0]), "/64") + " by router advertisement"; len(w.news) != 1 || w.news[0] != line {
		t.Errorf("news %q, want %q", w.news, line)
	}
	if routes := run(t, "ip", "-6", "route"); !strings.Contains(routes, "default via fe80::") {
		t.Errorf("ip says %s", routes)
	}
	if local := run(t, "ip", "-6", "address", "show", "dev", "mote0", "scope", "link"); !strings.Contains(local, "stable-privacy") {
		t.Errorf("link-local: %s", local)
	}
	// What somebody takes away comes back, without any word of the router.
	run(t, "ip", "address", "del", addressOf(before[0]), "dev", "mote0")
	w.untilMsec(1000, "address again", func() bool { return len(six(t)) == 1 })
	after := six(t)
	if addressOf(after[0]) != addressOf(before[0]) || strings.Contains(after[0], "forever") {
		t.Errorf("ip says %q", after)
	}
	// The next advertisement moves its end as it does with one of the kernel's own.
	endNsec := func() (at int64) {
		for i := range w.n.have.addresses {
			if e := &w.n.have.addresses[i]; e.generation != 0 && e.fact.isAdvertised() {
				at = e.endNsec
			}
		}
		return at
	}
	end := endNsec()
	w.untilMsec(10000, "later end", func() bool { return endNsec() > end+2*nsecPerSec })
	if got := string(w.n.AppendAddresses(nil)); got != "mote0 "+addressOf(before[0]) {
		t.Errorf("addresses %q", got)
	}
}

// The same secret makes the same address; where another node has that, the kernel
// makes another, and it is said.
func TestAnAdvertisedAddressThatANeighbourHas(t *testing.T) {
	s := newSite(t)
	s.radvd(site6)
	w := newWorld(t, advertised)
	w.untilMsec(20000, "address", w.n.Ready)
	first := addressOf(six(t)[0])
	s.run("ip", "address", "add", first, "dev", "peer0", "nodad")
	request(t, linkMessage(msgNewLink, w.n.bound[0], 0, linkUp, ""))
	w.until("link seen down", func() bool { return !w.n.Ready() })
	w.untilMsec(20000, "word of it", func() bool { return len(w.news) > 1 })
	if want := "ipv6: mote0: " + strings.TrimSuffix(first, "/64") + " is used by another node; given up"; w.news[1] != want {
		t.Errorf("news %q, want %q", w.news, want)
	}
	w.untilMsec(20000, "another address", w.n.Ready)
	if got := six(t); len(got) == 0 || strings.Contains(strings.Join(got, " "), first+" ") {
		t.Errorf("ip says %q, the neighbour has %s", got, first)
	}
}

// Names end by themselves when the router is silent.
func TestAdvertisedNamesEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 10 s")
	}
	s := newSite(t)
	stop := s.radvd("RDNSS fd09::53 { AdvRDNSSLifetime 4; }; DNSSL lan { AdvDNSSLLifetime 8; };")
	w := newWorld(t, wire.Link{Name: "mote0", RA: true, Address6: [16]byte{0xfd, 9, 15: 7}, Prefix6Bits: 64})
	w.untilMsec(20000, "names", func() bool { return w.resolv == "nameserver fd09::53\nsearch lan\n" })
	stop()
	w.untilMsec(10000, "end of the server", func() bool { return w.resolv == "search lan\n" })
	w.untilMsec(10000, "end of the search list", func() bool { return w.resolv == "" })
}

func TestTheKernelConfiguresStaticIPv6(t *testing.T) {
	s := newSite(t)
	s.radvd(site6) // which is not listened to
	want := wire.Link{Name: "mote0", Address6: [16]byte{0xfd, 9, 15: 7}, Prefix6Bits: 64, Gateway6: [16]byte{0xfd, 9, 15: 1}}
	w := newWorld(t, want)
	w.untilMsec(1000, "ready", w.n.Ready) // no wait for the kernel's search for duplicates
	check := func() {
		t.Helper()
		if got := six(t); len(got) != 1 || addressOf(got[0]) != "fd09::7/64" || !strings.Contains(got[0], "forever") {
			t.Errorf("ip says %q", got)
		}
		if routes := run(t, "ip", "-6", "route", "show", "default"); strings.TrimSpace(routes) != "default via fd09::1 dev mote0 proto 205 metric 512 pref medium" {
			t.Errorf("ip says %q", routes)
		}
	}
	check()
	for _, take := range [][]string{{"ip", "address", "del", "fd09::7/64", "dev", "mote0"}, {"ip", "-6", "route", "del", "default"}, {"ip", "link", "set", "mote0", "down"}} {
		run(t, take...)
		w.until("loss of it seen", func() bool { return !w.n.Ready() })
		w.untilMsec(3000, "repair", func() bool { return w.n.Ready() && w.n.stage == synced })
		check()
	}
	if f, ok := w.n.NextFailure(); ok {
		t.Error(f)
	}
	none := newWorld(t, advertised) // which wants nothing of it
	none.until("an end of tidying", func() bool { return len(six(t)) == 0 })
}
