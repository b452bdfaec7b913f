package benchcmd

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"mote/ctl/bench"
	"mote/ctl/vm"
)

// compareLong is the help.
const compareLong = `Boots two systems, BASE and HEAD, and says whether HEAD is slower, by how much, and
in which phase. Both are root file systems, or with --initrd cpio archives; their
marks are printed as for ` + "`mote bench boot`" + `, and ready is the end.

First they are counted: QEMU counts instructions, 1 ns each, and two boots are
alike to the nanosecond up to the first instruction that differs. So the first
phase that differs is where the change is, and its size is exact, however small
and however busy the host. What comes later may be moved by it, and is compared
over several offsets. A base that two boots find different can't be compared so.
Then, by the clock, pairs are booted in turn; the difference has its 95 %
confidence interval. Counting sees no caches and no slow devices: the clock has
the last word on whether anybody will notice.

With --fail the command fails where HEAD is slower, for scripts.`

// compareFlags are the flags of `mote bench compare`.
type compareFlags struct {
	machineFlags
	headKernel     string
	initrd, fail   bool
	offsets, pairs int
}

func newCompare(b Boots) *cobra.Command {
	var f compareFlags
	c := &cobra.Command{
		Use:   "compare --kernel FILE BASE HEAD",
		Short: "Boot two systems and say which is slower, and where",
		Long:  compareLong,
		Example: `  mote bench compare --kernel vmlinux old.squashfs new.squashfs
  mote bench compare --kernel vmlinux --pairs 0 --fail old.squashfs new.squashfs
  mote bench compare --kernel old/bzImage --head-kernel new/bzImage --machine q35 --initrd root.cpio root.cpio`,
		Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error { return f.run(c, b, [2]string(args)) },
	}
	f.add(c.Flags())
	c.Flags().StringVar(&f.headKernel, "head-kernel", "", "HEAD's kernel (default that of --kernel)")
	c.Flags().BoolVar(&f.initrd, "initrd", false, "BASE and HEAD are cpio archives")
	c.Flags().BoolVar(&f.fail, "fail", false, "fail where HEAD is slower")
	c.Flags().IntVar(&f.offsets, "offsets", 7, "further counted boots of each, if they differ")
	c.Flags().IntVar(&f.pairs, "pairs", 10, "pairs of boots by the clock; 0 for none, 6 at least for a verdict")
	return c
}

func (f *compareFlags) check() error {
	if f.offsets < 0 || f.pairs < 0 {
		return errors.New("bench compare: --offsets and --pairs are 0 or more")
	}
	return f.machineFlags.check()
}

// side is the machine of BASE (0) or HEAD (1) with an image.
func (f *compareFlags) side(i int, image string, exact bool) vm.Config {
	c := f.config()
	if i == 1 && f.headKernel != "" {
		c.Kernel = f.headKernel
	}
	c.Exact = exact
	if f.initrd {
		c.Initrd = image
	} else {
		c.Root = image
	}
	return c
}

// run compares by counting and by the clock. A difference that is found is no
// error, unless --fail wants it.
func (f *compareFlags) run(c *cobra.Command, b Boots, images [2]string) error {
	if err := f.check(); err != nil {
		return err
	}
	out := c.OutOrStdout()
	fmt.Fprintf(out, "base %s, head %s\n\n", images[0], images[1])
	e, err := b.Exact(c.Context(), images, func(i int, image string) vm.Config { return f.side(i, image, true) }, f.options(), f.offsets)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, e.Text()); err != nil {
		return err
	}
	verdict := e.Verdict()
	if f.pairs > 0 {
		base, head, err := b.Pairs(c.Context(), f.pairs, func(i int) vm.Config { return f.side(i, images[i], false) }, f.options())
		if err != nil {
			return err
		}
		text, _ := bench.ClockText(base, head)
		if _, err := io.WriteString(out, "\n"+text); err != nil {
			return err
		}
	}
	if f.fail && verdict == "slower" {
		return fmt.Errorf("bench compare: %s is slower than %s, counted", images[1], images[0])
	}
	return nil
}
