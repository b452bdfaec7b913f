package manifest

import (
	"reflect"
	"strings"
)

// group is a map of fields: a struct within a struct.
type group struct{ table func() []Field }

func (g *group) fields() []Field { return g.table() }
func (g *group) entry() string   { return "" }
func (g *group) words() string   { return "a map of fields" }

func (g *group) read(r *reader, f *Field, n *Node, path string, at reflect.Value) {
	r.structure(g.table(), n, path, at.FieldByName(f.Wire))
}

func (g *group) show(f *Field, at reflect.Value) *Node {
	return showStruct(g.table(), at.FieldByName(f.Wire))
}

// named is a map from names to structs: in the compiled form a list of structs
// with their names inside.
type named struct {
	table func() []Field
	// key is the field of wire's struct that has the name; of what, in words.
	key, of string
	// first is a name that stands for none.
	first string
	most  int
}

func (m *named) fields() []Field { return m.table() }
func (m *named) entry() string   { return strings.ToUpper(m.of) }
func (m *named) words() string   { return "a map by " + m.of }

func (m *named) read(r *reader, f *Field, n *Node, path string, at reflect.Value) {
	all, ok := r.entries(n, path, m.most, m.words())
	if !ok {
		return
	}
	list := grown(at.FieldByName(f.Wire), len(all))
	for i, e := range all {
		if name := e.Name; name != m.first || m.first == "" {
			list.Index(i).FieldByName(m.key).SetString(name)
		}
		if e.Name == "" {
			r.problems = append(r.problems, Problem{At: e.At, Path: path, What: "an empty name", Next: "give one"})
			continue
		}
		value := e.Value
		if value.isNull() { // a name may be all there is to say
			value = &Node{Kind: Map, At: e.At}
		}
		r.structure(m.table(), value, e.path, list.Index(i))
	}
}

func (m *named) show(f *Field, at reflect.Value) *Node {
	list := at.FieldByName(f.Wire)
	if list.Len() == 0 {
		return nil
	}
	out := &Node{Kind: Map}
	for i := range list.Len() {
		name := list.Index(i).FieldByName(m.key).String()
		if name == "" {
			name = m.first
		}
		out.Entries = append(out.Entries, Entry{Name: name, Value: showStruct(m.table(), list.Index(i))})
	}
	return out
}

// list is a list of scalars.
type list struct {
	of   *scalar
	most int
	// few tells that items are unique, as names are.
	like string
}

func (l *list) words() string { return "a list, as " + l.like }

func (l *list) read(r *reader, f *Field, n *Node, path string, at reflect.Value) {
	if !r.bounded(n, path, List, len(n.Items), l.most, l.words()) {
		return
	}
	if len(n.Items) == 0 {
		r.add(n, path, "an empty list", "leave the field out")
		return
	}
	to := grown(at.FieldByName(f.Wire), len(n.Items))
	for i, item := range n.Items {
		p := index(path, i)
		r.nodes[p] = item
		values := l.of.value(r, item, p)
		if values != nil && !put(to.Index(i), values[0]) {
			r.add(item, p, quote(item.Text)+" is past all bounds", "write "+l.of.words())
		}
	}
}

func (l *list) show(f *Field, at reflect.Value) *Node {
	from := at.FieldByName(f.Wire)
	if from.Len() == 0 {
		return nil
	}
	out := &Node{Kind: List}
	for i := range from.Len() {
		out.Items = append(out.Items, l.of.node([]any{take(from.Index(i))}))
	}
	return out
}

// environment is a map from names to texts: NAME=value in the compiled form.
type environment struct {
	of   *scalar
	most int
}

func (m *environment) words() string { return "a map of names to texts" }

func (m *environment) read(r *reader, f *Field, n *Node, path string, at reflect.Value) {
	entries, ok := r.entries(n, path, m.most, m.words())
	if !ok {
		return
	}
	var all []string
	for _, e := range entries {
		if e.Name == "" || strings.ContainsAny(e.Name, "=\x00") {
			r.problems = append(r.problems, Problem{At: e.At, Path: path, What: quote(e.Name) + " is no name of a variable",
				Next: "use a word without ="})
			continue
		}
		if values := m.of.value(r, e.Value, e.path); values != nil {
			all = append(all, e.Name+"="+values[0].(string))
		}
	}
	at.FieldByName(f.Wire).Set(reflect.ValueOf(all))
}

func (m *environment) show(f *Field, at reflect.Value) *Node {
	from := at.FieldByName(f.Wire)
	if from.Len() == 0 {
		return nil
	}
	out := &Node{Kind: Map}
	for i := range from.Len() {
		name, value, _ := strings.Cut(from.Index(i).String(), "=")
		out.Entries = append(out.Entries, Entry{Name: name, Value: m.of.node([]any{value})})
	}
	return out
}

// amounts is a map from names to scalars: in the compiled form a list of structs
// with a name, and the fields that the scalar sets.
type amounts struct {
	of         *scalar
	key, value string
	names      string
	most       int
}

func (m *amounts) words() string { return "a map by " + m.names }

func (m *amounts) read(r *reader, f *Field, n *Node, path string, at reflect.Value) {
	all, ok := r.entries(n, path, m.most, m.words())
	if !ok {
		return
	}
	list := grown(at.FieldByName(f.Wire), len(all))
	for i, e := range all {
		list.Index(i).FieldByName(m.key).SetString(e.Name)
		m.of.read(r, &Field{Wire: m.value}, e.Value, e.path, list.Index(i))
	}
}

func (m *amounts) show(f *Field, at reflect.Value) *Node {
	list := at.FieldByName(f.Wire)
	if list.Len() == 0 {
		return nil
	}
	out := &Node{Kind: Map}
	for i := range list.Len() {
		// Required: a limit of 0 is one.
		value := m.of.show(&Field{Wire: m.value, Required: true}, list.Index(i))
		out.Entries = append(out.Entries, Entry{Name: list.Index(i).FieldByName(m.key).String(), Value: value})
	}
	return out
}

// grown makes a slice's field as long as what is read into it.
func grown(list reflect.Value, count int) reflect.Value {
	list.Set(reflect.MakeSlice(list.Type(), count, count))
	return list
}

// showStruct is a struct of wire as a map, with its defaults written out.
func showStruct(fields []Field, at reflect.Value) *Node {
	out := &Node{Kind: Map}
	for i := range fields {
		f := &fields[i]
		value := f.Form.show(f, at)
		if value == nil {
			value = f.defaultNode(at)
		}
		if value != nil && (value.Kind != Map || len(value.Entries) > 0) {
			out.Entries = append(out.Entries, Entry{Name: f.Name, Value: value})
		}
	}
	return out
}
