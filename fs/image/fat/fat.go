// Package fat makes a FAT32 file system with its files, all at once: what is on
// a boot partition when it is new.
//
// Always true here: every file lies in one piece, in the order of its path, so
// that the same files give the same bytes; both FATs are the same; free space
// is counted. Nothing can be changed afterwards: the node does that by its
// kernel. A Volume is read as it is found.
//
// go-diskfs was tried first. At v1.9.4 fsck.vfat refuses what it makes (a FAT
// two entries short, ".." of a folder in the root not 0), two runs differ, and a
// file of 5 MB takes it 9 s.
//
// Source: Microsoft's FAT specification of 2005, by the names of its fields.
package fat

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

const (
	reservedSectors = 32 // boot sector, FSInfo, their backups; the rest is unused
	backupSector    = 6
	fatCopies       = 2
	rootCluster     = 2
	// clustersMin and clustersMax: with fewer it would be a FAT16 to everybody
	// who counts, more have no number.
	clustersMin = 65_525
	clustersMax = 0x0fff_fff5
	entryBytes  = 32
	endOfChain  = 0x0fff_ffff
	mediaDisk   = 0xf8
	// nameMax is what a long name may have; depth and count bound a tree of a
	// handful of files.
	nameMax   = 255
	filesMax  = 1000
	depthsMax = 8
)

// File is one file to be.
type File struct {
	// Path is absolute, with slashes; its folders are made.
	Path string
	Data []byte
}

// Spec says what is on the file system.
type Spec struct {
	// SectorBytes is the disk's sector, 512 to 4096; clusters are as large.
	SectorBytes int
	// SizeBytes is the partition's.
	SizeBytes int64
	// HiddenSectors stand before the partition on the disk.
	HiddenSectors uint32
	// Label has up to 11 capital letters. Serial is the volume's number.
	Label  string
	Serial uint32
	Files  []File
	// TimeSec is the time of every file, in seconds since 1970.
	TimeSec int64
}

// geometry is where things stand, in sectors.
type geometry struct {
	total, perFAT, clusters uint32
}

// geometry divides the partition: each cluster takes a sector, and four bytes
// in each FAT.
func (s Spec) geometry() (geometry, error) {
	size := int64(s.SectorBytes)
	if size < 512 || size > 4096 || size&(size-1) != 0 {
		return geometry{}, fmt.Errorf("fat: sectors of %d bytes; 512, 1024, 2048 or 4096", size)
	}
	total := s.SizeBytes / size
	if total > 1<<32-1 {
		return geometry{}, fmt.Errorf("fat: %d sectors are more than FAT32 has", total)
	}
	// The largest count for which FATs and clusters fit; two entries are no
	// cluster's.
	perFAT := int64(0)
	for clusters := total - reservedSectors; ; clusters = total - reservedSectors - fatCopies*perFAT {
		need := ((clusters+rootCluster)*4 + size - 1) / size
		if need <= perFAT {
			break
		}
		perFAT = need
	}
	clusters := total - reservedSectors - fatCopies*perFAT
	if clusters < clustersMin || clusters > clustersMax {
		return geometry{}, fmt.Errorf("fat: %d clusters; FAT32 has %d to %d: make the partition larger", clusters, clustersMin, clustersMax)
	}
	return geometry{uint32(total), uint32(perFAT), uint32(clusters)}, nil
}

// Write puts the file system at the beginning of w, where zeros stand: what is
// free is not written.
func Write(w io.WriterAt, s Spec) error {
	g, err := s.geometry()
	if err != nil {
		return err
	}
	if len(s.Label) > 11 || s.Label != strings.ToUpper(s.Label) {
		return fmt.Errorf("fat: label %q: up to 11 capital letters", s.Label)
	}
	root, err := tree(s.Files)
	if err != nil {
		return err
	}
	v := volume{spec: s, table: []uint32{0x0fff_ff00 | mediaDisk, endOfChain}, clusters: g.clusters}
	if err := v.place(root); err != nil {
		return err
	}
	if err := v.fill(root, 0); err != nil {
		return err
	}
	size := int64(s.SectorBytes)
	table := make([]byte, 0, 4*len(v.table))
	for _, next := range v.table {
		table = binary.LittleEndian.AppendUint32(table, next)
	}
	boot, info := s.bootSector(g), s.infoSector(g, uint32(len(v.table)))
	var all error
	for sector, b := range map[int64][]byte{0: boot, 1: info, backupSector: boot, backupSector + 1: info,
		reservedSectors: table, reservedSectors + int64(g.perFAT): table, reservedSectors + fatCopies*int64(g.perFAT): v.data} {
		_, err := w.WriteAt(b, sector*size)
		all = errors.Join(all, err)
	}
	if all != nil {
		return fmt.Errorf("fat: %w", all)
	}
	return nil
}

// bootSector has the BIOS parameter block of FAT32.
func (s Spec) bootSector(g geometry) []byte {
	b := make([]byte, s.SectorBytes)
	le := binary.LittleEndian
	copy(b, []byte{0xeb, 0x58, 0x90}) // BS_jmpBoot: to where code would be
	copy(b[3:], "MOTE    ")
	le.PutUint16(b[11:], uint16(s.SectorBytes))
	b[13] = 1 // BPB_SecPerClus
	le.PutUint16(b[14:], reservedSectors)
	b[16] = fatCopies
	b[21] = mediaDisk
	le.PutUint16(b[24:], 32) // BPB_SecPerTrk and BPB_NumHeads: nobody counts by them
	le.PutUint16(b[26:], 64)
	le.PutUint32(b[28:], s.HiddenSectors)
	le.PutUint32(b[32:], g.total)
	le.PutUint32(b[36:], g.perFAT)
	le.PutUint32(b[44:], rootCluster)
	le.PutUint16(b[48:], 1) // BPB_FSInfo
	le.PutUint16(b[50:], backupSector)
	b[64], b[66] = 0x80, 0x29 // BS_DrvNum; BS_BootSig: serial and label follow
	le.PutUint32(b[67:], s.Serial)
	copy(b[71:], fmt.Sprintf("%-11s", s.Label))
	copy(b[82:], "FAT32   ")
	b[510], b[511] = 0x55, 0xaa
	return b
}

// infoSector tells how much is free, and where to look for it.
func (s Spec) infoSector(g geometry, used uint32) []byte {
	b := make([]byte, s.SectorBytes)
	le := binary.LittleEndian
	le.PutUint32(b, 0x41615252)
	le.PutUint32(b[484:], 0x61417272)
	le.PutUint32(b[488:], g.clusters+rootCluster-used)
	le.PutUint32(b[492:], used)
	le.PutUint32(b[508:], 0xaa550000)
	return b
}

// stamp is a time as FAT has it: date, and time in steps of two seconds.
func stamp(sec int64) (date, clock uint16) {
	t := time.Unix(sec, 0).UTC()
	// The years from 1980 to 2107 have a number.
	year := min(max(t.Year()-1980, 0), 127)
	return uint16(year<<9 | int(t.Month())<<5 | t.Day()), uint16(t.Hour()<<11 | t.Minute()<<5 | t.Second()/2)
}
