// Package benchcmd is `mote bench`: measuring systems, Mote or others.
package benchcmd

import (
	"context"

	"github.com/spf13/cobra"

	"mote/ctl/bench"
	"mote/ctl/vm"
)

// Boots are the functions that boot machines; tests bring their own.
type Boots struct {
	// Take boots one count times and reports, as bench.Take does.
	Take func(ctx context.Context, title string, c vm.Config, o bench.Options, count int) (bench.Report, error)
	// Exact compares two by counting, as bench.CompareExact does.
	Exact func(ctx context.Context, images [2]string, config func(side int, image string) vm.Config, o bench.Options, offsets int) (bench.Exact, error)
	// Pairs boots two in turn, as bench.Pairs does.
	Pairs func(ctx context.Context, count int, config func(side int) vm.Config, o bench.Options) (base, head []bench.Run, err error)
}

// Real boots under QEMU.
func Real() Boots { return Boots{bench.Take, bench.CompareExact, bench.Pairs} }

// New is the command with what is below it.
func New(b Boots) *cobra.Command {
	c := &cobra.Command{Use: "bench", Short: "Measure a system"}
	c.AddCommand(newBoot(b), newCompare(b))
	return c
}
