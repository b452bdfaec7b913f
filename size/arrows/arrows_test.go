package arrows

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// top is the repository's.
var top = filepath.Join("..", "..")

func read(t *testing.T) Policy {
	t.Helper()
	p, err := Read()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func list(t *testing.T, deps bool, patterns ...string) []Package {
	t.Helper()
	packages, err := List(top, deps, patterns...)
	if err != nil {
		t.Fatal(err)
	}
	return packages
}

func TestHouseArrows(t *testing.T) {
	packages := list(t, false, "./...")
	if len(packages) < 5 {
		t.Fatalf("only %d packages: not the whole house", len(packages))
	}
	for _, wrong := range read(t).Arrows(packages) {
		t.Error(wrong)
	}
}

func TestWhatPID1IsLinkedFrom(t *testing.T) {
	packages := list(t, true, "./init")
	if !slices.ContainsFunc(packages, func(p Package) bool { return p.ImportPath == "golang.org/x/sys/unix" }) {
		t.Fatal("PID 1 without golang.org/x/sys/unix: that is not it")
	}
	for _, wrong := range read(t).Linked(packages) {
		t.Error(wrong)
	}
}

func TestSymbolsInPID1(t *testing.T) {
	dump, err := DumpDeps(top, "./init")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(dump, "main.main") {
		t.Fatal("the linker told no dependency")
	}
	for _, wrong := range read(t).Symbols(dump) {
		t.Error(wrong)
	}
}

// A real program that breaks the rules is found out by all three looks.
func TestPlantedProgramIsReported(t *testing.T) {
	planted := "./size/arrows/testdata/planted"
	p := read(t)
	p.arrows["size/arrows/testdata"] = []string{"wire"}
	packages := list(t, true, planted)
	dump, err := DumpDeps(top, planted)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(slices.Concat(p.Arrows(packages), p.Linked(packages), p.Symbols(dump)), "\n")
	for _, want := range []string{
		"planted imports mote/size",
		"fmt is linked (236 KiB",
		"planted imports time (its timers",
		"symbol time.Sleep is reached from main.main",
		"symbol ReflectMethod is reached from",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("not reported: %s\nreported:\n%s", want, all)
		}
	}
}

func TestArrows(t *testing.T) {
	p, err := parse("wire <\nfs < wire\nfs/job < wire fs\nnet < wire\nsim < *\n")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		from, to string
		wrong    bool
	}{
		"as the arrow":         {"mote/fs", "mote/wire", false},
		"within a room":        {"mote/fs/deep", "mote/fs", false},
		"below an allowed one": {"mote/fs", "mote/wire/deep", false},
		"against the arrow":    {"mote/wire", "mote/fs", true},
		"between rooms":        {"mote/fs", "mote/net", true},
		"a job from its room":  {"mote/fs", "mote/fs/job", true},
		"a room from its job":  {"mote/fs/job", "mote/fs", false},
		"everything":           {"mote/sim", "mote/net", false},
		"the simulator":        {"mote/net", "mote/sim", true},
		"not of ours":          {"mote/wire", "strconv", false},
		"no line":              {"mote/attic", "strconv", true},
		"of no line":           {"mote/fs", "mote/attic", true},
		"a longer name":        {"mote/wired", "mote/wire", true},
	}
	for name, tc := range cases {
		got := p.Arrows([]Package{{ImportPath: tc.from, Imports: []string{tc.to}}})
		if (len(got) > 0) != tc.wrong {
			t.Errorf("%s: %s imports %s: %v", name, tc.from, tc.to, got)
		}
	}
}

func TestLinkedJob(t *testing.T) {
	if got := read(t).Linked([]Package{{ImportPath: "mote/fs/job"}}); len(got) != 1 {
		t.Errorf("a job in PID 1: %v", got)
	}
}

func TestSymbols(t *testing.T) {
	p, err := parse("symbol time.Sleep the loop never sleeps\nsymbol ReflectMethod keeps methods\n")
	if err != nil {
		t.Fatal(err)
	}
	dump := "main.main -> time.SleepLonger\n" +
		"main.b <ReflectMethod> -> type:main.t <UsedInIface>\n" +
		"main.c -> time.Sleep <UsedInIface>\n" +
		"noise\n"
	got := p.Symbols(dump)
	if len(got) != 2 || !strings.Contains(got[0], "main.b") || !strings.Contains(got[1], "from main.c") {
		t.Errorf("got %q", got)
	}
}

func TestPolicyRefusals(t *testing.T) {
	for text, want := range map[string]string{
		"fs <\nfs < wire": "line 2",
		"! fmt":           "reason",
		"fs > wire":       "neither",
		"fs":              "neither",
	} {
		if _, err := parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}
