package manifest

import (
	"fmt"
	"strings"
)

// The table for people: `mote explain`, and REFERENCE.md.

// explained is a field with its path, as "services.SERVICE.limits.memory-max".
type explained struct {
	path string
	*Field
}

// all lists every field, each before those below it.
func all(path string, fields []Field) []explained {
	var list []explained
	for i := range fields {
		f := &fields[i]
		at := join(path, f.Name)
		list = append(list, explained{at, f})
		if b, ok := f.Form.(below); ok && b.fields() != nil {
			if b.entry() != "" {
				at = join(at, b.entry())
			}
			list = append(list, all(at, b.fields())...)
		}
	}
	return list
}

// Paths lists the paths of all fields.
func Paths() []string {
	var list []string
	for _, f := range all("", documentFields()) {
		list = append(list, f.path)
	}
	return list
}

// Explain tells what a field means, found by its path, a part of that, or its
// name. An empty name lists all fields.
func Explain(name string) (string, error) {
	fields := all("", documentFields())
	var b strings.Builder
	if name == "" {
		for _, f := range fields {
			fmt.Fprintf(&b, "%-48s %s\n", f.path, first(f.Doc))
		}
		return b.String(), nil
	}
	var found, candidates []explained
	for _, f := range fields {
		switch {
		case same(f.path, name):
			found, candidates = []explained{f}, nil
		case found == nil && ends(f.path, name):
			candidates = append(candidates, f)
		}
	}
	found = append(found, candidates...)
	if len(found) == 0 {
		var known []string
		for _, f := range fields {
			known = append(known, f.Name)
		}
		last := name[strings.LastIndex(name, ".")+1:]
		next := "mote explain lists all"
		if near := nearest(last, known); near != "" {
			next = "did you mean " + near + "?"
		}
		return "", fmt.Errorf("explain: no field %q; %s", name, next)
	}
	for i, f := range found {
		if i > 0 {
			b.WriteByte('\n')
		}
		f.explain(&b)
	}
	return b.String(), nil
}

// first is a text's first sentence.
func first(doc string) string {
	if sentence, _, ok := strings.Cut(doc, ". "); ok {
		return sentence + "."
	}
	return doc
}

// explain writes one field.
func (f *explained) explain(b *strings.Builder) {
	fmt.Fprintf(b, "%s\n\n  %s\n\n  value:    %s\n", f.path, f.Doc, f.Form.words())
	switch {
	case f.Required:
		b.WriteString("  left out: not possible\n")
	default:
		fmt.Fprintf(b, "  left out: %s\n", f.leftOut())
	}
	fmt.Fprintf(b, "  example:  %s: %s\n", f.Name, f.Example)
	if f.Live {
		b.WriteString("  changed:  nothing restarts\n")
	} else if strings.HasPrefix(f.path, "services.") {
		b.WriteString("  changed:  the service restarts\n")
	} else {
		b.WriteString("  changed:  the services of this user restart\n")
	}
}

// leftOut says what leaving the field out means.
func (f *Field) leftOut() string {
	switch {
	case f.OneShot != "":
		return f.Default + "; " + f.OneShot + " for a one-shot"
	case f.Default != "":
		return f.Default
	}
	return f.Unset
}

// same compares paths; a word in capitals stands for any name.
func same(path, name string) bool {
	a, b := strings.Split(path, "."), strings.Split(name, ".")
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && a[i] != strings.ToUpper(a[i]) {
			return false
		}
	}
	return true
}

// ends tells whether name is the end of path, or its words without the names
// that anything may have: "services.limits", "memory-max".
func ends(path, name string) bool {
	var words []string
	for _, word := range strings.Split(path, ".") {
		if word != strings.ToUpper(word) {
			words = append(words, word)
		}
	}
	short := strings.Join(words, ".")
	return short == name || strings.HasSuffix(short, "."+name)
}

// Reference is the page of all fields, in Markdown.
func Reference() string {
	var b strings.Builder
	b.WriteString("# Fields of the manifest\n\nWritten by `go test ./ctl/manifest -update` from the table in `table.go`; `mote explain FIELD` tells the same.\n\n")
	b.WriteString("| field | value | left out | what it is | a change |\n|---|---|---|---|---|\n")
	for _, f := range all("", documentFields()) {
		unset, change := f.leftOut(), ""
		if f.Required {
			unset = "**required**"
		}
		if !f.Live {
			change = "restarts"
		}
		fmt.Fprintf(&b, "| `%s` | %s, `%s` | %s | %s | %s |\n", f.path, cell(f.Form.words()), cell(f.Example), cell(unset), cell(f.Doc), change)
	}
	b.WriteString("\n## Facts of a machine\nFor `machines.PART.when`, and as values: `${machine.serial}`, or `${label:machine.serial}` as a part of a host name. Where a machine has several, one must match, and the first is the value.\n\n| fact | what it is | may be |\n|---|---|---|\n")
	for _, f := range facts() {
		fmt.Fprintf(&b, "| `%s` | %s | `%s` |\n", f.name, cell(f.doc), cell(f.like))
	}
	b.WriteString("\n## Secrets\n`${file:PATH}` (beside the document) and `${env:NAME}` may stand in any text. They are read when the manifest is compiled, and never printed. `$${` is the two characters.\n")
	return b.String()
}

// cell makes a text fit a table.
func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }
