// Who owns a byte. Most symbols carry their package in their name; a string, a
// description of a type without a name, a mask of the collector's have none:
// they belong to who refers to them.

package attribute

import (
	"debug/elf"
	"encoding/binary"
	"strings"

	"mote/size/goobj"
)

// Several is what stands for the symbol, or for the package, of bytes that
// several of them refer to.
const (
	severalSymbols  = "(of several symbols)"
	SeveralPackages = "(of several packages)"
)

// owner is whom bytes belong to, as close as it is known.
type owner struct{ module, pkg, symbol string }

// join is the closest that holds both.
func join(a, b owner) owner {
	switch {
	case a == owner{} || a == b:
		return b
	case b == owner{}:
		return a
	case a.module != b.module:
		return owner{Shared, Shared, severalSymbols}
	case a.pkg != b.pkg:
		return owner{a.module, SeveralPackages, severalSymbols}
	}
	return owner{a.module, a.pkg, severalSymbols}
}

// names finds owners by name; of is the module of a package.
type names struct{ of func(string) string }

// named is the owner that a symbol's name tells; false for a name that tells none.
func (n names) named(symbol string) (owner, bool) {
	pkg := packageOf(symbol)
	if pkg == Shared {
		return owner{Shared, Shared, symbol}, false
	}
	return owner{n.of(pkg), pkg, symbol}, true
}

// owners are those of every placed symbol, by address: by their names, then by
// who refers to them, and who refers to those, until nothing changes. Each can
// only move away from the closest owner, three steps at most, so it ends.
func (p *Places) owners(n names) map[uint64]owner {
	out := make(map[uint64]owner, len(p.byAddr))
	fixed := map[uint64]bool{}
	next := make([]goobj.ID, 0, len(p.byAddr))
	for addr, id := range p.byAddr {
		symbol, pkg := p.Set.Symbol(id)
		next = append(next, id)
		if symbol.Hash != "" {
			// One of all with the same content, under the name of one of them.
		} else if who, is := n.named(symbol.Name); is {
			out[addr], fixed[addr] = who, true
		} else if !merged(symbol.Name) {
			// A name of assembly, without a package: its file's.
			out[addr], fixed[addr] = owner{n.of(pkg), pkg, symbol.Name}, true
		}
	}
	for len(next) > 0 {
		id := next[len(next)-1]
		next = next[:len(next)-1]
		who := out[p.at[id]]
		if who == (owner{}) {
			continue
		}
		for _, to := range p.refers(id) {
			addr := p.at[to]
			if fixed[addr] {
				continue
			}
			if joined := join(out[addr], who); joined != out[addr] {
				out[addr] = joined
				next = append(next, to)
			}
		}
	}
	return out
}

// refers are the symbols that a symbol keeps and that have a place.
func (p *Places) refers(id goobj.ID) []goobj.ID {
	var out []goobj.ID
	for _, e := range p.Set.Edges(id) {
		if e.Type&goobj.Weak != 0 {
			continue
		}
		addr, is := p.target(p.at[id], e)
		if !is {
			continue
		}
		if to, is := p.byAddr[addr]; is {
			out = append(out, to)
		}
	}
	return out
}

// merged says whether the compiler makes a symbol once for all who need it.
func merged(name string) bool {
	return strings.HasPrefix(name, "go:") || strings.HasPrefix(name, "type:") ||
		strings.HasPrefix(name, "runtime.gcbits.") || strings.HasPrefix(name, "$")
}

// symbols are those of the objects, as the file's own table would name them, for
// addresses that it has no name for.
func (p *Places) symbols(known []elf.Symbol) []elf.Symbol {
	has := map[uint64]bool{}
	for _, s := range known {
		if s.Size > 0 {
			has[s.Value] = true
		}
	}
	var out []elf.Symbol
	for addr, id := range p.byAddr {
		symbol, _ := p.Set.Symbol(id)
		if !has[addr] && !symbol.Kind.Zeroed() {
			out = append(out, elf.Symbol{Name: symbol.Name, Value: addr, Size: uint64(symbol.Size)})
		}
	}
	return out
}

// links covers a list of places of types or interface tables: each entry is its
// target's.
func (p *Places) links(s *elf.Section, by map[uint64]owner) ([]span, error) {
	raw, err := s.Data()
	if err != nil {
		return nil, err
	}
	var spans []span
	step := 4
	if s.Name == ".itablink" {
		step = 8
	}
	for at := 0; at+step <= len(raw); at += step {
		addr := p.rodataStart + uint64(binary.LittleEndian.Uint32(raw[at:]))
		if step == 8 {
			addr = binary.LittleEndian.Uint64(raw[at:])
		}
		who, is := by[addr]
		if !is {
			who = owner{Shared, Shared, s.Name}
		}
		from := int64(s.Offset) + int64(at)
		spans = append(spans, span{from, from + int64(step), who, TypeData})
	}
	return spans, nil
}
