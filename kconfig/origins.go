package kconfig

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Origin is why something is in the kernel.
type Origin struct {
	// Symbol is the option that it is built for; empty for what every kernel has.
	Symbol string
	// Want is the line of a fragment that asks for it, or for what selects it;
	// its Symbol is empty where none does.
	Want Want
	// By are the options from the asked one to Symbol, each selecting the next,
	// without Symbol itself.
	By []string
	// Default is where an option that nobody asks for is defined, FILE:LINE.
	Default string
}

// String is the reason in words.
func (o Origin) String() string {
	switch {
	case o.Symbol == "":
		return "every kernel has it"
	case o.Want.Symbol == "" && o.Default != "":
		return o.Symbol + ", by its default at " + o.Default
	case o.Want.Symbol == "":
		return o.Symbol + ", of which no makefile of options knows"
	case len(o.By) > 0:
		return fmt.Sprintf("%s:%d: %s selects %s", o.Want.File, o.Want.Line, strings.Join(o.By, " selects "), o.Symbol)
	}
	return fmt.Sprintf("%s:%d: %s", o.Want.File, o.Want.Line, o.Symbol)
}

// Origins leads each object, a path in the tree, to the option that it is built
// for by the makefiles, and that to the line of a fragment that asks for it, or
// for an option that selects it, the nearest. Conditions of a select are not
// solved: an option that is on and selects counts.
func Origins(tree fs.FS, got Config, wants []Want, objects []string) (map[string]Origin, error) {
	asked := map[string]*trail{}
	for symbol := range got {
		asked[strings.TrimPrefix(symbol, "CONFIG_")] = &trail{}
	}
	if err := scanTree(tree, asked); err != nil {
		return nil, err
	}
	lines := map[string]Want{}
	for _, w := range wants {
		if w.Value != Off {
			lines[w.Symbol] = w
		}
	}
	m := &makefiles{tree: tree, got: got, read: map[string][]listing{}}
	bySymbol := map[string]Origin{"": {}}
	out := map[string]Origin{}
	for _, object := range objects {
		symbol := m.option(path.Clean(object))
		if _, known := bySymbol[symbol]; !known {
			bySymbol[symbol] = origin(symbol, got, lines, asked)
		}
		out[object] = bySymbol[symbol]
	}
	return out, nil
}

// origin goes from an option to those that select it, nearest first, until a
// fragment asks for one.
func origin(symbol string, got Config, lines map[string]Want, asked map[string]*trail) Origin {
	type step struct {
		symbol string
		by     []string
	}
	seen := map[string]bool{symbol: true}
	for next := []step{{symbol, nil}}; len(next) > 0; next = next[1:] {
		s := next[0]
		if w, is := lines[s.symbol]; is {
			return Origin{Symbol: symbol, Want: w, By: s.by}
		}
		t := asked[strings.TrimPrefix(s.symbol, "CONFIG_")]
		if t == nil {
			continue
		}
		for _, name := range onNames(t.selectors, got) {
			if by := "CONFIG_" + name; !seen[by] {
				seen[by] = true
				next = append(next, step{by, append([]string{by}, s.by...)})
			}
		}
	}
	o := Origin{Symbol: symbol}
	if t := asked[strings.TrimPrefix(symbol, "CONFIG_")]; t != nil && len(t.defs) > 0 {
		defs := slices.Clone(t.defs)
		// Every architecture's files are read; those of others come first by name.
		slices.SortStableFunc(defs, func(a, b definition) int { return strings.Compare(elsewhere(a.file), elsewhere(b.file)) })
		o.Default = fmt.Sprintf("%s:%d", defs[0].file, defs[0].line)
	}
	return o
}

// elsewhere sorts the files of x86 and those of all before other architectures'.
func elsewhere(file string) string {
	if strings.HasPrefix(file, "arch/") && !strings.HasPrefix(file, "arch/x86/") {
		return "z"
	}
	return "a"
}
