package manifestcmd

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/fxamacker/cbor/v2"
	"github.com/spf13/cobra"

	"mote/ctl/manifest"
	"mote/ctl/mote/exit"
	"mote/wire"
)

// renderLong is the help.
const renderLong = `Shows a document as a node would take it: with every default written out, and with
--for as one machine gets it, its parts patched in and its values filled.

-o yaml and json can be read as documents again, and diag is the compiled form in
CBOR's diagnostic notation (RFC 8949 section 8). None of these has a secret in it,
only the reference. -o cbor is the compiled form itself, with its secrets; it is
written to a file or a pipe only.`

func newRender() *cobra.Command {
	var forMachine, output string
	c := &cobra.Command{
		Use:   "render FILE",
		Short: "Show a document with its defaults, or as one machine gets it",
		Long:  renderLong,
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return render(c, args[0], forMachine, output)
		},
	}
	c.Flags().StringVar(&forMachine, "for", "", "the machine, by its inventory's JSON")
	c.Flags().StringVarP(&output, "output", "o", "yaml", "yaml, json, diag or cbor")
	return c
}

func render(c *cobra.Command, name, forMachine, output string) error {
	d, err := load(c, name)
	if err != nil {
		return err
	}
	if parts := d.Get("machines"); forMachine == "" && parts != nil {
		fmt.Fprintf(c.ErrOrStderr(), "without its parts for machines (%s); --for shows what one gets\n", strings.Join(parts.Names(), ", "))
	}
	m, err := compile(c, d, forMachine, output == "cbor")
	if err != nil {
		return err
	}
	var b []byte
	switch output {
	case "yaml":
		b, err = manifest.Show(m).YAML()
	case "json":
		b, err = manifest.Show(m).JSON()
	case "cbor", "diag":
		if b, err = wire.AppendManifest(nil, m); err != nil {
			return err
		}
		if output == "cbor" && terminal(c.OutOrStdout()) {
			return exit.With(exit.Usage, errors.New("manifest render: CBOR is not for terminals; send it to a file, or use -o diag"))
		}
		if output == "diag" {
			var text string
			text, err = cbor.Diagnose(b)
			b = append([]byte(text), '\n')
		}
	default:
		return exit.With(exit.Usage, fmt.Errorf("manifest render: no output %q; use yaml, json, diag or cbor", output))
	}
	if err != nil {
		return err
	}
	_, err = c.OutOrStdout().Write(b)
	return err
}

// compile makes a manifest, for one machine where one is named. withSecrets reads
// them; otherwise their references stay.
func compile(c *cobra.Command, d *document, forMachine string, withSecrets bool) (*wire.Manifest, error) {
	var v manifest.Values
	if forMachine != "" {
		machine, err := manifest.ReadInventory(forMachine)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, exit.With(exit.NotFound, err)
		case err != nil:
			return nil, exit.With(exit.Refused, err)
		}
		v.Machine = machine
	}
	if withSecrets {
		v.Secret = manifest.Secrets(d.name)
	}
	m, problems := manifest.Compile(d.Node, v)
	return m, refused(c, d.problems.And(problems))
}

func newSchema() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of documents, for editors",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := c.OutOrStdout().Write(manifest.Schema())
			return err
		},
	}
}
