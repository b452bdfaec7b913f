package image

import (
	"path/filepath"
	"slices"

	"mote/wire"
)

// Ids of the demo's users. They own nothing in the image.
const (
	mqttID    = 2001
	metricsID = 2002
	bgpID     = 2003
)

// gobgpd's whole configuration: who it is, and no peers yet. It listens on 179
// and waits for what its API is told.
const gobgpdConfig = `[global.config]
  as = 64512
  router-id = "10.0.2.15"
`

// gobgpdConfigPath is given to gobgpd by a flag.
const gobgpdConfigPath = "/etc/gobgpd.toml"

// demoProfile is what an edge box may run: three unmodified daemons at the
// versions that demo/go.mod pins, one for each way of becoming ready that
// programs in the field have.
func demoProfile(root string) Profile {
	// A module of its own: its two hundred checksums are not Mote's.
	module := filepath.Join(root, "fs", "image", "demo")
	program := func(name, pkg, reason string) Program {
		return Program{Path: ProgramFolder + "/" + name, Package: pkg, Module: module, Flags: ProgramFlags(), Reason: reason}
	}
	return Profile{
		Name: "demo",
		What: "real services: an MQTT broker, node_exporter and a BGP daemon",
		Manifest: wire.Manifest{
			Node: "mote-demo",
			Users: []wire.User{
				{Name: "mqtt", UID: mqttID, GID: mqttID},
				{Name: "metrics", UID: metricsID, GID: metricsID},
				{Name: "bgp", UID: bgpID, GID: bgpID},
			},
			Services: []wire.Service{mochiService(), exporterService(), gobgpdService()},
		},
		Programs: []Program{
			program("mochi", "github.com/mochi-mqtt/server/v2/cmd", "the MQTT broker"),
			program("node_exporter", "github.com/prometheus/node_exporter", "metrics of the node for Prometheus"),
			program("gobgpd", "github.com/osrg/gobgp/v4/cmd/gobgpd", "the BGP daemon, which speaks sd_notify"),
		},
		Files: Table{{Path: gobgpdConfigPath, Kind: KindFile, Mode: 0o644, Content: []byte(gobgpdConfig),
			Reason: "gobgpd's AS number and router id"}},
	}
}

// daemon returns a service with what the demo's daemons have in common: they
// restart for ever but slower and slower, hold few descriptors, and GOMEMLIMIT
// makes Go's collector work harder before the cgroup kills.
func daemon(name, memoryLimit string, memoryMaxBytes uint64) wire.Service {
	return wire.Service{
		Name: name,
		Kind: wire.KindDaemon,
		Env:  []string{"GOMEMLIMIT=" + memoryLimit},
		User: name,
		Rlimits: []wire.Rlimit{
			{Name: "nofile", Soft: 1024, Hard: 1024},
			{Name: "core", Soft: 0, Hard: 0},
		},
		// All of them listen on an address of the node.
		Needs: []string{wire.StageNetwork},
		// Under TCG on a busy host a large program takes several seconds to start.
		StartMsec: 60_000,
		Restart:   wire.RestartAlways,
		StopMsec:  10_000,
		Limits:    wire.Limits{MemoryMaxBytes: memoryMaxBytes, PidsMax: 64},
	}
}

// mochiService is the broker, ready when it accepts on MQTT's port. Its other
// listeners can't be switched off; they are kept inside the node.
func mochiService() wire.Service {
	s := daemon("mqtt", "48MiB", 64<<20)
	s.Exec = []string{"/bin/mochi", "-tcp", ":1883", "-ws", "127.0.0.1:1882", "-info", "127.0.0.1:8080"}
	s.Ready, s.ReadyAddress = wire.ReadyTCP, "127.0.0.1:1883"
	s.Limits.CPUWeight = 200 // what the node is for goes before watching it
	return s
}

// exporterCollectors need /proc and /sys only. The others look for daemons and
// devices that a node doesn't have.
var exporterCollectors = [...]string{"cpu", "diskstats", "filefd", "filesystem", "loadavg", "meminfo",
	"netdev", "netstat", "pressure", "sockstat", "stat", "time", "uname", "vmstat"}

// exporterService is node_exporter, ready when it accepts on its port. The node
// is ready without it: nobody should wait for being watched.
func exporterService() wire.Service {
	s := daemon("metrics", "48MiB", 64<<20)
	s.Exec = []string{"/bin/node_exporter", "--web.listen-address=:9100", "--collector.disable-defaults"}
	for _, name := range slices.Sorted(slices.Values(exporterCollectors[:])) {
		s.Exec = append(s.Exec, "--collector."+name)
	}
	s.Ready, s.ReadyAddress = wire.ReadyTCP, "127.0.0.1:9100"
	s.Optional = true
	return s
}

// gobgpdService is a BGP speaker, ready when it says so by sd_notify(3). Port
// 179 is why it keeps a capability.
func gobgpdService() wire.Service {
	s := daemon("bgp", "64MiB", 96<<20)
	s.Exec = []string{"/bin/gobgpd", "--sdnotify", "--config-file=" + gobgpdConfigPath, "--log-plain",
		"--api-hosts=127.0.0.1:50051", "--pprof-disable", "--metrics-path="}
	s.Caps = []string{"net_bind_service"}
	s.Ready = wire.ReadyNotify
	return s
}
