package manifest

import (
	"reflect"
	"strings"
)

// Field is one line of the table of fields: everything that reads, shows,
// explains and describes a field is made from it.
type Field struct {
	// Name stands in the document.
	Name string
	// Wire names the fields of wire's struct that it sets, apart by spaces.
	Wire string
	// Form is how its value is written.
	Form form
	// Default is what leaving it out means, as it would be written; OneShot is
	// that of a service of this kind, where it is another. Unset says in words
	// what leaving it out means where no value says it.
	Default, OneShot, Unset string
	// Explicit: the compiled form has no default of its own.
	Explicit bool
	// SameAs names the field of wire's struct that it follows when left out.
	SameAs string
	// Required fields must be there.
	Required bool
	// Live: a change restarts nothing.
	Live bool
	// Doc says what it is for; Example is a value.
	Doc, Example string
}

// form reads and shows a kind of value.
type form interface {
	// read sets the fields f.Wire of at, a struct of wire, from n.
	read(r *reader, f *Field, n *Node, path string, at reflect.Value)
	// show is the other way; nil where nothing is set.
	show(f *Field, at reflect.Value) *Node
	// schema describes it in JSON Schema.
	schema() object
	// words describes it to people: "a size, as 64 MiB".
	words() string
}

// below is implemented by forms with fields of their own. entry is the word that
// stands for a name in paths of the reference, or empty.
type below interface {
	fields() []Field
	entry() string
}

// find returns the field of that name, or nil.
func find(fields []Field, name string) *Field {
	for i := range fields {
		if fields[i].Name == name {
			return &fields[i]
		}
	}
	return nil
}

// names lists the fields' names.
func names(fields []Field) []string {
	list := make([]string, len(fields))
	for i := range fields {
		list[i] = fields[i].Name
	}
	return list
}

// defaultFor is what leaving f out of the struct at means, as it would be
// written, or "".
func (f *Field) defaultFor(at reflect.Value) string {
	if f.OneShot != "" && at.FieldByName("Kind").Uint() == oneShot {
		return f.OneShot
	}
	return f.Default
}

// defaultNode is that as a tree.
func (f *Field) defaultNode(at reflect.Value) *Node {
	text := f.defaultFor(at)
	if text == "" {
		return nil
	}
	n, problems := Load("default", []byte(text))
	if problems != nil {
		return nil // a test reads every default
	}
	return n
}

// wireNames are the fields of wire's struct.
func (f *Field) wireNames() []string { return strings.Fields(f.Wire) }

// join makes a path; a name with dots or brackets in it stands in brackets.
func join(path, name string) string {
	switch {
	case strings.ContainsAny(name, ".[]"):
		return path + "[" + name + "]"
	case path == "":
		return name
	}
	return path + "." + name
}

// index makes the path of a list's item.
func index(path string, i int) string { return path + "[" + decimal(i) + "]" }
