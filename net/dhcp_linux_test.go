// As linux_test.go: the real kernel, and here the distribution's real servers.
//
//go:build amd64

package netcfg

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"mote/size/installed"
	"mote/wire"
)

var leased = wire.Link{Name: "mote0", DHCP4: true}

// site is a second namespace with the other end of mote0, and a server in it.
type site struct {
	t   *testing.T
	pid int
}

// run runs a command in this test's namespace (its thread's).
func run(t *testing.T, command ...string) string {
	t.Helper()
	out, err := exec.Command(command[0], command[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v: %s", command, err, out)
	}
	return string(out)
}

// newSite makes both namespaces and the cable between them; it ends with the test.
func newSite(t *testing.T) *site {
	t.Helper()
	namespace(t)
	for _, program := range []string{"unshare", "nsenter", "ip", "dnsmasq"} {
		installed.Program(t, program)
	}
	holder := exec.Command("unshare", "--net", "sh", "-c", "echo; exec sleep 600")
	out, err := holder.StdoutPipe()
	if err == nil {
		err = holder.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { holder.Process.Kill(); holder.Wait() })
	out.Read(make([]byte, 1)) // it is in its namespace now
	s := &site{t: t, pid: holder.Process.Pid}
	run(t, "ip", "link", "add", "mote0", "type", "veth", "peer", "name", "peer0")
	run(t, "ip", "link", "set", "peer0", "netns", fmt.Sprint(s.pid))
	s.run("ip", "address", "add", "10.9.0.1/24", "dev", "peer0")
	s.run("ip", "link", "set", "peer0", "up")
	return s
}

func (s *site) command(command ...string) *exec.Cmd {
	return exec.Command("nsenter", append([]string{"-t", fmt.Sprint(s.pid), "-n"}, command...)...)
}

func (s *site) run(command ...string) string {
	s.t.Helper()
	out, err := s.command(command...).CombinedOutput()
	if err != nil {
		s.t.Fatalf("%q: %v: %s", command, err, out)
	}
	return string(out)
}

// start runs a DHCP server until stop is called or the test ends.
func (s *site) start(command ...string) (stop func()) {
	s.t.Helper()
	stop = s.serve(command...)
	s.listens()
	return stop
}

// serve runs any server until stop is called or the test ends.
func (s *site) serve(command ...string) (stop func()) {
	s.t.Helper()
	cmd := s.command(command...)
	log := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := false
	stop = func() {
		if !ended {
			ended = true
			cmd.Process.Kill()
			cmd.Wait()
		}
	}
	s.t.Cleanup(func() {
		stop()
		if s.t.Failed() {
			s.t.Logf("%q said:\n%s", command, log)
		}
	})
	return stop
}

// listens waits until somebody has port 67.
func (s *site) listens() {
	s.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		// Lines of /proc/net/udp: "sl local_address rem_address st"; 67 is 0043.
		if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/udp", s.pid)); err == nil && bytes.Contains(b, []byte(":0043 ")) {
			return
		}
		if time.Now().After(end) {
			s.t.Fatal("no server listens")
		}
	}
}

// dnsmasq starts one that leases 10.9.0.50 to 10.9.0.60, with more options.
func (s *site) dnsmasq(options ...string) (stop func()) {
	return s.start(append([]string{"dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root",
		"--interface=peer0", "--bind-interfaces", "--pid-file=", "--log-facility=-", "--log-dhcp", "--no-ping",
		"--dhcp-leasefile=" + filepath.Join(s.t.TempDir(), "leases")}, options...)...)
}

func TestDnsmasqLeasesAnAddress(t *testing.T) {
	for _, rapid := range []bool{false, true} {
		t.Run(fmt.Sprintf("rapid=%v", rapid), func(t *testing.T) {
			s := newSite(t)
			options := []string{"--dhcp-range=10.9.0.50,10.9.0.60,255.255.255.0,600s", "--dhcp-authoritative",
				"--dhcp-option=option:dns-server,10.9.0.1,10.9.0.2", "--dhcp-option=option:ntp-server,10.9.0.3",
				"--dhcp-option=option:domain-search,one.example,two.example", "--domain=example.org",
				"--dhcp-option=option:mtu,1400"}
			if rapid {
				options = append(options, "--dhcp-rapid-commit")
			}
			s.dnsmasq(options...)
			w := newWorld(t, leased)
			w.until("lease", w.n.Ready)
			w.until("mtu", func() bool { return w.n.have.link(w.n.bound[0]).MTUBytes == 1400 })
			if sent := slices.Contains(w.done, "dhcp select "+fmt.Sprint(ipText(w.n.clients[0].lease.address))+" dev mote0"); sent == rapid {
				t.Errorf("did %q", w.done)
			}
			l := w.n.leaseOn(0)
			if l.server != [4]byte{10, 9, 0, 1} || l.dns.count != 2 || l.dns.list[1] != [4]byte{10, 9, 0, 2} || l.ntp.list[0] != [4]byte{10, 9, 0, 3} ||
				string(l.domain.text()) != "example.org" || string(l.search.text()) != "one.example two.example" {
				t.Errorf("lease %+v", l)
			}
			w.until("resolv.conf", func() bool { return w.resolv != "" })
			if want := "nameserver 10.9.0.1\nnameserver 10.9.0.2\nsearch one.example two.example\n"; w.resolv != want {
				t.Errorf("resolv.conf is %q, want %q", w.resolv, want)
			}
			// What the kernel's own tools say.
			address := run(t, "ip", "-4", "address", "show", "dev", "mote0")
			if !strings.Contains(address, "inet "+ipText(l.address)+"/24 ") || strings.Contains(address, "forever") {
				t.Errorf("ip says %s", address)
			}
			if routes := run(t, "ip", "route"); !strings.Contains(routes, "default via 10.9.0.1 dev mote0 proto 205 metric 1024") {
				t.Errorf("ip says %s", routes)
			}
			if !w.n.Ready() || len(w.news) != 1 || !strings.HasPrefix(w.news[0], "dhcp: mote0: leased 10.9.0.") {
				t.Errorf("news %q", w.news)
			}
		})
	}
}

func ipText(a [4]byte) string { return string(wire.AppendIPv4(nil, a)) }

// dhcpd starts the other server of the distribution with a configuration.
func (s *site) dhcpd(text string) (stop func()) {
	s.t.Helper()
	installed.Program(s.t, "dhcpd")
	dir := s.t.TempDir()
	config, leases := filepath.Join(dir, "conf"), filepath.Join(dir, "leases")
	for path, text := range map[string]string{config: text, leases: ""} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	return s.start("dhcpd", "-4", "-f", "-d", "-cf", config, "-lf", leases, "-pf", filepath.Join(dir, "pid"),
		"-user", "root", "-group", "root", "peer0")
}

const pool = "--dhcp-range=10.9.0.50,10.9.0.60,255.255.255.0,600s"

// The server of a new network refuses the address of the old one: RFC 2131 section
// 3.2. What was asked for first is never used.
func TestDnsmasqRefusesTheAddressOfAnotherNetwork(t *testing.T) {
	s := newSite(t)
	s.dnsmasq(pool, "--dhcp-authoritative")
	w := newWorld(t, leased)
	old := New([]wire.Link{leased}, "", 1)
	c := old.clients[0]
	c.held, c.lease = true, lease{address: [4]byte{192, 168, 7, 7}, prefixBits: 24, server: [4]byte{192, 168, 7, 1}}
	copy(c.mac[:], macOf(t, "mote0"))
	old.hintsNew = old.remember(c)
	hints, _ := old.NextHints(nil)
	w.n.TakeHints(hints, boottime(t))
	w.until("lease", w.n.Ready)
	if !slices.Contains(w.done, "dhcp verify 192.168.7.7 dev mote0") || len(w.news) != 2 || w.news[0] != "dhcp: mote0: 10.9.0.1 refuses us 192.168.7.7" {
		t.Errorf("did %q, news %q", w.done, w.news)
	}
}

// macOf reads a link's address from what ip says.
func macOf(t *testing.T, name string) []byte {
	t.Helper()
	fields := strings.Fields(run(t, "ip", "-o", "link", "show", "dev", name))
	at := slices.Index(fields, "link/ether")
	if at < 0 {
		t.Fatal(fields)
	}
	var mac []byte
	for _, part := range strings.Split(fields[at+1], ":") {
		var b byte
		fmt.Sscanf(part, "%02x", &b)
		mac = append(mac, b)
	}
	return mac
}

func TestAnAddressThatANeighbourHasIsDeclined(t *testing.T) {
	s := newSite(t)
	s.run("ip", "address", "add", "10.9.0.50/24", "dev", "peer0")
	s.dhcpd("ping-check false; subnet 10.9.0.0 netmask 255.255.255.0 { range 10.9.0.50 10.9.0.50; }\n")
	want := leased
	want.Probe = true
	w := newWorld(t, want)
	w.until("a word of the conflict", func() bool {
		return slices.Contains(w.done, "dhcp decline 10.9.0.50 dev mote0") && len(w.news) > 0
	})
	if got := w.news[0]; !strings.HasPrefix(got, "dhcp: mote0: 10.9.0.50 is used by ") || w.n.Ready() {
		t.Error(got)
	}
	if address := run(t, "ip", "-4", "address", "show", "dev", "mote0"); strings.Contains(address, "inet ") {
		t.Errorf("ip says %s", address)
	}
}

// Leases of 12 s are renewed at half of that;
// with the server gone, the address goes at the end.
func TestDhcpdRenewsAndItsLeaseEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 25 s")
	}
	s := newSite(t)
	stop := s.dhcpd("default-lease-time 12; max-lease-time 12; authoritative; option rfc3442 code 121 = array of integer 8;\n" +
		"subnet 10.9.0.0 netmask 255.255.255.0 { range 10.9.0.50 10.9.0.60; option routers 10.9.0.1; option rfc3442 16, 172, 16, 10, 9, 0, 9, 0, 10, 9, 0, 8; }\n")
	w := newWorld(t, leased)
	w.until("lease", w.n.Ready)
	first := w.n.leaseOn(0).endNsec
	routes := run(t, "ip", "route")
	if !strings.Contains(routes, "172.16.0.0/16 via 10.9.0.9 dev mote0 proto 205 metric 1024") || !strings.Contains(routes, "default via 10.9.0.8 dev mote0") {
		t.Errorf("ip says %s", routes)
	}
	w.untilMsec(30_000, "renewed lease", func() bool { return w.n.leaseOn(0) != nil && w.n.leaseOn(0).endNsec > first+4*nsecPerSec })
	if !w.n.Ready() || len(w.news) != 1 {
		t.Errorf("%s, news %q", w.n.WaitingFor(0), w.news)
	}
	stop()
	end := w.n.leaseOn(0).endNsec
	w.untilMsec(60_000, "end of the lease", func() bool { return !w.n.Ready() })
	w.until("kernel without the address", func() bool { return !strings.Contains(run(t, "ip", "-4", "address", "show", "dev", "mote0"), "inet ") })
	if now := boottime(t); now > end || now < end-2*nsecPerSec {
		t.Errorf("it ended %d ms after its end", (now-end)/nsecPerMsec)
	}
}
