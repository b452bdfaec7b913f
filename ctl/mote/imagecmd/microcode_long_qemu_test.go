//go:build qemu && long

package imagecmd

import (
	"testing"

	"mote/ctl/vm/vmtest"
	"mote/fs/image/assemble"
	"mote/fs/image/disk"
	"mote/fs/image/microcode"
	"mote/fs/image/release"
)

// TestQEMULongMicrocode boots kernels that have microcode in front: of a disk, and
// with the root inside, which begins behind it. The processor is Intel's, and does not
// say that it is an emulated one: so the kernel looks through the archive. There is
// nothing in it for that processor, and no emulator would take it; that an update is
// applied only a real machine can show.
func TestQEMULongMicrocode(t *testing.T) {
	f := newFactory(t)
	folder, _ := composedMicrocode(t)
	var err error
	if f.spec.Microcode, err = microcode.Read([]string{folder}); err != nil {
		t.Fatal(err)
	}
	netboot, err := assemble.Netboot(f.spec)
	if err != nil {
		t.Fatal(err)
	}
	inside := f.release(t, "1.0")
	inside.Parts[release.KindUKI] = netboot
	for name, slot := range map[string]disk.Release{"of a disk": f.release(t, "1.0"), "with the root inside": inside} {
		t.Run(name, func(t *testing.T) {
			config := f.machine(t, 512, nil, slot)
			config.CPU = "Skylake-Client-v1,-hypervisor"
			v := vmtest.Start(t, config)
			vmtest.WaitLine(t, v, "UEFI Secure Boot is enabled")
			vmtest.WaitLine(t, v, readyText)
		})
	}
}
