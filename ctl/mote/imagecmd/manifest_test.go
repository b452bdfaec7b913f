package imagecmd

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"mote/ctl/mote/exit"
	"mote/fs/image"
	"mote/size/installed"
	"mote/wire"
)

// A document of one's own is what the root has, its secrets read.
func TestManifestIsBakedIn(t *testing.T) {
	installed.Program(t, "mksquashfs")
	folder := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("token", "s3cret\n")
	own := write("own.yaml", "mote: v1\nnode: own-1\nservices: {a: {exec: [/init, \"${file:token}\"]}}\n")
	f := buildFlags{profile: "base", manifest: own}
	root, err := f.rootFile(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all, err := image.Walk(t.Context(), root)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(all, func(f image.Found) bool { return f.Path == wire.ManifestPath })
	m, err := wire.DecodeManifest(all[at].Content)
	if err != nil || m.Node != "own-1" || !reflect.DeepEqual(m.Services[0].Exec, []string{"/init", "s3cret"}) {
		t.Errorf("%s has %+v, %v", root, m, err)
	}

	parts := write("parts.yaml", "mote: v1\nmachines: {a: {when: {serial: x}, patch: {node: b}}}\n")
	for _, c := range []struct {
		f    buildFlags
		want string
		code exit.Code
	}{
		{buildFlags{profile: "base", manifest: parts}, "has parts for single machines", exit.Refused},
		{buildFlags{profile: "base", manifest: parts, machine: own}, "is no inventory", exit.Refused},
		{buildFlags{profile: "base", manifest: write("wrong.yaml", "mote: v1\nnod: x\n")}, "wrong.yaml:2:1: no field \"nod\"; did you mean node?", exit.Refused},
		{buildFlags{profile: "base", machine: own}, "--for is for --manifest", exit.Usage},
		{buildFlags{root: root, manifest: own}, "leave out one", exit.Usage},
	} {
		_, err := c.f.rootFile(t.Context())
		if code, _ := exit.Of(err); err == nil || code != c.code || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.f, err)
		}
	}
}
