package manifestcmd

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"mote/ctl/manifest"
	"mote/ctl/mote/exit"
	"mote/fs/image/keyset"
	"mote/wire"
)

func newKey() *cobra.Command {
	return &cobra.Command{
		Use:   "key NAME",
		Short: "Make an operator's key: NAME.key signs, NAME.pub is for who verifies",
		Long: `Makes an Ed25519 key in two files. NAME.key signs manifests: keep it, and give it
to nobody. NAME.pub is for those who are to trust it. Keys are never written over.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			public, err := keyset.CreateSingle(args[0])
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s.key, %s.pub: %x\n", args[0], args[0], []byte(public))
			return err
		},
	}
}

// signLong is the help.
const signLong = `Compiles FILE, its secrets read, and writes it signed by an operator's key. The
generation must be above that in force where it goes, or it is refused there. With
--for it is the manifest of that machine, and of no other. wire/SPEC.md says what is
signed, and what who receives it must do.

No node takes signed manifests yet: they are baked into images, see mote image
build --manifest.`

// signFlags are the flags of `mote manifest sign`.
type signFlags struct {
	key, machine, out string
	generation        uint64
}

func newSign() *cobra.Command {
	var f signFlags
	c := &cobra.Command{
		Use:   "sign --key KEY --generation N -o OUT FILE",
		Short: "Compile a document and sign it with an operator's key",
		Long:  signLong,
		Args:  cobra.ExactArgs(1),
		RunE:  func(c *cobra.Command, args []string) error { return f.run(c, args[0]) },
	}
	flags := c.Flags()
	flags.StringVar(&f.key, "key", "", "the operator's NAME.key")
	flags.Uint64Var(&f.generation, "generation", 0, "its number, above that in force")
	flags.StringVar(&f.machine, "for", "", "the only machine that may take it, by its inventory's JSON")
	flags.StringVarP(&f.out, "out", "o", "", "the file to write")
	return c
}

func (f *signFlags) run(c *cobra.Command, name string) error {
	for flag, missing := range map[string]bool{"key": f.key == "", "generation": f.generation == 0, "out": f.out == ""} {
		if missing {
			return exit.With(exit.Usage, fmt.Errorf("manifest sign: --%s is missing; --key, --generation and --out are all needed", flag))
		}
	}
	key, err := keyset.LoadPrivate(f.key)
	if err != nil {
		return err
	}
	d, err := load(c, name)
	if err != nil {
		return err
	}
	if parts := d.Get("machines"); parts != nil && f.machine == "" {
		return exit.With(exit.Usage, fmt.Errorf("manifest sign: %s has parts for single machines; name one with --for", name))
	}
	m, err := compile(c, d, f.machine, true)
	if err != nil {
		return err
	}
	compiled, err := wire.AppendManifest(nil, m)
	if err != nil {
		return err
	}
	uuid, err := machineUUID(f.machine)
	if err != nil {
		return err
	}
	b, err := manifest.Sign(key, f.generation, uuid, compiled)
	if err != nil {
		return err
	}
	// Readable by its owner only: its secrets are in it.
	if err := os.WriteFile(f.out, b, 0o600); err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s: generation %d, %s, %d bytes signed\n", f.out, f.generation, forWhom(uuid), len(b))
	return err
}

// machineUUID is the UUID in an inventory's file; a machine without one can't be
// told from others.
func machineUUID(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	m, err := manifest.ReadInventory(name)
	if err != nil {
		return "", err
	}
	uuid := strings.ToLower(strings.TrimSpace(m.Machine.UUID))
	if uuid == "" {
		return "", exit.With(exit.Refused, fmt.Errorf("manifest: %s has no UUID of its machine; leave --for out, or take another way to tell it", name))
	}
	return uuid, nil
}

func forWhom(uuid string) string {
	if uuid == "" {
		return "for any machine"
	}
	return "for machine " + uuid
}

// verifyLong is the help.
const verifyLong = `Verifies FILE as a node is to: against keys that came another way than with the
file, the generation in force, and the machine. Status 8 where it is refused.`

func newVerify() *cobra.Command {
	var keys []string
	var wants manifest.Wants
	c := &cobra.Command{
		Use:   "verify --key PUB FILE",
		Short: "Verify a signed manifest",
		Long:  verifyLong,
		Args:  cobra.ExactArgs(1),
		RunE:  func(c *cobra.Command, args []string) error { return verify(c, args[0], keys, wants) },
	}
	flags := c.Flags()
	flags.StringArrayVar(&keys, "key", nil, "a trusted operator's NAME.pub; may be given again")
	flags.Uint64Var(&wants.Newest, "newest", 0, "the generation in force; refuse what is not above it")
	flags.StringVar(&wants.Machine, "machine", "", "the machine's UUID by SMBIOS")
	return c
}

func verify(c *cobra.Command, name string, keys []string, wants manifest.Wants) error {
	if len(keys) == 0 {
		return exit.With(exit.Usage, errors.New("manifest verify: --key is missing; give the NAME.pub of whom you trust"))
	}
	for _, key := range keys {
		public, err := keyset.LoadPublic(key)
		if err != nil {
			return err
		}
		wants.Trusted = append(wants.Trusted, ed25519.PublicKey(public))
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return exit.With(exit.NotFound, fmt.Errorf("manifest: %w", err))
	}
	v, err := manifest.Verify(b, wants)
	if err != nil {
		return exit.With(exit.Unverified, err)
	}
	_, err = fmt.Fprintf(c.OutOrStdout(), "%s is good: generation %d, %s, %s; signed by %x\n", name, v.Generation, forWhom(v.Machine), summary(v.Read), []byte(v.Key))
	return err
}
