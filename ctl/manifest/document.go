package manifest

import "reflect"

// What is in a document and not in what PID 1 reads: the version of the form, and
// the parts for single machines.

// documentFields are all that a document may have at its top.
func documentFields() []Field {
	return append([]Field{
		{Name: versionName, Required: true, Live: true, Example: Version, Doc: "The version of this form of document.",
			Form: &aside{what: "the version", json: object{{"const", Version}}}},
		{Name: machinesName, Live: true, Unset: "every machine gets the same", Example: "{big: {when: {memory: at least 2 GiB}, patch: {node: big-1}}}",
			Doc:  "Parts for some machines, by a name that says which. A machine takes every part that matches it, in the order of the document.",
			Form: &aside{what: "a map by name", table: machineFields, of: "PART"}},
		{Name: gateName, Unset: "nobody reaches the node from outside", Example: "{root: \"${file:root.crt}\", identity: \"${file:edge-7.identity}\"}",
			Doc:  "How operators ask the node from outside, over mutual TLS 1.3. It stands for two services, gate and leaf, whose fields may be changed under services.",
			Form: &aside{what: "a map of fields", table: gateFields}},
	}, manifestFields()...)
}

// machineFields are an entry's of "machines"; machine.go reads them.
func machineFields() []Field {
	conditions := object{}
	for _, f := range facts() {
		one := object{{"type", []string{"string", "number"}}}
		conditions = append(conditions, member{f.name, object{{"description", f.doc},
			{"anyOf", []object{one, {{"type", "array"}, {"items", one}}}}}})
	}
	return []Field{
		{Name: "when", Required: true, Live: true, Example: "{serial: PF12345}",
			Doc:  "Facts of the inventory and what they must be: a text, in which * and ? stand for others; an amount, with \"at least\" or \"at most\"; or a list, of which one must match. All lines must match.",
			Form: &aside{what: "a map of facts", json: object{{"type", "object"}, {"properties", conditions}, {"additionalProperties", false}, {"minProperties", 1}}}},
		{Name: "patch", Required: true, Live: true, Example: "{node: edge-7}",
			Doc:  "What these machines have otherwise: a merge patch (RFC 7396) on the document. null takes a field out, and lists are replaced whole.",
			Form: &aside{what: "a map of fields", json: object{{"type", "object"}}}},
	}
}

// aside is the form of what is read elsewhere, and only described by the table.
type aside struct {
	what  string
	json  object
	table func() []Field
	of    string
}

func (*aside) read(*reader, *Field, *Node, string, reflect.Value) {}
func (*aside) show(*Field, reflect.Value) *Node                   { return nil }
func (a *aside) words() string                                    { return a.what }
func (a *aside) entry() string                                    { return a.of }

func (a *aside) fields() []Field {
	if a.table == nil {
		return nil
	}
	return a.table()
}

func (a *aside) schema() object {
	if a.table != nil && a.of == "" {
		return fieldsSchema(a.table())
	}
	if a.table != nil {
		return mapSchema(fieldsSchema(a.table()), 0)
	}
	return a.json
}
