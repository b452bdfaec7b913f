package manifest

import (
	"reflect"

	"mote/wire"
)

// scalar is a value that is one word or one line.
type scalar struct {
	// what it is, as "a size"; like is one.
	what, like string
	// parse gives a value for each field of wire, as uint64, string, bool,
	// [4]byte, [16]byte or [32]byte; or a problem.
	parse func(s string) (values []any, problem string)
	// text is the other way; "" where nothing is set.
	text func(values []any) string
	// plain tells which scalars without quotes are taken, beside texts.
	plain plain
	// free texts may refer to secrets.
	free bool
	// json is its description in JSON Schema.
	json object
}

// plain is a set of kinds of scalar.
type plain uint8

const (
	plainNumber plain = 1 << iota
	plainBool
	plainOnly // quotes are refused: it is a number, or true or false
)

func (s *scalar) words() string {
	if s.like == "" {
		return s.what
	}
	return s.what + ", as " + s.like
}

// value reads n, and returns nil after noting what is wrong.
func (s *scalar) value(r *reader, n *Node, path string) []any {
	wrong := n.Kind != Scalar || n.isNull() || n.isNumber() && s.plain&plainNumber == 0 || n.isBool() && s.plain&plainBool == 0
	if !wrong && s.plain&plainOnly != 0 && n.Quoted {
		r.add(n, path, "a text in quotes, where "+s.what+" is wanted", "remove the quotes")
		return nil
	}
	if wrong {
		next := "write " + s.words()
		if n.Kind == Scalar && !n.isNull() && s.plain == 0 {
			next = "write it in quotes: " + quote(n.Text)
		}
		r.add(n, path, n.what()+", where "+s.what+" is wanted", next)
		return nil
	}
	text, ok := r.expand(n, path, s.free)
	if !ok {
		return nil
	}
	values, problem := s.parse(text)
	if problem != "" {
		r.add(n, path, problem, "write "+s.words())
		return nil
	}
	return values
}

func (s *scalar) read(r *reader, f *Field, n *Node, path string, at reflect.Value) {
	values := s.value(r, n, path)
	if values == nil {
		return
	}
	for i, name := range f.wireNames() {
		if !put(at.FieldByName(name), values[i]) {
			r.add(n, path, quote(n.Text)+" is past all bounds", "write "+s.words())
		}
	}
}

// put sets a field of wire; false where the number does not fit.
func put(to reflect.Value, v any) bool {
	switch v := v.(type) {
	case uint64:
		if to.OverflowUint(v) {
			return false
		}
		to.SetUint(v)
	case string:
		to.SetString(v)
	case bool:
		to.SetBool(v)
	case [4]byte, [16]byte, [wire.KeySize]byte:
		to.Set(reflect.ValueOf(v))
	}
	return true
}

// take is put's other way.
func take(from reflect.Value) any {
	switch from.Kind() {
	case reflect.String:
		return from.String()
	case reflect.Bool:
		return from.Bool()
	case reflect.Array:
		return from.Interface()
	}
	return from.Uint()
}

func (s *scalar) show(f *Field, at reflect.Value) *Node {
	var values []any
	zero := true
	for _, name := range f.wireNames() {
		from := at.FieldByName(name)
		values, zero = append(values, take(from)), zero && from.IsZero()
	}
	if zero && !f.Required && f.SameAs == "" {
		return nil
	}
	return s.node(values)
}

// node writes values so that they are read as the same again.
func (s *scalar) node(values []any) *Node {
	n := &Node{Text: s.text(values)}
	// A text that looks like a number is quoted, where no number is taken.
	n.Quoted = n.isNull() || n.isNumber() && s.plain&plainNumber == 0 || n.isBool() && s.plain&plainBool == 0
	return n
}
