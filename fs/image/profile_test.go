package image

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mote/wire"
)

func TestProfilesAreWhole(t *testing.T) {
	root, err := ModuleRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range Profiles(root) {
		names = append(names, p.Name)
		t.Run(p.Name, func(t *testing.T) {
			for _, problem := range p.Manifest.Validate() {
				t.Error(problem)
			}
			table := append(baseTable(), p.Files...)
			for _, program := range p.Programs {
				table = append(table, Entry{Path: program.Path, Kind: KindFile, Mode: 0o755, Reason: program.Reason})
			}
			if err := table.Check(); err != nil {
				t.Error(err)
			}
			if err := checkManifest(&p.Manifest, table); err != nil {
				t.Error(err)
			}
			if p.What == "" {
				t.Error("nobody says what it is for")
			}
			for _, s := range p.Manifest.Services {
				if s.NewPrivs {
					t.Errorf("%s may raise its privileges", s.Name)
				}
			}
			for _, program := range p.Programs {
				used := slices.ContainsFunc(p.Manifest.Services, func(s wire.Service) bool { return s.Exec[0] == program.Path })
				// The agent is there for the owner's services: a node without any examines
				// nothing by itself.
				if !used && program.Path != ProgramFolder+"/agent" {
					t.Errorf("%s is started by no service", program.Path)
				}
			}
		})
	}
	if want := []string{"base", "edge", "demo", "bench", "memory", "inventory", "test"}; !slices.Equal(names, want) {
		t.Errorf("profiles are %v, want %v", names, want)
	}
}

func TestDemoServicesHaveTheLeastThatWorks(t *testing.T) {
	p, err := FindProfile("/x", "demo")
	if err != nil {
		t.Fatal(err)
	}
	caps := map[string]string{"bgp": "net_bind_service"}
	for _, s := range p.Manifest.Services {
		uid, _, known := p.Manifest.Identity(s.User)
		if !known || uid == 0 {
			t.Errorf("%s runs as root", s.Name)
		}
		if got := strings.Join(s.Caps, " "); got != caps[s.Name] {
			t.Errorf("%s keeps the capabilities %q, want %q", s.Name, got, caps[s.Name])
		}
		if s.Limits.MemoryMaxBytes == 0 || s.Limits.PidsMax == 0 || s.StopMsec == 0 || s.StartMsec == 0 {
			t.Errorf("%s is without a bound: %+v", s.Name, s)
		}
	}
}

func TestBenchWaitsForTheLast(t *testing.T) {
	p, err := FindProfile("/x", "bench")
	if err != nil {
		t.Fatal(err)
	}
	var essential []string
	for _, s := range p.Manifest.Services {
		if !s.Optional {
			essential = append(essential, s.Name)
		}
	}
	last := p.Manifest.Services[2]
	if !slices.Equal(essential, []string{"first", "second", "last"}) || last.Ready != wire.ReadyNotify ||
		!slices.Equal(last.Needs, []string{"first", "second", wire.StageNetwork}) {
		t.Errorf("the job is not the one of the tables: %v, last needs %v", essential, last.Needs)
	}
	for _, program := range p.Programs {
		if !program.Raw {
			t.Errorf("%s is compressed: the figure would be zstd's", program.Path)
		}
	}
}

func TestSpecOfAProfile(t *testing.T) {
	p, err := FindProfile("/x", "base")
	if err != nil {
		t.Fatal(err)
	}
	for goarch, want := range map[string]string{"amd64": "base.squashfs", "arm64": "base-arm64.squashfs"} {
		s := p.Spec("/x", goarch)
		if s.Out != filepath.Join("/x/build", want) || s.GOARCH != goarch || s.Init.Path != InitPath || !s.Init.Raw {
			t.Errorf("spec for %s is %+v", goarch, s)
		}
		if line := strings.Join(s.Init.Flags.Args(), " "); !strings.Contains(line, "asyncpreemptoff=1") {
			t.Errorf("PID 1 is built with %s", line)
		}
	}
	if _, err := FindProfile("/x", "nope"); err == nil || !strings.Contains(err.Error(), "base, edge, demo, bench, memory, inventory, test") {
		t.Errorf("got %v, want the names there are", err)
	}
}

// TestOwnProgramsInARoot walks images of Mote's own programs, with a stand-in
// for PID 1: what is asked is what stands beside it.
func TestOwnProgramsInARoot(t *testing.T) {
	root, err := ModuleRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ profile, goarch string }{
		{"base", "amd64"}, {"bench", "amd64"}, {"test", "amd64"}, {"bench", "arm64"}, {"test", "arm64"},
	} {
		t.Run(c.profile+"-"+c.goarch, func(t *testing.T) {
			p, err := FindProfile(root, c.profile)
			if err != nil {
				t.Fatal(err)
			}
			spec := p.Spec(root, c.goarch)
			spec.Init = standinInit(standin(t))
			spec.Packing = quick()
			spec.Out = filepath.Join(t.TempDir(), "x.squashfs")
			spec.Keep = t.TempDir()
			walkBuilt(t, spec)
		})
	}
}

// walkBuilt builds a spec, and fails for everything in the image that has no
// business there.
func walkBuilt(t *testing.T, spec Spec) Result {
	t.Helper()
	needPacker(t)
	r := mustBuild(t, spec)
	found, err := Walk(t.Context(), r.Out)
	if err != nil {
		t.Fatal(err)
	}
	var declared Table
	for _, f := range r.Files {
		declared = append(declared, f.Entry)
	}
	if err := Inspect(found, declared); err != nil {
		t.Error(err)
	}
	return r
}
