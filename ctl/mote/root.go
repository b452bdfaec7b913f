package main

import (
	"github.com/spf13/cobra"

	"mote/ctl/mote/benchcmd"
	"mote/ctl/mote/imagecmd"
)

// root is the tree of all commands: a new one is a line here.
func root() *cobra.Command {
	c := &cobra.Command{
		Use:   "mote",
		Short: "Mote's command for operators",
		// An error says what to do; the usage would only push it off the screen.
		SilenceUsage:  true,
		SilenceErrors: true, // main prints it
	}
	c.AddCommand(
		benchcmd.New(benchcmd.Real()),
		imagecmd.New(),
	)
	return c
}
