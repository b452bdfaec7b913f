package job

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"mote/fs/image/disk"
	"mote/fs/image/release"
	"mote/wire/inventory"
)

// Installation says what to put where.
type Installation struct {
	// Release is the path of a release file, Key what it must be signed with.
	Release string
	Key     ed25519.PublicKey
	// Auth is a folder of files that enrol the owner's keys; one that is not there
	// is none.
	Auth string
	// Target and Overwrite are those of Choose.
	Target    string
	Overwrite bool
	// Disks are those of the machine.
	Disks []inventory.Disk
}

// Installed tells what was done.
type Installed struct {
	Disk    string `json:"disk"`
	Model   string `json:"model"`
	Bytes   uint64 `json:"bytes"`
	Version string `json:"version"`
	Profile string `json:"profile"`
}

// Install verifies the release and puts it onto the disk that was chosen, which boots
// it from then on. Power may fail at any time, see [disk.Install].
func Install(i Installation) (done Installed, err error) {
	slot, err := i.read()
	if err != nil {
		return done, err
	}
	auth, err := i.auth()
	if err != nil {
		return done, err
	}
	// All disks are looked at, as the one that is empty is wanted.
	least, err := disk.Lay([]disk.Release{slot}, 512, auth)
	if err != nil {
		return done, err
	}
	leastBytes, err := least.Bytes()
	if err != nil {
		return done, err
	}
	candidates, err := look(i.Disks)
	if err != nil {
		return done, err
	}
	chosen, err := Choose(candidates, i.Target, i.Overwrite, leastBytes)
	if err != nil {
		return done, err
	}
	layout, err := disk.Lay([]disk.Release{slot}, int(chosen.LogicalBlockBytes), auth)
	if err != nil {
		return done, err
	}
	// O_EXCL: the kernel refuses a disk that is mounted or otherwise in use.
	f, err := os.OpenFile("/dev/"+chosen.Name, os.O_RDWR|unix.O_EXCL, 0)
	if err != nil {
		return done, fmt.Errorf("install: %w", err)
	}
	if err := errors.Join(disk.Install(f, int64(chosen.SizeBytes), layout), f.Close()); err != nil {
		return done, fmt.Errorf("install: %s: %w", chosen.Name, err)
	}
	return Installed{chosen.Name, chosen.Model, chosen.SizeBytes, slot.Header.Version, slot.Header.Profile}, nil
}

// read verifies the release file.
func (i *Installation) read() (disk.Release, error) {
	file, err := os.ReadFile(i.Release)
	if err != nil {
		return disk.Release{}, fmt.Errorf("install: %w", err)
	}
	h, parts, err := release.Read(bytes.NewReader(file), i.Key, release.Wants{Arch: "amd64"})
	if err != nil {
		return disk.Release{}, fmt.Errorf("install: %s: %w", i.Release, err)
	}
	head := len(file)
	for _, p := range h.Parts {
		head -= int(p.Bytes)
	}
	return disk.Release{Header: h, Parts: parts, Head: file[:head], Tries: disk.TriesMax}, nil
}

// auth reads the files that enrol keys.
func (i *Installation) auth() (map[string][]byte, error) {
	entries, err := os.ReadDir(i.Auth)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	files := map[string][]byte{}
	for _, e := range entries {
		b, more := os.ReadFile(filepath.Join(i.Auth, e.Name()))
		files[e.Name()], err = b, errors.Join(err, more)
	}
	if err != nil {
		return nil, fmt.Errorf("install: %w", err)
	}
	return files, nil
}

// look sees what is on each disk. One without a medium has no size, and is left out.
func look(disks []inventory.Disk) (list []Candidate, err error) {
	for _, d := range disks {
		if d.SizeBytes == 0 {
			continue
		}
		f, err := os.Open("/dev/" + d.Name)
		if err != nil {
			return nil, fmt.Errorf("install: %w", err)
		}
		used, err := Use(d, f)
		if err = errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
		list = append(list, Candidate{d, used})
	}
	return list, nil
}
