package sim

import "mote/wire"

// Manifests by seed: a few services with random needs and policies; now and then
// one that is described wrongly.

// wanted are the waits of random services: short, so that a run sees many of
// them; and long enough that a good program is in time.
const (
	startMsecMin = 500
	startMsecMax = 6000
	stopMsecMin  = 100
	stopMsecMax  = 3000
)

// randomManifest makes one. missing says which programs are not in the image.
func randomManifest(r *rand) (m *wire.Manifest, missing []string) {
	m = &wire.Manifest{Node: "node", Users: []wire.User{{Name: "app", UID: 1000, GID: 1000}}}
	switch r.weighted(2, 5, 1) {
	case 0:
	case 1:
		m.Links = []wire.Link{{Name: pick(r, "", "eth0"), Address: [4]byte{10, 0, 2, 15}, PrefixBits: 24,
			Gateway: pick(r, [4]byte{}, [4]byte{10, 0, 2, 2})}}
		randomLease(&m.Links[0], rand{state: r.state ^ 0xd4c9})
		randomSix(&m.Links[0], rand{state: r.state ^ 0x6d4c9})
		randomName(m, rand{state: r.state ^ 0x7a3e})
	case 2:
		m.Links = []wire.Link{{Name: "eth9", Address: [4]byte{10, 0, 9, 9}, PrefixBits: 24}}
	}
	randomTime(m, rand{state: r.state ^ 0x71e})
	count := 1 + r.below(pick(r, 3, 8, 20))
	for i := range count {
		m.Services = append(m.Services, randomService(r, m, i))
	}
	randomDoor(m, rand{state: r.state ^ 0x1d00e})
	if r.percent(15) {
		missing = spoil(r, m)
	}
	return m, missing
}

// randomLease has a link take a lease, in the place of its address or beside it.
// It draws from a stream of its own.
func randomLease(l *wire.Link, r rand) {
	if !r.percent(50) {
		return
	}
	if !r.percent(20) {
		*l = wire.Link{Name: l.Name}
	}
	l.DHCP4, l.Probe = true, r.percent(40)
}

// randomName has the card named by a rule, which its link may be wanted by. It draws
// from a stream of its own.
func randomName(m *wire.Manifest, r rand) {
	if !r.percent(30) {
		return
	}
	m.LinkRules = []wire.LinkRule{{Name: "lan0", Match: []string{pick(&r, "DRIVER=virtio_net", "PCI_SLOT_NAME=0000:00:02.0")}}}
	m.Links[0].Name = pick(&r, "", "lan0")
}

// randomSix has a link speak IPv6 too, or only that.
func randomSix(l *wire.Link, r rand) {
	if r.percent(50) {
		return
	}
	if r.percent(20) {
		*l = wire.Link{Name: l.Name}
	}
	l.RA = r.percent(80)
	if !l.RA || r.percent(40) {
		l.Address6, l.Prefix6Bits = [16]byte{0xfd, 15: 15}, 64
	}
}

// randomTime has servers of time asked.
func randomTime(m *wire.Manifest, r rand) {
	for i := range pick(&r, 0, 0, 1, 3, 4, 5) {
		m.TimeServers = append(m.TimeServers, [16]byte{0xfd, 1, 15: byte(i + 1)})
	}
}

// serviceName is "s0", "s1", …: short in transcripts.
func serviceName(i int) string { return "s" + itoa(int64(i)) }

func randomService(r *rand, m *wire.Manifest, i int) wire.Service {
	s := wire.Service{
		Name: serviceName(i), Kind: wire.KindDaemon, Exec: []string{"/bin/" + serviceName(i), "-x"},
		User: pick(r, "", "app", "33"), Optional: r.percent(30),
		Ready:              pick(r, wire.ReadyExec, wire.ReadyNotify, wire.ReadyTCP, wire.ReadyUnix),
		StartMsec:          uint32(r.between(startMsecMin, startMsecMax)),
		StopMsec:           uint32(r.between(stopMsecMin, stopMsecMax)),
		Restart:            pick(r, wire.RestartAlways, wire.RestartAlways, wire.RestartOnFailure, wire.RestartNever),
		BackoffMsec:        uint32(r.between(10, 300)),
		BackoffMaxMsec:     uint32(r.between(300, 3000)),
		RestartsMax:        uint32(r.between(2, 20)),
		RestartsWindowMsec: uint32(r.between(1000, 60_000)),
		StopSignal:         pick(r, uint8(0), 0, 2, 10),
	}
	if r.percent(25) {
		s.Kind = wire.KindOneShot
		s.Ready = pick(r, wire.ReadyExit, wire.ReadyExit, wire.ReadyNotify, wire.ReadyExec)
		s.Restart = pick(r, wire.RestartOnFailure, wire.RestartNever)
		s.EveryMsec = pick(r, uint32(0), 0, 0, 1000, 20_000)
	}
	switch s.Ready {
	case wire.ReadyTCP:
		s.ReadyAddress = "127.0.0.1:" + itoa(int64(tcpPorts+i))
	case wire.ReadyUnix:
		s.ReadyAddress = "/run/" + serviceName(i)
	}
	if r.percent(30) {
		s.Caps = []string{"net_bind_service"}
		s.Limits = wire.Limits{MemoryMaxBytes: 1 << 24, CPUWeight: 50, PidsMax: 16}
		s.Rlimits = []wire.Rlimit{{Name: "nofile", Soft: 64, Hard: 64}}
	}
	if r.percent(10) {
		s.Limits.IO = []wire.IOLimit{{Disk: "vda", ReadBytesPerSec: 1 << 20}}
	}
	if i%5 == 1 {
		s.Isolation = placed(s.Name)
	} else if r.percent(20) {
		s.Isolation = wire.Isolation{Syscalls: []string{"files", "network"}, SyscallKill: r.percent(50),
			Importance: uint8(r.below(wire.ImportanceMax)), Namespaces: []string{"ipc", "mount"}}
	}
	for j := range i {
		if len(s.Needs) < 4 && r.chance(i+1) {
			s.Needs = append(s.Needs, m.Services[j].Name)
		}
	}
	if r.percent(15) {
		s.Needs = append(s.Needs, wire.StageNetwork)
	}
	return s
}

// placed is a service with mounts, devices and namespaces of its own.
func placed(name string) wire.Isolation {
	return wire.Isolation{Namespaces: []string{"pid"}, Devices: []string{rtcNode[len("/dev/"):]},
		Writable: []wire.Writable{{Path: "/run/" + name, Shared: true}, {Path: "/tmp"}, {Path: "/etc/x", Sealed: true}},
		Files:    []wire.File{{Path: "/etc/x/a", Content: "a"}, {Path: "/etc/x/b", Source: "/etc/hosts"}},
		TCPBind:  []uint16{80}}
}

// spoil breaks one service's description.
func spoil(r *rand, m *wire.Manifest) (missing []string) {
	s := &m.Services[r.below(len(m.Services))]
	switch r.below(6) {
	case 0:
		s.Needs = append(s.Needs, "nobody")
	case 1:
		s.User = "ghost"
	case 2:
		missing = []string{s.Exec[0]}
	case 3: // a cycle
		if last := &m.Services[len(m.Services)-1]; last != s && len(s.Needs) < wire.NeedsMax {
			s.Needs = append(s.Needs, last.Name)
			last.Needs = append(last.Needs, s.Name)
		}
	case 4:
		s.Dir = "/nowhere"
	case 5:
		s.Ready, s.ReadyAddress = wire.ReadyTCP, "somewhere"
	}
	return missing
}
