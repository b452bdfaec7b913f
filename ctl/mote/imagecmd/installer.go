package imagecmd

import (
	"context"
	"fmt"
	"io"
	"os"

	"mote/fs/image"
	"mote/fs/image/assemble"
	"mote/fs/image/medium"
)

// installer makes the medium that puts a release, the file at stem.mote, onto a disk.
func installer(ctx context.Context, out io.Writer, stem string, spec assemble.Spec, i image.Installer) error {
	module, err := image.ModuleRoot(ctx)
	if err != nil {
		return fmt.Errorf("image build: --installer: %w", err)
	}
	i.Release = stem + ".mote"
	built, err := image.Build(ctx, image.InstallerProfile(module, i).Spec(module, spec.Arch))
	if err != nil {
		return err
	}
	spec.Profile = "installer"
	if spec.Root, err = os.ReadFile(built.Out); err != nil {
		return fmt.Errorf("image build: --installer: %w", err)
	}
	m, err := assemble.Medium(spec)
	if err != nil {
		return err
	}
	name := stem + "-installer.iso"
	size, err := medium.Write(name, m)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s: %d bytes, for CD and USB\n", name, size)
	return err
}
