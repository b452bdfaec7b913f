package disk

import (
	"bytes"
	"errors"
	"fmt"

	"mote/fs"
	"mote/fs/image/fat"
	"mote/fs/image/release"
)

// TriesMax is how often the loader tries an entry that never gets ready.
const TriesMax = 3

// enrolConf makes the loader enrol the keys in loader/keys/auto, which is the only
// folder it takes unasked, when the firmware is in setup mode; it waits for 15 s
// before, so that a person can stop it. Source: loader.conf(5), secure-boot-enroll.
const enrolConf = "secure-boot-enroll force\n"

// Release is one in its place on a disk.
type Release struct {
	Header release.Header
	Parts  release.Contents
	// Head is the signed header as the release file begins with it; with it a node
	// can examine the slot. nil leaves it out.
	Head []byte
	// Tries are how often in a row the loader starts it without its getting ready,
	// 1 to 9; 0 is an entry that is not counted, and so never left.
	Tries int
}

// Lay says what a disk has: one release or two, in the slots A and B, with
// the loader of the first. auth are the files that enrol an owner's keys in
// setup mode; nil leaves them out.
func Lay(slots []Release, sectorBytes int, auth map[string][]byte) (Spec, error) {
	if len(slots) < 1 || len(slots) > 2 {
		return Spec{}, fmt.Errorf("disk: %d slots; a disk has one or two", len(slots))
	}
	conf := fs.LoaderConf
	if auth != nil {
		conf += enrolConf
	}
	s := Spec{SectorBytes: sectorBytes, TimeSec: slots[0].Header.BuiltSec, Files: []fat.File{
		{Path: fs.LoaderPath, Data: slots[0].Parts[release.KindLoader]},
		{Path: fs.LoaderConfPath, Data: []byte(conf)},
	}}
	for name, b := range auth {
		s.Files = append(s.Files, fat.File{Path: "/loader/keys/auto/" + name, Data: b})
	}
	if len(slots) == 2 && slots[0].Header.RootHash == slots[1].Header.RootHash {
		// A kernel finds its root by the root's hash: B's would take A's, good or bad.
		return Spec{}, errors.New("disk: both slots hold the same release; put it into one of them")
	}
	for i, slot := range slots {
		if n := len(slot.entryName(i)); n > entryNameMax {
			return Spec{}, fmt.Errorf("disk: the boot entry %s has %d letters, at most %d; shorten the version", slot.entryName(i), n, entryNameMax)
		}
		if slot.Header.Arch != "amd64" {
			return Spec{}, errors.New("disk: only disks for amd64 are made so far")
		}
		root := slot.Header.Root()
		s.Slots = append(s.Slots, Slot{UUID: root.UUID(),
			Data: append(bytes.Clone(slot.Parts[release.KindRoot]), slot.Parts[release.KindTree]...)})
		s.Files = append(s.Files, fat.File{Path: fs.EntryFolder + "/" + slot.entryName(i), Data: slot.Parts[release.KindUKI]})
		if slot.Head != nil {
			s.Files = append(s.Files, fat.File{Path: fs.HeadFolder + string(rune('a'+i)), Data: slot.Head})
		}
	}
	return s, nil
}

// entryNameMax letters of an entry's name: a name takes 32 bytes in its folder for
// each 13 of them, and 32 more. Two entries, a third one while a name is changed,
// and the folder's two own, have room in a sector of 512 bytes then. So a change of
// name is one write of one sector, and power may fail before it or behind it.
const entryNameMax = 39

// entryName is the name of a slot's kernel on the boot partition: the loader
// counts down the tries that are left, behind the plus sign, and up those that are
// done, and sorts by the version inside. Both numbers stand there from the first,
// so the name's length never changes. Source: the Boot Loader Specification, "Boot
// counting".
func (r Release) entryName(place int) string {
	name := fmt.Sprintf(fs.EntryPrefix+"%c-%s-%s", 'a'+place, r.Header.Version, r.Header.Profile)
	if r.Tries > 0 {
		name += fmt.Sprintf("+%d-0", r.Tries)
	}
	return name + ".efi"
}
