package imagecmd

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"mote/fs/image/keyset"
	"mote/fs/image/secureboot"
)

func newKeys() *cobra.Command {
	var owner string
	c := &cobra.Command{
		Use:   "keys DIR",
		Short: "Make an owner's keys: one for releases, three for Secure Boot",
		Long: `Makes DIR with a new set of keys:

  release.key release.pub   Ed25519: signs release files, verifies them
  db.key db.crt             signs the loader and the kernel
  KEK.key KEK.crt           may change db
  PK.key PK.crt             owns the machine
  PK.auth KEK.auth db.auth  what a machine in setup mode takes

Keep the .key files: who has them can make releases that your machines start,
and without them nobody can. Keys are never written over.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := keyset.Create(args[0], owner, time.Now()); err != nil {
				return err
			}
			_, err := fmt.Fprintf(c.OutOrStdout(), "%s: keys of %q; verify releases with %s/release.pub\n", args[0], owner, args[0])
			return err
		},
	}
	c.Flags().StringVar(&owner, "owner", "Mote", "name in the certificates")
	return c
}

func newEnrol() *cobra.Command {
	var keys, template string
	c := &cobra.Command{
		Use:   "enrol --keys DIR FILE",
		Short: "Write OVMF variables with the keys enrolled and Secure Boot on",
		Long: `Writes FILE, the variables of a virtual machine's firmware, from OVMF's empty
template: the keys are in it and Secure Boot is on, as after an enrolment by hand.
A real machine takes the .auth files, in its setup mode.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			set, err := keyset.Load(keys)
			if err != nil {
				return err
			}
			b, err := os.ReadFile(template)
			if err != nil {
				return fmt.Errorf("image: %w; install the package ovmf", err)
			}
			if b, err = secureboot.Enrol(b, set.Boot); err != nil {
				return err
			}
			return put(args[0], b, 0o644)
		},
	}
	c.Flags().StringVar(&keys, "keys", "", "the folder that `mote image keys` made")
	c.Flags().StringVar(&template, "template", "/usr/share/OVMF/OVMF_VARS_4M.fd", "OVMF's empty variables")
	return c
}
