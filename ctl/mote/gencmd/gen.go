// Package gencmd is `mote gen`: the keys of a house, its first manifests, and the
// context by which mote finds its nodes.
package gencmd

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mote/ctl/mote/contexts"
	"mote/ctl/mote/exit"
	"mote/ctl/pki"
	"mote/wire"
)

// long is the help.
const long = `Makes DIR with what a house of nodes begins with:

  root.key, root.crt      the root: it says who is who. Whoever has its key can pass
                          for anybody, so keep it away from every network
  NAME.key, NAME.pub      an operator's key: it asks nodes, and signs manifests
  NAME.crt                what the root says of it: the name, and what it may do
  NODE.identity           a node's key and what the root says of it, a secret that
                          goes into its image
  NODE.yaml               the node's first manifest

and a context of the name of DIR, which is used from then on. What is there already
is kept, so that the same command adds nodes and operators later. Nothing is ever
written over.

A node's identity is made here, and not on the node: it stands in the manifest, and
so in the image that the manifest is baked into, which is that node's alone then.`

// Command is `mote gen` with what its tests give in the place of the world.
type Command struct {
	// Now is the clock of endorsements.
	Now func() time.Time
	// Contexts finds the contexts' file.
	Contexts func() (string, error)
}

// Real is the command in the world.
func Real() Command { return Command{Now: time.Now, Contexts: contexts.Path} }

// wish is what the command line asks for.
type wish struct {
	operator, role string
	nodes          []string
}

// New is `mote gen`.
func New(c Command) *cobra.Command {
	var w wish
	cmd := &cobra.Command{
		Use:   "gen DIR",
		Short: "Make a root, an operator's key, nodes' identities and first manifests, and a context",
		Long:  long,
		Args:  cobra.ExactArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return c.run(cmd.OutOrStdout(), args[0], w) },
	}
	flags := cmd.Flags()
	flags.StringVar(&w.operator, "operator", "admin", "the operator's name: a-z, 0-9 and '-'")
	flags.StringVar(&w.role, "role", wire.RoleAdmin.String(), "what the operator may do: reader, operator or admin")
	flags.StringArrayVar(&w.nodes, "node", nil, "NAME=ADDRESS[:PORT] of a node; may be given again")
	return cmd
}

// node is one that is asked for.
type node struct{ name, address string }

// parse checks the words of the command line.
func (w wish) parse() (role wire.Role, nodes []node, err error) {
	usage := func(format string, args ...any) (wire.Role, []node, error) {
		return 0, nil, exit.With(exit.Usage, fmt.Errorf("gen: "+format, args...))
	}
	role, ok := wire.RoleOf(w.role)
	switch {
	case !ok:
		return usage("no role %q; take reader, operator or admin", w.role)
	case !wire.NameOK(w.operator) || w.operator == rootName || len(w.operator) > wire.UserNameSizeMax:
		return usage("%q can't name an operator; take up to %d of a-z, 0-9 and '-', and not root", w.operator, wire.UserNameSizeMax)
	}
	for _, word := range w.nodes {
		name, address, found := strings.Cut(word, "=")
		full, err := contexts.Address(address)
		switch {
		case !found || err != nil:
			return usage("--node %s: write NAME=ADDRESS, as edge-1=192.0.2.10", word)
		case !wire.NameOK(name) || name == w.operator || name == rootName:
			return usage("--node %s: %q can't name a node; take up to 63 of a-z, 0-9 and '-', and no other's name", word, name)
		case slices.ContainsFunc(nodes, func(n node) bool { return n.name == name }):
			return usage("--node %s: that name stands twice", word)
		}
		nodes = append(nodes, node{name, full})
	}
	return role, nodes, nil
}

// run makes what is missing, and tells what is there then.
func (c Command) run(out io.Writer, dir string, w wish) error {
	role, nodes, err := w.parse()
	if err != nil {
		return err
	}
	path, err := c.Contexts()
	if err != nil {
		return err
	}
	file, err := contexts.Load(path)
	if err != nil {
		return err
	}
	full, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("gen: %w", err)
	}
	name := filepath.Base(full)
	if old, ok := file.Contexts[name]; ok && filepath.Dir(old.Root) != full {
		return exit.With(exit.Refused, fmt.Errorf("gen: there is a context %s already, of %s; take another name for the folder", name, filepath.Dir(old.Root)))
	}
	h, err := openHouse(full, c.Now())
	if err != nil {
		return err
	}
	err = h.operator(pki.Identity{Kind: pki.Operator, Name: w.operator, Role: role})
	for _, n := range nodes {
		err = errors.Join(err, h.node(n, w.operator))
	}
	if err != nil {
		return err
	}
	file.Current = name
	file.Contexts[name] = h.context(file.Contexts[name], w.operator, nodes)
	if err := file.Save(path); err != nil {
		return err
	}
	return h.tell(out, dir, name, path, w.operator, nodes)
}
