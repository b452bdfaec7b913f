package main

import (
	"context"
	"fmt"
	"slices"

	"mote/ctl/bench"
	"mote/fs/image"
	"mote/wire"
)

// needs reads from an image's manifest which service waits for what, so that the
// critical path need not infer it. An image without one has nothing to tell.
func needs(ctx context.Context, path string) ([]bench.Service, error) {
	all, err := image.Walk(ctx, path)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(f image.Found) bool { return f.Path == wire.ManifestPath })
	if at < 0 {
		return nil, nil
	}
	m, err := wire.DecodeManifest(all[at].Content)
	if err != nil {
		return nil, fmt.Errorf("boot: %s in %s: %w", wire.ManifestPath, path, err)
	}
	services := make([]bench.Service, len(m.Services))
	for i, s := range m.Services {
		services[i] = bench.Service{Name: s.Name, Needs: s.Needs}
	}
	return services, nil
}
