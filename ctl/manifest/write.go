package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// YAML writes a tree as YAML that is read as the same tree.
func (n *Node) YAML() ([]byte, error) {
	b, err := yaml.Dump(n.library(), yaml.WithV3Defaults(), yaml.WithIndent(2), yaml.WithLineWidth(-1))
	if err != nil {
		return nil, fmt.Errorf("manifest: write YAML: %w", err)
	}
	return b, nil
}

// flowMax is how long a list of scalars may be to stand on one line, in bytes.
const flowMax = 72

// library is the tree in the library's terms.
func (n *Node) library() *yaml.Node {
	switch n.Kind {
	case Map:
		out := &yaml.Node{Kind: yaml.MappingNode}
		for _, e := range n.Entries {
			out.Content = append(out.Content, textNode(e.Name, false), e.Value.library())
		}
		if len(n.Entries) == 0 {
			out.Style = yaml.FlowStyle
		}
		return out
	case List:
		out := &yaml.Node{Kind: yaml.SequenceNode}
		long, flow := 0, true
		for _, item := range n.Items {
			out.Content = append(out.Content, item.library())
			long += len(item.Text) + 2
			flow = flow && item.Kind == Scalar && !block(item.Text)
		}
		if flow && long <= flowMax {
			out.Style = yaml.FlowStyle
		}
		return out
	}
	if n.Quoted || !n.isNull() && !n.isBool() && !n.isNumber() {
		return textNode(n.Text, n.isPlainLike())
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Value: n.Text}
}

// isPlainLike tells whether a text would be something else without its quotes.
func (n *Node) isPlainLike() bool {
	bare := Node{Text: n.Text}
	return bare.isNull() || bare.isBool() || bare.isNumber()
}

// textNode is a text. The library puts it in quotes where it sees that YAML needs
// them; what it may not see is quoted here.
func textNode(s string, quoted bool) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	switch {
	case block(s):
		n.Style = yaml.LiteralStyle
	case quoted || !plainText(s):
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// plainText tells whether a text is of visible characters and single spaces inside.
func plainText(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !strconv.IsPrint(r) }) < 0 && strings.TrimSpace(s) == s
}

// block tells whether a text of several lines reads well as a block: each line is
// plain, and the last ends.
func block(s string) bool {
	body, ok := strings.CutSuffix(s, "\n")
	if !ok || !strings.Contains(body, "\n") {
		return false
	}
	for _, line := range strings.Split(body, "\n") {
		if line == "" || !plainText(line) {
			return false
		}
	}
	return true
}

// JSON writes a tree as JSON.
func (n *Node) JSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(n.value()); err != nil {
		return nil, fmt.Errorf("manifest: write JSON: %w", err)
	}
	return escaped(b.String()), nil
}

// escaped writes what nobody sees in JSON's escapes: YAML, which reads JSON too,
// takes some of it for the end of a line.
func escaped(text string) []byte {
	var b []byte
	for _, r := range text {
		if r == '\n' || strconv.IsPrint(r) {
			b = utf8.AppendRune(b, r)
			continue
		}
		for _, half := range utf16.AppendRune(nil, r) {
			b = fmt.Appendf(b, "\\u%04x", half)
		}
	}
	return b
}

// value is the tree in JSON's terms.
func (n *Node) value() any {
	switch {
	case n.Kind == Map:
		out := object{}
		for _, e := range n.Entries {
			out = append(out, member{e.Name, e.Value.value()})
		}
		return out
	case n.Kind == List:
		out := []any{}
		for _, item := range n.Items {
			out = append(out, item.value())
		}
		return out
	case n.isNull():
		return nil
	case n.isBool():
		return strings.EqualFold(n.Text, "true")
	case n.isNumber() && json.Valid([]byte(n.Text)):
		return json.Number(n.Text)
	}
	return n.Text
}
