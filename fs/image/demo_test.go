package image

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mote/wire"
)

// demo returns the profile, built from here.
func demo(t *testing.T) Profile {
	t.Helper()
	root, err := ModuleRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p, err := FindProfile(root, "demo")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// demoService returns one of its services.
func demoService(t *testing.T, name string) wire.Service {
	t.Helper()
	services := demo(t).Manifest.Services
	at := slices.IndexFunc(services, func(s wire.Service) bool { return s.Name == name })
	if at < 0 {
		t.Fatalf("there is no service %s", name)
	}
	return services[at]
}

func TestDemoShowsTheWaysToBecomeReady(t *testing.T) {
	for name, want := range map[string]struct {
		ready    wire.Ready
		address  string
		optional bool
	}{
		"mqtt":    {wire.ReadyTCP, "127.0.0.1:1883", false},
		"metrics": {wire.ReadyTCP, "127.0.0.1:9100", true},
		"bgp":     {wire.ReadyNotify, "", false},
	} {
		s := demoService(t, name)
		if s.Ready != want.ready || s.ReadyAddress != want.address || s.Optional != want.optional {
			t.Errorf("%s: ready %d at %q, optional %t", name, s.Ready, s.ReadyAddress, s.Optional)
		}
		// The probe asks where the program was told to listen.
		_, port, _ := strings.Cut(want.address, ":")
		if want.address != "" && !strings.Contains(strings.Join(s.Exec, " "), ":"+port) {
			t.Errorf("%s is probed at %s, and started as %q", name, want.address, s.Exec)
		}
	}
	if line := demoService(t, "bgp").Exec; !slices.Contains(line, "--sdnotify") {
		t.Errorf("gobgpd is not asked to tell READY=1: %q", line)
	}
}

func TestDemoKeepsInsideWhatNobodyNeedsOutside(t *testing.T) {
	for name, inside := range map[string][]string{
		"mqtt": {"127.0.0.1:1882", "127.0.0.1:8080"},
		"bgp":  {"--api-hosts=127.0.0.1:50051", "--pprof-disable", "--metrics-path="},
	} {
		for _, word := range inside {
			if !slices.Contains(demoService(t, name).Exec, word) {
				t.Errorf("%s: %q is not in %q", name, word, demoService(t, name).Exec)
			}
		}
	}
}

func TestDemoLimitsAreInOrder(t *testing.T) {
	for _, s := range demo(t).Manifest.Services {
		text, found := strings.CutPrefix(s.Env[0], "GOMEMLIMIT=")
		text, whole := strings.CutSuffix(text, "MiB")
		mib, known := wire.ParseUint(text, 1<<20)
		if !found || !whole || !known {
			t.Fatalf("%s has no GOMEMLIMIT in MiB: %q", s.Name, s.Env)
		}
		// The collector has to start working before the cgroup kills.
		if mib<<20 >= s.Limits.MemoryMaxBytes {
			t.Errorf("%s: GOMEMLIMIT is %d MiB, memory.max %d bytes", s.Name, mib, s.Limits.MemoryMaxBytes)
		}
	}
}

func TestDemoUsersAreItsOwn(t *testing.T) {
	p := demo(t)
	ids := map[uint32]string{}
	for _, u := range p.Manifest.Users {
		if other, twice := ids[u.UID]; twice || u.UID != u.GID {
			t.Errorf("%s is %d:%d, like %q", u.Name, u.UID, u.GID, other)
		}
		ids[u.UID] = u.Name
	}
	used := map[string]bool{}
	for _, s := range p.Manifest.Services {
		if used[s.User] {
			t.Errorf("two services run as %s", s.User)
		}
		used[s.User] = true
	}
}

func TestDemoConfigurationIsWhereItIsLookedFor(t *testing.T) {
	p := demo(t)
	if len(p.Files) != 1 || p.Files[0].Path != gobgpdConfigPath {
		t.Fatalf("files are %+v", p.Files)
	}
	if !slices.Contains(demoService(t, "bgp").Exec, "--config-file="+p.Files[0].Path) {
		t.Error("gobgpd is started without it")
	}
	for _, want := range []string{"[global.config]", "as = ", "router-id = "} {
		if !strings.Contains(string(p.Files[0].Content), want) {
			t.Errorf("%q is not in it:\n%s", want, p.Files[0].Content)
		}
	}
}

func TestExporterCollectorsAreNamedOnce(t *testing.T) {
	line := demoService(t, "metrics").Exec
	if !slices.Contains(line, "--collector.disable-defaults") {
		t.Errorf("the default collectors are on: %q", line)
	}
	if once := slices.Compact(slices.Sorted(slices.Values(line))); len(once) != len(line) {
		t.Errorf("one is asked for twice: %q", line)
	}
}

// TestDemoModulePinsEachCommand reads demo/go.mod: each program's package is a
// tool of it, so that its version and checksum are in the repository.
func TestDemoModulePinsEachCommand(t *testing.T) {
	p := demo(t)
	for _, program := range p.Programs {
		mod, err := os.ReadFile(filepath.Join(program.Module, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(mod), "\t"+program.Package+"\n") {
			t.Errorf("%s is no tool of %s", program.Package, program.Module)
		}
		if strings.Contains(string(mod), "replace ") {
			t.Errorf("%s replaces a module: the demo's programs are to be unmodified", program.Module)
		}
	}
}
