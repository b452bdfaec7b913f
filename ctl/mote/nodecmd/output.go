package nodecmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"mote/ctl/mote/exit"
)

// shower prints items; many tells that they are of more than one node.
type shower func(out io.Writer, r *resource, items []item, many bool) error

// findOutput finds a way to print by the word behind -o.
func findOutput(word string) (shower, error) {
	switch word {
	case "":
		return table(false), nil
	case "wide":
		return table(true), nil
	case "name":
		return showNames, nil
	case "json":
		return showJSON, nil
	case "yaml":
		return showYAML, nil
	}
	return nil, exit.With(exit.Usage, fmt.Errorf("no output %q; there are wide, name, json and yaml", word))
}

// table aligns the columns by spaces, two between them; what has no value is "-".
func table(wide bool) shower {
	return func(out io.Writer, r *resource, items []item, many bool) error {
		var lines [][]string
		head := []string{}
		owned := many && r.columns[0].title != "NODE"
		if owned {
			head = append(head, "NODE")
		}
		for _, c := range r.columns {
			if wide || !c.wide {
				head = append(head, c.title)
			}
		}
		lines = append(lines, head)
		for _, i := range items {
			var line []string
			if owned {
				line = append(line, i.node)
			}
			for n, c := range r.columns {
				if wide || !c.wide {
					line = append(line, cell(i.cells[n]))
				}
			}
			lines = append(lines, line)
		}
		if len(items) == 0 {
			return nil // who failed is told; an empty head would look like an answer
		}
		_, err := io.WriteString(out, align(lines))
		return err
	}
}

// cell is a text as a table has it.
func cell(s string) string {
	if s == "" {
		return "-"
	}
	return printable(s)
}

// printable is a text without what steers a terminal: of what a node says, nothing may.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || c >= 0x80 && c < 0xa0 {
			return '?'
		}
		return c
	}, s)
}

// align pads all but the last cell of each line.
func align(lines [][]string) string {
	wide := make([]int, len(lines[0]))
	for _, line := range lines {
		for n, c := range line {
			wide[n] = max(wide[n], utf8.RuneCountInString(c))
		}
	}
	var b strings.Builder
	for _, line := range lines {
		var text strings.Builder
		for n, c := range line {
			text.WriteString(c)
			if n < len(line)-1 {
				text.WriteString(strings.Repeat(" ", wide[n]-utf8.RuneCountInString(c)+2))
			}
		}
		b.WriteString(strings.TrimRight(text.String(), " ") + "\n")
	}
	return b.String()
}

// showNames prints "edge-1/services/web", a line each.
func showNames(out io.Writer, r *resource, items []item, many bool) error {
	var b strings.Builder
	for _, i := range items {
		if many && i.node != i.name {
			b.WriteString(i.node + "/")
		}
		b.WriteString(r.name + "/" + cell(i.name) + "\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// fieldsOf is what programs get: a list, empty where there is nothing.
func fieldsOf(items []item) []any {
	all := make([]any, 0, len(items))
	for _, i := range items {
		all = append(all, i.fields)
	}
	return all
}

func showJSON(out io.Writer, _ *resource, items []item, _ bool) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(fieldsOf(items))
}

func showYAML(out io.Writer, _ *resource, items []item, _ bool) error {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(fieldsOf(items)); err != nil {
		return err
	}
	if err := e.Close(); err != nil {
		return err
	}
	_, err := out.Write(b.Bytes())
	return err
}
