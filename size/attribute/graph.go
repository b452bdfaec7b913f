package attribute

import (
	"context"
	"debug/elf"
	"fmt"
	"path/filepath"

	"mote/size/goobj"
)

// Graph is which symbol needs which, of one program, and what each weighs.
type Graph struct {
	set   *goobj.Set
	names names
	// edges are decoded when they are first asked for.
	edges    [][]goobj.Edge
	known    []bool
	builtins map[uint32]goobj.ID
	// bytes are those in the file: the symbol's own, and for a function what the
	// runtime's tables hold of it alone. 0 for what the linker dropped.
	bytes []int64
	// placed says what is in the file.
	placed []bool
	roots  []goobj.ID
}

// Graph builds the program with a symbol table into dir, and reads it.
func (t Target) Graph(ctx context.Context, dir string) (*Graph, error) {
	twin := filepath.Join(dir, "twin")
	if err := t.Twin(ctx, twin); err != nil {
		return nil, err
	}
	set, err := t.Objects(ctx)
	if err != nil {
		return nil, err
	}
	file, err := elf.Open(twin)
	if err != nil {
		return nil, fmt.Errorf("attribute: %s: %w", twin, err)
	}
	defer file.Close()
	symbols, err := file.Symbols()
	if err != nil {
		return nil, fmt.Errorf("attribute: %s: %w", twin, err)
	}
	places, err := Place(file, symbols, set)
	if err != nil {
		return nil, err
	}
	entry := t.Flags.Entry
	if entry == "" {
		entry = "_rt0_amd64_linux"
	}
	g := newGraph(set, names{modules(twin)}, entry)
	g.builtins = places.builtins()
	sheet := sheet{file: file, symbols: symbols, names: g.names, places: places, owners: map[uint64]owner{}}
	return g, g.weigh(places, &sheet)
}

// newGraph names the roots: the linker's own, mapinitnoop being what it puts in
// the place of a table's filling that nobody needs. Source:
// cmd/link/internal/ld/deadcode.go, init and mapinitcleanup, and inittask.go.
func newGraph(set *goobj.Set, n names, entry string) *Graph {
	g := &Graph{
		set: set, names: n, edges: make([][]goobj.Edge, set.Len()), known: make([]bool, set.Len()),
		bytes: make([]int64, set.Len()), placed: make([]bool, set.Len()),
	}
	for _, root := range []string{entry, "runtime.unreachableMethod", "main..inittask", "runtime..inittask", "runtime.mapinitnoop"} {
		g.roots = append(g.roots, set.Lookup(root)...)
	}
	return g
}

// weigh gives each symbol its bytes.
func (g *Graph) weigh(places *Places, f *sheet) error {
	byName := map[string]goobj.ID{}
	for id, addr := range places.at {
		if addr == 0 {
			continue
		}
		g.placed[id] = true
		symbol, _ := g.set.Symbol(goobj.ID(id))
		if !symbol.Kind.Zeroed() {
			g.bytes[id] = int64(symbol.Size)
		}
		if symbol.Kind.Text() {
			byName[symbol.Name] = goobj.ID(id)
		}
	}
	table := f.file.Section(".gopclntab")
	if table == nil {
		return fmt.Errorf("attribute: no table of functions in the program")
	}
	spans, _, err := f.functions(table, within(f.symbols, table))
	if err != nil {
		return err
	}
	for _, s := range spans {
		if id, is := byName[s.symbol]; is {
			g.bytes[id] += s.to - s.from
		}
	}
	return nil
}

// out are a symbol's references, the runtime's by number resolved.
func (g *Graph) out(id goobj.ID) []goobj.Edge {
	if g.known[id] {
		return g.edges[id]
	}
	edges := g.set.Edges(id)
	for i, e := range edges {
		if e.To.Builtin() {
			if to, is := g.builtins[e.To.Symbol]; is {
				edges[i].ID = to
			}
		}
	}
	g.known[id], g.edges[id] = true, edges
	return edges
}

// name is a symbol's.
func (g *Graph) name(id goobj.ID) string {
	symbol, _ := g.set.Symbol(id)
	return symbol.Name
}

// pkg is the package whose a symbol is; Shared for what the compiler makes once
// for all who need it, or the linker for all whose content is the same.
func (g *Graph) pkg(id goobj.ID) string {
	symbol, file := g.set.Symbol(id)
	if symbol.Hash != "" {
		return Shared
	}
	if pkg := packageOf(symbol.Name); pkg != Shared || merged(symbol.Name) {
		return pkg
	}
	return file
}

// at is what a reference at an offset of a symbol's bytes names.
func (g *Graph) at(id goobj.ID, offset int32) goobj.ID {
	for _, e := range g.out(id) {
		if e.Offset == offset && e.Bytes > 0 {
			return e.ID
		}
	}
	return goobj.None
}
