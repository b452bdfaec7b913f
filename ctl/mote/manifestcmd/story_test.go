package manifestcmd

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"mote/ctl/mote/exit"
	"mote/size/golden"
)

// mote runs one command line and returns all that a terminal without colours
// would show, and the status.
func mote(t *testing.T, line string) (said string, code exit.Code) {
	t.Helper()
	root := &cobra.Command{Use: "mote", SilenceUsage: true, SilenceErrors: true}
	root.AddCommand(New(), NewExplain())
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&out)
	root.SetArgs(strings.Fields(line))
	err := root.ExecuteContext(t.Context())
	code, silent := exit.Of(err)
	switch {
	case !silent:
		fmt.Fprintln(&out, err) // as main does
	case code != exit.OK && out.Len() == 0:
		t.Errorf("%s: status %d, and not a word", line, code)
	}
	return out.String(), code
}

// Each story is a list of command lines; its golden file has what they print and
// their statuses.
func TestStories(t *testing.T) {
	t.Setenv("WEB_TOKEN", "s3cret")
	for name, lines := range map[string][]string{
		"validate": {"manifest validate testdata/all.yaml", "manifest validate testdata/machines.yaml",
			"manifest validate --for testdata/inventory.json testdata/machines.yaml", "manifest validate testdata/wrong.yaml",
			"manifest validate testdata/syntax.yaml"},
		// Little, as every new field with a default would be in it; ctl/manifest
		// holds what all is shown as.
		"render": {"manifest render testdata/small.yaml", "manifest render --for testdata/inventory.json testdata/small.yaml",
			"manifest render --for testdata/inventory.json -o json testdata/small.yaml",
			"manifest render --for testdata/inventory.json -o diag testdata/machines.yaml"},
		"diff": {"manifest diff testdata/old.yaml testdata/new.yaml", "manifest diff testdata/old.yaml testdata/old.yaml",
			"manifest diff --for testdata/inventory.json testdata/machines.yaml testdata/machines.yaml"},
		"patch":   {"manifest patch testdata/old.yaml testdata/patch.yaml", "manifest patch testdata/old.yaml testdata/badpatch.yaml"},
		"explain": {"explain services.mqtt.limits.memory-max", "explain restart", "explain user", "explain machines.when"},
	} {
		t.Run(name, func(t *testing.T) {
			var story strings.Builder
			for _, line := range lines {
				said, code := mote(t, line)
				fmt.Fprintf(&story, "$ mote %s\n%s", line, said)
				if code != exit.OK {
					fmt.Fprintf(&story, "(status %d)\n", code)
				}
				story.WriteString("\n")
			}
			golden.Check(t, filepath.Join("testdata", name+".txt"), story.String())
		})
	}
}

// What goes wrong has a status of its own, and a sentence.
func TestStatuses(t *testing.T) {
	for line, want := range map[string]exit.Code{
		"manifest validate testdata/all.yaml":                                       exit.OK,
		"manifest validate testdata/wrong.yaml":                                     exit.Refused,
		"manifest validate testdata/none.yaml":                                      exit.NotFound,
		"manifest validate --for testdata/none.json testdata/all.yaml":              exit.NotFound,
		"manifest validate --for testdata/all.yaml testdata/all.yaml":               exit.Refused,
		"manifest render testdata/machines.yaml":                                    exit.Refused,
		"manifest render -o xml testdata/all.yaml":                                  exit.Usage,
		"manifest render -o cbor --for testdata/inventory.json testdata/nokey.yaml": exit.Refused,
		"explain nothing.at.all":                                                    exit.NotFound,
	} {
		if said, code := mote(t, line); code != want {
			t.Errorf("%s: status %d, want %d\n%s", line, code, want, said)
		}
	}
}

// The compiled form has the secrets, and nothing that is printed has.
func TestSecretsAreNotPrinted(t *testing.T) {
	t.Setenv("WEB_TOKEN", "s3cret")
	for _, output := range []string{"yaml", "json", "diag", "cbor"} {
		said, code := mote(t, "manifest render --for testdata/inventory.json -o "+output+" testdata/machines.yaml")
		if code != exit.OK || strings.Contains(said, "s3cret") != (output == "cbor") || strings.Contains(said, "a key") != (output == "cbor") {
			t.Errorf("-o %s: status %d\n%s", output, code, said)
		}
	}
	if err := os.Unsetenv("WEB_TOKEN"); err != nil {
		t.Fatal(err)
	}
	if said, code := mote(t, "manifest render --for testdata/inventory.json -o cbor testdata/machines.yaml"); code != exit.Refused || !strings.Contains(said, "no variable WEB_TOKEN") {
		t.Errorf("status %d\n%s", code, said)
	}
}
