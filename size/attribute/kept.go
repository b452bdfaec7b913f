package attribute

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"mote/size/goobj"
)

// Kept is code that nobody calls by its name: an interface's call, or a search
// for methods, keeps it alive.
type Kept struct {
	// Call is what is called: "method Name func(type)", or the reflection.
	Call string
	// Bytes would go if nobody called so: the methods and what only they need.
	Bytes int64
	// Methods are those that it keeps alive, by types that are interfaces' values.
	Methods int
	// Callers is how many functions call so; Chain leads to the first that was
	// found, from a root.
	Callers int
	Chain   string
	// Largest is the dearest of the methods, and who makes its type a value of an
	// interface.
	Largest, Holder string
}

// Kept tells what is alive by interfaces and reflection only, the most bytes
// first: each call is left out once, and what is gone is its.
func (g *Graph) Kept() []Kept {
	all := g.search(without{})
	var out []Kept
	for m := range all.called {
		less := g.search(without{method: m})
		one := all.gone(less, func(why cause) bool { return why.how == byInterface && why.method == m })
		one.Call = fmt.Sprintf("method %s %s", m.name, strings.TrimPrefix(g.name(m.typ), "type:"))
		one.Callers, one.Chain = len(all.uses[m]), all.line(all.called[m])
		out = append(out, one)
	}
	if len(all.reflects) > 0 {
		one := all.gone(g.search(without{reflection: true}), func(why cause) bool { return why.how == byReflection })
		one.Call, one.Callers, one.Chain = "reflection on methods", len(all.reflects), all.line(all.reflects[0])
		out = append(out, one)
	}
	out = slices.DeleteFunc(out, func(k Kept) bool { return k.Bytes == 0 })
	slices.SortFunc(out, func(a, b Kept) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Call, b.Call))
	})
	return out
}

// gone adds up what is alive here and not there; is says which methods' cause is
// the one in question.
func (a *alive) gone(less *alive, is func(cause) bool) Kept {
	var out Kept
	best := int64(-1)
	for i := range a.reached {
		id := goobj.ID(i)
		if !a.reached[id] || less.reached[id] {
			continue
		}
		out.Bytes += a.g.bytes[id]
		symbol, _ := a.g.set.Symbol(id)
		if !is(a.why[id]) || !symbol.Kind.Text() {
			continue
		}
		out.Methods++
		if a.g.bytes[id] > best {
			best, out.Largest = a.g.bytes[id], symbol.Name
			out.Holder = ""
			if by, known := a.held[a.why[id].from]; known {
				out.Holder = a.g.name(by)
			}
		}
	}
	return out
}

// KeptReport tells them, rowsMax of them.
func KeptReport(kept []Kept, rowsMax int) string {
	var b strings.Builder
	if !slices.ContainsFunc(kept, func(k Kept) bool { return k.Call == "reflection on methods" }) {
		b.WriteString("nothing in the program looks for methods by reflection: the linker drops what neither a call nor an interface needs\n")
	}
	fmt.Fprintf(&b, "%8s %8s  kept only by calls through an interface, or by reflection\n", "bytes", "methods")
	for i, k := range kept {
		if i == rowsMax {
			fmt.Fprintf(&b, "%8s and %d more\n", "", len(kept)-rowsMax)
			break
		}
		fmt.Fprintf(&b, "%8d %8d  %s, by %d functions\n%19sthe first by %s\n", k.Bytes, k.Methods, k.Call, k.Callers, "", k.Chain)
		if k.Largest != "" {
			fmt.Fprintf(&b, "%19sthe dearest: %s, of a type that %s makes an interface's value\n", "", k.Largest, cmp.Or(k.Holder, "the runtime"))
		}
	}
	return b.String()
}
