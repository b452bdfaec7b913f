package image

import (
	"slices"
	"strings"
	"testing"
)

// TestDefinitions pins the lines that mksquashfs(1) is given: a change of one is
// a change of every image.
func TestDefinitions(t *testing.T) {
	got := fullTable("/source").sorted().definitions()
	want := `/dev m 755 0 0
/dev/console c 600 0 0 5 1
/dev/odd c 640 3 4 240 255
/etc m 750 5 6
/etc/empty m 400 0 0
/etc/hosts m 644 1000 2000
/etc/link s 777 7 8 ../run/there
/init m 755 0 0
/packed m 0 0 0
`
	if got != want {
		t.Errorf("definitions are\n%swant\n%s", got, want)
	}
}

func TestActionsAreForRawFilesOnly(t *testing.T) {
	got := fullTable("/source").actions()
	if want := []string{"-action", "uncompressed@pathname(/init)"}; !slices.Equal(got, want) {
		t.Errorf("actions are %q, want %q", got, want)
	}
	if got := baseTable().actions(); got != nil {
		t.Errorf("a table without raw files has the actions %q", got)
	}
}

func TestPackingArguments(t *testing.T) {
	for name, c := range map[string]struct {
		packing Packing
		want    []string
		without string
	}{
		"as a release": {Packing{}, []string{"-comp zstd", "-Xcompression-level 19", "-b 131072",
			"-all-time 1767225600", "-mkfs-time 1767225600", "-no-xattrs", "-root-uid 0", "-root-gid 0"}, "-processors"},
		"all given": {Packing{BlockBytes: 4096, Level: 3, Processors: 2, TimeSec: 7},
			[]string{"-Xcompression-level 3", "-b 4096", "-all-time 7", "-mkfs-time 7", "-processors 2"}, "1767225600"},
		// It would undo every owner of the definitions.
		"owners": {Packing{}, nil, "-all-root"},
		// Appending to an old image would keep what was in it.
		"fresh": {Packing{}, []string{"-noappend", "-exit-on-error"}, "-keep-as-directory"},
	} {
		line := " " + strings.Join(c.packing.args(), " ") + " "
		for _, want := range c.want {
			if !strings.Contains(line, " "+want+" ") {
				t.Errorf("%s: %q is not in%s", name, want, line)
			}
		}
		if strings.Contains(line, " "+c.without+" ") {
			t.Errorf("%s: %q is in%s", name, c.without, line)
		}
	}
}

func TestFilledKeepsWhatIsGiven(t *testing.T) {
	given := Packing{BlockBytes: 4096, Level: 3, Processors: 2, TimeSec: 7}
	if got := given.filled(); got != given {
		t.Errorf("%+v became %+v", given, got)
	}
	none := Packing{}.filled()
	if none != (Packing{BlockBytes: blockBytes, Level: zstdLevel, TimeSec: buildTimeSec}) {
		t.Errorf("nothing became %+v", none)
	}
}

func TestPlainPath(t *testing.T) {
	for path, want := range map[string]bool{
		"/a": true, "/a/b-c_d.e+f": true, "/A/0": true,
		"": false, "a": false, "/a/": false, "//a": false, "/a/./b": false, "/a/../b": false,
		"/a b": false, "/a\tb": false, "/a\"b": false, "/a'b": false, "/a(b)": false, "/a,b": false, "/a&b": false,
		"/a|b": false, "/a!b": false, "/a@b": false, "/a*": false, "/a?": false, "/a[b]": false, "/a\\b": false,
		"/ä": false, "/a\x00": false, "/a$b": false, "/a`b": false, "/a;b": false, "/a#b": false,
	} {
		if got := plainPath(path); got != want {
			t.Errorf("plainPath(%q) is %t", path, got)
		}
	}
}

func TestModulesOf(t *testing.T) {
	programs := []Program{{Module: "b"}, {Module: "a"}, {Module: "b"}}
	if got := modulesOf(programs); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("modules are %q", got)
	}
}

func TestBuildEnvLeavesNothingToTheUser(t *testing.T) {
	env := BuildEnv("arm64")
	for _, want := range []string{"GOARCH=arm64", "GOOS=linux", "CGO_ENABLED=0", "GOFLAGS=-trimpath", "GOEXPERIMENT=", "GOWORK=off"} {
		if !slices.Contains(env, want) {
			t.Errorf("%q is not in %q", want, env)
		}
	}
	// What a user has set must not reach the compiler.
	t.Setenv("GOFLAGS", "-tags=surprise")
	t.Setenv("GOARCH", "pdp11")
	out, err := goCommand(t.Context(), standin(t), "amd64", "env", "GOFLAGS", "GOARCH")
	if err != nil || string(out) != "-trimpath\namd64\n" {
		t.Errorf("the go command sees %q, %v", out, err)
	}
}
