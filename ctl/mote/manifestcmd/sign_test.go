package manifestcmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mote/ctl/mote/exit"
)

// Key, sign, verify: and every way in which it goes wrong has its status.
func TestSigning(t *testing.T) {
	t.Setenv("WEB_TOKEN", "s3cret")
	folder := t.TempDir()
	at := func(name string) string { return filepath.Join(folder, name) }
	for _, c := range []struct {
		line string
		code exit.Code
		said string
	}{
		{"manifest key " + at("op"), exit.OK, "op.pub: "},
		{"manifest key " + at("op"), exit.Failed, "never written over"},
		{"manifest key " + at("other"), exit.OK, ""},
		{"manifest sign --key " + at("op.key") + " --generation 3 -o " + at("any") + " testdata/all.yaml", exit.OK, "generation 3, for any machine"},
		{"manifest sign --key " + at("op.key") + " --generation 3 -o " + at("x") + " testdata/machines.yaml", exit.Usage, "name one with --for"},
		{"manifest sign --key " + at("op.key") + " -o " + at("x") + " testdata/all.yaml", exit.Usage, "--generation is missing"},
		{"manifest sign --key " + at("op.pub") + " --generation 3 -o " + at("x") + " testdata/all.yaml", exit.Failed, "not one PEM block"},
		{"manifest sign --key " + at("op.key") + " --generation 3 -o " + at("x") + " testdata/syntax.yaml", exit.Refused, "1 problem"},
		{"manifest sign --key " + at("op.key") + " --generation 4 --for testdata/inventory.json -o " + at("one") + " testdata/machines.yaml", exit.OK,
			"for machine 4c4c4544-0042-4810-8056-b4c04f4d3132"},
		{"manifest verify --key " + at("op.pub") + " " + at("any"), exit.OK, "generation 3, for any machine, node edge-7"},
		{"manifest verify --key " + at("op.pub") + " --newest 3 " + at("any"), exit.Unverified, "an old generation"},
		{"manifest verify --key " + at("other.pub") + " " + at("any"), exit.Unverified, "not trusted"},
		{"manifest verify --key " + at("other.pub") + " --key " + at("op.pub") + " " + at("any"), exit.OK, ""},
		{"manifest verify --key " + at("op.pub") + " " + at("one"), exit.Unverified, "for another machine"},
		{"manifest verify --machine 4c4c4544-0042-4810-8056-b4c04f4d3132 --key " + at("op.pub") + " " + at("one"), exit.OK, "node edge-pf-12345"},
		{"manifest verify --key " + at("op.pub") + " " + at("none"), exit.NotFound, ""},
		{"manifest verify --key " + at("op.pub") + " testdata/all.yaml", exit.Unverified, "not a signed manifest"},
		{"manifest verify " + at("any"), exit.Usage, "--key is missing"},
	} {
		if said, code := mote(t, c.line); code != c.code || !strings.Contains(said, c.said) {
			t.Errorf("%s: status %d, want %d with %q\n%s", c.line, code, c.code, c.said, said)
		}
	}
	for _, name := range []string{"op.key", "one"} {
		if info, err := os.Stat(at(name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	// The first bad byte ends it.
	b, err := os.ReadFile(at("any"))
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(at("any"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	if said, code := mote(t, "manifest verify --key "+at("op.pub")+" "+at("any")); code != exit.Unverified {
		t.Errorf("a changed one: status %d\n%s", code, said)
	}
}
