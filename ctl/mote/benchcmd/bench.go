// Package benchcmd is `mote bench`: measuring systems, Mote or others.
package benchcmd

import (
	"context"

	"github.com/spf13/cobra"

	"mote/ctl/bench"
	"mote/ctl/vm"
)

// Take boots a machine count times and reports, as bench.Take does. Tests bring
// their own.
type Take func(ctx context.Context, title string, c vm.Config, o bench.Options, count int) (bench.Report, error)

// New is the command with what is below it.
func New(take Take) *cobra.Command {
	c := &cobra.Command{Use: "bench", Short: "Measure a system"}
	c.AddCommand(newBoot(take))
	return c
}
