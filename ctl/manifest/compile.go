// Package manifest reads what a node shall be, as people write it in YAML, and
// makes of it what PID 1 reads: wire's manifest, in CBOR.
//
// Always true here: what a field is called, how it is written and what it means
// stands once, in table.go; whatever is wrong with a document is told with its
// place, all of it at once, and nothing is compiled then.
//
//	load.go      YAML to a tree with places
//	table.go     the fields
//	form_*.go, scalars*.go, units.go   how values are written
//	reader.go    the tree to wire's structs
//	machine.go   the parts for single machines, and values taken from them
//	patch.go, diff.go, write.go        trees changed, compared, written
//	schema.go, reference.go            the table for editors and for people
package manifest

import (
	"errors"
	"reflect"
	"strings"

	"mote/wire"
)

// Compile makes a manifest of a document. It returns all that is wrong instead,
// in the order of the document. v fills what the document refers to.
func Compile(document *Node, v Values) (*wire.Manifest, Problems) {
	r := &reader{values: v, nodes: map[string]*Node{}, keys: map[string]Position{}}
	if document.Kind != Map {
		r.add(document, "", document.what()+", where a map of fields is wanted", "begin with \""+versionName+": "+Version+"\"")
		return nil, r.problems
	}
	document = r.document(document)
	m := new(wire.Manifest)
	r.structure(manifestFields(), document, "", reflect.ValueOf(m).Elem())
	r.nodes[""] = document
	r.judge(m)
	if r.problems != nil {
		return nil, r.problems.sorted()
	}
	return m, nil
}

// document checks the version, and returns the fields of the machine that is
// asked for: without version and parts, these being patched in.
func (r *reader) document(n *Node) *Node {
	version := n.Get(versionName)
	switch {
	case version == nil:
		r.add(n, versionName, "no version of the form", "begin with \""+versionName+": "+Version+"\"")
	case version.Kind != Scalar || version.Text != Version:
		r.add(version, versionName, version.what()+" is a form that this program does not read", "write "+Version)
	}
	parts := r.parts(n.Get(machinesName))
	n = n.without(versionName).without(machinesName)
	for _, p := range parts {
		if r.values.Machine != nil && p.matches(r.values.Machine) {
			n = Patch(n, p.patch)
		}
	}
	return r.gate(n)
}

// judge asks wire what is wrong with a manifest that can be read: both what a
// node would refuse in part, and what it could not read.
func (r *reader) judge(m *wire.Manifest) {
	found := r.problems
	for _, p := range append(m.Validate(), m.RuleProblems()...) {
		path := "" // of the whole manifest
		fields := manifestFields()
		if p.Service >= 0 {
			path, fields = join("services", p.Name), serviceFields()
		}
		problem := r.place(wirePath(path, fields, p.Field), p.What)
		problem.What, problem.Next = strings.ReplaceAll(p.What, "-msec", ""), p.Next
		if !told(found, problem.Path) {
			r.problems = append(r.problems, problem)
		}
	}
	r.contradictions(m)
	if r.problems != nil {
		return
	}
	var refusal wire.Refusal
	if _, err := wire.AppendManifest(nil, m); errors.As(err, &refusal) {
		path := ""
		fields := manifestFields()
		if refusal.Part == "service" && refusal.Index < len(m.Services) {
			path, fields = join("services", m.Services[refusal.Index].Name), serviceFields()
		}
		problem := r.place(wirePath(path, fields, refusal.Field), "")
		problem.What, problem.Next = "the compiled form is refused", refusal.Reason.String()
		r.problems = append(r.problems, problem)
	}
}

// backoffMaxMsecDefault is the longest wait where the manifest says none; a test
// holds it to PID 1's.
const backoffMaxMsecDefault = 30_000

// contradictions finds what each field allows and both together don't, when one
// of them is left out: wire can't see that, as it doesn't know PID 1's defaults.
func (r *reader) contradictions(m *wire.Manifest) {
	for i := range m.Services {
		s := &m.Services[i]
		path := join(join("services", s.Name), "backoff")
		if s.BackoffMaxMsec == 0 && s.BackoffMsec > backoffMaxMsecDefault && !told(r.problems, path) {
			p := r.place(path, "")
			p.What, p.Next = "longer than backoff-max, which is 30 s when it is left out", "lower it or raise that"
			r.problems = append(r.problems, p)
		}
	}
}

// told tells whether a problem stands already at path, above it or below it:
// what follows from it is not told again.
func told(found Problems, path string) bool {
	for _, p := range found {
		if strings.HasPrefix(p.Path, path) || strings.HasPrefix(path, p.Path) ||
			strings.HasPrefix(p.Path, "users") && strings.HasSuffix(path, ".user") {
			return true
		}
	}
	return false
}

// wirePath turns wire's name of a field, "limits.cpu-period", into the path of
// what it is written as.
func wirePath(path string, fields []Field, name string) string {
	for name != "" {
		word, rest, _ := strings.Cut(name, ".")
		f := findWire(fields, word)
		if f == nil {
			return path
		}
		path, name = join(path, f.Name), rest
		b, ok := f.Form.(below)
		if !ok || b.entry() != "" {
			return path
		}
		fields = b.fields()
	}
	return path
}

// findWire finds a field by wire's word for one of those that it sets.
func findWire(fields []Field, word string) *Field {
	for i := range fields {
		for _, name := range fields[i].wireNames() {
			if bare(name) == bare(word) {
				return &fields[i]
			}
		}
	}
	return nil
}

// bare makes "StartMsec" and "start-msec" the same.
func bare(name string) string {
	name = strings.ToLower(strings.ReplaceAll(name, "-", ""))
	for _, suffix := range []string{"msec", "usec", "bytes"} {
		name = strings.TrimSuffix(name, suffix)
	}
	return name
}

// place finds where to point for a problem at path whose sentence is what: the
// value that it quotes, or the field, or what the field would be in.
func (r *reader) place(path, what string) Problem {
	for at := path; ; {
		n, key := r.nodes[at], r.keys[at]
		if n != nil {
			if p, ok := r.quoted(n, at, what); ok {
				return p
			}
			if n.Kind == Scalar || key.File == nil {
				key = n.At
			}
			return Problem{At: key, Path: path}
		}
		cut := strings.LastIndexAny(at, ".[")
		at = at[:max(cut, 0)]
	}
}

// quoted looks below n for the text that what quotes.
func (r *reader) quoted(n *Node, path, what string) (Problem, bool) {
	pieces := strings.Split(what, "\"")
	for i := 1; i < len(pieces); i += 2 {
		for _, item := range n.Items {
			if item.Kind == Scalar && item.Text == pieces[i] {
				return Problem{At: item.At, Path: path}, true
			}
		}
		for _, e := range n.Entries {
			if e.Name == pieces[i] {
				return Problem{At: e.At, Path: join(path, e.Name)}, true
			}
			if e.Value.Kind == Scalar && e.Value.Text == pieces[i] {
				return Problem{At: e.Value.At, Path: join(path, e.Name)}, true
			}
		}
	}
	return Problem{}, false
}
