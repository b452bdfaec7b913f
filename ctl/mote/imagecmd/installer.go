package imagecmd

import (
	"context"
	"fmt"
	"os"

	"mote/fs/image"
	"mote/fs/image/assemble"
	"mote/fs/image/medium"
)

// installer makes the medium that puts a release, the file at i.Release, onto a disk.
// It gives the size in bytes.
func installer(ctx context.Context, out string, spec assemble.Spec, i image.Installer) (int64, error) {
	module, err := image.ModuleRoot(ctx)
	if err != nil {
		return 0, fmt.Errorf("image build: --installer: %w", err)
	}
	built, err := image.Build(ctx, image.InstallerProfile(module, i).Spec(module, spec.Arch))
	if err != nil {
		return 0, err
	}
	spec.Profile = "installer"
	if spec.Root, err = os.ReadFile(built.Out); err != nil {
		return 0, fmt.Errorf("image build: --installer: %w", err)
	}
	m, err := assemble.Medium(spec)
	if err != nil {
		return 0, err
	}
	return medium.Write(out, m)
}
