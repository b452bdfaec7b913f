package vm

import (
	"fmt"
	"os"
	"strings"
)

// exactWords take chance out of the guest: addresses, stack offsets, slab order
// and page order, and the clock, which -icount runs at 1 GHz. See the kernel's
// Documentation/admin-guide/kernel-parameters.txt.
const exactWords = "nokaslr norandmaps randomize_kstack_offset=off slab_nomerge " +
	"page_alloc.shuffle=0 tsc_early_khz=1000000 tsc=reliable"

// MoteWords are the kernel words that every boot of Mote has, whatever the
// machine; they go first into Config.Append.
func MoteWords() []string {
	return []string{
		// Milestones are PID 1's to print. The kernel's own lines, errors included,
		// stay in its log, which PID 1 keeps; only what is critical shows at once.
		"loglevel=3",
		// PID 1 is the whole userspace: without it the machine starts again.
		"panic=1",
		// Go maps its 64 MiB arena writable at once, which the kernel's guess
		// refuses on small machines.
		"sysctl.vm.overcommit_memory=1",
		// What PID 1 writes about its own death must not be rate-limited.
		"printk.devkmsg=on",
		// The kernel gives words that it does not know to PID 1 as environment.
		// PID 1 makes no garbage after ready: a collection every two minutes would
		// only wake it. Should it ever leak, the limit starts collecting.
		"GOGC=off", "GOMEMLIMIT=12MiB",
	}
}

// StaticWord gives the guest's eth0 the address that QEMU's user network expects
// of it (10.0.2.15), without asking for it.
const StaticWord = "ip=10.0.2.15::10.0.2.2:255.255.255.0::eth0:off"

// words is the guest's command line.
func (c Config) words() ([]string, error) {
	words := []string{"console=ttyS0"}
	root, err := c.rootWords()
	if err != nil {
		return nil, err
	}
	words = append(words, root...)
	words = append(words, c.clockWords()...)
	for _, word := range c.Append {
		if strings.ContainsAny(word, "\n\x00") {
			return nil, fmt.Errorf("vm: Append word %q has a newline or NUL, which no kernel command line can carry", word)
		}
		words = append(words, wordQuoted(word))
	}
	return words, nil
}

// rootWords mount Root and start /init from it. The kernel looks for /init by
// itself only in an initramfs. A root is mounted read-only unless the word is rw,
// but by PVH, which has no flag for it. On /dev/ram0 it must be rw: asked for
// read-only, Linux 6.12 refuses a RAM disk that it has still open for writing.
// SquashFS is read-only by itself.
func (c Config) rootWords() ([]string, error) {
	switch {
	case c.RootInRAM:
		info, err := os.Stat(c.Root)
		if err != nil {
			return nil, fmt.Errorf("vm: %w", err)
		}
		// The RAM disk's size is fixed when the kernel starts; an image that is
		// larger than it would not be loaded (init/do_mounts_rd.c).
		kib := (info.Size()+1023)/1024 + ramdiskSpareKiB
		return []string{"root=/dev/ram0", "rw", "rootfstype=squashfs", "init=/init",
			fmt.Sprintf("ramdisk_size=%d", kib)}, nil
	case c.Root != "" && c.Initrd == "":
		// The last word forbids writes to a mounted disk. The kernel allows them
		// by default, for the sake of a root on /dev/ram0 only.
		return []string{"root=/dev/vda", "rootfstype=squashfs", "init=/init", "bdev_allow_write_mounted=0"}, nil
	}
	return nil, nil
}

// ramdiskSpareKiB rounds a RAM disk up past the last, partly filled block.
const ramdiskSpareKiB = 4

// clockWords tell the guest how fast its time-stamp counter runs. Under TCG it
// can't find out reliably: it is calibrated by a timer that a busy host delays,
// and a microvm may hang in it.
//
// Without -icount TCG's counter is the host's own, so the word must carry the
// host's rate: a guest that is told 1 GHz on a host of 2.6 GHz sees every
// second as 2.6 (QEMU's include/qemu/timer.h, cpu_get_host_ticks).
func (c Config) clockWords() []string {
	switch {
	case c.Exact:
		return strings.Fields(exactWords)
	case c.Accel != TCG:
		return nil // KVM offers kvm-clock, which needs no calibration
	}
	if c.tscKHz == 0 {
		return nil
	}
	return []string{fmt.Sprintf("tsc_early_khz=%d", c.tscKHz), "tsc=reliable"}
}
