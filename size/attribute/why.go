package attribute

import (
	"fmt"
	"slices"
	"strings"

	"mote/size/goobj"
)

// chainMax bounds a chain; none is nearly as long, and a longer one would be a
// circle.
const chainMax = 200

// Why tells the shortest chain to a symbol, or to whichever symbol of a package
// is nearest, from a root of the linker's: the entry, a package's own start, or
// what the runtime must have. A method that only an interface or reflection
// keeps tells by whose call. An error says that nothing of that name is in the
// program.
func (g *Graph) Why(name string) (string, error) {
	return g.search(without{}).tell(name)
}

func (a *alive) tell(name string) (string, error) {
	var best []goobj.ID
	for i, is := range a.reached {
		id := goobj.ID(i)
		if !is || a.g.name(id) != name && a.g.pkg(id) != name {
			continue
		}
		if chain := a.chain(id); best == nil || len(chain) < len(best) || len(chain) == len(best) && a.before(chain, best) {
			best = chain
		}
	}
	if best == nil {
		return "", fmt.Errorf("attribute: nothing named %s is linked into the program", name)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s is in the program by this chain, the shortest:\n", name)
	for i, id := range best {
		arrow := "→ "
		if i == 0 {
			arrow = ""
		}
		fmt.Fprintf(&b, "  %s%s%s\n", arrow, a.g.name(id), a.words(id))
	}
	return b.String(), nil
}

// before orders chains of one length by their names, so that one is told always.
func (a *alive) before(x, y []goobj.ID) bool {
	return slices.CompareFunc(x, y, func(x, y goobj.ID) int { return strings.Compare(a.g.name(x), a.g.name(y)) }) < 0
}

// chain leads from a root to a symbol.
func (a *alive) chain(id goobj.ID) []goobj.ID {
	chain := []goobj.ID{id}
	for len(chain) < chainMax && a.why[id].from != goobj.None {
		id = a.why[id].from
		chain = append(chain, id)
	}
	slices.Reverse(chain)
	return chain
}

// words tell why a method is alive that nobody calls by its name.
func (a *alive) words(id goobj.ID) string {
	why := a.why[id]
	var call string
	switch why.how {
	case byInterface:
		call = fmt.Sprintf("%s calls a method %s of an interface", a.g.name(why.caller), why.method.name)
	case byName:
		call = fmt.Sprintf("%s looks for methods named %s", a.g.name(why.caller), why.method.name)
	case byReflection:
		call = fmt.Sprintf("%s looks for methods by reflection, and keeps every exported one", a.g.name(why.caller))
	default:
		return ""
	}
	text := fmt.Sprintf("\n      (%s", call)
	if by, is := a.held[why.from]; is {
		text += fmt.Sprintf(";\n      %s makes %s an interface's value", a.g.name(by), strings.TrimPrefix(a.g.name(why.from), "type:"))
	}
	return text + ")"
}

// line is a chain in one line.
func (a *alive) line(id goobj.ID) string {
	var words []string
	for _, step := range a.chain(id) {
		words = append(words, a.g.name(step))
	}
	return strings.Join(words, " → ")
}
