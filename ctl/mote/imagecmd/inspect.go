package imagecmd

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mote/fs/image/pe"
	"mote/fs/image/release"
	"mote/fs/image/uki"
)

func newInspect() *cobra.Command {
	return &cobra.Command{
		Use:   "inspect FILE",
		Short: "Show what a release says it is; verifies nothing",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			text, err := describe(args[0])
			if err != nil {
				return err
			}
			_, err = io.WriteString(c.OutOrStdout(), text)
			return err
		},
	}
}

// describe is a release as lines of text, the same for the same file.
func describe(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("image: %w", err)
	}
	defer f.Close()
	h, err := release.Peek(f)
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "version   %s\nprofile   %s\narch      %s\ncounter   %d\nbuilt     %s\n", h.Version, h.Profile, h.Arch,
		h.Counter, time.Unix(h.BuiltSec, 0).UTC().Format(time.RFC3339))
	root := h.Root()
	fmt.Fprintf(&b, "root      %d blocks, hash %x\nsalt      %x\npartition %s\n", h.DataBlocks, h.RootHash, h.Salt, root.UUID())
	for _, s := range h.Sources {
		fmt.Fprintf(&b, "source    %s %s, sha256 %x\n", s.Name, s.Version, s.Sum)
	}
	for _, p := range h.Parts {
		fmt.Fprintf(&b, "part      %-6s %9d bytes, sha256 %x\n", p.Kind, p.Bytes, p.Sum)
	}
	// A part that is not as the header says is found here, though nobody knows
	// yet who wrote the header.
	err = release.Parts(f, h, func(p release.Part, part []byte) error {
		if p.Kind == release.KindUKI {
			return describeKernel(&b, part)
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	b.WriteString("signature not verified: use mote image verify --key PUB\n")
	return b.String(), nil
}

// describeKernel shows the sections of a kernel image, the texts in full.
func describeKernel(b *strings.Builder, image []byte) error {
	f, err := pe.Parse(image)
	if err != nil {
		return err
	}
	for _, s := range f.Sections() {
		switch s.Name {
		case ".cmdline", ".osrel", ".uname", ".sbat":
			for line := range strings.Lines(strings.TrimRight(string(s.Data), "\x00")) {
				fmt.Fprintf(b, "uki       %-8s %s\n", s.Name, strings.TrimRight(line, "\n"))
			}
		default:
			fmt.Fprintf(b, "uki       %-8s %d bytes\n", s.Name, len(s.Data))
		}
	}
	pcr, err := uki.PCR11(image)
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "uki       TPM register %d will be sha256 %x\n", uki.MeasuredPCR, pcr)
	fmt.Fprintf(b, "uki       signature of %d bytes, over sha256 %x\n", len(f.Signature()), f.Sum())
	return nil
}

func newDiff() *cobra.Command {
	return &cobra.Command{
		Use:   "diff A B",
		Short: "Show what differs between two releases; verifies nothing",
		Args:  cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			before, err := describe(args[0])
			if err != nil {
				return err
			}
			after, err := describe(args[1])
			if err != nil {
				return err
			}
			_, err = io.WriteString(c.OutOrStdout(), difference(before, after))
			return err
		},
	}
}

// difference shows the lines that only one of two texts has, in their order. A
// description has each line once.
func difference(before, after string) string {
	var b strings.Builder
	only := func(sign, of, in string) {
		have := map[string]bool{}
		for line := range strings.Lines(in) {
			have[line] = true
		}
		for line := range strings.Lines(of) {
			if !have[line] {
				b.WriteString(sign + line)
			}
		}
	}
	only("- ", before, after)
	only("+ ", after, before)
	if b.Len() == 0 {
		return "no difference\n"
	}
	return b.String()
}
