// Package manifestcmd is `mote manifest` and `mote explain`: what a node shall be
// is checked, shown, compared, patched, described and signed.
package manifestcmd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"mote/ctl/manifest"
	"mote/ctl/mote/exit"
	"mote/wire/inventory"
)

// New is `mote manifest` with what is below it.
func New() *cobra.Command {
	c := &cobra.Command{Use: "manifest", Short: "Check, show, compare, patch and sign what a node shall be"}
	c.AddCommand(newValidate(), newRender(), newSchema())
	return c
}

// document is a file that was read.
type document struct {
	name string
	*manifest.Node
	// problems are of its YAML; those of its fields come with compiling.
	problems manifest.Problems
}

// load reads a file, or standard input for "-", as a document.
func load(c *cobra.Command, name string) (*document, error) {
	var text []byte
	var err error
	if name == "-" {
		name = "stdin"
		text, err = io.ReadAll(c.InOrStdin())
	} else {
		text, err = os.ReadFile(name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, exit.With(exit.NotFound, fmt.Errorf("manifest: no file %s; make one as README shows, or give - for standard input", name))
	}
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	d := &document{name: name}
	if d.Node, d.problems = manifest.Load(name, text); d.Node == nil {
		return nil, refused(c, d.problems)
	}
	return d, nil
}

// refused tells problems, and is the error of a document that has some.
func refused(c *cobra.Command, problems manifest.Problems) error {
	if len(problems) == 0 {
		return nil
	}
	out := c.ErrOrStderr()
	problems.Print(out, colour(out))
	what := "1 problem"
	if len(problems) != 1 {
		what = fmt.Sprintf("%d problems", len(problems))
	}
	fmt.Fprintf(out, "%s; nothing was made of it\n", what)
	return exit.Told(exit.Refused, problems)
}

// colour tells whether w is a terminal and its owner wants colours;
// https://no-color.org says how that is told.
func colour(w io.Writer) bool {
	return os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && terminal(w)
}

// terminal tells whether somebody looks at w.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// readInventory reads a machine's inventory, as the node's agent writes it.
func readInventory(name string) (*inventory.Inventory, error) {
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, exit.With(exit.NotFound, fmt.Errorf("manifest: no file %s; make inventory writes build/inventory.json", name))
	}
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	m := new(inventory.Inventory)
	if err := json.Unmarshal(b, m); err != nil {
		return nil, exit.With(exit.Refused, fmt.Errorf("manifest: %s is no inventory: %w", name, err))
	}
	if m.Version != inventory.Version {
		return nil, exit.With(exit.Refused, fmt.Errorf("manifest: %s is an inventory of version %d; this program reads %d", name, m.Version, inventory.Version))
	}
	return m, nil
}

// secretSizeMax bounds a secret in bytes: an environment is not larger.
const secretSizeMax = 16 << 10

// secrets reads what documents refer to: files beside the document, and the
// environment of this program. Errors never have what was read.
func secrets(document string) func(kind, name string) (string, error) {
	return func(kind, name string) (string, error) {
		if kind == "env" {
			value, ok := os.LookupEnv(name)
			if !ok {
				return "", fmt.Errorf("no variable %s in the environment", name)
			}
			return value, nil
		}
		if !filepath.IsAbs(name) {
			name = filepath.Join(filepath.Dir(document), name)
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return "", fmt.Errorf("the secret can't be read: %w", err)
		}
		if len(b) > secretSizeMax {
			return "", fmt.Errorf("the secret %s has %d bytes; at most %d are taken", name, len(b), secretSizeMax)
		}
		// Editors end a file with a newline that nobody means.
		return strings.TrimSuffix(string(b), "\n"), nil
	}
}
