package manifestcmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"mote/ctl/manifest"
	"mote/ctl/mote/exit"
)

// NewExplain is `mote explain`.
func NewExplain() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [FIELD]",
		Short: "Tell what a field of the manifest means, by its path or its name",
		Args:  cobra.MaximumNArgs(1),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return manifest.Paths(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			name := ""
			if len(args) > 0 {
				name = args[0]
			}
			text, err := manifest.Explain(name)
			if err != nil {
				return exit.With(exit.NotFound, err)
			}
			_, err = fmt.Fprint(c.OutOrStdout(), text)
			return err
		},
	}
}
