package manifest

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

const (
	// documentSizeMax bounds a document in bytes: four times what its compiled
	// form may be, for comments and long names.
	documentSizeMax = 1 << 20
	// depthMax bounds the nesting; the table's is 7.
	depthMax = 24
)

// Load reads one YAML document into a tree, without asking what its fields mean.
// Refused, besides what is no YAML: a second document, anchors, aliases, tags,
// merge keys, names that are no text or stand twice in one map. The problems are
// all that were found.
func Load(name string, text []byte) (*Node, Problems) {
	f := &File{Name: name}
	start := Position{File: f, Line: 1, Column: 1, Width: 1}
	if len(text) > documentSizeMax {
		return nil, Problems{{At: start, What: "a document of more than 1 MiB", Next: "say less"}}
	}
	if !utf8.Valid(text) {
		return nil, Problems{{At: start, What: "not UTF-8", Next: "save it as UTF-8"}}
	}
	f.Lines = strings.Split(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
	loader, err := yaml.NewLoader(bytes.NewReader(text), yaml.WithV3Defaults())
	if err != nil {
		return nil, Problems{{At: start, What: err.Error(), Next: "this is a fault of mote"}}
	}
	var document, second yaml.Node
	if err := loader.Load(&document); err != nil && !errors.Is(err, io.EOF) {
		return nil, Problems{syntaxProblem(f, err)}
	}
	if len(document.Content) == 0 {
		return nil, Problems{{At: start, What: "an empty document", Next: "begin it with \"" + versionName + ": " + Version + "\""}}
	}
	l := loading{file: f}
	switch err := loader.Load(&second); {
	case err == nil:
		l.add(Position{File: f, Line: second.Line, Column: second.Column, Width: 1}, "a second document", "keep one document in a file")
	case !errors.Is(err, io.EOF):
		return nil, Problems{syntaxProblem(f, err)}
	}
	root := l.node(document.Content[0], depthMax)
	return root, l.problems
}

// syntaxProblem tells the library's error as one of ours.
func syntaxProblem(f *File, err error) Problem {
	p := Problem{At: Position{File: f, Line: 1, Column: 1, Width: 1}, What: err.Error(), Next: "mend the YAML there or just before"}
	var load *yaml.LoadError
	if errors.As(err, &load) {
		p.At.Line, p.At.Column, p.What = max(load.Mark.Line, 1), max(load.Mark.Column+1, 1), load.Message
	}
	return p
}

// loading turns the library's tree into ours.
type loading struct {
	file     *File
	problems Problems
}

func (l *loading) add(at Position, what, next string) {
	l.problems = append(l.problems, Problem{At: at, What: what, Next: next})
}

// node copies n and what is below it.
func (l *loading) node(n *yaml.Node, depth int) *Node {
	out := &Node{At: l.at(n)}
	switch {
	case depth == 0:
		l.add(out.At, "nested too deeply", "no field is as deep as this")
		return out
	case n.Kind == yaml.AliasNode:
		l.add(out.At, "an alias", "write the value itself; parts of a manifest are shared by patches")
		return out
	case n.Anchor != "":
		l.add(out.At, "an anchor", "remove &"+n.Anchor)
	case n.Style&yaml.TaggedStyle != 0:
		l.add(out.At, "a tag", "remove "+n.Tag+"; what a value means is known by its field")
	}
	switch n.Kind {
	case yaml.MappingNode:
		out.Kind = Map
		l.entries(out, n, depth)
	case yaml.SequenceNode:
		out.Kind = List
		for _, item := range n.Content {
			out.Items = append(out.Items, l.node(item, depth-1))
		}
	default:
		out.Text = n.Value
		out.Quoted = n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	}
	return out
}

// entries copies a map, and holds its names to be texts, each once.
func (l *loading) entries(out *Node, n *yaml.Node, depth int) {
	first := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, at := n.Content[i], l.at(n.Content[i])
		switch line, twice := first[key.Value]; {
		case key.Kind != yaml.ScalarNode:
			l.add(at, "a name that is no text", "write a word before the colon")
			continue
		case key.Anchor != "" || key.Style&yaml.TaggedStyle != 0:
			l.add(at, "an anchor or a tag", "remove it")
			continue
		case key.Value == "<<" && key.ShortTag() == "!!merge":
			l.add(at, "a merge key", "write the fields themselves; parts of a manifest are shared by patches")
			continue
		case twice:
			l.add(at, quote(key.Value)+" stands twice, first in line "+decimal(line), "keep one")
			continue
		}
		first[key.Value] = at.Line
		out.Entries = append(out.Entries, Entry{Name: key.Value, At: at, Value: l.node(n.Content[i+1], depth-1)})
	}
}

// at is where n begins, and how much of the line it takes.
func (l *loading) at(n *yaml.Node) Position {
	p := Position{File: l.file, Line: n.Line, Column: n.Column, Width: 1}
	if n.Kind != yaml.ScalarNode || n.Line < 1 || n.Line > len(l.file.Lines) {
		return p
	}
	width := utf8.RuneCountInString(n.Value)
	line := []rune(l.file.Lines[n.Line-1])
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		width += 2 // escapes are longer in the source; the line bounds it
	}
	p.Width = max(1, min(width, len(line)-n.Column+1))
	return p
}
