package manifest

import (
	"encoding/json"
	"reflect"
	"testing"

	"mote/wire/inventory"
)

// The examples of RFC 7396 appendix A.
func TestPatchOfTheRFC(t *testing.T) {
	for _, c := range [][3]string{
		{`{"a":"b"}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"b"}`, `{"b":"c"}`, `{"a":"b","b":"c"}`},
		{`{"a":"b"}`, `{"a":null}`, `{}`},
		{`{"a":"b","b":"c"}`, `{"a":null}`, `{"b":"c"}`},
		{`{"a":["b"]}`, `{"a":"c"}`, `{"a":"c"}`},
		{`{"a":"c"}`, `{"a":["b"]}`, `{"a":["b"]}`},
		{`{"a":{"b":"c"}}`, `{"a":{"b":"d","c":null}}`, `{"a":{"b":"d"}}`},
		{`{"a":[{"b":"c"}]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`["a","b"]`, `["c","d"]`, `["c","d"]`},
		{`{"a":"b"}`, `["c"]`, `["c"]`},
		{`{"a":"foo"}`, `null`, `null`},
		{`{"a":"foo"}`, `"bar"`, `"bar"`},
		{`{"e":null}`, `{"a":1}`, `{"e":null,"a":1}`},
		{`[1,2]`, `{"a":"b","c":null}`, `{"a":"b"}`},
		{`{}`, `{"a":{"bb":{"ccc":null}}}`, `{"a":{"bb":{}}}`},
	} {
		target, _ := Load("target", []byte(c[0]))
		patch, _ := Load("patch", []byte(c[1]))
		before, _ := target.JSON()
		got, err := Patch(target, patch).JSON()
		if err != nil {
			t.Fatal(err)
		}
		var a, b any
		if err := json.Unmarshal(got, &a); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(c[2]), &b); err != nil || !reflect.DeepEqual(a, b) {
			t.Errorf("%s with %s: %s, want %s", c[0], c[1], got, c[2])
		}
		if after, _ := target.JSON(); string(after) != string(before) {
			t.Errorf("%s with %s changed its target to %s", c[0], c[1], after)
		}
	}
}

// apu is a machine of the field.
func apu() *inventory.Inventory {
	m := &inventory.Inventory{Version: inventory.Version}
	m.Machine = inventory.Machine{Serial: "PF 12345", Manufacturer: "PC Engines", Product: "APU2"}
	m.CPU.Threads = 4
	m.Memory.TotalBytes = 4_100_000_000
	m.Memory.DIMMs = []inventory.DIMM{{SizeBytes: 4 << 30}, {}}
	m.Links = []inventory.Link{{Name: "eth0", MAC: "02:11:22:33:44:55", PermanentMAC: "00:0d:b9:01:02:03"}, {Name: "eth1", MAC: "00:0d:b9:01:02:04"}}
	m.Disks = []inventory.Disk{{Name: "sda", Model: "Stick", SizeBytes: 1 << 40, Removable: true}, {Name: "nvme0n1", Model: "Samsung 980", Serial: "S4", SizeBytes: 500e9}}
	return m
}

func TestSelectors(t *testing.T) {
	for when, want := range map[string]bool{
		"{serial: PF 12345}": true,
		"{serial: pf*}":      true,
		"{serial: PF}":       false,
		"{product: APU?, manufacturer: \"*engin*\"}": true,
		"{product: APU2, manufacturer: Dell}":        false,
		"{product: [APU1, APU2]}":                    true,
		"{memory: 4 GiB}":                            true,
		"{memory: at least 4 GiB}":                   true,
		"{memory: at least 4097 MiB}":                false,
		"{memory: at most 4 GiB}":                    true,
		"{cpus: 4}":                                  true,
		"{cpus: at most 3}":                          false,
		"{mac: \"00:0D:B9:01:02:03\"}":               true,
		"{mac: \"02:*\"}":                            false,
		"{disk: sda}":                                false,
		"{disk-size: at least 500 GB}":               true,
		"{disk-size: at least 1 TB}":                 false,
		"{tpm: \"*\"}":                               false,
		"{uuid: \"\"}":                               false,
	} {
		n, problems := Load("when", []byte("mote: v1\nmachines: {one: {when: "+when+", patch: {node: a}}}"))
		if problems != nil {
			t.Fatal(problems)
		}
		m, problems := Compile(n, Values{Machine: apu()})
		if problems != nil {
			t.Fatal(problems)
		}
		if got := m.Node == "a"; got != want {
			t.Errorf("%s: %v", when, got)
		}
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{{"", "", true}, {"*", "", true}, {"?", "", false}, {"a*c", "abbc", true}, {"a*c", "abbd", false}, {"a*b*c", "axbxbxc", true},
		{"**", "x", true}, {"a?c", "abc", true}, {"a?c", "ac", false}, {"*a", "ba", true}, {"*a", "ab", false}} {
		if match(c.pattern, c.s) != c.want {
			t.Errorf("%q with %q: not %v", c.s, c.pattern, c.want)
		}
	}
}

// A machine's values are filled in; a secret is only read where it is asked for,
// and stands nowhere else.
func TestValues(t *testing.T) {
	n, problems := Load("v", []byte(`mote: v1
node: edge-${label:machine.serial}
services: {a: {exec: [/a, "${machine.mac}", "$${x}", "$$${machine.cpus}"], env: {T: "x ${env:TOKEN} y"}}}`))
	if problems != nil {
		t.Fatal(problems)
	}
	secret := func(kind, name string) (string, error) { return kind + "=" + name + "${z}", nil }
	m, problems := Compile(n, Values{Machine: apu(), Secret: secret})
	if problems != nil {
		t.Fatal(problems)
	}
	s := m.Services[0]
	if want := []string{"/a", "00:0d:b9:01:02:03", "${x}", "$${machine.cpus}"}; m.Node != "edge-pf-12345" || !reflect.DeepEqual(s.Exec, want) || s.Env[0] != "T=x env=TOKEN${z} y" {
		t.Errorf("%s %q %q", m.Node, s.Exec, s.Env)
	}
	m, problems = Compile(n, Values{Machine: apu()})
	if problems != nil {
		t.Fatal(problems)
	}
	s = m.Services[0]
	if want := []string{"/a", "00:0d:b9:01:02:03", "$${x}", "$$${machine.cpus}"}; !reflect.DeepEqual(s.Exec, want) || s.Env[0] != "T=x ${env:TOKEN} y" {
		t.Errorf("kept as %q %q", s.Exec, s.Env)
	}
}
