package nodecmd

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"mote/ctl/client"
	"mote/ctl/mote/exit"
)

// New is `mote get`.
func New(c Command) *cobra.Command {
	var t target
	var output string
	cmd := &cobra.Command{
		Use:   "get RESOURCE [NAME]",
		Short: "Show what nodes have: " + strings.Join(resourceNames(), ", "),
		Long:  getLong(),
		Args:  cobra.RangeArgs(1, 2),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return resourceNames(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error { return c.get(cmd, args, t, output) },
	}
	t.flags(cmd.Flags())
	cmd.Flags().StringVarP(&output, "output", "o", "", "wide for more columns, name for names alone, json or yaml for programs")
	return cmd
}

func getLong() string {
	var b strings.Builder
	b.WriteString("Asks every node of the context at once, or those that --node names, and shows:\n\n")
	for _, r := range resources {
		fmt.Fprintf(&b, "  %-13s %s\n", r.name, r.what)
	}
	b.WriteString(`
Times are ages, of the node's own clock. What a node does not answer is told on the
error output; the status is 7 then, and the node's own failure where no node answers.`)
	return b.String()
}

// get asks, shows, and tells who failed.
func (c Command) get(cmd *cobra.Command, args []string, t target, output string) error {
	r, err := findResource(args[0])
	if err != nil {
		return err
	}
	show, err := findOutput(output)
	if err != nil {
		return err
	}
	p, err := c.open(t)
	if err != nil {
		return err
	}
	all := fan(cmd.Context(), p, t.timeout, func(ctx context.Context, node string, conn *client.Client) ([]item, error) {
		items, err := r.ask(ctx, node, conn)
		if err == nil && len(args) == 2 {
			items, err = named(items, r.name, args[1])
		}
		return items, err
	})
	var items []item
	for _, a := range all {
		items = append(items, a.value...)
	}
	if err := show(cmd.OutOrStdout(), r, items, len(p.names) > 1); err != nil {
		return err
	}
	return failures(cmd, all)
}

// named keeps the item of that name.
func named(items []item, resource, name string) ([]item, error) {
	for _, i := range items {
		if i.name == name {
			return []item{i}, nil
		}
	}
	return nil, exit.With(exit.NotFound, fmt.Errorf("nothing named %s among its %s; mote get %s lists them", name, resource, resource))
}

// findResource finds one by its name, or says what is near it.
func findResource(word string) (*resource, error) {
	for i := range resources {
		if r := &resources[i]; r.name == word || strings.TrimSuffix(r.name, "s") == word || strings.TrimSuffix(r.name, "es") == word {
			return r, nil
		}
	}
	return nil, exit.With(exit.Usage, fmt.Errorf("get: no resource %q; there are %s", word, strings.Join(resourceNames(), ", ")))
}

func resourceNames() []string {
	var names []string
	for _, r := range resources {
		names = append(names, r.name)
	}
	return names
}
