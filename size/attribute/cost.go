package attribute

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"mote/size/goobj"
)

// Cost is what a part of a program keeps in it.
type Cost struct {
	Name string
	// Own are the bytes of its own symbols; Alone are all that would go with it,
	// its own and what only it needs. Bytes of the file, without alignment.
	Own, Alone int64
	// With are the packages that would lose the most, without its own.
	With []Loss
}

// Loss is what a package would lose.
type Loss struct {
	Package string
	Bytes   int64
}

// lossesMax is how many are told.
const lossesMax = 5

// Cost tells what packages keep alive that nothing else does: the linker's
// search is done again as if none of their symbols were there. What was inlined
// into others stays with those.
func (g *Graph) Cost(name string, has func(pkg string) bool) (Cost, error) {
	return g.cost(g.search(without{}), name, has)
}

func (g *Graph) cost(all *alive, name string, has func(pkg string) bool) (Cost, error) {
	out := Cost{Name: name}
	less := g.search(without{symbol: func(id goobj.ID) bool { return has(g.pkg(id)) }})
	losses := map[string]int64{}
	found := false
	for i := range all.reached {
		id := goobj.ID(i)
		if !all.reached[id] || less.reached[id] {
			continue
		}
		out.Alone += g.bytes[id]
		if pkg := g.pkg(id); has(pkg) {
			found = true
			out.Own += g.bytes[id]
		} else {
			losses[pkg] += g.bytes[id]
		}
	}
	if !found {
		return out, fmt.Errorf("attribute: nothing of %s is linked into the program", name)
	}
	for _, pkg := range Largest(losses) {
		if len(out.With) < lossesMax && losses[pkg] > 0 {
			out.With = append(out.With, Loss{pkg, losses[pkg]})
		}
	}
	return out, nil
}

// Costs are those of every module and every package that is linked, the dearest
// first.
func (g *Graph) Costs() []Cost {
	all := g.search(without{})
	is := map[string]func(pkg string) bool{}
	for i, reached := range all.reached {
		pkg := g.pkg(goobj.ID(i))
		if !reached || pkg == Shared {
			continue
		}
		is[pkg] = func(p string) bool { return p == pkg }
		if module := g.names.of(pkg); module != "std" {
			is["module "+module] = g.InModule(module)
		}
	}
	var out []Cost
	for name, has := range is {
		if one, err := g.cost(all, name, has); err == nil {
			out = append(out, one)
		}
	}
	slices.SortFunc(out, func(a, b Cost) int {
		return cmp.Or(cmp.Compare(b.Alone, a.Alone), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// InModule says of packages whether they are of a module.
func (g *Graph) InModule(module string) func(pkg string) bool {
	return func(pkg string) bool { return pkg != Shared && g.names.of(pkg) == module }
}

// Packages are all that are linked of the program, sorted.
func (g *Graph) Packages() []string {
	found := map[string]int64{}
	for i, placed := range g.placed {
		if placed {
			found[g.pkg(goobj.ID(i))] = 0
		}
	}
	return Largest(found)
}

// CostReport tells costs, rowsMax of them.
func CostReport(costs []Cost, rowsMax int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%10s %10s  what, and what else would go with it\n", "alone", "own")
	for i, c := range costs {
		if i == rowsMax {
			fmt.Fprintf(&b, "%10s and %d more\n", "", len(costs)-rowsMax)
			break
		}
		fmt.Fprintf(&b, "%10d %10d  %s%s\n", c.Alone, c.Own, c.Name, c.losses())
	}
	b.WriteString("by the linker's search, done again as if it were not there; bytes of the file without alignment\n")
	return b.String()
}

func (c Cost) losses() string {
	var words []string
	for _, l := range c.With {
		words = append(words, fmt.Sprintf("%s %d", l.Package, l.Bytes))
	}
	if len(words) == 0 {
		return ""
	}
	return ": " + strings.Join(words, ", ")
}
