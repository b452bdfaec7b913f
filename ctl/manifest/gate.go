package manifest

import (
	"math"
	"strconv"

	"mote/wire"
)

// "gate" is how the node is asked from outside. In what PID 1 reads there is no
// such thing: it becomes two services, the gate and the job that issues its leaf,
// below whatever the document itself says of them.

const gateName = "gate"

// gatePortDefault is where nodes are asked.
const gatePortDefault = 7443

// Who the two run as: numbers that no document has a reason to choose. They share a
// group, by which the gate reads its leaf.
const (
	gateUID = "64001"
	leafUID = "64002"
)

// gatePart is the patch, less the port and the two texts that files get.
const gatePart = `
users:
  gate: {uid: ` + gateUID + `}
  leaf: {uid: ` + leafUID + `, gid: ` + gateUID + `}
services:
  leaf:
    kind: one-shot
    exec: [/bin/agent, job, leaf, -in, /run/identity/node, -o, /run/leaf/leaf]
    env: {GOMEMLIMIT: 16MiB}
    user: leaf
    optional: true
    start-timeout: 10 s
    limits: {memory-max: 32 MiB, pids-max: 32}
    isolation:
      syscalls: [files]
      namespaces: [mount, ipc, uts, net, pid]
      writable:
        /run/identity: {size: 16 KiB, sealed: true}
        /run/leaf: {shared: true, mode: 0750}
      files:
        /run/identity/node: {mode: 0400, owner: leaf}
  gate:
    exec: [/bin/agent, gate, -leaf, /run/leaf/leaf, -roots, /run/roots/roots]
    env: {GOMEMLIMIT: 20MiB}
    user: gate
    needs: [leaf]
    relay: true
    optional: true
    restart: on-failure
    backoff-max: 5 s
    limits: {memory-max: 40 MiB, pids-max: 32, cpu-weight: 50}
    isolation:
      syscalls: [files, network]
      importance: 3
      namespaces: [mount, ipc, uts, net, pid]
      writable:
        /run/roots: {size: 16 KiB, sealed: true}
      files:
        /run/roots/roots: {mode: 0400, owner: gate}
      reads: [/run/leaf/, /run/roots/]
`

// gateFields are those of "gate".
func gateFields() []Field {
	return []Field{
		{Name: "port", Form: &aside{what: "a port", json: object{{"type", "integer"}, {"minimum", 1}, {"maximum", math.MaxUint16}}},
			Default: strconv.Itoa(gatePortDefault), Example: "7443", Doc: "The TCP port on which the node is asked, on every address of it."},
		{Name: "root", Required: true, Form: &aside{what: "certificates as PEM", json: object{{"type", "string"}}},
			Example: "\"${file:root.crt}\"", Doc: "The operators' root, by which the node knows operators; two of them while it is replaced. `mote gen` makes it."},
		{Name: "identity", Required: true, Form: &aside{what: "a key and its endorsement as PEM", json: object{{"type", "string"}}},
			Example: "\"${file:edge-7.identity}\"", Doc: "The node's own identity key, and what the root says of it. It is a secret: whoever has it can pass for the node. `mote gen` makes it."},
	}
}

// gate turns "gate" into the services that it stands for. What the document says
// of them goes before it, so that a limit can be another.
func (r *reader) gate(document *Node) *Node {
	n := document.Get(gateName)
	if n == nil {
		return document
	}
	document = document.without(gateName)
	if n.Kind != Map {
		r.add(n, gateName, n.what()+", where a map of fields is wanted", "write root and identity below it")
		return document
	}
	for _, e := range n.Entries {
		if find(gateFields(), e.Name) == nil {
			r.unknown("field", names(gateFields()), e, gateName)
		}
	}
	part, problems := Load(gateName, []byte(gatePart))
	if problems != nil {
		r.problems = append(r.problems, problems...) // a test loads it
		return document
	}
	services := part.Get("services")
	set := func(service, path, field string) {
		value := n.Get(field)
		if value == nil {
			r.add(n, gateName, "no field "+quote(field), "give "+find(gateFields(), field).Form.words()+"; `mote gen` makes it")
			return
		}
		file := services.Get(service).Get("isolation").Get("files").Get(path)
		file.Entries = append(file.Entries, Entry{Name: "content", At: value.At, Value: value})
	}
	set("leaf", "/run/identity/node", "identity")
	set("gate", "/run/roots/roots", "root")
	port := n.Get("port")
	if port == nil {
		port = &Node{At: n.At, Text: strconv.Itoa(gatePortDefault)}
	}
	service := services.Get("gate")
	service.Entries = append(service.Entries, Entry{Name: "port", At: port.At, Value: port})
	return Patch(part, document)
}

// GatePort is the port on which a compiled manifest's node is asked; 0: on none.
func GatePort(m *wire.Manifest) uint16 {
	for i := range m.Services {
		if m.Services[i].Relay {
			return m.Services[i].Port
		}
	}
	return 0
}
