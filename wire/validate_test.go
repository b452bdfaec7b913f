package wire

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// daemon is a service without a problem.
func daemon(name string, needs ...string) Service {
	return Service{Name: name, Kind: KindDaemon, Exec: []string{"/bin/" + name}, Needs: needs,
		Ready: ReadyExec, Restart: RestartAlways}
}

func TestValidateFindsNothingInAFullManifest(t *testing.T) {
	if p := full().Validate(); len(p) != 0 {
		t.Errorf("found %v", p)
	}
	if p := (&Manifest{}).Validate(); p != nil {
		t.Errorf("found %v", p)
	}
}

// tmpfs is a service's own folder.
func tmpfs(paths ...string) (list []Writable) {
	for _, path := range paths {
		list = append(list, Writable{Path: path})
	}
	return list
}

// What isolation asks for: one change to a sound service, and the one line it
// must give.
func TestValidateNamesIsolation(t *testing.T) {
	const outside = "use a plain absolute path outside of /proc, /sys and /dev, below /run"
	for _, c := range []struct {
		break_ func(*Isolation)
		want   string
	}{
		{func(i *Isolation) { i.Namespaces = []string{"user"} }, `namespaces: a user namespace of the node's root; give it a user`},
		{func(i *Isolation) { i.InsideID = 3 }, `inside-id: without a namespace "user"; declare it, or remove the id`},
		{func(i *Isolation) { i.NodeView, i.Devices = true, []string{"rtc0"} }, `node-view: and what only a view of its own can have; remove one of them`},
		{func(i *Isolation) { i.NodeView, i.Namespaces = true, []string{"pid"} }, `node-view: and what only a view of its own can have; remove one of them`},
		{func(i *Isolation) { i.Devices = []string{"../sda"} }, `devices: "../sda" is no name below /dev; write it as "ttyUSB0"`},
		{func(i *Isolation) { i.Devices = []string{"a", "a"} }, `devices: "a" stands twice; keep one`},
		{func(i *Isolation) { i.Writable = tmpfs("var") }, `writable: "var" can't be made writable; ` + outside},
		{func(i *Isolation) { i.Writable = tmpfs("/") }, `writable: "/" can't be made writable; ` + outside},
		{func(i *Isolation) { i.Writable = tmpfs("/run") }, `writable: "/run" can't be made writable; ` + outside},
		{func(i *Isolation) { i.Writable = tmpfs("/run/mote/x") }, `writable: "/run/mote/x" can't be made writable; ` + outside},
		{func(i *Isolation) { i.Writable = tmpfs("/proc/sys") }, `writable: "/proc/sys" can't be made writable; ` + outside},
		{func(i *Isolation) { i.Writable = tmpfs("/var/") }, `writable: "/var/" can't be made writable; ` + outside},
		{func(i *Isolation) { i.Writable = tmpfs("/var/x", "/var") }, `writable: "/var" would hide one that stands before it; put it first, or keep one`},
		{func(i *Isolation) { i.Writable = []Writable{{Path: "/tmp", Mode: 0o10000}} }, `writable: 4096 is too much; use at most 4095`},
		{func(i *Isolation) { i.Writable = []Writable{{Path: "/run/x", Shared: true, Sealed: true}} }, `writable: "/run/x" is shared, and has a size or a seal; remove one of them`},
		{func(i *Isolation) { i.Files = []File{{Path: "/etc/x", Content: "x"}} }, `files: "/etc/x" is in no folder of its own; declare a tmpfs for it under writable`},
		{func(i *Isolation) { i.Writable, i.Files = tmpfs("/etc"), []File{{Path: "/etc/../x", Content: "x"}} }, `files: "/etc/../x" is in no folder of its own; declare a tmpfs for it under writable`},
		{func(i *Isolation) { i.Writable, i.Files = tmpfs("/etc"), []File{{Path: "/etc/x"}} }, `files: "/etc/x" needs either content or source; give one of them`},
		{func(i *Isolation) {
			i.Writable, i.Files = tmpfs("/etc"), []File{{Path: "/etc/x", Source: "/y", Mode: 1}}
		}, `files: "/y" is shown as it is; give its plain absolute path, and no mode or owner`},
		{func(i *Isolation) {
			i.Writable, i.Files = tmpfs("/etc"), []File{{Path: "/etc/x", Content: "x", Owner: "nobody"}}
		}, `files: "nobody" is no user; declare it under users`},
		{func(i *Isolation) {
			i.Writable, i.Files = tmpfs("/etc"), []File{{Path: "/etc/x", Content: "x"}, {Path: "/etc/x", Source: "/y"}}
		}, `files: "/etc/x" stands twice; keep one`},
		{func(i *Isolation) { i.Reads = []string{"/etc//x"} }, `reads: "/etc//x" is no plain absolute path; write it without empty parts and dots`},
		{func(i *Isolation) { i.Reads, i.Syscalls = []string{"/"}, []string{"mount"} }, `reads: the system calls "mount", which it would not stop; remove one of them`},
		{func(i *Isolation) { i.TCPBind = []uint16{0} }, `tcp-bind: port 0; use 1 to 65535`},
		{func(i *Isolation) { i.TCPConnect = []uint16{9, 9} }, `tcp-connect: "9" stands twice; keep one`},
	} {
		m := &Manifest{Services: []Service{daemon("x")}}
		c.break_(&m.Services[0].Isolation)
		p := m.Validate()
		if want := `manifest: service "x": isolation.` + c.want; len(p) != 1 || p[0].Error() != want {
			t.Errorf("found %v\n want %s", p, want)
		}
	}
	s := daemon("x")
	s.NewPrivs, s.Isolation.TCPBind = true, []uint16{1}
	if p := (&Manifest{Services: []Service{s}}).Validate(); len(p) != 1 || p[0].Field != "isolation.reads" {
		t.Errorf("limits with new-privs: %v", p)
	}
}

// One change to a sound service, and the one line it must give.
func TestValidateNamesServiceAndField(t *testing.T) {
	for _, c := range []struct {
		break_ func(*Service)
		want   string
	}{
		{func(s *Service) { s.User = "mosquitto" }, `user: no user "mosquitto"; declare it under users`},
		{func(s *Service) { s.User = "4294967295" }, `user: no user "4294967295"; declare it under users`},
		{func(s *Service) { s.Name = "MQTT" }, `name: "MQTT" is no service name; use 1 to 31 of a-z, 0-9 and '-', first a letter`},
		{func(s *Service) { s.Name = "network" }, `name: "network" is a stage's name; choose another`},
		{func(s *Service) { s.Name = "a" }, `name: service 0 has this name already; the first keeps it; choose another`},
		{func(s *Service) { s.Kind = 0 }, `kind: no kind 0; use daemon (1) or one-shot (2)`},
		{func(s *Service) { s.Kind = 3 }, `kind: no kind 3; use daemon (1) or one-shot (2)`},
		{func(s *Service) { s.Exec = nil }, `exec: no program; give its absolute path and its arguments`},
		{func(s *Service) { s.Exec[0] = "bin/mqtt" }, `exec: "bin/mqtt" is a relative path; begin it with '/'`},
		{func(s *Service) { s.Exec[0] = "" }, `exec: "" is a relative path; begin it with '/'`},
		{func(s *Service) { s.Exec[0] = "/" + strings.Repeat("x", 1023) }, `exec: a path of 1024 bytes; use at most 1023`},
		{func(s *Service) { s.Exec = append(s.Exec, "a\x00b") }, `exec: "a?b" has a NUL byte inside; remove it`},
		{func(s *Service) { s.Exec = append(s.Exec, strings.Repeat("x", ArgvSizeMax)) }, `exec: 16395 bytes, with a NUL each; use at most 16384`},
		{func(s *Service) { s.Exec = append(s.Exec, make([]string, 256)...) }, `exec: 257 strings; use at most 256`},
		{func(s *Service) { s.Env = []string{"=x"} }, `env: "=x" has no name; write NAME=value`},
		{func(s *Service) { s.Env = []string{"PATH"} }, `env: "PATH" has no name; write NAME=value`},
		{func(s *Service) { s.Env = []string{"A=1", "AB=1", "A=2"} }, `env: "A" stands twice; keep one`},
		{func(s *Service) { s.Env = []string{"A=" + strings.Repeat("x", EnvSizeMax)} }, `env: 16387 bytes, with a NUL each; use at most 16384`},
		{func(s *Service) { s.Dir = "var" }, `dir: "var" is a relative path; begin it with '/'`},
		{func(s *Service) { s.Caps = []string{"CAP_KILL"} }, `caps: no capability "CAP_KILL"; write it as capabilities(7) does, in lower case without cap_`},
		{func(s *Service) { s.Caps = []string{"kill", "kill"} }, `caps: "kill" stands twice; keep one`},
		{func(s *Service) { s.Rlimits = []Rlimit{{"files", 1, 2}} }, `rlimits: no resource "files"; write it as setrlimit(2) does, in lower case without rlimit_`},
		{func(s *Service) { s.Rlimits = []Rlimit{{"nofile", 3, 2}} }, `rlimits: "nofile" has a soft limit above its hard one; raise the hard one or lower the soft one`},
		{func(s *Service) { s.Rlimits = []Rlimit{{"cpu", 1, 2}, {"cpu", 1, 2}} }, `rlimits: "cpu" stands twice; keep one`},
		{func(s *Service) { s.Needs = []string{"nobody"} }, `needs: no service "nobody"; declare it, or remove the need`},
		{func(s *Service) { s.Needs = []string{"mqtt"} }, `needs: it needs itself; remove "mqtt"`},
		{func(s *Service) { s.Needs = []string{"a", "a"} }, `needs: "a" stands twice; keep one`},
		{func(s *Service) { s.Ready = 0 }, `ready: no way to be ready 0; use exec (1), notify (2), tcp (3), unix (4) or exit (5)`},
		{func(s *Service) { s.Ready = 6 }, `ready: no way to be ready 6; use exec (1), notify (2), tcp (3), unix (4) or exit (5)`},
		{func(s *Service) { s.Ready = ReadyExit }, `ready: a daemon does not become ready by its exit; use another way, or kind one-shot`},
		{func(s *Service) { s.Ready = ReadyTCP }, `ready-address: "" is no TCP address; write IPv4 address and port, as 127.0.0.1:1883`},
		{func(s *Service) { s.Ready, s.ReadyAddress = ReadyTCP, "localhost:1883" }, `ready-address: "localhost:1883" is no TCP address; write IPv4 address and port, as 127.0.0.1:1883`},
		{func(s *Service) { s.Ready, s.ReadyAddress = ReadyUnix, "run/x" }, `ready-address: "run/x" is no socket's path; write an absolute path of at most 107 bytes`},
		{func(s *Service) { s.ReadyAddress = "/run/x" }, `ready-address: "/run/x" is never asked; remove it, or use ready tcp or unix`},
		{func(s *Service) { s.StartMsec = WaitMsecMax + 1 }, `start-msec: 3600001 is too much; use at most 3600000`},
		{func(s *Service) { s.StopMsec = WaitMsecMax + 1 }, `stop-msec: 3600001 is too much; use at most 3600000`},
		{func(s *Service) { s.StopSignal = 65 }, `stop-signal: signal 65 does not stop a program; use a number of signal(7), as 15 for SIGTERM`},
		{func(s *Service) { s.StopSignal = 19 }, `stop-signal: SIGSTOP does not stop a program; use a number of signal(7), as 15 for SIGTERM`},
		{func(s *Service) { s.Restart = 0 }, `restart: no policy 0; use always (1), on-failure (2) or never (3)`},
		{func(s *Service) { s.Restart = 4 }, `restart: no policy 4; use always (1), on-failure (2) or never (3)`},
		{func(s *Service) { s.Kind, s.Ready = KindOneShot, ReadyExit }, `restart: a one-shot would run for ever; use on-failure or never`},
		{func(s *Service) { s.BackoffMsec, s.BackoffMaxMsec = 2, 1 }, `backoff-msec: longer than backoff-max-msec; lower it or raise that`},
		{func(s *Service) { s.BackoffMaxMsec = WaitMsecMax + 1 }, `backoff-max-msec: 3600001 is too much; use at most 3600000`},
		{func(s *Service) { s.RestartsMax = 1001 }, `restarts-max: 1001 is too much; use at most 1000`},
		{func(s *Service) { s.RestartsWindowMsec = WindowMsecMax + 1 }, `restarts-window-msec: 86400001 is too much; use at most 86400000`},
		{func(s *Service) { s.EveryMsec = 1000 }, `every-msec: a daemon does not end by itself; make it a one-shot, or leave it out`},
		{func(s *Service) {
			s.Kind, s.Ready, s.Restart, s.EveryMsec = KindOneShot, ReadyExit, RestartNever, 999
		}, `every-msec: 999 is too little; use at least 1000`},
		{func(s *Service) {
			s.Kind, s.Ready, s.Restart, s.EveryMsec = KindOneShot, ReadyExit, RestartNever, EveryMsecMax+1
		}, `every-msec: 2678400001 is too much; use at most 2678400000`},
		{func(s *Service) { s.Limits = Limits{MemoryMaxBytes: 1, MemoryHighBytes: 2} }, `limits.memory-high: above memory-max; lower it, or it never acts`},
		{func(s *Service) { s.Limits.CPUMaxUsec = 999 }, `limits.cpu-max: 999 µs; use at least 1000`},
		{func(s *Service) { s.Limits.CPUMaxUsec, s.Limits.CPUPeriodUsec = 1000, 1_000_001 }, `limits.cpu-period: 1000001 µs; use 1000 to 1000000`},
		{func(s *Service) { s.Limits.CPUPeriodUsec = 1000 }, `limits.cpu-period: without cpu-max; give both, or neither`},
		{func(s *Service) { s.Limits.CPUWeight = 10_001 }, `limits.cpu-weight: 10001 is too much; use at most 10000`},
		{func(s *Service) { s.Limits.PidsMax = PidsMaxMax + 1 }, `limits.pids-max: 4194305 is too much; use at most 4194304`},
		{func(s *Service) { s.Isolation.Syscalls = []string{"all"} }, `isolation.syscalls: "all" is no set of system calls; see ISOLATION.md for the sets`},
		{func(s *Service) { s.Isolation.Syscalls = []string{"time", "time"} }, `isolation.syscalls: "time" stands twice; keep one`},
		{func(s *Service) { s.NewPrivs, s.Isolation.SyscallKill = true, true }, `isolation.syscalls: a filter, and new-privs, which allows none; remove one of them`},
		{func(s *Service) { s.Isolation.Importance = 10 }, `isolation.importance: 10 is too much; use at most 9`},
		{func(s *Service) { s.Isolation.Namespaces = []string{"time"} }, `isolation.namespaces: "time" is no namespace; use mount, ipc, uts, net, pid or user`},
		{func(s *Service) { s.Isolation.Namespaces = []string{"net", "net"} }, `isolation.namespaces: "net" stands twice; keep one`},
		{func(s *Service) { s.Limits.IO = []IOLimit{{Disk: "../vda"}} }, `limits.io: "../vda" is no disk's name; write the kernel's, as "vda"`},
		{func(s *Service) { s.Limits.IO = []IOLimit{{Disk: "vda"}, {Disk: "vda"}} }, `limits.io: "vda" stands twice; keep one`},
		{func(s *Service) { s.Kind, s.Ready, s.Restart, s.Port = KindOneShot, ReadyExit, RestartNever, 80 }, `port: a one-shot accepts nothing; make it a daemon`},
		{func(s *Service) { s.Port = 80 }, `port: restarts that are not for one that leaves and comes back; use restart on-failure`},
		{func(s *Service) { s.Restart, s.Port = RestartOnFailure, 4000 }, `port: 4000 is another service's; choose another`},
		{func(s *Service) { s.Relay = true }, `relay: another service is the relay; keep one`},
	} {
		m := &Manifest{Services: []Service{daemon("a"), daemon("mqtt"), daemon("z")}}
		m.Services[0].Restart, m.Services[0].Port, m.Services[0].Relay = RestartOnFailure, 4000, true
		c.break_(&m.Services[1])
		want := `manifest: service "` + m.Services[1].Name + `": ` + c.want
		problems := m.Validate()
		if len(problems) != 1 || problems[0].Error() != want {
			t.Errorf("found %v\n want [%s]", problems, want)
			continue
		}
		if u := Unusable(problems); u[0] || !u[1] || u[2] {
			t.Errorf("%s: unusable %v", want, u[:3])
		}
	}
}

func TestValidateOfTheWholeManifest(t *testing.T) {
	link := func(l Link) *Manifest { return &Manifest{Links: []Link{l}} }
	good := Link{Name: "eth0", Address: [4]byte{10, 0, 2, 15}, PrefixBits: 24}
	with := func(change func(*Link)) *Manifest { l := good; change(&l); return link(l) }
	for _, c := range []struct {
		m    *Manifest
		want string
	}{
		{&Manifest{Node: "-x"}, `node: "-x" is no host name; use 1 to 63 of a-z, 0-9 and '-', not first or last a '-'`},
		{&Manifest{Users: []User{{Name: "1"}}}, `users: "1" is no user name; use 1 to 31 of a-z, 0-9 and '-', first a letter`},
		{&Manifest{Users: []User{{Name: "a"}, {Name: "a"}}}, `users: user "a" stands twice; the first counts; remove the other`},
		{&Manifest{Users: []User{{Name: "a", UID: 1<<32 - 1}}}, `users: user "a" has id 4294967295; the kernel reads that as none; choose a smaller one`},
		{with(func(l *Link) { l.Name = "a/b" }), `links: "a/b" is no link name; use at most 15 bytes without '/', ':' and spaces, as "eth0"`},
		{with(func(l *Link) { l.Address = [4]byte{} }), `links: link "eth0" has no address; give one, as "10.0.2.15/24", or dhcp4 or ra`},
		{with(func(l *Link) { *l = Link{Name: "eth0", DHCP4: true, Gateway: [4]byte{10, 0, 2, 2}} }), `links: link "eth0" has no address; give one, as "10.0.2.15/24", or dhcp4 or ra`},
		{with(func(l *Link) { l.Probe = true }), `links: link "eth0" probes an address and asks for none; add dhcp4, or leave probe out`},
		{with(func(l *Link) { l.Address[0] = 127 }), `links: link "eth0" cannot have the address 127.0.2.15; use a unicast address outside 0/8 and 127/8`},
		{with(func(l *Link) { l.PrefixBits = 0 }), `links: link "eth0" has a prefix of 0 bits; use 1 to 32, as in "10.0.2.15/24"`},
		{with(func(l *Link) { l.Gateway = [4]byte{10, 0, 3, 1} }), `links: link "eth0" cannot reach its gateway 10.0.3.1; use another address of the link's own prefix`},
		{with(func(l *Link) { l.Prefix6Bits = 64 }), `links: link "eth0" cannot have its IPv6 address; use a global or unique local unicast one, as "fd00::15/64"`},
		{with(func(l *Link) { l.Gateway6 = [16]byte{0xfd, 15: 1} }), `links: link "eth0" cannot have its IPv6 address; use a global or unique local unicast one, as "fd00::15/64"`},
		{with(func(l *Link) { l.Address6 = [16]byte{0xff, 2, 15: 1}; l.Prefix6Bits = 64 }), `links: link "eth0" cannot have its IPv6 address; use a global or unique local unicast one, as "fd00::15/64"`},
		{with(func(l *Link) { l.Address6 = [16]byte{0xfe, 0x9f, 15: 1}; l.Prefix6Bits = 64 }), `links: link "eth0" cannot have its IPv6 address; use a global or unique local unicast one, as "fd00::15/64"`},
		{with(func(l *Link) { l.Address6 = [16]byte{0xfd, 15: 1} }), `links: link "eth0" cannot have its IPv6 address; use a global or unique local unicast one, as "fd00::15/64"`},
		{with(func(l *Link) {
			*l = Link{Name: "eth0", Address6: [16]byte{0xfd, 15: 1}, Prefix6Bits: 64, Gateway6: [16]byte{0xfd, 1, 15: 1}}
		}), `links: link "eth0" cannot reach its IPv6 gateway; use another address of address6's prefix, or the gateway's link-local one`},
		{with(func(l *Link) { l.Gateway = l.Address }), `links: link "eth0" cannot reach its gateway 10.0.2.15; use another address of the link's own prefix`},
	} {
		problems := c.m.Validate()
		if len(problems) != 1 || problems[0].Service != -1 || problems[0].Error() != "manifest: "+c.want {
			t.Errorf("found %v\n want [manifest: %s]", problems, c.want)
		}
	}
	held := &Manifest{}
	for i := range HeldPortsMax + 1 {
		held.Services = append(held.Services, daemon("s"+Decimal(uint64(i))))
		held.Services[i].Restart, held.Services[i].Port = RestartOnFailure, uint16(80+i)
	}
	if p := held.Validate(); len(p) != 1 || p[0].Service != HeldPortsMax || p[0].Field != "port" {
		t.Errorf("found %v", p)
	}
	many := &Manifest{}
	for i := range ServicesMax + 2 {
		many.Services = append(many.Services, daemon("s"+Decimal(uint64(i))))
	}
	p := many.Validate()
	if len(p) != 1 || p[0].Error() != "manifest: services: 66 services; at most 64 run; remove those past them" {
		t.Errorf("found %v", p)
	}
}

func TestValidateNamesTheCycleAndThoseBehindIt(t *testing.T) {
	m := &Manifest{Services: []Service{
		daemon("a", "b"), daemon("b", "c"), daemon("c", "a", "network"), daemon("d", "c"), daemon("e", "network"),
	}}
	var got []string
	problems := m.Validate()
	for _, p := range problems {
		got = append(got, p.Error())
	}
	want := []string{
		`manifest: service "a": needs: a cycle: a → b → c → a; remove one of these needs`,
		`manifest: service "b": needs: a cycle: b → c → a → b; remove one of these needs`,
		`manifest: service "c": needs: a cycle: c → a → b → c; remove one of these needs`,
		`manifest: service "d": needs: "a" cannot run; mend that first`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if u := Unusable(problems); !u[0] || !u[1] || !u[2] || !u[3] || u[4] {
		t.Errorf("unusable %v", u[:5])
	}
}

// Random graphs against a dumb second version that walks by recursion.
func TestUnusableAgainstWalking(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for range 300 {
		count := 1 + r.IntN(ServicesMax)
		m := &Manifest{}
		for i := range count {
			s := daemon("s" + Decimal(uint64(i)))
			for range r.IntN(3) {
				need := "s" + Decimal(uint64(r.IntN(count)))
				if !slices.Contains(s.Needs, need) {
					s.Needs = append(s.Needs, need)
				}
			}
			if r.IntN(20) == 0 {
				s.User = "nobody"
			}
			m.Services = append(m.Services, s)
		}
		got := Unusable(m.Validate())
		for i := range count {
			if want := !canRun(m, i, nil); got[i] != want {
				t.Fatalf("seed %d: service %d of %d: unusable %v, want %v", seed, i, count, got[i], want)
			}
		}
	}
}

func canRun(m *Manifest, i int, path []int) bool {
	if slices.Contains(path, i) || m.Services[i].User != "" {
		return false
	}
	for _, need := range m.Services[i].Needs {
		j := slices.IndexFunc(m.Services, func(s Service) bool { return s.Name == need })
		if !canRun(m, j, append(path, i)) {
			return false
		}
	}
	return true
}

func TestIdentity(t *testing.T) {
	m := full()
	for _, c := range []struct {
		user     string
		uid, gid uint32
		ok       bool
	}{
		{"", 0, 0, true}, {"mosquitto", 100, 1 << 20, true}, {"7", 7, 7, true}, {"007", 0, 0, false},
		{"4294967294", idMax, idMax, true}, {"nobody", 0, 0, false}, {"-1", 0, 0, false},
	} {
		uid, gid, ok := m.Identity(c.user)
		if ok != c.ok || ok && (uid != c.uid || gid != c.gid) {
			t.Errorf("Identity(%q) = %d, %d, %v", c.user, uid, gid, ok)
		}
	}
}

func TestAddresses(t *testing.T) {
	for s, want := range map[string]bool{
		"10.0.2.15": true, "0.0.0.0": true, "255.255.255.255": true, "": false, "1.2.3": false,
		"1.2.3.4.5": false, "1.2.3.256": false, "01.2.3.4": false, "1..2.3": false, "a.b.c.d": false, "1.2.3.4 ": false,
	} {
		a, ok := ParseIPv4(s)
		if ok != want || ok && string(AppendIPv4(nil, a)) != s {
			t.Errorf("ParseIPv4(%q) = %v, %v", s, a, ok)
		}
	}
	for s, want := range map[string]bool{
		"127.0.0.1:1883": true, "127.0.0.1:0": false, "127.0.0.1:65536": false, "127.0.0.1": false,
		":80": false, "[::1]:80": false, "127.0.0.1:": false,
	} {
		if _, port, ok := ParseTCPAddress(s); ok != want || ok && port != 1883 {
			t.Errorf("ParseTCPAddress(%q) = %d, %v", s, port, ok)
		}
	}
}
