package imagecmd

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"mote/size/installed"
)

// mote runs a command of `mote image` and returns what it printed.
func mote(t *testing.T, args ...string) (string, error) {
	t.Helper()
	c := New()
	var b bytes.Buffer
	c.SetOut(&b)
	c.SetErr(&b)
	c.SetArgs(args)
	err := c.ExecuteContext(context.Background())
	return b.String(), err
}

// must is mote for what has to succeed.
func must(t *testing.T, args ...string) string {
	t.Helper()
	said, err := mote(t, args...)
	if err != nil {
		t.Fatalf("mote image %s: %v", strings.Join(args, " "), err)
	}
	return said
}

// bench is a folder with what a release is made from: a kernel that is none but
// for its header, and a root with one text.
type bench struct{ dir, keys, kernel, root string }

func newBench(t *testing.T) bench {
	t.Helper()
	installed.File(t, "/usr/lib/systemd/boot/efi/linuxx64.efi.stub")
	dir := t.TempDir()
	b := bench{dir, filepath.Join(dir, "keys"), filepath.Join(dir, "bzImage"), filepath.Join(dir, "root.squashfs")}
	kernel := make([]byte, 0x4000)
	copy(kernel[0x202:], "HdrS")
	binary.LittleEndian.PutUint16(kernel[0x20e:], 0x100)
	copy(kernel[0x300:], "6.12.1 x\x00")
	tree := filepath.Join(dir, "tree")
	if err := os.Mkdir(tree, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{b.kernel: kernel, filepath.Join(tree, "text"): bytes.Repeat([]byte("ab"), 9000)} {
		if err := os.WriteFile(name, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	installed.Run(t, "mksquashfs", tree, b.root, "-quiet", "-noD", "-noI", "-noF")
	must(t, "keys", b.keys)
	return b
}

// build makes a release in a folder of the bench, and returns its stem.
func (b bench) build(t *testing.T, folder, version string, args ...string) string {
	t.Helper()
	out := filepath.Join(b.dir, folder)
	must(t, append([]string{"build", "--keys", b.keys, "--kernel", b.kernel, "--root", b.root, "--untried",
		"--version", version, "--time", "1767225600", "-o", out}, args...)...)
	return filepath.Join(out, "mote-"+version+"-edge-amd64")
}

// TestSameInputsSameBytes makes everything twice, in two folders, the second on
// one processor and at another time of the day.
func TestSameInputsSameBytes(t *testing.T) {
	b := newBench(t)
	first := b.build(t, "a", "1.0")
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	t.Setenv("TZ", "Asia/Tokyo")
	second := b.build(t, "b/c", "1.0")
	for _, kind := range []string{".mote", ".efi", ".raw", ".spdx.json", ".pcr.json", "-netboot.pcr.json"} {
		x, err := os.ReadFile(first + kind)
		if err != nil {
			t.Fatal(err)
		}
		y, err := os.ReadFile(second + kind)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(x, y) {
			t.Errorf("%s: other bytes the second time", kind)
		}
	}
}

func TestVerifyTakesThePinnedKeyOnly(t *testing.T) {
	b := newBench(t)
	file := b.build(t, "a", "1.0", "--counter", "5") + ".mote"
	pub := filepath.Join(b.keys, "release.pub")
	if said := must(t, "verify", "--key", pub, "--profile", "edge", "--arch", "amd64", "--counter", "5", file); !strings.Contains(said, "good: edge 1.0 for amd64, security counter 5") {
		t.Error(said)
	}
	// The forgery: everything the same, and correctly signed, by another.
	other := b
	other.keys = filepath.Join(b.dir, "others")
	must(t, "keys", other.keys)
	forged := other.build(t, "f", "1.0", "--counter", "5") + ".mote"
	must(t, "verify", "--key", filepath.Join(other.keys, "release.pub"), forged)
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"a forgery":            {[]string{"--key", pub, forged}, "not signed by the pinned key"},
		"no key":               {[]string{file}, "--key is missing"},
		"another profile":      {[]string{"--key", pub, "--profile", "kube", file}, "another profile"},
		"another architecture": {[]string{"--key", pub, "--arch", "arm64", file}, "another architecture"},
		"an older one":         {[]string{"--key", pub, "--counter", "6", file}, "below the accepted one"},
		"the private key":      {[]string{"--key", filepath.Join(b.keys, "release.key"), file}, "PUBLIC KEY"},
	} {
		if said, err := mote(t, append([]string{"verify"}, c.args...)...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v\n%s", name, err, said)
		}
	}
}

func TestInspectAndDiff(t *testing.T) {
	b := newBench(t)
	first, second := b.build(t, "a", "1.0")+".mote", b.build(t, "a", "1.1", "--word", "quiet")+".mote"
	said := must(t, "inspect", first)
	for _, want := range []string{"version   1.0\n", "built     2026-01-01T00:00:00Z\n", "source    systemd-boot ", "part      uki ",
		"uki       .cmdline dm-mod.create=", " gpt ", "uki       .uname   6.12.1\n", "not verified"} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in\n%s", want, said)
		}
	}
	if said := must(t, "diff", first, first); said != "no difference\n" {
		t.Error(said)
	}
	said = must(t, "diff", first, second)
	if !strings.Contains(said, "- version   1.0\n") || !strings.Contains(said, "+ version   1.1\n") ||
		!strings.Contains(said, " quiet\n") || strings.Contains(said, "profile") || strings.Contains(said, "part      root") {
		t.Error(said)
	}
}

func TestBuildRefusals(t *testing.T) {
	b := newBench(t)
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no keys":         {nil, "--keys is missing"},
		"no such keys":    {[]string{"--keys", b.dir}, "release.key"},
		"a wrong time":    {[]string{"--keys", b.keys, "--time", "noon"}, "seconds since 1970"},
		"another stub":    {[]string{"--keys", b.keys, "--stub", b.kernel}, "systemd-stub"},
		"swapped":         {[]string{"--keys", b.keys, "--stub", "/usr/lib/systemd/boot/efi/systemd-bootx64.efi"}, "this is no systemd-stub"},
		"no kernel":       {[]string{"--keys", b.keys, "--untried", "--kernel", "nowhere"}, "make kernel"},
		"a bad version":   {[]string{"--keys", b.keys, "--untried", "--kernel", b.kernel, "--root", b.root, "--version", "a/b"}, "version"},
		"too many words":  {[]string{"--keys", b.keys, "--untried", "--kernel", b.kernel, "--root", b.root, "--word", strings.Repeat("x", 2048)}, "command line"},
		"sectors of 1024": {[]string{"--keys", b.keys, "--untried", "--kernel", b.kernel, "--root", b.root, "--sector", "1024", "-o", b.dir}, "512 or 4096"},
	} {
		if _, err := mote(t, append([]string{"build"}, c.args...)...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestUntriedLoaderIsRefused changes a letter that only its version has.
func TestUntriedLoaderIsRefused(t *testing.T) {
	b := newBench(t)
	loader := installed.Read(t, "/usr/lib/systemd/boot/efi/systemd-bootx64.efi")
	other := filepath.Join(b.dir, "loader.efi")
	changed := bytes.ReplaceAll(loader, []byte("LoaderInfo: systemd-boot 2"), []byte("LoaderInfo: systemd-boot 9"))
	if err := os.WriteFile(other, changed, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := mote(t, "build", "--keys", b.keys, "--kernel", b.kernel, "--root", b.root, "--loader", other, "-o", b.dir)
	if err == nil || !strings.Contains(err.Error(), "never tried") {
		t.Error(err)
	}
}
