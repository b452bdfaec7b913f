//go:build qemu

package image

import (
	"debug/buildinfo"
	"strings"
	"testing"
)

// pinned are the demo's daemons, by the version that README.md states.
var pinned = map[string]struct{ module, version string }{
	"/bin/mochi":         {"github.com/mochi-mqtt/server/v2", "v2.7.9"},
	"/bin/node_exporter": {"github.com/prometheus/node_exporter", "v1.12.1"},
	"/bin/gobgpd":        {"github.com/osrg/gobgp/v4", "v4.8.0"},
}

// TestQEMUProfilesAsBuilt builds every profile as `make image` does, with PID 1,
// and walks what came of it.
func TestQEMUProfilesAsBuilt(t *testing.T) {
	root, err := ModuleRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range Profiles(root) {
		t.Run(p.Name, func(t *testing.T) {
			r := walkBuilt(t, p.Spec(root, "amd64"))
			if p.BudgetBytes > 0 && r.Bytes > p.BudgetBytes {
				t.Errorf("%d bytes, %d past the budget", r.Bytes, r.Bytes-p.BudgetBytes)
			}
			for _, f := range r.Files {
				if want, ok := pinned[f.Path]; ok {
					checkVersion(t, f.Source, want.module, want.version)
				}
			}
		})
	}
}

// checkVersion reads from a binary which module it was made from. A module that
// was replaced, or built from changed sources, says so there.
func checkVersion(t *testing.T, file, module, version string) {
	t.Helper()
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, dep := range append(info.Deps, &info.Main) {
		if dep.Path != module {
			continue
		}
		if dep.Version != version || dep.Replace != nil || !strings.HasPrefix(dep.Sum, "h1:") {
			t.Errorf("%s is %+v, want %s unmodified", module, dep, version)
		}
		return
	}
	t.Errorf("%s is not made from %s", file, module)
}
