//go:build qemu && long

package imagecmd

import (
	"bytes"
	"debug/elf"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mote/ctl/vm/vmtest"
	"mote/fs"
	"mote/fs/image"
	"mote/fs/image/disk"
	"mote/fs/image/release"
	"mote/wire"
)

// TestQEMULongScrub has a node examine its own disk: as it was made, twice, as it
// does so every so often; and with a bit
// flipped in the slot that it does not run from, which nobody else would see.
func TestQEMULongScrub(t *testing.T) {
	f := newFactory(t)
	root, err := image.ModuleRoot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	profile, err := image.FindProfile(root, "edge")
	if err != nil {
		t.Fatal(err)
	}
	spec := profile.Spec(root, "amd64")
	spec.Out = filepath.Join(t.TempDir(), "scrub.squashfs")
	spec.Manifest = &wire.Manifest{Node: "scrub", Services: []wire.Service{{Name: "scrub", Kind: wire.KindOneShot, Ready: wire.ReadyExit, Optional: true,
		Exec: []string{"/bin/agent", "job", "scrub", "-o", "/dev/console"}, Restart: wire.RestartNever, EveryMsec: 2000,
		Isolation: wire.Isolation{NodeView: true}}}} // the disks, and the console
	built, err := image.Build(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	f.spec.Root = read(t, built.Out)
	a, b := f.release(t, "2.0"), f.release(t, "1.0")
	config := f.machine(t, 512, nil, a, b)
	v := vmtest.Start(t, config)
	if line := vmtest.WaitLine(t, v, `"findings":`).Text; !strings.Contains(line, `"findings":[]`) || !strings.Contains(line, `"version":"1.0"`) {
		t.Errorf("a disk as it was made: %s", line)
	}
	vmtest.WaitLine(t, v, `"findings":[]`) // and once more, without being asked
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	flipAt(t, config.Disks[0].Path, partitionAt(t, config.Disks[0].Path, fs.SlotBLabel)+100*4096)
	v = vmtest.Start(t, config)
	if line := vmtest.WaitLine(t, v, `"findings":`).Text; !strings.Contains(line, `"where":"slot b: root","block":100,`) {
		t.Errorf("a flipped bit in block 100 of slot B: %s", line)
	}
}

// flipAt inverts a bit of a file.
func flipAt(t *testing.T, name string, at int64) {
	t.Helper()
	file, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	b := make([]byte, 1)
	if _, err := file.ReadAt(b, at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 1
	if _, err := file.WriteAt(b, at); err != nil {
		t.Fatal(err)
	}
}

// TestQEMULongGoodSlotGoesBad: a slot that was good in every boot is left after three
// failures in a row, when a bit of PID 1's own first block flips.
func TestQEMULongGoodSlotGoesBad(t *testing.T) {
	f := newFactory(t)
	a, b := f.release(t, "2.0"), f.release(t, "1.0")
	a.Tries, b.Tries = disk.TriesMax, disk.TriesMax
	config := f.machine(t, 512, nil, a, b)
	v := vmtest.Start(t, config)
	vmtest.WaitLine(t, v, "boot entry mote-a-2.0-edge: "+restoredText)
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	raw := config.Disks[0].Path
	flipAt(t, raw, partitionAt(t, raw, fs.SlotALabel)+int64(bytes.Index(a.Parts[release.KindRoot], []byte(elf.ELFMAG)))+0x20)
	config.Reboots = true
	v = vmtest.Start(t, config)
	for range disk.TriesMax {
		vmtest.WaitLine(t, v, "is corrupted")
	}
	vmtest.WaitLine(t, v, "boot entry mote-b-1.0-edge: "+restoredText)
}
