package manifestcmd

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"mote/ctl/manifest"

	"mote/wire"
)

// validateLong is the help.
const validateLong = `Checks a document without needing a machine or a secret: first as it stands, then
with each of its parts for machines patched in. Values of a machine are taken
from a sample. All problems are told at once, with file, line and column, and the
status is 4 where there are some.`

func newValidate() *cobra.Command {
	var forMachine string
	c := &cobra.Command{
		Use:   "validate FILE",
		Short: "Check a document, and tell all that is wrong with it",
		Long:  validateLong,
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return validate(c, args[0], forMachine)
		},
	}
	c.Flags().StringVar(&forMachine, "for", "", "check what one machine would get, by its inventory's JSON")
	return c
}

func validate(c *cobra.Command, name, forMachine string) error {
	d, err := load(c, name)
	if err != nil {
		return err
	}
	if forMachine != "" {
		m, err := compile(c, d, forMachine, false)
		if err != nil {
			return err
		}
		fmt.Fprintf(c.OutOrStdout(), "%s is good for this machine: %s\n", name, summary(m))
		return nil
	}
	m, problems := manifest.Check(d.Node)
	if err := refused(c, d.problems.And(problems)); err != nil {
		return err
	}
	fmt.Fprintf(c.OutOrStdout(), "%s is good: %s\n", name, summary(m))
	return nil
}

// summary tells what a manifest has.
func summary(m *wire.Manifest) string {
	var parts []string
	if m.Node != "" {
		parts = append(parts, "node "+m.Node)
	}
	for _, p := range []struct {
		count int
		name  string
	}{{len(m.Services), "service"}, {len(m.Links), "link"}, {len(m.Users), "user"}} {
		switch {
		case p.count == 1:
			parts = append(parts, "1 "+p.name)
		case p.count > 1:
			parts = append(parts, fmt.Sprintf("%d %ss", p.count, p.name))
		}
	}
	b, err := wire.AppendManifest(nil, m)
	if err != nil {
		return err.Error() // it was compiled: this is never reached
	}
	parts = append(parts, strconv.Itoa(len(b))+" bytes compiled")
	return strings.Join(parts, ", ")
}
