package disk

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/diskfs/go-diskfs/backend"
	"github.com/diskfs/go-diskfs/partition/gpt"

	"mote/fs/image/fat"
)

// Write makes the raw disk at out, a sparse file, and returns its size in
// bytes. On an error out is as it was.
func Write(out string, s Spec) (sizeBytes int64, err error) {
	parts, size, err := s.layout()
	if err != nil {
		return 0, err
	}
	f, err := os.CreateTemp(filepath.Dir(out), "."+filepath.Base(out)+"-")
	if err != nil {
		return 0, fmt.Errorf("disk: %w", err)
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(f.Chmod(0o644), f.Truncate(size)); err != nil {
		return 0, fmt.Errorf("disk: %w", err)
	}
	if err := s.writeTable(storage{f}, parts, size); err != nil {
		return 0, err
	}
	for _, p := range parts {
		switch p.name {
		case nameESP:
			err = s.writeESP(f, p)
		case nameSlotA:
			_, err = f.WriteAt(s.Slots[0].Data, p.first)
		case nameSlotB:
			if len(s.Slots) == 2 {
				_, err = f.WriteAt(s.Slots[1].Data, p.first)
			}
		}
		if err != nil {
			return 0, fmt.Errorf("disk: write %s: %w", p.name, err)
		}
	}
	if err := os.Rename(f.Name(), out); err != nil {
		return 0, fmt.Errorf("disk: put in place: %w", err)
	}
	return size, nil
}

// writeTable writes both copies of the GPT.
func (s Spec) writeTable(store storage, parts []part, size int64) error {
	sector := int64(s.SectorBytes)
	table := &gpt.Table{
		LogicalSectorSize: s.SectorBytes, PhysicalSectorSize: s.SectorBytes,
		GUID: s.uuid(""), ProtectiveMBR: true,
	}
	for i, p := range parts {
		table.Partitions = append(table.Partitions, &gpt.Partition{
			Index: i + 1, Name: p.name, Type: gpt.Type(p.kind), GUID: p.uuid,
			Start: uint64(p.first / sector), Size: uint64(p.bytes), End: uint64((p.first+p.bytes)/sector) - 1,
		})
	}
	if err := table.Write(store, size); err != nil {
		return fmt.Errorf("disk: partition table: %w", err)
	}
	return nil
}

// writeESP makes the boot partition's file system and its files.
func (s Spec) writeESP(f *os.File, p part) error {
	// The volume's number is only for whom it may help to tell two disks apart.
	number := sha256.Sum256([]byte(s.uuid(nameESP)))
	return fat.Write(io.NewOffsetWriter(f, p.first), fat.Spec{
		SectorBytes: s.SectorBytes, SizeBytes: p.bytes, HiddenSectors: uint32(p.first / int64(s.SectorBytes)),
		Label: "MOTE", Serial: binary.LittleEndian.Uint32(number[:]), Files: s.Files, TimeSec: s.TimeSec,
	})
}

// storage is the file as go-diskfs wants it, without what it doesn't need: it
// would flush the file after each step, which only a real disk is worth.
type storage struct{ file *os.File }

func (s storage) Stat() (fs.FileInfo, error)               { return s.file.Stat() }
func (s storage) Read(b []byte) (int, error)               { return s.file.Read(b) }
func (s storage) Close() error                             { return nil }
func (s storage) ReadAt(b []byte, at int64) (int, error)   { return s.file.ReadAt(b, at) }
func (s storage) WriteAt(b []byte, at int64) (int, error)  { return s.file.WriteAt(b, at) }
func (s storage) Seek(at int64, whence int) (int64, error) { return s.file.Seek(at, whence) }
func (s storage) Sys() (*os.File, error)                   { return nil, backend.ErrNotSuitable }
func (s storage) Writable() (backend.WritableFile, error)  { return s, nil }
func (s storage) Path() string                             { return "" }
