package manifest

import (
	"reflect"
	"strings"
)

// reader turns a tree into wire's structs, field by field as the table says.
// What is wrong is noted with its place, and the rest is read on.
type reader struct {
	problems Problems
	values   Values
	// nodes and keys find values and names by their paths, for problems that are
	// only found when all is read.
	nodes map[string]*Node
	keys  map[string]Position
}

// add notes a problem at n.
func (r *reader) add(n *Node, path, what, next string) {
	r.problems = append(r.problems, Problem{At: n.At, Path: path, What: what, Next: next})
}

// structure reads a map into a struct of wire.
func (r *reader) structure(fields []Field, n *Node, path string, at reflect.Value) {
	if n.Kind != Map {
		r.add(n, path, n.what()+", where a map of fields is wanted", "write "+example(fields)+" below it")
		return
	}
	for _, e := range r.below(n, path) {
		f := find(fields, e.Name)
		if f == nil {
			r.unknown("field", names(fields), e.Entry, path)
			continue
		}
		if e.Value.isNull() {
			r.problems = append(r.problems, Problem{At: e.At, Path: e.path, What: "nothing behind the colon",
				Next: "give " + f.Form.words() + ", or leave the field out"})
			continue
		}
		f.Form.read(r, f, e.Value, e.path, at)
	}
	r.absent(fields, n, path, at)
}

// placed is an entry of a map with its path.
type placed struct {
	Entry
	path string
}

// below goes through the entries of a map, and keeps where each name and value stands.
func (r *reader) below(n *Node, path string) []placed {
	all := make([]placed, len(n.Entries))
	for i, e := range n.Entries {
		all[i] = placed{e, join(path, e.Name)}
		r.nodes[all[i].path], r.keys[all[i].path] = e.Value, e.At
	}
	return all
}

// entries places those of a map, where one of at most countMax is wanted.
func (r *reader) entries(n *Node, path string, countMax int, wanted string) ([]placed, bool) {
	if !r.bounded(n, path, Map, len(n.Entries), countMax, wanted) {
		return nil, false
	}
	return r.below(n, path), true
}

// unknown tells what a name, which none of the known is, may have been meant for.
func (r *reader) unknown(what string, known []string, e Entry, path string) {
	next := "there are " + strings.Join(known, ", ")
	if near := nearest(e.Name, known); near != "" {
		next = "did you mean " + near + "?"
	}
	r.problems = append(r.problems, Problem{At: e.At, Path: path, What: "no " + what + " " + quote(e.Name), Next: next})
}

// absent fills what was left out and has no default in the compiled form.
func (r *reader) absent(fields []Field, n *Node, path string, at reflect.Value) {
	for i := range fields {
		f := &fields[i]
		if n.entry(f.Name) != nil {
			continue
		}
		switch {
		case f.Required:
			where := n.At
			if key, ok := r.keys[path]; ok {
				where = key
			}
			r.problems = append(r.problems, Problem{At: where, Path: path, What: "no field " + quote(f.Name),
				Next: "give " + f.Form.words()})
		case f.SameAs != "":
			at.FieldByName(f.Wire).Set(at.FieldByName(f.SameAs))
		case f.Explicit:
			f.Form.read(r, f, f.defaultNode(at), join(path, f.Name), at)
		}
	}
}

// example is the first required field, or else the first, as it may be written.
func example(fields []Field) string {
	best := &fields[0]
	for i := range fields {
		if fields[i].Required {
			best = &fields[i]
			break
		}
	}
	return "\"" + best.Name + ": " + best.Example + "\""
}

// bounded checks that n is a list, or a map, of at most countMax entries.
func (r *reader) bounded(n *Node, path string, kind Kind, count, countMax int, wanted string) bool {
	if n.Kind != kind {
		r.add(n, path, n.what()+", where "+wanted+" is wanted", "write "+wanted)
		return false
	}
	if count > countMax {
		r.add(n, path, decimal(count)+" of them", "keep at most "+decimal(countMax))
		return false
	}
	return true
}
