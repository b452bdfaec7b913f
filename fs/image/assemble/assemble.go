// Package assemble makes a release and what is made from it: the signed file, a
// raw disk, a kernel image for machines without a disk, the list of parts.
//
// Always true here: the command line that is signed names its own root by hash,
// so no kernel starts another root than its own; the same inputs and keys give
// the same bytes, wherever and whenever.
package assemble

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"mote/fs"
	"mote/fs/image/keyset"
	"mote/fs/image/microcode"
	"mote/fs/image/release"
	"mote/fs/image/secureboot"
	"mote/fs/image/uki"
	"mote/fs/image/verity"
)

// Pinned is a program of the distribution's that goes into a release.
type Pinned struct {
	Name, Version string
	Data          []byte
}

func (p Pinned) source() release.Source {
	return release.Source{Name: p.Name, Version: p.Version, Sum: sha256.Sum256(p.Data)}
}

// Spec says what a release is made from.
type Spec struct {
	Version, Profile, Arch string
	// Counter is the security counter.
	Counter uint64
	// BuiltSec is the time of signing, in seconds since 1970.
	BuiltSec int64
	// Kernel is a bzImage, Root a SquashFS.
	Kernel, Root []byte
	// Microcode is what the processors are updated with before the kernel does
	// anything else; the zero Set is nothing.
	Microcode microcode.Set
	// Stub and Loader are systemd-stub and systemd-boot, unsigned.
	Stub, Loader Pinned
	// Words are kernel words beside those that mount the root.
	Words []string
	Keys  keyset.Set
}

// Release is one that was made.
type Release struct {
	Header release.Header
	Parts  release.Contents
	// File is the whole release file, Head its signed header.
	File, Head []byte
}

// Build makes and signs the release.
func Build(s Spec) (Release, error) {
	data := verity.Pad(s.Root)
	// The salt is known only when the data is: nothing can be prepared for it. The
	// version is in it, so that two releases never have the same root hash: the
	// partitions' names come from that, and a kernel that looks for its own would
	// take the other slot's, good or bad.
	salt := sha256.Sum256(append([]byte("mote verity salt\x00"+s.Version+"\x00"+s.Profile+"\x00"), data...))
	tree, root, err := verity.Tree(data, salt)
	if err != nil {
		return Release{}, err
	}
	device := "PARTUUID=" + root.UUID()
	words := append(root.Words(device),
		// Disks are found while the kernel starts; without this it would look once.
		"dm-mod.waitfor="+device,
		// A primary GPT that is damaged is otherwise no GPT.
		"gpt",
		// Where PID 1 keeps what outlives the boot, see fs/README.md.
		fs.StateWordName+"PARTLABEL="+fs.StateLabel,
	)
	kernel, err := s.kernel(words, nil)
	if err != nil {
		return Release{}, err
	}
	loader, err := secureboot.SignProgram(s.Loader.Data, s.Keys.Boot.DB)
	if err != nil {
		return Release{}, err
	}
	var file bytes.Buffer
	parts := release.Contents{release.KindUKI: kernel, release.KindRoot: data, release.KindTree: tree, release.KindLoader: loader}
	h, err := release.Write(&file, release.Header{
		Version: s.Version, Profile: s.Profile, Arch: s.Arch, Counter: s.Counter, BuiltSec: s.BuiltSec,
		RootHash: root.Hash, Salt: root.Salt, DataBlocks: root.DataBlocks,
		Sources: s.sources(),
	}, parts, s.Keys.Release)
	if err != nil {
		return Release{}, err
	}
	head := file.Len()
	for _, p := range h.Parts {
		head -= int(p.Bytes)
	}
	return Release{Header: h, Parts: parts, File: file.Bytes(), Head: file.Bytes()[:head]}, nil
}

// Netboot makes the kernel image that needs no disk: the root travels inside,
// under the same signature, and there is no hash tree.
func Netboot(s Spec) ([]byte, error) {
	early, err := s.early()
	if err != nil {
		return nil, err
	}
	return s.kernel(uki.RAMWords(len(s.Root), len(early)), s.Root)
}

// early is the archive with the microcode, nil without any.
func (s Spec) early() ([]byte, error) {
	if s.Microcode.IntelCount+s.Microcode.AMDCount == 0 {
		return nil, nil
	}
	return s.Microcode.Archive()
}

// sources are the parts that are not Mote's.
func (s Spec) sources() []release.Source {
	all := []release.Source{s.Loader.source(), s.Stub.source()}
	for _, p := range s.MicrocodeParts() {
		all = append(all, p.source())
	}
	return all
}

// MicrocodeParts are the makers' updates, with how many there are as the version.
func (s Spec) MicrocodeParts() []Pinned {
	var all []Pinned
	for _, p := range []struct {
		name  string
		data  []byte
		count int
	}{{"intel-microcode", s.Microcode.Intel, s.Microcode.IntelCount}, {"amd-microcode", s.Microcode.AMD, s.Microcode.AMDCount}} {
		if p.count > 0 {
			all = append(all, Pinned{Name: p.name, Version: fmt.Sprintf("%d-updates", p.count), Data: p.data})
		}
	}
	return all
}

// kernel makes a signed kernel image. Its words tell the node what a release must be
// signed with, and how new it is itself.
func (s Spec) kernel(words []string, root []byte) ([]byte, error) {
	key, ok := s.Keys.Release.Public().(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("assemble: the release key is no Ed25519 key")
	}
	words = append(words, fmt.Sprint(fs.CounterWordName, s.Counter), fs.KeyWordName+hex.EncodeToString(key))
	words = append(words, s.Words...)
	early, err := s.early()
	if err != nil {
		return nil, err
	}
	b, err := uki.Build(uki.Spec{Stub: s.Stub.Data, Kernel: s.Kernel, Microcode: early, Root: root, Words: words,
		Name: "Mote", Profile: s.Profile, Version: s.Version})
	if err != nil {
		return nil, err
	}
	return secureboot.SignProgram(b, s.Keys.Boot.DB)
}
