package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"mote/ctl/mote/benchcmd"
	"mote/ctl/mote/exit"
	"mote/ctl/mote/gencmd"
	"mote/ctl/mote/imagecmd"
	"mote/ctl/mote/manifestcmd"
	"mote/ctl/mote/nodecmd"
)

// long is the help of the whole, with what scripts may rely on.
const long = `Mote's command for operators.

It ends with 0 when all is done, 1 when it could not be done, 2 when the command
line is wrong, 3 when nobody answers, 4 when what was given is refused, 5 when
what was named is not there, 6 when it did not happen in time, 7 when only a part
is done, 8 when a signature or hash is wrong, 9 when a comparison found
differences. Colours are for terminals only, and NO_COLOR turns them off.`

// root is the tree of all commands: a new one is a line here.
func root() *cobra.Command {
	c := &cobra.Command{
		Use:   "mote",
		Short: "Mote's command for operators",
		Long:  long,
		// An error says what to do; the usage would only push it off the screen.
		SilenceUsage:  true,
		SilenceErrors: true, // main prints it
	}
	c.AddCommand(
		benchcmd.New(benchcmd.Real()),
		gencmd.New(gencmd.Real()),
		imagecmd.New(),
		manifestcmd.New(),
		manifestcmd.NewExplain(),
		nodecmd.New(nodecmd.Real()),
		nodecmd.NewLogs(nodecmd.Real()),
	)
	return c
}

// run executes the command that args name. What is wrong with the command line
// itself has the status of that.
func run(ctx context.Context, root *cobra.Command, args []string) error {
	usage(root)
	root.SetArgs(args)
	// The error is of an unknown command only, and rest tells it below the root too.
	if c, rest, _ := root.Find(args); c.HasSubCommands() && len(rest) > 0 && !strings.HasPrefix(rest[0], "-") && rest[0] != "help" {
		next := c.CommandPath() + " --help lists them"
		c.SuggestionsMinimumDistance = 2
		if near := c.SuggestionsFor(rest[0]); len(near) > 0 {
			next = "did you mean " + near[0] + "?"
		}
		return exit.With(exit.Usage, fmt.Errorf("%s: no command %q; %s", c.CommandPath(), rest[0], next))
	}
	return root.ExecuteContext(ctx)
}

// usage gives errors of flags and arguments their status, in c and below.
func usage(c *cobra.Command) {
	c.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return exit.With(exit.Usage, fmt.Errorf("%s: %w; %s --help tells them", c.CommandPath(), err, c.CommandPath()))
	})
	if args := c.Args; args != nil {
		c.Args = func(c *cobra.Command, given []string) error {
			if err := args(c, given); err != nil {
				return exit.With(exit.Usage, fmt.Errorf("%s: %w; it is used as: %s", c.CommandPath(), err, c.UseLine()))
			}
			return nil
		}
	}
	for _, below := range c.Commands() {
		usage(below)
	}
}
