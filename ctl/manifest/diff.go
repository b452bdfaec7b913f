package manifest

import (
	"fmt"
	"slices"
	"strings"

	"mote/wire"
)

// What is different between two manifests, and what the second would do to a
// node that runs the first.

// Change is one field that is different.
type Change struct {
	// Path is the field's; From and To are values as they are written, empty
	// where there is none.
	Path, From, To string
	// service is whose it is, or empty; live tells that it restarts nothing.
	service string
	live    bool
}

// there is the value of an entry as a whole.
const there = "\x00"

// String is one line: "services.mqtt.limits.memory-max: 64 MiB → 128 MiB".
func (c Change) String() string {
	switch {
	case c.From == there:
		return c.Path + ": gone"
	case c.From == "" && c.To == "":
		return c.Path + ": new"
	case c.From == "":
		return c.Path + ": " + c.To + " (new)"
	case c.To == "":
		return c.Path + ": gone (was " + c.From + ")"
	}
	return c.Path + ": " + c.From + " → " + c.To
}

// Diff compares two manifests field by field. What a default fills is compared
// as filled: writing a default out changes nothing.
func Diff(before, after *wire.Manifest) []Change {
	d := &difference{}
	d.fields(manifestFields(), Show(before), Show(after), "", Change{})
	if a, b := order(before), order(after); d.changes == nil && !slices.Equal(a, b) {
		d.changes = append(d.changes, Change{Path: "services", From: "in the order " + strings.Join(a, ", "), To: strings.Join(b, ", "), live: true})
	}
	return d.changes
}

// order lists the services as they stand.
func order(m *wire.Manifest) (all []string) {
	for i := range m.Services {
		all = append(all, m.Services[i].Name)
	}
	return all
}

type difference struct{ changes []Change }

// fields compares two maps of fields; under has what is known from above.
func (d *difference) fields(fields []Field, a, b *Node, path string, under Change) {
	for i := range fields {
		f := &fields[i]
		at := under
		at.Path, at.live = join(path, f.Name), f.Live
		from, to := a.Get(f.Name), b.Get(f.Name)
		group, has := f.Form.(below)
		switch {
		case !has:
			d.value(from, to, at)
		case group.entry() == "":
			d.fields(group.fields(), orEmpty(from), orEmpty(to), at.Path, at)
		default:
			d.entries(group, orEmpty(from), orEmpty(to), at)
		}
	}
}

// entries compares maps by name.
func (d *difference) entries(group below, a, b *Node, under Change) {
	for _, e := range both(a, b) {
		at := under
		at.Path = join(under.Path, e.name)
		if under.Path == "services" {
			at.service = e.name
		}
		switch {
		case e.from == nil:
			d.changes = append(d.changes, at)
		case e.to == nil:
			at.From = there
			d.changes = append(d.changes, at)
		default:
			d.fields(group.fields(), e.from, e.to, at.Path, at)
		}
	}
}

// pair is what a name has in two maps, nil where it isn't in one.
type pair struct {
	name     string
	from, to *Node
}

// both goes through the names of b, then through those that only a has.
func both(a, b *Node) []pair {
	var all []pair
	for _, e := range b.Entries {
		all = append(all, pair{e.Name, a.Get(e.Name), e.Value})
	}
	for _, e := range a.Entries {
		if b.Get(e.Name) == nil {
			all = append(all, pair{e.Name, e.Value, nil})
		}
	}
	return all
}

// value compares what has no fields of the table: maps by their names.
func (d *difference) value(a, b *Node, at Change) {
	if a != nil && a.Kind == Map || b != nil && b.Kind == Map {
		a, b = orEmpty(a), orEmpty(b)
		under := at
		for _, e := range both(a, b) {
			at.Path = join(under.Path, e.name)
			d.value(e.from, e.to, at)
		}
		return
	}
	at.From, at.To = line(a), line(b)
	if at.From != at.To {
		d.changes = append(d.changes, at)
	}
}

// line is a value on one line, in YAML's flow style.
func line(n *Node) string {
	if n == nil {
		return ""
	}
	var parts []string
	switch n.Kind {
	case Map:
		return "a map" // value compares what is in it
	case List:
		for _, item := range n.Items {
			parts = append(parts, line(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	if n.Text == "" || n.Quoted || !plainText(n.Text) || strings.ContainsAny(n.Text, ",[]{}\"") {
		return quote(n.Text)
	}
	return n.Text
}

func orEmpty(n *Node) *Node {
	if n == nil {
		return &Node{Kind: Map}
	}
	return n
}

// Effects says in a line each what changes do to a node: which services start,
// stop, restart and why, and which go on with other settings.
func Effects(changes []Change, after *wire.Manifest) []string {
	why := map[string][]string{}
	var started, stopped, live, lines []string
	for _, c := range changes {
		rest := strings.TrimPrefix(c.Path, join("services", c.service))
		switch {
		case c.service != "" && rest == "" && c.From == "":
			started = append(started, c.service)
		case c.service != "" && rest == "":
			stopped = append(stopped, c.service)
		case c.service != "" && !c.live:
			why[c.service] = append(why[c.service], strings.TrimPrefix(rest, "."))
		case strings.HasPrefix(c.Path, "users") && c.Path != "users":
			name, _, _ := strings.Cut(strings.TrimPrefix(c.Path, "users."), ".")
			for _, s := range after.Services {
				if s.User == name {
					why[s.Name] = append(why[s.Name], "user "+name)
				}
			}
		case c.service != "":
			live = append(live, c.service)
		default:
			name, _, _ := strings.Cut(c.Path, ".")
			live = append(live, name)
		}
	}
	for _, s := range after.Services {
		if reasons := slices.Compact(why[s.Name]); len(reasons) > 0 && !slices.Contains(started, s.Name) {
			lines = append(lines, fmt.Sprintf("%s restarts: %s", s.Name, strings.Join(reasons, ", ")))
			live = slices.DeleteFunc(live, func(name string) bool { return name == s.Name })
		}
	}
	for _, group := range []struct {
		names []string
		what  string
	}{{started, "starts"}, {stopped, "stops"}, {slices.Compact(live), "changes, and nothing restarts for it"}} {
		for _, name := range group.names {
			lines = append(lines, name+" "+group.what)
		}
	}
	return lines
}
