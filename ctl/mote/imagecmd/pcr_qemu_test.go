//go:build qemu

package imagecmd

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
	"mote/fs/image"
	"mote/fs/image/release"
	"mote/fs/image/uki"
	"mote/size/installed"
	"mote/wire"
)

// TestQEMUMeasured boots a release on a machine with a TPM, and compares register 11
// with what was predicted when it was built.
func TestQEMUMeasured(t *testing.T) {
	f := newFactory(t)
	root, err := image.ModuleRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	init := image.Init(root, "amd64")
	init.Package, init.Flags = "./ctl/mote/imagecmd/testdata/pcr", image.ProgramFlags()
	built, err := image.Build(t.Context(), image.Spec{Manifest: &wire.Manifest{Node: "pcr"}, Init: init,
		Out: filepath.Join(t.TempDir(), "pcr.squashfs"), Keep: filepath.Join(root, "build", "programs")})
	if err != nil {
		t.Fatal(err)
	}
	f.spec.Root = read(t, built.Out)
	slot := f.release(t, "1.0")
	want, err := uki.PCR11(slot.Parts[release.KindUKI])
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "tpm") // its path is short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	installed.Program(t, "swtpm")
	tpm, err := vm.StartTPM(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer tpm.Close()
	config := f.machine(t, 512, nil, slot)
	config.Args = append(config.Args, tpm.Args("tis")...)
	line := vmtest.WaitLine(t, vmtest.Start(t, config), "pcr: 11 is ").Text
	if !strings.Contains(strings.ToLower(line), fmt.Sprintf("%x", want)) {
		t.Errorf("predicted %x; %s", want, line)
	}
}
