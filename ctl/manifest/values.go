package manifest

import (
	"strings"

	"mote/wire/inventory"
)

// What a document refers to: ${machine.serial} is a fact of the inventory,
// ${label:machine.serial} the same as a part of a host name, and ${file:PATH}
// and ${env:NAME} are secrets, which are never in the document. "$${" is "${".

// Values fill a document's references.
type Values struct {
	// Machine is whose manifest it becomes. With nil the parts for machines are
	// left out, and references to it are problems.
	Machine *inventory.Inventory
	// Secret reads a secret: kind is "file" or "env". With nil references to
	// secrets stay as they are, so that what is printed has none.
	Secret func(kind, name string) (string, error)
}

// Sample is a machine for checking a document that is for many.
func Sample() *inventory.Inventory {
	m := &inventory.Inventory{Version: inventory.Version}
	m.Machine = inventory.Machine{Serial: "sample-1", UUID: "00000000-0000-4000-8000-000000000000", Manufacturer: "sample",
		Product: "sample", Board: "sample", BoardSerial: "sample-2"}
	m.CPU.Model, m.CPU.Threads = "sample", 1
	m.Memory.TotalBytes = 1 << 30
	m.Links = []inventory.Link{{Name: "eth0", MAC: "02:00:00:00:00:01"}}
	m.Disks = []inventory.Disk{{Name: "vda", Model: "sample", Serial: "sample-3", SizeBytes: 1 << 33}}
	m.Firmware.Kind = "uefi"
	m.TPMs = []inventory.TPM{{Specification: "2.0"}}
	return m
}

// expand fills the references in a scalar. free texts may have those to secrets.
func (r *reader) expand(n *Node, path string, free bool) (text string, ok bool) {
	rest := n.Text
	var out strings.Builder
	for {
		before, after, found := strings.Cut(rest, "${")
		out.WriteString(before)
		if !found {
			return out.String(), true
		}
		if strings.HasSuffix(before, "$") {
			kept := out.String()
			out.Reset()
			out.WriteString(kept[:len(kept)-1] + r.escape())
			rest = after
			continue
		}
		name, behind, closed := strings.Cut(after, "}")
		if !closed {
			r.add(n, path, "\"${\" without \"}\"", "close it, or write $${ for the two characters")
			return "", false
		}
		value, ok := r.reference(n, path, name, free)
		if !ok {
			return "", false
		}
		out.WriteString(value)
		rest = behind
	}
}

// escape is what "$${" becomes: two characters, or the same again where
// references are kept for the text to be read once more.
func (r *reader) escape() string {
	if r.values.Secret == nil {
		return "$${"
	}
	return "${"
}

// reference is the value of ${name}.
func (r *reader) reference(n *Node, path, name string, free bool) (value string, ok bool) {
	kind, rest, _ := strings.Cut(name, ":")
	switch {
	case kind == "file" || kind == "env":
		return r.secret(n, path, kind, rest, free)
	case kind == "label":
		name = rest
	}
	fact, ok := strings.CutPrefix(name, "machine.")
	f := findFact(fact)
	if !ok || f == nil {
		next := "write ${machine.FACT}, ${label:machine.FACT}, ${file:PATH} or ${env:NAME}, or $${ for the two characters"
		if near := nearest(fact, factNames()); ok && near != "" {
			next = "did you mean ${machine." + near + "}?"
		}
		r.add(n, path, "no value "+quote("${"+name+"}"), next)
		return "", false
	}
	if r.values.Machine == nil {
		r.add(n, path, quote("${"+name+"}")+" is of a machine, and none is given", "name its inventory with --for")
		return "", false
	}
	values := f.of(r.values.Machine)
	if len(values) == 0 {
		r.add(n, path, "the machine has no "+fact, "take another fact, or patch this field for it")
		return "", false
	}
	if kind == "label" {
		return label(values[0]), true
	}
	return strings.ReplaceAll(values[0], "${", r.escape()), true
}

// secret is what the operator's files and environment have.
func (r *reader) secret(n *Node, path, kind, name string, free bool) (value string, ok bool) {
	switch {
	case !free:
		r.add(n, path, "a secret, where none may be", "secrets are for exec and env; write the value")
		return "", false
	case name == "":
		r.add(n, path, "a secret without a name", "write ${file:PATH} or ${env:NAME}")
		return "", false
	case r.values.Secret == nil:
		return "${" + kind + ":" + name + "}", true
	}
	value, err := r.values.Secret(kind, name)
	if err != nil {
		r.add(n, path, err.Error(), "give it where the manifest is compiled")
		return "", false
	}
	return value, true
}

// label makes a part of a host name: lower case, and '-' for what may not be in
// one.
func label(s string) string {
	return strings.Trim(strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return '-'
	}, strings.ToLower(s)), "-")
}
