//go:build qemu && long

package imagecmd

import (
	"bytes"
	"debug/elf"
	"os"
	"strings"
	"testing"

	"mote/ctl/vm/vmtest"
	"mote/fs/image/disk"
	"mote/fs/image/release"
	"mote/fs/image/verity"
	"mote/size/installed"
)

// TestQEMULongFirmwareRefuses tries each change that an attacker can make to
// what firmware reads.
func TestQEMULongFirmwareRefuses(t *testing.T) {
	f := newFactory(t)
	for _, c := range changed(f) {
		t.Run(c.name, func(t *testing.T) {
			slot := f.release(t, "1.0")
			c.change(t, slot.Parts)
			refused(t, vmtest.Start(t, f.machine(t, 512, nil, slot)))
		})
	}
}

// TestQEMULongKernelRefuses flips a bit of what the kernel reads: in PID 1's own
// first block, and in each kind of block of the tree.
func TestQEMULongKernelRefuses(t *testing.T) {
	f := newFactory(t)
	for _, c := range []struct {
		name string
		kind release.Kind
		// at is the bit's place, want what the kernel says.
		at   func(p []byte) int
		want string
	}{
		{"PID 1", release.KindRoot, func(p []byte) int { return bytes.Index(p, []byte(elf.ELFMAG)) + 0x20 }, "data block"},
		{"superblock", release.KindRoot, func([]byte) int { return 8 }, "data block 0 is corrupted"},
		{"top of the tree", release.KindTree, func([]byte) int { return 100 }, "metadata block"},
		{"bottom of the tree", release.KindTree, func([]byte) int { return verity.BlockBytes }, "metadata block"},
	} {
		t.Run(c.name, func(t *testing.T) {
			slot := f.release(t, "1.0")
			slot.Parts[c.kind][c.at(slot.Parts[c.kind])] ^= 1
			v := vmtest.Start(t, f.machine(t, 512, nil, slot))
			t.Log(vmtest.WaitLine(t, v, c.want).Text)
			vmtest.Wait(t, v) // the panic's restart
			for _, line := range v.Lines() {
				if strings.Contains(line.Text, readyText) {
					t.Errorf("it got ready all the same: %s", line.Text)
				}
			}
		})
	}
}

// TestQEMULongDisks boots what a release has to boot from: the larger sector,
// and a disk whose first or second partition table is damaged.
func TestQEMULongDisks(t *testing.T) {
	f := newFactory(t)
	for name, c := range map[string]struct {
		sector int
		spoil  func(size int64) int64 // where a byte is flipped; nil is nowhere
	}{
		"sectors of 4096":    {4096, nil},
		"primary GPT":        {512, func(int64) int64 { return 512 + 16 }},
		"primary GPT's rows": {512, func(int64) int64 { return 2*512 + 40 }},
		"backup GPT":         {512, func(size int64) int64 { return size - 512 + 16 }},
	} {
		t.Run(name, func(t *testing.T) {
			config := f.machine(t, c.sector, nil, f.release(t, "1.0"))
			if c.spoil != nil {
				flipByte(t, config.Disks[0].Path, c.spoil)
			}
			vmtest.WaitLine(t, vmtest.Start(t, config), readyText)
		})
	}
}

// flipByte inverts a byte of a file.
func flipByte(t *testing.T, name string, where func(size int64) int64) {
	t.Helper()
	file, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1)
	at := where(info.Size())
	if _, err := file.ReadAt(b, at); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 0xff
	if _, err := file.WriteAt(b, at); err != nil {
		t.Fatal(err)
	}
}

// TestQEMULongTries is the pinned loader's own: a new version in slot A that
// never gets ready is left after three tries for the confirmed one in B.
func TestQEMULongTries(t *testing.T) {
	f := newFactory(t)
	bad, good := f.release(t, "2.0"), f.release(t, "1.0")
	bad.Tries = disk.TriesMax
	root := bad.Parts[release.KindRoot]
	bad.Parts[release.KindRoot] = bytes.Clone(root)
	bad.Parts[release.KindRoot][bytes.Index(root, []byte(elf.ELFMAG))+0x20] ^= 1
	config := f.machine(t, 512, nil, bad, good)
	config.Reboots = true
	v := vmtest.Start(t, config)
	for range disk.TriesMax {
		vmtest.WaitLine(t, v, "EFI stub:")
		vmtest.WaitLine(t, v, "is corrupted")
	}
	vmtest.WaitLine(t, v, "EFI stub:")
	vmtest.WaitLine(t, v, readyText)
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	names := listEntries(t, config.Disks[0].Path)
	if !strings.Contains(names, "mote-a-2.0-edge+0-3.efi") || !strings.Contains(names, "mote-b-1.0-edge.efi") {
		t.Errorf("on the boot partition:\n%s", names)
	}
}

// TestQEMULongEnrolment boots a disk that carries the public keys on a machine
// in setup mode: the loader enrols them, and then the firmware is strict.
func TestQEMULongEnrolment(t *testing.T) {
	f := newFactory(t)
	auth, err := f.spec.Keys.Boot.AuthFiles()
	if err != nil {
		t.Fatal(err)
	}
	f.vars = installed.Read(t, variables) // no keys: setup mode
	config := f.machine(t, 512, auth, f.release(t, "1.0"))
	config.Reboots = true
	v := vmtest.Start(t, config)
	vmtest.WaitLine(t, v, "Enrolling secure boot keys")
	vmtest.WaitLine(t, v, "UEFI Secure Boot is enabled")
	vmtest.WaitLine(t, v, readyText)
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	// The same firmware and another owner's disk.
	f.vars = read(t, config.Firmware.Vars)
	stranger := newFactory(t)
	stranger.vars = f.vars
	refused(t, vmtest.Start(t, stranger.machine(t, 512, nil, stranger.release(t, "1.0"))))
}
