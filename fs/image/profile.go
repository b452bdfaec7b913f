package image

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"mote/wire"
)

// Profile is a named image.
type Profile struct {
	Name string
	// What it is for, in a line.
	What string
	// BudgetBytes is the largest the image may be; zero is no bound.
	BudgetBytes int64
	Manifest    wire.Manifest
	Programs    []Program
	Files       Table
}

// Init returns PID 1 from the module at root, the folder with Mote's go.mod.
//
// It is stored uncompressed: decompressing it was measured at 25 ms before its
// first instruction, more than all it does until ready.
func Init(root, goarch string) Program {
	return Program{Path: InitPath, Package: "./init", Module: root, Flags: InitFlags(goarch), Raw: true,
		Reason: "PID 1"}
}

// Profiles returns all profiles, built from the module at root.
func Profiles(root string) []Profile {
	return []Profile{
		{Name: "base", What: "PID 1 and a manifest without services", BudgetBytes: 2_500_000, Manifest: profileManifest("base")},
		{Name: "edge", What: "what an edge machine's release has: PID 1 and the agent", BudgetBytes: 4_600_000, // with the kernel 10 MB
			Manifest: profileManifest("edge"), Programs: []Program{Agent(root)}},
		demoProfile(root),
		benchProfile(root),
		memoryProfile(root),
		inventoryProfile(root),
		testProfile(root),
	}
}

// FindProfile returns a profile by its name. The error names those there are.
func FindProfile(root, name string) (Profile, error) {
	// A handful: no map is worth its random order in the error.
	all := Profiles(root)
	at := slices.IndexFunc(all, func(p Profile) bool { return p.Name == name })
	if at >= 0 {
		return all[at], nil
	}
	var names []string
	for _, p := range all {
		names = append(names, p.Name)
	}
	return Profile{}, fmt.Errorf("image: no profile %q; there are %s", name, strings.Join(names, ", "))
}

// Spec returns how the profile is built for an architecture: as
// build/<name>.squashfs below root, or build/<name>-<goarch>.squashfs when it is
// not for amd64.
func (p Profile) Spec(root, goarch string) Spec {
	// amd64 is what is built by default, and keeps the plain name.
	name := p.Name
	if goarch != "amd64" {
		name += "-" + goarch
	}
	build := filepath.Join(root, "build")
	return Spec{
		Manifest: &p.Manifest,
		Init:     Init(root, goarch),
		Programs: p.Programs,
		Files:    p.Files,
		Out:      filepath.Join(build, name+".squashfs"),
		Keep:     filepath.Join(build, "programs"),
		GOARCH:   goarch,
	}
}

// ModuleRoot returns the folder of the go.mod that the current folder is in:
// where `go run` and `go test` inside Mote find its sources.
func ModuleRoot(ctx context.Context) (string, error) {
	out, err := goCommand(ctx, ".", "amd64", "env", "GOMOD")
	if err != nil {
		return "", fmt.Errorf("image: find the module: %w", err)
	}
	// Outside any module the go command answers with os.DevNull.
	file := strings.TrimSpace(string(out))
	if filepath.Base(file) != "go.mod" {
		return "", fmt.Errorf("image: find the module: no go.mod here or above; run it inside the checkout")
	}
	return filepath.Dir(file), nil
}
