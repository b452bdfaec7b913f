package image

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mote/wire"
)

// mustBuild builds and returns the result.
func mustBuild(t *testing.T, spec Spec) Result {
	t.Helper()
	r, err := Build(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	if sum, size, err := fileSum(spec.Out); err != nil || sum != r.SHA256 || size != r.Bytes {
		t.Fatalf("result says %s %d, the file is %s %d, %v", r.SHA256, r.Bytes, sum, size, err)
	}
	return r
}

func TestTwoBuildsAnywhereAreOneImage(t *testing.T) {
	// Two checkouts, two caches, two targets: nothing in common but the content.
	one := mustBuild(t, standinSpec(t, standinCopy(t)))
	two := mustBuild(t, standinSpec(t, standinCopy(t)))
	if one.SHA256 != two.SHA256 {
		t.Errorf("sha256 is %s, then %s", one.SHA256, two.SHA256)
	}
	if !one.Fresh || !two.Fresh {
		t.Error("an image that wasn't there is not fresh")
	}
}

func TestBuildOnlyWhatChanged(t *testing.T) {
	module := standinCopy(t)
	spec := standinSpec(t, module)
	first := mustBuild(t, spec)
	same := func(name string) {
		t.Helper()
		if r := mustBuild(t, spec); r.Fresh || r.SHA256 != first.SHA256 {
			t.Errorf("%s: fresh %t, sha256 %s, was %s", name, r.Fresh, r.SHA256, first.SHA256)
		}
	}
	rebuilt := func(name string, differs bool) {
		t.Helper()
		r := mustBuild(t, spec)
		if !r.Fresh || (r.SHA256 != first.SHA256) != differs {
			t.Errorf("%s: fresh %t, other bytes %t, want %t", name, r.Fresh, r.SHA256 != first.SHA256, differs)
		}
	}
	same("nothing changed")
	spec.Packing.Processors = 1
	same("another number of processors")

	mustWrite(t, spec.Out, "damaged")
	rebuilt("a damaged image", false)
	if err := os.Remove(spec.Out); err != nil {
		t.Fatal(err)
	}
	rebuilt("a lost image", false)
	if err := os.Remove(spec.Out + ".inputs"); err != nil {
		t.Fatal(err)
	}
	rebuilt("a lost note", false)
	same("nothing changed again")

	spec.Manifest = &wire.Manifest{Node: "other", Services: spec.Manifest.Services}
	rebuilt("another manifest", true)
	spec.Files = Table{{Path: "/etc/more", Kind: KindFile, Mode: 0o644, Reason: "a test"}}
	rebuilt("one more file", true)
	spec.Init.Raw = false
	rebuilt("PID 1 compressed", true)
	mustWrite(t, filepath.Join(module, "service/greeting.txt"), "goodbye\n")
	rebuilt("another program", true)
}

func TestResultListsTheFiles(t *testing.T) {
	spec := standinSpec(t, standin(t))
	r := mustBuild(t, spec)
	sizes := map[string]int64{}
	for _, f := range r.Files {
		sizes[f.Path] = f.SizeBytes
		if f.Reason == "" {
			t.Errorf("%s has no reason", f.Path)
		}
	}
	if sizes["/init"] < 1_000_000 || sizes["/bin/service"] < 1_000_000 || sizes["/etc/hosts"] != int64(len(hosts)) {
		t.Errorf("sizes are %v", sizes)
	}
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
	for _, f := range found {
		if f.Path != wire.ManifestPath {
			continue
		}
		m, err := wire.DecodeManifest(f.Content)
		if err != nil || m.Node != "standin" || len(m.Services) != 1 {
			t.Errorf("the manifest in the image is %+v, %v", m, err)
		}
	}
}

func TestBuildRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(s *Spec)
		want  string
	}{
		{"no target", func(s *Spec) { s.Out = "" }, "Out and Keep"},
		{"no folder for binaries", func(s *Spec) { s.Keep = "" }, "Out and Keep"},
		{"another architecture", func(s *Spec) { s.GOARCH = "pdp11" }, `"pdp11"`},
		{"a file without reason", func(s *Spec) { s.Files = Table{{Path: "/x", Kind: KindFile}} }, "/x: reason"},
		{"a file twice", func(s *Spec) {
			s.Files = Table{{Path: "/init", Kind: KindFile, Mode: 0o644, Reason: "r"}}
		}, "/init: declared twice"},
		{"a program without reason", func(s *Spec) { s.Programs[0].Reason = "" }, "/bin/service: reason"},
		{"a program elsewhere", func(s *Spec) { s.Programs[0].Path = "/sbin/service" }, "/sbin is not declared"},
		{"a program that isn't there", func(s *Spec) { s.Programs[0].Package = "./none" }, "none"},
		{"a service without its program", func(s *Spec) { s.Programs = nil }, "service service: exec /bin/service is not in the image"},
		{"a service with an unknown user", func(s *Spec) { s.Manifest.Services[0].User = "nobody" }, "user"},
		{"a text that isn't UTF-8", func(s *Spec) { s.Manifest.Node = "\xff" }, "manifest"},
	} {
		t.Run(c.name, func(t *testing.T) {
			spec := standinSpec(t, standin(t))
			c.spoil(&spec)
			_, err := Build(t.Context(), spec)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
			if _, err := os.Stat(spec.Out); err == nil && spec.Out != "" {
				t.Error("there is an image all the same")
			}
		})
	}
}

func TestUncheckedBuildsWhatANodeWillRefuse(t *testing.T) {
	spec := standinSpec(t, standin(t))
	spec.Unchecked = true
	spec.Manifest.Services[0].User = "nobody"
	spec.Manifest.Services[0].Exec = []string{"/bin/missing"}
	spec.Manifest.Services[0].Needs = []string{"service"}
	r := mustBuild(t, spec)
	if !r.Fresh {
		t.Error("it was not built")
	}
}

func TestNoManifestIsOneWithoutServices(t *testing.T) {
	spec := standinSpec(t, standin(t))
	spec.Manifest, spec.Programs = nil, nil
	mustBuild(t, spec)
}
