package imagecmd

import (
	"context"
	"crypto/sha256"
	"debug/elf"
	"strings"

	"mote/fs/image"
	"mote/fs/image/assemble"
	"mote/fs/image/sbom"
	"mote/fs/image/uki"
)

// bill is the list of a release's parts, from what really is in the root.
func bill(ctx context.Context, spec assemble.Spec, made assemble.Release, root string) ([]byte, error) {
	found, err := image.Walk(ctx, root)
	if err != nil {
		return nil, err
	}
	s := sbom.Spec{Name: made.Header.FileName(), Version: spec.Version, BuiltSec: spec.BuiltSec, Sum: sha256.Sum256(made.File)}
	for _, f := range found {
		if strings.HasPrefix(string(f.Content), elf.ELFMAG) {
			s.Programs = append(s.Programs, sbom.Program{Path: f.Path, Content: f.Content})
		}
	}
	version, err := uki.KernelRelease(spec.Kernel)
	if err != nil {
		return nil, err
	}
	s.Others = []sbom.Other{{Name: "linux", Version: version, Sum: sha256.Sum256(spec.Kernel),
		From: "pkg:deb/debian/linux-source-6.12@" + version}}
	for _, p := range []assemble.Pinned{spec.Loader, spec.Stub} {
		s.Others = append(s.Others, sbom.Other{Name: p.Name, Version: p.Version, Sum: sha256.Sum256(p.Data),
			From: "pkg:deb/debian/systemd-boot-efi@" + p.Version})
	}
	for _, p := range spec.MicrocodeParts() {
		s.Others = append(s.Others, sbom.Other{Name: p.Name, Version: p.Version, Sum: sha256.Sum256(p.Data)})
	}
	return sbom.Write(s)
}
