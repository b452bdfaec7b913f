package manifest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// The schema takes what the compiler takes, here: every document of this
// repository; and refuses what it can see to be wrong.
func TestSchemaAgreesWithTheCompiler(t *testing.T) {
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("manifest.json", schema); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	check := func(text []byte) error {
		n, problems := Load("document", text)
		if problems != nil {
			t.Fatal(problems)
		}
		j, err := n.JSON()
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(j))
		if err != nil {
			t.Fatal(err)
		}
		return s.Validate(v)
	}
	files, err := filepath.Glob("../../fs/image/profiles/*.yaml")
	if err != nil || len(files) < 6 {
		t.Fatal(files, err)
	}
	for _, name := range append(files, "testdata/all.yaml", "testdata/machines.yaml") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Base(name) == "memory.yaml" {
			text = append([]byte("mote: v1\n"), bytes.Replace(text, []byte("env:"), []byte("exec: [/x]\n    env:"), 1)...) // a patch
		}
		if err := check(text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		// As it is shown, with every default.
		n, _ := Load(name, text)
		m, problems := Compile(n, Values{Machine: Sample()})
		if problems != nil {
			t.Fatal(problems)
		}
		if err := check(shown(t, m)); err != nil {
			t.Errorf("%s, shown: %v", name, err)
		}
	}
	for _, text := range []string{"node: a", "{mote: v2}", "{mote: v1, nod: a}", "{mote: v1, users: {a: {}}}", "{mote: v1, services: {a: {exec: /a}}}",
		"{mote: v1, services: {a: {exec: [/a], limits: {memory-max: 64}}}}", "{mote: v1, services: {a: {exec: [/a], limits: {memory-max: 64 Mb}}}}",
		"{mote: v1, services: {a: {exec: [/a], start-timeout: 1 fortnight}}}", "{mote: v1, services: {a: {exec: [/a], optional: \"yes\"}}}",
		"{mote: v1, services: {a: {exec: [/a], restart: allways}}}", "{mote: v1, services: {a: {exec: [/a], ready: tcp}}}",
		"{mote: v1, services: {a: {exec: [/a], isolation: {importance: 10}}}}", "{mote: v1, links: {a: {address: 10.0.0.1}}}",
		"{mote: v1, machines: {a: {when: {seriel: x}, patch: {}}}}", "{mote: v1, machines: {a: {when: {serial: x}}}}"} {
		if check([]byte(text)) == nil {
			t.Errorf("the schema takes %s", text)
		}
		if n, _ := Load("wrong", []byte(text)); n != nil {
			if _, problems := Check(n); problems == nil {
				t.Errorf("the compiler takes %s", text)
			}
		}
	}
}
