//go:build qemu && long

package imagecmd

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
	"mote/fs/image"
)

// TestQEMULongInstaller installs from a CD and from a stick to an NVMe disk, under
// Secure Boot, and boots what was installed; a disk with something on it is left
// alone, and overwritten only where that was built in.
func TestQEMULongInstaller(t *testing.T) {
	f := newFactory(t)
	release := f.release(t, "1.0")
	b := release.Head
	for _, p := range release.Header.Parts {
		b = append(b, release.Parts[p.Kind]...)
	}
	medium := func(i image.Installer) string {
		stem := filepath.Join(t.TempDir(), "release")
		if err := os.WriteFile(stem+".mote", b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := installer(t.Context(), io.Discard, stem, f.spec, i); err != nil {
			t.Fatal(err)
		}
		return stem + "-installer.iso"
	}
	auto := medium(image.Installer{To: "auto", Then: "poweroff"})
	overwrite := medium(image.Installer{To: "/dev/nvme0n1", Overwrite: true, Then: "stay"})
	for _, c := range []struct {
		name, medium, device string
		sectorBytes          int
	}{
		{"CD", auto, "ide-cd,drive=medium,bootindex=0", 512},
		{"stick", auto, "usb-storage,drive=medium,removable=on,bootindex=0", 4096},
	} {
		t.Run(c.name, func(t *testing.T) {
			target := emptyDisk(t)
			v := vmtest.Start(t, f.installs(t, c.medium, c.device, target, c.sectorBytes))
			t.Log(vmtest.WaitLine(t, v, "installed: Mote 1.0 (edge) on nvme0n1").Text)
			vmtest.Wait(t, v)
			config := f.installs(t, "", "", target, c.sectorBytes)
			v = vmtest.Start(t, config)
			vmtest.WaitLine(t, v, readyText)
			vmtest.WaitLine(t, v, "boot entry mote-a-1.0-edge: its 3 tries are restored")
			if err := v.Close(); err != nil {
				t.Fatal(err)
			}
			if c.sectorBytes != 512 {
				return
			}
			// What is there now is somebody's.
			v = vmtest.Start(t, f.installs(t, auto, c.device, target, c.sectorBytes))
			t.Log(vmtest.WaitLine(t, v, "install: no fixed disk of").Text)
			if err := v.Close(); err != nil {
				t.Fatal(err)
			}
			v = vmtest.Start(t, f.installs(t, overwrite, c.device, target, c.sectorBytes))
			vmtest.WaitLine(t, v, "installed: Mote 1.0 (edge) on nvme0n1")
		})
	}
}

// emptyDisk is a disk's content, larger than what is installed takes.
func emptyDisk(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "target.raw")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 2<<30); err != nil {
		t.Fatal(err)
	}
	return path
}

// installs is a machine with an NVMe disk and, unless it is "", a medium.
func (f *factory) installs(t *testing.T, medium, device, target string, sectorBytes int) vm.Config {
	t.Helper()
	vars := filepath.Join(t.TempDir(), "vars.fd")
	if err := os.WriteFile(vars, f.vars, 0o600); err != nil {
		t.Fatal(err)
	}
	size := "512"
	if sectorBytes == 4096 {
		size = "4096"
	}
	c := vm.Config{MemoryBytes: 256 << 20, RNG: true, Firmware: &vm.Firmware{Code: firmware, Vars: vars, Secure: true},
		Args: []string{"-device", "qemu-xhci", "-drive", "if=none,id=target,format=raw,file=" + target,
			"-device", "nvme,drive=target,serial=target,logical_block_size=" + size + ",physical_block_size=" + size + ",bootindex=1"}}
	if medium != "" {
		c.Args = append(c.Args, "-drive", "if=none,id=medium,format=raw,readonly=on,file="+medium, "-device", device)
	}
	return c
}
