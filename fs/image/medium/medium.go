// Package medium makes what a machine is started from once, as to install it: one
// file that is a CD and, byte for byte the same, a USB stick.
//
// Always true here: firmware finds the same FAT with the same one program, on a CD by
// the boot catalog (El Torito), on a stick by the partition table (GPT), which has
// room in the 32 KiB that a CD leaves free at its beginning. Nothing comes from chance
// or the clock. ISO 9660 and GPT are go-diskfs's.
//
// Source: ECMA-119; the El Torito specification, version 1.0; UEFI, section 13.3.2.
package medium

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/diskfs/go-diskfs/backend/file"
	"github.com/diskfs/go-diskfs/filesystem/iso9660"
	"github.com/diskfs/go-diskfs/partition/gpt"

	"mote/fs/image/fat"
)

const (
	// blockBytes is a CD's block, sectorBytes a stick's.
	blockBytes  = 2048
	sectorBytes = 512
	// fatBytesMin is what a FAT32 takes at least, 65,525 clusters and both tables;
	// spareBytes are left for those and the folders beside the program.
	fatBytesMin = 35 << 20
	spareBytes  = 2 << 20
	alignBytes  = 1 << 20
	// tailBytes at the end hold the second partition table.
	tailBytes = 1 << 20
	imageName = "efi.img"
)

// Spec says what is on the medium.
type Spec struct {
	// Path is where firmware looks for the program on a medium that it has never
	// seen: "/EFI/BOOT/BOOTX64.EFI".
	Path    string
	Program []byte
	// Label is the volume's, up to 11 capital letters.
	Label string
	// TimeSec is the time of all that has one, in seconds since 1970.
	TimeSec int64
	// Disk and Partition are the numbers of table and partition, UUIDs.
	Disk, Partition string
}

// Write makes the file at out, and returns its size in bytes. On an error there may be
// a part of it.
func Write(out string, s Spec) (sizeBytes int64, err error) {
	dir, err := os.MkdirTemp(filepath.Dir(out), ".medium-")
	if err != nil {
		return 0, fmt.Errorf("medium: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := s.writeFAT(filepath.Join(dir, imageName)); err != nil {
		return 0, fmt.Errorf("medium: %w", err)
	}
	at := time.Unix(s.TimeSec, 0)
	if err := errors.Join(os.Chtimes(filepath.Join(dir, imageName), at, at), os.Chtimes(dir, at, at)); err != nil {
		return 0, fmt.Errorf("medium: %w", err)
	}
	f, err := os.OpenFile(out, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return 0, fmt.Errorf("medium: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := s.writeCD(f, dir); err != nil {
		return 0, fmt.Errorf("medium: make the CD: %w", err)
	}
	return s.writeStick(f)
}

// imageBytes is the size of the FAT.
func (s Spec) imageBytes() int64 {
	return max(fatBytesMin, (int64(len(s.Program))+spareBytes+alignBytes-1)&^(alignBytes-1))
}

func (s Spec) writeFAT(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = errors.Join(f.Truncate(s.imageBytes()), fat.Write(f, fat.Spec{SectorBytes: sectorBytes, SizeBytes: s.imageBytes(), Label: s.Label,
		Serial: uint32(s.TimeSec), TimeSec: s.TimeSec, Files: []fat.File{{Path: s.Path, Data: s.Program}}}))
	return errors.Join(err, f.Close())
}

// writeCD writes the CD, whose only content is what it boots from.
func (s Spec) writeCD(f *os.File, dir string) error {
	cd, err := iso9660.Create(file.New(f, false), 0, 0, blockBytes, dir)
	if err != nil {
		return err
	}
	// A size of one sector means all that follows: UEFI, section 13.3.2.1.
	entry := &iso9660.ElToritoEntry{Platform: iso9660.EFI, Emulation: iso9660.NoEmulation, BootFile: imageName}
	entry.SetLoadSize(1)
	if err := cd.Finalize(iso9660.FinalizeOptions{VolumeIdentifier: s.Label,
		ElTorito: &iso9660.ElTorito{HideBootCatalog: true, Entries: []*iso9660.ElToritoEntry{entry}}}); err != nil {
		return err
	}
	// The library writes the present time into the volume descriptor, in block 16, as
	// made, changed, expiring and in force: ECMA-119, section 8.4.26.
	const place = 16*blockBytes + 813
	stamp := append([]byte(time.Unix(s.TimeSec, 0).UTC().Format("20060102150405")+"00"), 0)
	for n := range 4 {
		if _, err := f.WriteAt(stamp, place+int64(n*len(stamp))); err != nil {
			return err
		}
	}
	return nil
}

// writeStick adds the partition table that names the CD's FAT.
func (s Spec) writeStick(f *os.File) (int64, error) {
	first, err := s.imageAt(f)
	if err != nil {
		return 0, err
	}
	size := (first+s.imageBytes()+alignBytes-1)&^(alignBytes-1) + tailBytes
	if err := f.Truncate(size); err != nil {
		return 0, fmt.Errorf("medium: %w", err)
	}
	table := &gpt.Table{LogicalSectorSize: sectorBytes, PhysicalSectorSize: sectorBytes, GUID: s.Disk, ProtectiveMBR: true,
		Partitions: []*gpt.Partition{{Index: 1, Name: s.Label, Type: gpt.EFISystemPartition, GUID: s.Partition,
			Start: uint64(first / sectorBytes), Size: uint64(s.imageBytes()), End: uint64((first+s.imageBytes())/sectorBytes) - 1}}}
	stick, err := file.New(f, false).Writable()
	if err == nil {
		err = table.Write(stick, size)
	}
	if err != nil {
		return 0, fmt.Errorf("medium: partition table: %w", err)
	}
	return size, nil
}

// imageAt finds the FAT by the boot catalog, as firmware does: block 17 names the
// catalog's block, the second of whose entries names the FAT's.
func (s Spec) imageAt(f *os.File) (int64, error) {
	le := binary.LittleEndian
	record, entry, boot := make([]byte, 0x4b), make([]byte, 64), make([]byte, 512)
	if _, err := f.ReadAt(record, 17*blockBytes); err != nil {
		return 0, fmt.Errorf("medium: read the boot record: %w", err)
	}
	if _, err := f.ReadAt(entry, int64(le.Uint32(record[0x47:]))*blockBytes); err != nil {
		return 0, fmt.Errorf("medium: read the boot catalog: %w", err)
	}
	at := int64(le.Uint32(entry[32+8:])) * blockBytes
	if _, err := f.ReadAt(boot, at); err != nil || le.Uint16(boot[510:]) != 0xaa55 {
		return 0, fmt.Errorf("medium: the boot catalog names block %d, which begins no FAT: %w", at/blockBytes, err)
	}
	return at, nil
}
