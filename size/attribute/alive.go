// What a program keeps, and why: the linker's own search for dead code, done
// again on the same objects, so that it can be asked what if.
//
// Always true here: what is found alive is what the linker found; a test holds
// the two against each other. Source: cmd/link/internal/ld/deadcode.go.

package attribute

import (
	"encoding/binary"
	"slices"
	"unicode"
	"unicode/utf8"

	"mote/size/goobj"
)

// method is a method as interfaces know it: a name, and the type of its function.
type method struct {
	name string
	typ  goobj.ID
}

// how tells the way by which a symbol came alive.
type how uint8

const (
	byReference how = iota
	byRoot
	// byInterface: an interface's method of that name and type is called.
	byInterface
	// byName: a method of that name is looked for.
	byName
	// byReflection: any exported method may be called.
	byReflection
)

// cause is why a symbol is alive: from it comes, and for a method what calls it.
type cause struct {
	how    how
	from   goobj.ID
	caller goobj.ID
	method method
}

// candidate is a method of a type that some interface holds.
type candidate struct {
	of     goobj.ID
	method method
	// needs are its type and its two functions.
	needs [3]goobj.ID
}

// what is left out of a search: the question that is asked.
type without struct {
	// symbol says which symbols are gone; nil for none.
	symbol func(goobj.ID) bool
	// method is one that no interface calls; reflection says that nobody looks
	// for methods.
	method     method
	reflection bool
}

// alive is the state and the answer of one search.
type alive struct {
	g    *Graph
	less without
	// reached and why are by symbol; held are types that an interface's value is
	// of, with who made it one.
	reached    []bool
	why        []cause
	held       map[goobj.ID]goobj.ID
	next       []goobj.ID
	candidates []candidate
	// called, named and reflects are who calls or looks for methods first.
	called   map[method]goobj.ID
	named    map[string]goobj.ID
	reflects []goobj.ID
	// uses are all who call a method by an interface, in the order found.
	uses map[method][]goobj.ID
}

// search goes through a program from its roots, nearest first.
func (g *Graph) search(less without) *alive {
	a := &alive{
		g: g, less: less, reached: make([]bool, g.set.Len()), why: make([]cause, g.set.Len()),
		held: map[goobj.ID]goobj.ID{}, called: map[method]goobj.ID{}, named: map[string]goobj.ID{},
		uses: map[method][]goobj.ID{},
	}
	for _, root := range g.roots {
		a.mark(root, cause{how: byRoot, from: goobj.None})
	}
	for {
		a.flood()
		// Methods that somebody may call. New types may have come with each flood.
		a.candidates = slices.DeleteFunc(a.candidates, func(c candidate) bool {
			why, is := a.callable(c)
			for _, need := range c.needs {
				if is {
					a.mark(need, why)
				}
			}
			return is
		})
		if len(a.next) == 0 {
			return a
		}
	}
}

// callable says why a method may be called.
func (a *alive) callable(c candidate) (cause, bool) {
	first, _ := utf8.DecodeRuneInString(c.method.name)
	if caller, is := a.called[c.method]; is {
		return cause{byInterface, c.of, caller, c.method}, true
	}
	if caller, is := a.named[c.method.name]; is {
		return cause{byName, c.of, caller, c.method}, true
	}
	if len(a.reflects) > 0 && unicode.IsUpper(first) {
		return cause{byReflection, c.of, a.reflects[0], c.method}, true
	}
	return cause{}, false
}

// mark brings a symbol alive, once.
func (a *alive) mark(id goobj.ID, why cause) {
	if id == goobj.None || a.reached[id] || a.less.symbol != nil && a.less.symbol(id) {
		return
	}
	a.reached[id], a.why[id] = true, why
	a.next = append(a.next, id)
}

// hold makes a type one that an interface's value is of; one that was gone
// through is gone through again, as its methods count from now on.
func (a *alive) hold(id, by goobj.ID) {
	if id == goobj.None {
		return
	}
	if _, is := a.held[id]; is {
		return
	}
	a.held[id] = by
	if a.reached[id] {
		a.next = append(a.next, id)
	}
}

func (a *alive) flood() {
	for len(a.next) > 0 {
		id := a.next[0]
		a.next = a.next[1:]
		symbol, _ := a.g.set.Symbol(id)
		if symbol.Reflects && !a.less.reflection && !slices.Contains(a.reflects, id) {
			a.reflects = append(a.reflects, id)
		}
		a.visit(id, symbol.Type)
		for _, kept := range a.g.set.Funcdata(id) {
			a.mark(kept, cause{from: id})
		}
	}
}

// visit follows a symbol's references, each in its way.
func (a *alive) visit(id goobj.ID, typ bool) {
	_, held := a.held[id]
	held = held && typ
	edges := a.g.out(id)
	for i := 0; i < len(edges); i++ {
		e := edges[i]
		switch {
		case e.Type&goobj.Weak != 0 || e.Type == goobj.UseType:
		case e.Type == goobj.MethodOff:
			// Three in a row: the method's type, and its two functions.
			if held && i+2 < len(edges) {
				m := method{a.g.methodName(id, e.Offset-4), e.ID}
				a.hold(e.ID, id)
				a.candidates = append(a.candidates, candidate{id, m, [3]goobj.ID{e.ID, edges[i+1].ID, edges[i+2].ID}})
			}
			i += 2
		case e.Type == goobj.UseIface:
			a.hold(a.g.typeOf(e.ID), id)
		case e.Type == goobj.UseIfaceMethod:
			a.call(method{a.g.methodName(e.ID, int32(e.Add)), a.g.at(e.ID, int32(e.Add)+4)}, id)
		case e.Type == goobj.UseNamedMethod:
			if e.ID != goobj.None {
				a.name(a.g.set.Data(e.ID), id)
			}
		default:
			if held && e.ID != goobj.None {
				if to, _ := a.g.set.Symbol(e.ID); to.Type {
					a.hold(e.ID, id)
				}
			}
			a.mark(e.ID, cause{from: id})
		}
	}
}

func (a *alive) call(m method, by goobj.ID) {
	if a.less.method.name != "" && m == a.less.method {
		return
	}
	if _, is := a.called[m]; !is {
		a.called[m] = by
	}
	a.uses[m] = append(a.uses[m], by)
}

func (a *alive) name(name string, by goobj.ID) {
	if _, is := a.named[name]; !is {
		a.named[name] = by
	}
}

// typeOf is a type, or the type in an interface's table, its second word.
func (g *Graph) typeOf(id goobj.ID) goobj.ID {
	if id == goobj.None {
		return id
	}
	if symbol, _ := g.set.Symbol(id); symbol.Itab {
		return g.at(id, 8)
	}
	return id
}

// methodName is the name to which a type refers at an offset: a byte of marks,
// the length, the name. Source: internal/abi/type.go, Name.
func (g *Graph) methodName(typ goobj.ID, offset int32) string {
	if typ == goobj.None {
		return ""
	}
	id := g.at(typ, offset)
	if id == goobj.None {
		return ""
	}
	data := g.set.Data(id)
	if len(data) < 2 {
		return ""
	}
	n, used := binary.Uvarint([]byte(data[1:]))
	if used <= 0 || n > uint64(len(data)-1-used) {
		return ""
	}
	return data[1+used : 1+used+int(n)]
}

// weight is what is alive, in bytes of the file.
func (a *alive) weight() int64 {
	sum := int64(0)
	for id, is := range a.reached {
		if is {
			sum += a.g.bytes[id]
		}
	}
	return sum
}
