package benchcmd

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"mote/ctl/bench"
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
	machineFlags
	root, initrd string
	runs         int
	exact        bool
	format       string
}

func newBoot(b Boots) *cobra.Command {
	var f bootFlags
	c := &cobra.Command{
		Use:   "boot --kernel FILE [--rootfs FILE | --initrd FILE]",
		Short: "Boot any system under QEMU and tell where the time went",
		Long:  bootLong,
		Example: `  mote bench boot --kernel vmlinux --rootfs root.squashfs --runs 10
  mote bench boot --kernel bzImage --machine q35 --initrd root.cpio --exact
  mote bench boot --kernel vmlinux --rootfs root.squashfs -o svg > boot.svg`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return f.run(c, b) },
	}
	flags := c.Flags()
	f.add(flags)
	flags.StringVar(&f.root, "rootfs", "", "root file system, a SquashFS unless --append says otherwise")
	flags.StringVar(&f.initrd, "initrd", "", "cpio archive, instead of --rootfs")
	flags.BoolVar(&f.exact, "exact", false, "count instructions instead of time; boots at least twice")
	flags.IntVar(&f.runs, "runs", 1, "boots; the one with the median is drawn")
	flags.StringVarP(&f.format, "output", "o", "text", strings.Join(bench.Formats(), ", "))
	return c
}

func (f *bootFlags) check() error {
	switch {
	case f.root == "" && f.initrd == "":
		return errors.New("bench boot: neither --rootfs nor --initrd; there is nothing to boot into")
	case f.root != "" && f.initrd != "":
		return errors.New("bench boot: --rootfs and --initrd exclude each other")
	case f.runs < 1:
		return fmt.Errorf("bench boot: --runs %d; at least one boot is needed", f.runs)
	case !slices.Contains(bench.Formats(), f.format):
		return fmt.Errorf("bench boot: no output %q; there are %s", f.format, strings.Join(bench.Formats(), ", "))
	}
	return f.machineFlags.check()
}

// run boots and prints. What was seen is printed also where exact boots were
// not alike, which is the error then.
func (f *bootFlags) run(c *cobra.Command, b Boots) error {
	if err := f.check(); err != nil {
		return err
	}
	title := filepath.Base(f.root+f.initrd) + " on " + f.machine
	machine := f.config()
	machine.Root, machine.Initrd, machine.Exact = f.root, f.initrd, f.exact
	r, err := b.Take(c.Context(), title, machine, f.options(), f.runs)
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
