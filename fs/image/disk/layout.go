// Package disk lays a release out on a raw disk: a GPT with the boot partition,
// two slots, the state area and the ephemeral volume.
//
// Always true here: nothing of the disk comes from chance or the clock, so the
// same release gives the same bytes. The GPT is written by go-diskfs; this package
// decides what goes where.
package disk

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/diskfs/go-diskfs/partition/gpt"
	"github.com/google/uuid"

	"mote/fs"
	"mote/fs/image/fat"
)

const (
	// alignBytes is what every partition begins at: an erase block of common
	// flash, and a multiple of every sector.
	alignBytes = 1 << 20
	// slotTimes: systems that filled their partitions stranded their users for
	// years, so a slot has room for four times what it holds today.
	slotTimes = 4
	// espBytes512 and espBytes4096 hold two kernels of four times today's size.
	// FAT32 has at least 65,525 clusters of one sector at least, whence the
	// second: 256 MiB and some.
	espBytes512  = 64 << 20
	espBytes4096 = 272 << 20
	// stateBytes is a whole aligned piece; the state area takes 972 KiB of it.
	stateBytes = alignBytes
	// ephemeralBytes is what an image has of it; a node makes it as large as its
	// disk is.
	ephemeralBytes = 64 << 20
	// tableBytes are left at the end for the backup of the GPT.
	tableBytes = alignBytes
)

// The types of Mote's partitions, made up for it, so that nothing else claims
// them. The boot partition has the one that firmware looks for.
const (
	typeSlot      = "F0D15B22-94C9-4B7A-98F2-120C0D32A7BE"
	typeState     = "5CB21A54-D0B4-4C8D-9424-71310F268303"
	typeEphemeral = "6A76D41C-1BF1-4D80-8046-B484E642429B"
)

// Slot is what stands in a slot: root and hash tree.
type Slot struct {
	Data []byte
	// UUID is the partition's name, derived from the root hash.
	UUID string
}

// Spec says what is on a disk.
type Spec struct {
	// SectorBytes is the disk's logical sector: 512 or 4096. An image for one is
	// no image for the other.
	SectorBytes int
	// Files are those of the boot partition.
	Files []fat.File
	// Slots are A and B, or A alone: B is empty then.
	Slots []Slot
	// TimeSec is the time of every file, in seconds since 1970.
	TimeSec int64
}

// part is a partition to be.
type part struct {
	name, kind, uuid string
	first, bytes     int64 // place on the disk
}

// The partitions' names, in their order on the disk.
const (
	nameESP       = fs.ESPLabel
	nameSlotA     = fs.SlotALabel
	nameSlotB     = fs.SlotBLabel
	nameState     = fs.StateLabel
	nameEphemeral = "mote-ephemeral"
)

// layout decides where everything goes. It returns the parts and the disk's
// size in bytes.
func (s Spec) layout() ([]part, int64, error) {
	if s.SectorBytes != 512 && s.SectorBytes != 4096 {
		return nil, 0, fmt.Errorf("disk: sectors of %d bytes; 512 or 4096", s.SectorBytes)
	}
	if len(s.Slots) < 1 || len(s.Slots) > 2 {
		return nil, 0, fmt.Errorf("disk: %d slots are given; one or two", len(s.Slots))
	}
	largest := 0
	for _, slot := range s.Slots {
		if len(slot.Data) == 0 || slot.UUID == "" {
			return nil, 0, errors.New("disk: a slot has no content or no name")
		}
		largest = max(largest, len(slot.Data))
	}
	slotB := s.uuid(nameSlotB)
	if len(s.Slots) == 2 {
		slotB = s.Slots[1].UUID
	}
	esp := int64(espBytes512)
	if s.SectorBytes == 4096 {
		esp = espBytes4096
	}
	slot := align(slotTimes * int64(largest))
	parts := []part{
		{name: nameESP, kind: string(gpt.EFISystemPartition), bytes: esp, uuid: s.uuid(nameESP)},
		{name: nameSlotA, kind: typeSlot, bytes: slot, uuid: s.Slots[0].UUID},
		{name: nameSlotB, kind: typeSlot, bytes: slot, uuid: slotB},
		{name: nameState, kind: typeState, bytes: stateBytes, uuid: s.uuid(nameState)},
		{name: nameEphemeral, kind: typeEphemeral, bytes: ephemeralBytes, uuid: s.uuid(nameEphemeral)},
	}
	at := int64(alignBytes)
	for i := range parts {
		parts[i].first = at
		at += parts[i].bytes
	}
	return parts, at + tableBytes, s.checkFiles(esp)
}

// checkFiles holds the boot partition's files to its size: four times over, as
// the slots are.
func (s Spec) checkFiles(espBytes int64) error {
	total := int64(0)
	for _, f := range s.Files {
		total += int64(len(f.Data))
	}
	if slotTimes*total > espBytes {
		return fmt.Errorf("disk: %d bytes for the boot partition, which should have %d times as much and has %d", total, slotTimes, espBytes)
	}
	return nil
}

// uuid derives a partition's, or with no name the disk's, from what is on it.
// Version and variant are those of a random one: RFC 9562, section 5.4.
func (s Spec) uuid(name string) string {
	b := sha256.Sum256([]byte("mote disk " + s.Slots[0].UUID + " " + name))
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return uuid.UUID(b[:16]).String()
}

// align rounds up to whole aligned pieces.
func align(n int64) int64 { return (n + alignBytes - 1) &^ (alignBytes - 1) }
