// Package imagecmd is `mote image`: releases are made, looked at and verified.
package imagecmd

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// New is the command with what is below it.
func New() *cobra.Command {
	c := &cobra.Command{Use: "image", Short: "Make, show and verify releases"}
	c.AddCommand(newKeys(), newBuild(), newInspect(), newDiff(), newVerify(), newEnrol())
	return c
}

// put writes a file whole or not at all.
func put(name string, b []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-")
	if err != nil {
		return fmt.Errorf("image: %w", err)
	}
	defer os.Remove(f.Name()) // it has its name by then, if all went well
	if _, err := f.Write(b); err != nil {
		f.Close()
		return fmt.Errorf("image: write %s: %w", name, err)
	}
	if err := f.Chmod(mode); err != nil {
		f.Close()
		return fmt.Errorf("image: write %s: %w", name, err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("image: write %s: %w", name, err)
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return fmt.Errorf("image: write %s: %w", name, err)
	}
	return nil
}
