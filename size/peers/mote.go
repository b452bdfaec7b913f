package main

import (
	"context"
	"os"
	"path/filepath"

	"mote/ctl/vm"
	"mote/fs/image"
	"mote/wire"
)

// mote is ours: PID 1 as it is shipped, and the job as its manifest says it. The
// back-off between two restarts is as short as it can be told, as the others'
// best known settings are taken too.
func mote(ctx context.Context, b *builder) (*peer, error) {
	service := func(name string, ready wire.Ready, needs ...string) wire.Service {
		return wire.Service{Name: name, Kind: wire.KindDaemon, Exec: []string{"/bin/service", name}, Ready: ready,
			Needs: needs, Restart: wire.RestartAlways, BackoffMsec: 1, BackoffMaxMsec: 1,
			RestartsMax: 1000, Limits: wire.Limits{PidsMax: 16},
			// As under the others each writes into /run and looks at the machine.
			Isolation: wire.Isolation{NodeView: true}}
	}
	manifest := wire.Manifest{Node: "mote-peer", Services: []wire.Service{
		service("first", wire.ReadyExec),
		service("second", wire.ReadyNotify),
		service("last", wire.ReadyNotify, "first", "second", wire.StageNetwork),
	}}
	result, err := image.Build(ctx, image.Spec{
		Manifest: &manifest,
		Init:     image.Init(b.top, "amd64"),
		Programs: []image.Program{{Path: "/bin/service", Package: "./size/peers/service", Module: b.top,
			Flags: image.ProgramFlags(), Raw: true, Reason: "each of the three services"}},
		Out:  filepath.Join(b.folder, "mote.squashfs"),
		Keep: filepath.Join(b.top, "build", "programs"), GOARCH: "amd64",
	})
	if err != nil {
		return nil, err
	}
	p := &peer{name: "mote", version: "this tree", init: image.InitPath, image: result.Out, imageBytes: result.Bytes,
		words: []string{vm.StaticWord},
		note:  "a cgroup with limits for each service, output kept, readiness by sd_notify"}
	for _, f := range result.Files {
		if f.Path == image.InitPath {
			info, err := os.Stat(f.Source)
			if err != nil {
				return nil, err
			}
			p.initBytes = info.Size()
		}
	}
	return p, nil
}
