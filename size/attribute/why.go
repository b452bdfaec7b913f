package attribute

import (
	"bufio"
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// chainMax bounds a chain; the linker's are far shorter, and a longer one is a
// circle that should not be.
const chainMax = 200

// Tree is how the linker came to each symbol: from which other it was first
// reached. There may be other ways to it: cutting this one may not free it.
type Tree struct {
	// from is the symbol that reached a symbol.
	from map[string]string
	// marks are the linker's words on a symbol, UsedInIface and ReflectMethod.
	marks map[string][]string
}

// ParseTree reads what the linker says under -dumpdep: a line "a -> b" for each
// symbol that is reached, with marks in angle brackets behind a name. Source:
// cmd/link/internal/ld/deadcode.go.
func ParseTree(text []byte) Tree {
	t := Tree{from: map[string]string{}, marks: map[string][]string{}}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		from, to, is := strings.Cut(lines.Text(), " -> ")
		if !is {
			continue
		}
		from, to = t.mark(from), t.mark(to)
		if _, known := t.from[to]; !known && from != to {
			t.from[to] = from
		}
	}
	return t
}

// mark takes the linker's marks off a name and keeps them.
func (t Tree) mark(name string) string {
	for {
		rest, word, is := cutMark(name)
		if !is {
			return name
		}
		if !slices.Contains(t.marks[rest], word) {
			t.marks[rest] = append(t.marks[rest], word)
		}
		name = rest
	}
}

func cutMark(name string) (rest, word string, is bool) {
	for _, word := range []string{"UsedInIface", "ReflectMethod"} {
		if rest, is := strings.CutSuffix(name, " <"+word+">"); is {
			return rest, word, true
		}
	}
	return name, "", false
}

// Reflects are the symbols whose use of reflection keeps every exported method
// of every type that an interface holds alive, sorted. None is what we want.
func (t Tree) Reflects() []string {
	var names []string
	for name, marks := range t.marks {
		if slices.Contains(marks, "ReflectMethod") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Why tells the chain to a symbol, or to whichever symbol of a package is
// nearest, from a root of the linker's: the entry, a package's own start, or
// what the runtime must have. An error says that nothing of that name is in
// the binary.
func (t Tree) Why(name string) (string, error) {
	var best []string
	for symbol := range t.from {
		if symbol != name && packageOf(symbol) != name {
			continue
		}
		chain := t.chain(symbol)
		if best == nil || len(chain) < len(best) || len(chain) == len(best) && slices.Compare(chain, best) < 0 {
			best = chain
		}
	}
	if best == nil {
		return "", fmt.Errorf("attribute: nothing named %s is linked into PID 1", name)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s is in PID 1 by this chain, the one by which the linker first came to it:\n", name)
	for i, symbol := range best {
		if i == 0 {
			fmt.Fprintf(&b, "  %s%s\n", symbol, t.words(symbol))
			continue
		}
		fmt.Fprintf(&b, "  → %s%s\n", symbol, t.words(symbol))
	}
	return b.String(), nil
}

// words explains the linker's marks on a symbol.
func (t Tree) words(symbol string) string {
	var out string
	for _, mark := range t.marks[symbol] {
		switch mark {
		case "UsedInIface":
			out += "   (an interface holds it: methods that interfaces name stay alive)"
		case "ReflectMethod":
			out += "   (looks for methods by reflection: every exported method stays alive)"
		}
	}
	return out
}

// chain leads from a root to a symbol.
func (t Tree) chain(symbol string) []string {
	chain := []string{symbol}
	for len(chain) < chainMax {
		from, is := t.from[chain[len(chain)-1]]
		if !is || from == "_" {
			break
		}
		chain = append(chain, from)
	}
	slices.Reverse(chain)
	return chain
}
