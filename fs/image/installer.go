package image

import (
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Installer says what a node that only installs is to do.
type Installer struct {
	// Release is a release file on this machine.
	Release string
	// Auth are files that enrol an owner's keys; nil enrols nothing.
	Auth map[string][]byte
	// To is a disk's name, or "auto" for the only one that is empty.
	To string
	// Overwrite allows a disk with something on it.
	Overwrite bool
	// Then is what follows: "stay", "poweroff" or "reboot".
	Then string
}

// Where the installer's job finds things in its image.
const (
	installRelease = "/release.mote"
	installAuth    = "/auth"
)

// InstallerProfile has the release and what puts it onto a disk; a node with it runs
// from RAM.
func InstallerProfile(root string, i Installer) Profile {
	p := Profile{Name: "installer", What: "puts a release onto a disk", Manifest: profileManifest("installer"),
		Programs: []Program{{Path: ProgramFolder + "/installer", Package: "./" + filepath.Join("ctl", "installer"), Module: root,
			Flags: SmallFlags(), Reason: "puts the release onto a disk"}},
		Files: Table{{Path: installRelease, Kind: KindFile, Mode: 0o444, Source: i.Release, Reason: "what is installed"}}}
	job := &p.Manifest.Services[0]
	job.Exec = append(slices.Clone(job.Exec), "-to", i.To, "-then", i.Then)
	if i.Overwrite {
		job.Exec = append(job.Exec, "-overwrite")
	}
	if len(i.Auth) > 0 {
		job.Exec = append(job.Exec, "-auth", installAuth)
		p.Files = append(p.Files, Entry{Path: installAuth, Kind: KindFolder, Mode: 0o555, Reason: "the folder of the owner's keys"})
	}
	for name, b := range i.Auth {
		p.Files = append(p.Files, Entry{Path: path.Join(installAuth, name), Kind: KindFile, Mode: 0o444, Content: b, Reason: "an owner's key for the firmware"})
	}
	slices.SortFunc(p.Files, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	return p
}
