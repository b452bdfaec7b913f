package image

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mote/size/installed"
	"mote/wire"
)

// extensionFolder is somebody's: a program, a file below a folder that the image has
// not, one below a folder that it has, and a link.
func extensionFolder(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "mqtt")
	for name, text := range map[string]string{"bin/mqtt": "program", "etc/mqtt/conf": "port 1883\n", "opt/data": ""} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../opt/data", filepath.Join(dir, "etc/data")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func packed(t *testing.T, dir string) (file, sum string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "extension.squashfs")
	installed.Run(t, "mksquashfs", dir, file, "-quiet", "-no-progress", "-all-root")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := sha256.Sum256(b)
	return file, hex.EncodeToString(s[:])
}

// extendedSpec is an image with a service whose program comes by an extension.
func extendedSpec(t *testing.T, all ...Extension) Spec {
	t.Helper()
	spec := standinSpec(t, standin(t))
	spec.Manifest = &wire.Manifest{Services: []wire.Service{{Name: "mqtt", Kind: wire.KindDaemon, Exec: []string{"/bin/mqtt"},
		Ready: wire.ReadyExec, Restart: wire.RestartAlways}}}
	spec.Extensions = all
	return spec
}

func TestExtensions(t *testing.T) {
	dir := extensionFolder(t)
	file, sum := packed(t, dir)
	var paths [2][]string
	for n, x := range []Extension{{Path: dir}, {Path: file, SHA256: sum}} {
		spec := extendedSpec(t, x)
		if _, err := Build(t.Context(), spec); err != nil {
			t.Fatal(err)
		}
		found, err := Walk(t.Context(), spec.Out)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			paths[n] = append(paths[n], f.Path)
			switch f.Path {
			case "/bin/mqtt":
				if string(f.Content) != "program" || f.Mode != 0o755 || f.UID != 0 {
					t.Errorf("%+v", f)
				}
			case "/etc/data":
				if f.Kind != KindLink || f.Target != "../opt/data" {
					t.Errorf("%+v", f)
				}
			}
		}
		for _, want := range []string{"/bin/mqtt", "/etc/mqtt/conf", "/etc/hosts", "/opt/data"} {
			if !slices.Contains(paths[n], want) {
				t.Errorf("no %s in %v", want, paths[n])
			}
		}
	}
	if !slices.Equal(paths[0], paths[1]) {
		t.Errorf("a folder gives %v, its SquashFS %v", paths[0], paths[1])
	}
}

func TestExtensionsThatAreRefused(t *testing.T) {
	with := func(change func(dir string)) Extension {
		dir := extensionFolder(t)
		change(dir)
		return Extension{Path: dir}
	}
	file, _ := packed(t, extensionFolder(t))
	for name, c := range map[string]struct {
		x    []Extension
		want string
	}{
		"it has PID 1":          {[]Extension{with(func(d string) { os.WriteFile(filepath.Join(d, "init"), nil, 0o755) })}, "/init is there already (PID 1)"},
		"two have one file":     {[]Extension{with(func(string) {}), with(func(string) {})}, "is there already (of the extension mqtt)"},
		"a file for a folder":   {[]Extension{with(func(d string) { os.WriteFile(filepath.Join(d, "run"), nil, 0o755) })}, "/run is there already"},
		"a setuid program":      {[]Extension{with(func(d string) { os.Chmod(filepath.Join(d, "bin/mqtt"), 0o755|os.ModeSetuid) })}, "no setuid"},
		"a socket's name":       {[]Extension{with(func(d string) { os.WriteFile(filepath.Join(d, "a b"), nil, 0o755) })}, "must be absolute, clean"},
		"another SquashFS":      {[]Extension{{Path: file, SHA256: strings.Repeat("0", 64)}}, "and not 0000"},
		"a folder with a hash":  {[]Extension{{Path: filepath.Dir(file), SHA256: strings.Repeat("0", 64)}}, "a folder has no sha256"},
		"nothing":               {[]Extension{{Path: filepath.Join(t.TempDir(), "nothing")}}, "no such file"},
		"no SquashFS":           {[]Extension{{Path: os.Args[0]}}, "unsquashfs"},
		"its program is not in": {nil, "exec /bin/mqtt is not in the image"},
	} {
		if _, err := extendedSpec(t, c.x...).table(context.Background()); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, text := range []string{"x,sha256=", "x,sha256=00", "x,sha256=" + strings.Repeat("g", 64)} {
		if x, err := ParseExtension(text); err == nil {
			t.Errorf("%s is taken as %+v", text, x)
		}
	}
}
