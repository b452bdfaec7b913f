//go:build qemu

package kconfig

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// microvm is the smallest machine: virtio-mmio found by ACPI, entry by PVH.
// tsc_early_khz= as it has no clock to calibrate by, tsc=reliable as it has none
// to check by.
var microvm = []string{"-M", "microvm,rtc=on", "-m", "64",
	"-netdev", "user,id=n", "-device", "virtio-net-device,netdev=n", "-device", "virtio-rng-device"}

const microvmWords = "tsc_early_khz=1000000 tsc=reliable "

// disk adds a read-only drive of the given kind.
func disk(args []string, file, device string) []string {
	return append(append([]string(nil), args...),
		"-drive", "id=r,format=raw,if=none,readonly=on,file="+file, "-device", device+",drive=r")
}

func TestQEMUMicrovmFromVirtioDisk(t *testing.T) {
	said := boot(t, "vmlinux", microvmWords+"root=/dev/vda", disk(microvm, squashRoot(t), "virtio-blk-device")...)
	said.need(t, append(wanted(t), "block vda", "link eth0", "rtc rtc0", "input event0", "hwrng hw_random")...)
	// Nobody asked for these, and drivers that are built in would make them.
	for _, unasked := range []string{"link bond0", "link dummy0", "block loop0"} {
		if said[unasked] {
			t.Errorf("there is an unasked %s", unasked)
		}
	}
}

func TestQEMUMicrovmNamedOnTheCommandLine(t *testing.T) {
	args := disk([]string{"-M", "microvm,rtc=on,acpi=off", "-m", "64"}, squashRoot(t), "virtio-blk-device")
	said := boot(t, "vmlinux", microvmWords+"root=/dev/vda", args...)
	said.need(t, "block vda", "filesystem squashfs")
}

func TestQEMUSquashFSAsInitrd(t *testing.T) {
	said := boot(t, "vmlinux", microvmWords+"root=/dev/ram0", append([]string{"-initrd", squashRoot(t)}, microvm...)...)
	said.need(t, append(wanted(t), "block ram0")...)
}

func TestQEMUCpioAsInitramfs(t *testing.T) {
	said := boot(t, "vmlinux", microvmWords+"rdinit=/init", append([]string{"-initrd", cpioRoot(t)}, microvm...)...)
	said.need(t, wanted(t)...)
}

// TestQEMUVerityWithoutInitramfs has the kernel set up its own root.
func TestQEMUVerityWithoutInitramfs(t *testing.T) {
	file, table := verityRoot(t)
	said := boot(t, "vmlinux", microvmWords+verityWords(table), disk(microvm, file, "virtio-blk-device")...)
	said.need(t, append(wanted(t), "block dm-0")...)
}

// TestVerityRefusesOneFlippedBit in the middle of the image, which is in the
// only program: init can't run, and the kernel says which block it was.
func TestQEMUVerityRefusesOneFlippedBit(t *testing.T) {
	file, table := verityRoot(t)
	image, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	image[len(image)/2] ^= 1
	if err := os.WriteFile(file, image, 0o644); err != nil {
		t.Fatal(err)
	}
	text := machine(t, "vmlinux", microvmWords+verityWords(table), disk(microvm, file, "virtio-blk-device")...)
	if want := fmt.Sprintf("data block %d is corrupted", len(image)/2/4096); !bytes.Contains(text, []byte(want)) {
		t.Errorf("nothing said %q; the last words:\n%s", want, tail(text))
	}
	if bytes.Contains(text, []byte("probe: end")) {
		t.Error("the probe ran from a changed image")
	}
}

// verityWords is the command line that makes a table the root.
func verityWords(table string) string {
	return `root=/dev/dm-0 dm-mod.create="vroot,,,ro,` + table + `"`
}

func TestQEMUQ35(t *testing.T) {
	erst := filepath.Join(t.TempDir(), "erst")
	if err := os.WriteFile(erst, make([]byte, 1<<16), 0o600); err != nil {
		t.Fatal(err)
	}
	said := boot(t, "bzImage", "root=/dev/nvme0n1", disk([]string{"-M", "q35", "-m", "256", "-smp", "2",
		"-netdev", "user,id=n", "-device", "virtio-net-pci,netdev=n",
		"-netdev", "user,id=m", "-device", "e1000e,netdev=m",
		"-device", "i6300esb", "-device", "qemu-xhci", "-device", "virtio-rng-pci", "-device", "virtio-serial-pci",
		"-object", "memory-backend-file,id=nv,share=on,size=65536,mem-path=" + erst, "-device", "acpi-erst,memdev=nv",
	}, squashRoot(t), "nvme,serial=probe")...)
	said.need(t, append(wanted(t), "block nvme0n1", "link eth0", "link eth1", "rtc rtc0", "input event0",
		"watchdog watchdog0", "watchdog watchdog1", "watchdog watchdog2", "pstore-backend erst")...)
}

// cpioRoot packs the same root as a cpio archive of the "newc" kind. Source:
// Documentation/driver-api/early-userspace/buffer-format.rst.
func cpioRoot(t *testing.T) string {
	t.Helper()
	probe, err := os.ReadFile(compileProbe(t))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	pad := func() { b.Write(make([]byte, -b.Len()&3)) }
	add := func(name string, mode uint32, major, minor int, body []byte) {
		fmt.Fprintf(&b, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%s\x00",
			0, mode, 0, 0, 1, 0, len(body), 0, 0, major, minor, len(name)+1, 0, name)
		pad()
		b.Write(body)
		pad()
	}
	const folder, device, program = 0o040755, 0o020600, 0o100755
	for _, name := range []string{"proc", "sys", "dev", "run"} {
		add(name, folder, 0, 0, nil)
	}
	add("dev/console", device, 5, 1, nil)
	add("init", program, 0, 0, probe)
	add("TRAILER!!!", 0, 0, 0, nil)
	out := filepath.Join(t.TempDir(), "root.cpio")
	if err := os.WriteFile(out, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return out
}

// verityRoot appends a hash tree to the SquashFS and returns the file and the
// table for dm-mod.create. Source: Documentation/admin-guide/device-mapper/verity.rst.
func verityRoot(t *testing.T) (file, table string) {
	t.Helper()
	const block = 4096
	image, err := os.ReadFile(squashRoot(t))
	if err != nil {
		t.Fatal(err)
	}
	image = append(image, make([]byte, -len(image)&(block-1))...)
	salt := bytes.Repeat([]byte{0x5a}, 32)
	hash := func(b []byte) []byte {
		sum := sha256.Sum256(append(append([]byte(nil), salt...), b...))
		return sum[:]
	}
	// Each level holds the hashes of the one below it; the top is one block.
	var levels [][]byte
	for below := image; len(levels) == 0 || len(below) > block; {
		var level []byte
		for ; len(below) > 0; below = below[block:] {
			level = append(level, hash(below[:block])...)
		}
		level = append(level, make([]byte, -len(level)&(block-1))...)
		levels = append(levels, level)
		below = level
	}
	blocks := len(image) / block
	root := hex.EncodeToString(hash(levels[len(levels)-1]))
	for i := len(levels) - 1; i >= 0; i-- { // the top comes first on the disk
		image = append(image, levels[i]...)
	}
	file = filepath.Join(t.TempDir(), "verity")
	if err := os.WriteFile(file, image, 0o644); err != nil {
		t.Fatal(err)
	}
	return file, fmt.Sprintf("0 %d verity 1 /dev/vda /dev/vda %d %d %d %d sha256 %s %s",
		blocks*block/512, block, block, blocks, blocks, root, hex.EncodeToString(salt))
}
