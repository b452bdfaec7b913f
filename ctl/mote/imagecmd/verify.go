package imagecmd

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"mote/fs/image/keyset"
	"mote/fs/image/release"
	"mote/fs/image/verity"
)

func newVerify() *cobra.Command {
	var key string
	var wants release.Wants
	var counter uint64
	c := &cobra.Command{
		Use:   "verify --key PUB FILE",
		Short: "Verify a release with a key that you have",
		Long: `Verifies FILE against PUB, a release.pub that came to you another way: a key
beside the file would prove nothing. Then every part is compared with the signed
header, and every block of the root with its hash tree.`,
		Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if key == "" {
				return errors.New("image verify: --key is missing; give the release.pub of whoever made the file")
			}
			if c.Flags().Changed("counter") {
				wants.Counter = &counter
			}
			h, err := verify(args[0], key, wants)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s: good: %s %s for %s, security counter %d, %d parts, %d blocks\n",
				args[0], h.Profile, h.Version, h.Arch, h.Counter, len(h.Parts), h.DataBlocks)
			return err
		},
	}
	flags := c.Flags()
	flags.StringVar(&key, "key", "", "the public key that releases must be signed by")
	flags.StringVar(&wants.Profile, "profile", "", "refuse another profile")
	flags.StringVar(&wants.Arch, "arch", "", "refuse another architecture")
	flags.Uint64Var(&counter, "counter", 0, "the security counter accepted last; refuse an older one")
	return c
}

// verify reads a whole release, up to the last block.
func verify(name, key string, wants release.Wants) (release.Header, error) {
	public, err := keyset.LoadPublic(key)
	if err != nil {
		return release.Header{}, err
	}
	f, err := os.Open(name)
	if err != nil {
		return release.Header{}, fmt.Errorf("image: %w", err)
	}
	defer f.Close()
	h, parts, err := release.Read(f, public, wants)
	if err != nil {
		return release.Header{}, fmt.Errorf("%s: %w", name, err)
	}
	slot := append(parts[release.KindRoot], parts[release.KindTree]...)
	at, err := verity.Check(slot, h.Root())
	if err != nil {
		return release.Header{}, fmt.Errorf("%s: %w", name, err)
	}
	if at >= 0 {
		return release.Header{}, fmt.Errorf("%s: block %d is not what the signed root hash says", name, at)
	}
	return h, nil
}
