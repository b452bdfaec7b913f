package benchcmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mote/ctl/bench"
	"mote/ctl/vm"
)

// bootLong is the help.
const bootLong = `Boots a kernel with a root file system under QEMU, as often as asked, and tells
where the time went: a waterfall of the marks that the system prints, the
critical path, what took longest, and each mark's minimum, median and p95.

A system tells a mark by a line on its console or in the kernel's log:

    echo "mark network" > /dev/kmsg
    echo "mark ready"   > /dev/kmsg

The kernel's line "Run /init as init process" is a mark too. The boot ends with
the mark that --until names, or fails after --limit.

With --exact QEMU counts instructions, 1 ns each: the marks are then the same to
the microsecond in every run, on a loaded host too, or the command fails. That
finds the smallest change. It is no stopwatch: there are no caches and no slow
devices in it; so the clock's figures stand beside.

The root is a read-only disk, or in RAM with --exact: the kernel gets root=,
rootfstype=squashfs and init=/init for it. An --initrd is a cpio archive. Words
of --append come last and win, as in --append 'rootfstype=ext4 init=/sbin/init'.`

// bootFlags are the flags of `mote bench boot`.
type bootFlags struct {
	kernel, root, initrd string
	words                []string
	machine, accel       string
	memoryMiB            int64
	cpus, runs           int
	nic, exact, console  bool
	until, format        string
	limit                time.Duration
}

func newBoot(take Take) *cobra.Command {
	var f bootFlags
	c := &cobra.Command{
		Use:   "boot --kernel FILE [--rootfs FILE | --initrd FILE]",
		Short: "Boot any system under QEMU and tell where the time went",
		Long:  bootLong,
		Example: `  mote bench boot --kernel vmlinux --rootfs root.squashfs --runs 10
  mote bench boot --kernel bzImage --machine q35 --initrd root.cpio --exact
  mote bench boot --kernel vmlinux --rootfs root.squashfs -o svg > boot.svg`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c, take) },
	}
	flags := c.Flags()
	flags.StringVar(&f.kernel, "kernel", "", "vmlinux with a PVH note, or bzImage")
	flags.StringVar(&f.root, "rootfs", "", "root file system, a SquashFS unless --append says otherwise")
	flags.StringVar(&f.initrd, "initrd", "", "cpio archive, instead of --rootfs")
	flags.StringArrayVar(&f.words, "append", nil, "kernel words, separated by blanks; may be given again")
	flags.StringVar(&f.machine, "machine", vm.MicroVM, "QEMU's board: microvm, q35, …")
	flags.StringVar(&f.accel, "accel", "", "kvm or tcg (default the best that runs here)")
	flags.Int64Var(&f.memoryMiB, "memory", 256, "memory in MiB")
	flags.IntVar(&f.cpus, "cpus", 1, "processors; --exact has one")
	flags.BoolVar(&f.nic, "nic", false, "a virtio network interface that is connected to nothing")
	flags.BoolVar(&f.exact, "exact", false, "count instructions instead of time; boots at least twice")
	flags.BoolVar(&f.console, "console", false, "show the console on standard error")
	flags.IntVar(&f.runs, "runs", 1, "boots; the one with the median is drawn")
	flags.StringVar(&f.until, "until", "ready", "the mark that ends the boot")
	flags.DurationVar(&f.limit, "limit", 3*time.Minute, "longest time for one boot")
	flags.StringVarP(&f.format, "output", "o", "text", strings.Join(bench.Formats(), ", "))
	return c
}

// check refuses what would only be found after the boots, or not at all.
func (f *bootFlags) check() error {
	switch {
	case f.kernel == "":
		return errors.New("bench boot: --kernel is missing; give a vmlinux or bzImage")
	case f.root == "" && f.initrd == "":
		return errors.New("bench boot: neither --rootfs nor --initrd; there is nothing to boot into")
	case f.root != "" && f.initrd != "":
		return errors.New("bench boot: --rootfs and --initrd exclude each other")
	case f.runs < 1:
		return fmt.Errorf("bench boot: --runs %d; at least one boot is needed", f.runs)
	case f.limit <= 0:
		return fmt.Errorf("bench boot: --limit %v is no time to boot in", f.limit)
	case f.until == "":
		return errors.New("bench boot: --until is empty; name the mark that ends the boot")
	case !slices.Contains(bench.Formats(), f.format):
		return fmt.Errorf("bench boot: no output %q; there are %s", f.format, strings.Join(bench.Formats(), ", "))
	}
	return nil
}

// config is the machine.
func (f *bootFlags) config() vm.Config {
	c := vm.Config{
		Kernel: f.kernel, Root: f.root, Initrd: f.initrd,
		Machine: f.machine, Accel: vm.Accel(f.accel), CPUs: f.cpus, MemoryBytes: f.memoryMiB << 20,
		Exact: f.exact,
		// Stamped, and informational ones too: the kernel's line that it starts
		// PID 1 is one, and so may marks be.
		Append: []string{"printk.time=1", "loglevel=7"},
	}
	for _, words := range f.words {
		c.Append = append(c.Append, strings.Fields(words)...)
	}
	if f.nic {
		c.NICs = []vm.NIC{{NoPeer: true}}
	}
	if f.console {
		c.Console = os.Stderr
	}
	return c
}

// run boots and prints. What was seen is printed also where exact boots were
// not alike, which is the error then.
func (f *bootFlags) run(c *cobra.Command, take Take) error {
	if err := f.check(); err != nil {
		return err
	}
	title := filepath.Base(f.root+f.initrd) + " on " + f.machine
	r, err := take(c.Context(), title, f.config(), bench.Options{Until: f.until, Limit: f.limit}, f.runs)
	if err != nil {
		return err
	}
	text, err := r.As(f.format)
	if err != nil {
		return err
	}
	if _, err := c.OutOrStdout().Write(text); err != nil {
		return err
	}
	return r.Exactly()
}
