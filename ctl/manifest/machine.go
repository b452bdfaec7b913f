package manifest

import (
	"strconv"
	"strings"

	"mote/wire"
	"mote/wire/inventory"
)

// The parts of a document that are for some machines only. A part is a merge
// patch, and a machine takes those whose every line matches its inventory, in the
// order of the document.

// part is one entry of "machines".
type part struct {
	name  string
	when  []condition
	patch *Node
}

// condition is one line of "when": a fact, and what it may be.
type condition struct {
	fact   *fact
	accept []func(value string) bool
}

// parts reads "machines".
func (r *reader) parts(n *Node) []part {
	if n == nil {
		return nil
	}
	if n.Kind != Map {
		r.add(n, machinesName, n.what()+", where a map of parts by name is wanted", "write a name, and when and patch below it")
		return nil
	}
	var all []part
	for _, e := range n.Entries {
		path := join(machinesName, e.Name)
		r.keys[path] = e.At
		if e.Value.Kind != Map {
			r.add(e.Value, path, e.Value.what()+", where a map is wanted", "write when and patch below it")
			continue
		}
		for _, sub := range e.Value.Entries {
			if find(machineFields(), sub.Name) == nil {
				r.unknown("field", names(machineFields()), sub, path)
			}
		}
		p := part{name: e.Name}
		when, patch := e.Value.Get("when"), e.Value.Get("patch")
		if when == nil || patch == nil {
			r.problems = append(r.problems, Problem{At: e.At, Path: path, What: "a part without when or patch", Next: "give both"})
			continue
		}
		p.when = r.conditions(when, join(path, "when"))
		if p.patch = patch; patch.Kind != Map || patch.entry(versionName) != nil || patch.entry(machinesName) != nil {
			r.add(patch, join(path, "patch"), "no patch of the manifest", "write fields such as node or links below it")
			continue
		}
		all = append(all, p)
	}
	return all
}

// conditions reads "when".
func (r *reader) conditions(n *Node, path string) []condition {
	if n.Kind != Map || len(n.Entries) == 0 {
		r.add(n, path, n.what()+", where facts of a machine are wanted", "write one, as \"serial: PF12345\"")
		return nil
	}
	var all []condition
	for _, e := range n.Entries {
		p := join(path, e.Name)
		c := condition{fact: findFact(e.Name)}
		if c.fact == nil {
			r.unknown("fact", factNames(), e, path)
			continue
		}
		items := []*Node{e.Value}
		if e.Value.Kind == List {
			items = e.Value.Items
		}
		for _, item := range items {
			if item.Kind != Scalar || item.isNull() {
				r.add(item, p, item.what()+", where a text is wanted", "write it as "+c.fact.like)
				continue
			}
			accept, problem := c.fact.accept(item.Text)
			if problem != "" {
				r.add(item, p, problem, "write it as "+c.fact.like)
				continue
			}
			c.accept = append(c.accept, accept)
		}
		all = append(all, c)
	}
	return all
}

// accept makes a question of what a document says of a fact.
func (f *fact) accept(text string) (func(value string) bool, string) {
	if f.amount == nil {
		pattern := strings.ToLower(text)
		return func(value string) bool { return match(pattern, strings.ToLower(value)) }, ""
	}
	compare := func(value, wanted uint64) bool { return value == wanted }
	rest := text
	if s, ok := strings.CutPrefix(text, "at least "); ok {
		rest, compare = s, func(value, wanted uint64) bool { return value >= wanted }
	} else if s, ok := strings.CutPrefix(text, "at most "); ok {
		rest, compare = s, func(value, wanted uint64) bool { return value <= wanted }
	}
	wanted, problem := f.amount(rest)
	return func(value string) bool {
		n, err := strconv.ParseUint(value, 10, 64)
		return err == nil && compare(n, wanted)
	}, problem
}

// matches tells whether every condition holds.
func (p *part) matches(m *inventory.Inventory) bool {
	for _, c := range p.when {
		if !c.holds(m) {
			return false
		}
	}
	return len(p.when) > 0
}

func (c *condition) holds(m *inventory.Inventory) bool {
	for _, value := range c.fact.of(m) {
		for _, accept := range c.accept {
			if accept(value) {
				return true
			}
		}
	}
	return false
}

// match compares s with a pattern in which * stands for any text and ? for one
// byte. It goes back to the last * only: time in proportion to both lengths.
func match(pattern, s string) bool {
	p, i, star, from := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			from++
			p, i = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// Check compiles a document that may be for many machines: as it stands, and
// with each of its parts, all with a sample's values. It returns the first of
// these, or all problems of all.
func Check(document *Node) (*wire.Manifest, Problems) {
	plain, problems := Compile(document, Values{Machine: Sample()})
	r := &reader{nodes: map[string]*Node{}, keys: map[string]Position{}}
	base := document.without(machinesName)
	for _, p := range r.parts(document.Get(machinesName)) {
		_, more := Compile(Patch(base, p.patch), Values{Machine: Sample()})
		problems = append(problems, more...)
	}
	if problems != nil {
		return nil, problems.sorted()
	}
	return plain, nil
}
