package manifestcmd

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"mote/ctl/manifest"
	"mote/ctl/mote/exit"
)

// diffLong is the help.
const diffLong = `Compares what two documents mean, field by field: order, comments and written-out
defaults make no difference. Then it tells what the second would do to a node that
runs the first. The status is 9 where they differ. Secrets are compared by their
references.`

func newDiff() *cobra.Command {
	var forMachine string
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Compare two documents by what they mean, and tell what would restart",
		Long:  diffLong,
		Args:  cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			return diff(c, args[0], args[1], forMachine)
		},
	}
	c.Flags().StringVar(&forMachine, "for", "", "the machine, by its inventory's JSON")
	return c
}

func diff(c *cobra.Command, old, new, forMachine string) error {
	a, err := load(c, old)
	if err != nil {
		return err
	}
	b, err := load(c, new)
	if err != nil {
		return err
	}
	before, err := compile(c, a, forMachine, false)
	if err != nil {
		return err
	}
	after, err := compile(c, b, forMachine, false)
	if err != nil {
		return err
	}
	out := c.OutOrStdout()
	changes := manifest.Diff(before, after)
	if len(changes) == 0 {
		fmt.Fprintln(out, "no difference")
		return nil
	}
	for _, change := range changes {
		fmt.Fprintln(out, change)
	}
	fmt.Fprintln(out)
	for _, effect := range manifest.Effects(changes, after) {
		fmt.Fprintln(out, effect)
	}
	return exit.Told(exit.Different, errors.New("the documents differ"))
}

// patchLong is the help.
const patchLong = `Prints FILE with each PATCH merged into it in turn, by RFC 7396: fields of a patch
replace those of the document, null takes one out, and lists are replaced whole.
The result is checked as validate does, and refused with the place in the patch.
Comments are not kept.`

func newPatch() *cobra.Command {
	return &cobra.Command{
		Use:   "patch FILE PATCH...",
		Short: "Merge patches into a document, and print it",
		Long:  patchLong,
		Args:  cobra.MinimumNArgs(2),
		RunE:  func(c *cobra.Command, args []string) error { return patch(c, args) },
	}
}

func patch(c *cobra.Command, names []string) error {
	d, err := load(c, names[0])
	if err != nil {
		return err
	}
	for _, name := range names[1:] {
		p, err := load(c, name)
		if err != nil {
			return err
		}
		d.Node = manifest.Patch(d.Node, p.Node)
		d.problems = append(d.problems, p.problems...)
	}
	_, problems := manifest.Check(d.Node)
	if err := refused(c, d.problems.And(problems)); err != nil {
		return err
	}
	b, err := d.YAML()
	if err != nil {
		return err
	}
	_, err = c.OutOrStdout().Write(b)
	return err
}
