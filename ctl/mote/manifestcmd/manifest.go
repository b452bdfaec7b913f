// Package manifestcmd is `mote manifest` and `mote explain`: what a node shall be
// is checked, shown, compared, patched, described and signed.
package manifestcmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"mote/ctl/manifest"
	"mote/ctl/mote/exit"
)

// New is `mote manifest` with what is below it.
func New() *cobra.Command {
	c := &cobra.Command{Use: "manifest", Short: "Check, show, compare, patch and sign what a node shall be"}
	c.AddCommand(newValidate(), newRender(), newDiff(), newPatch(), newSign(), newVerify(), newKey(), newSchema())
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
