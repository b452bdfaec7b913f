package image

import "path/filepath"

// gobgpd's whole configuration: who it is, and no peers yet. It listens on 179
// and waits for what its API is told.
const gobgpdConfig = `[global.config]
  as = 64512
  router-id = "10.0.2.15"
`

// gobgpdConfigPath is given to gobgpd by a flag, see profiles/demo.yaml.
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
		Name:     "demo",
		What:     "real services: an MQTT broker, node_exporter and a BGP daemon",
		Manifest: profileManifest("demo"),
		Programs: []Program{
			program("mochi", "github.com/mochi-mqtt/server/v2/cmd", "the MQTT broker"),
			program("node_exporter", "github.com/prometheus/node_exporter", "metrics of the node for Prometheus"),
			program("gobgpd", "github.com/osrg/gobgp/v4/cmd/gobgpd", "the BGP daemon, which speaks sd_notify"),
		},
		Files: Table{{Path: gobgpdConfigPath, Kind: KindFile, Mode: 0o644, Content: []byte(gobgpdConfig),
			Reason: "gobgpd's AS number and router id"}},
	}
}
