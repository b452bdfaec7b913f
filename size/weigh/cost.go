package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"mote/size/attribute"
)

// printCost tells what a module or a package costs the program: with it, and
// with an empty one in its place; or what each keeps alive alone.
func printCost(ctx context.Context, program asked, args []string, out io.Writer) error {
	graph, err := program.Graph(ctx, program.dir)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		_, err = io.WriteString(out, attribute.CostReport(graph.Costs(), rowsDefault))
		return err
	}
	name := args[0]
	has := func(pkg string) bool { return pkg == name }
	cost, err := graph.Cost(name, has)
	if err != nil {
		// No package, so perhaps a module.
		has = graph.InModule(name)
		if cost, err = graph.Cost(name, has); err != nil {
			return err
		}
	}
	var parts []string
	for _, pkg := range graph.Packages() {
		if has(pkg) {
			parts = append(parts, pkg)
		}
	}
	if len(parts) == 0 {
		_, err = fmt.Fprintf(out, "not a byte of %s is in the file\n", name)
		return err
	}
	if err := printEmptied(ctx, program, parts, out); err != nil {
		return err
	}
	_, err = io.WriteString(out, attribute.CostReport([]attribute.Cost{cost}, 1))
	return err
}

// printEmptied builds the program with packages whose functions are empty. That
// can't be done with each; then it says why, and what only they keep is the
// answer.
func printEmptied(ctx context.Context, program asked, packages []string, out io.Writer) error {
	with, less, err := program.Emptied(ctx, program.dir, packages)
	if err != nil {
		_, err = fmt.Fprintf(out, "it can't be built without %s, so by what only it keeps:\n  %s\n", strings.Join(packages, ", "), strings.ReplaceAll(err.Error(), "\n", "\n  "))
		return err
	}
	_, err = fmt.Fprintf(out, "%10d bytes with %s\n%10d bytes with its functions emptied, built so: %d less, in whole pages\n", with, strings.Join(packages, ", "), less, with-less)
	return err
}
