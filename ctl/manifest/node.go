package manifest

// Kind is what a node of the tree is.
type Kind uint8

// The kinds of node.
const (
	Scalar Kind = iota
	Map
	List
)

// Node is a part of a document. The tree has no anchors, tags or types: what a
// scalar means is known by the field that it stands in.
//
// Always true here: a map's names are unique, and in the order of the document.
type Node struct {
	Kind Kind
	// Text is a scalar's, as written; Quoted tells that it was in quotes, or a
	// block, and so is a text whatever it looks like.
	Text   string
	Quoted bool
	// Entries are a map's, Items a list's.
	Entries []Entry
	Items   []*Node
	At      Position
}

// Entry is one line of a map.
type Entry struct {
	Name  string
	At    Position
	Value *Node
}

// Position is a place in a file: line and column from 1, columns in characters.
// The zero value is nowhere.
type Position struct {
	File   *File
	Line   int
	Column int
	// Width is how many characters the caret underlines.
	Width int
}

// File is a document's name and its lines, for messages.
type File struct {
	Name  string
	Lines []string
}

// Get returns a map's value under name, or nil.
func (n *Node) Get(name string) *Node {
	if e := n.entry(name); e != nil {
		return e.Value
	}
	return nil
}

// entry finds a map's line, or returns nil.
func (n *Node) entry(name string) *Entry {
	if n == nil {
		return nil
	}
	for i := range n.Entries {
		if n.Entries[i].Name == name {
			return &n.Entries[i]
		}
	}
	return nil
}

// Names lists a map's, in the order of the document.
func (n *Node) Names() []string {
	var list []string
	for _, e := range n.Entries {
		list = append(list, e.Name)
	}
	return list
}

// without is a copy of a map that lacks a name.
func (n *Node) without(name string) *Node {
	rest := *n
	rest.Entries = nil
	for _, e := range n.Entries {
		if e.Name != name {
			rest.Entries = append(rest.Entries, e)
		}
	}
	return &rest
}

// The words of YAML 1.2's core schema for plain scalars. What they are is only
// asked where a text is wanted, and for JSON.

// isNull tells whether n is YAML's null: `~`, `null`, or nothing at all.
func (n *Node) isNull() bool {
	if n.Kind != Scalar || n.Quoted {
		return false
	}
	switch n.Text {
	case "", "~", "null", "Null", "NULL":
		return true
	}
	return false
}

// isBool tells whether n is a plain true or false.
func (n *Node) isBool() bool {
	if n.Kind != Scalar || n.Quoted {
		return false
	}
	switch n.Text {
	case "true", "True", "TRUE", "false", "False", "FALSE":
		return true
	}
	return false
}

// isNumber tells whether n is a plain number, as YAML and JSON write them.
func (n *Node) isNumber() bool {
	return n.Kind == Scalar && !n.Quoted && number(n.Text)
}

// number accepts digits with at most one sign before, one point and one exponent
// in them.
func number(s string) bool {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	digits, point, exponent := 0, false, false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '.' && !point && !exponent:
			point = true
		case (c == 'e' || c == 'E') && digits > 0 && !exponent:
			exponent, digits = true, 0
			if i+1 < len(s) && (s[i+1] == '-' || s[i+1] == '+') {
				i++
			}
		default:
			return false
		}
	}
	return digits > 0
}

// what names a node's kind in a sentence.
func (n *Node) what() string {
	switch {
	case n.Kind == Map:
		return "a map"
	case n.Kind == List:
		return "a list"
	case n.isNull():
		return "nothing"
	case n.isBool():
		return n.Text + ", which YAML reads as true or false"
	case n.isNumber():
		return n.Text + ", which YAML reads as a number"
	}
	return quote(n.Text)
}
