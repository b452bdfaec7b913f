package fat

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// Volume is a FAT32 file system that is read, as it stands on a disk: for whoever
// must see what is there without a mount. Nothing of it is believed: numbers are held
// against the file system's own size, chains against its number of clusters.
type Volume struct {
	r              io.ReaderAt
	clusterBytes   int64
	fatAt, dataAt  int64
	clusters, root uint32
	// fatBytes of each copy of the FAT, and where the boot sector's copy stands.
	fatBytes, copies, backupAt int64
}

// Found is a file or a folder of a Volume.
type Found struct {
	Name   string
	Folder bool
	Bytes  int64
	first  uint32
}

// folderBytesMax of a folder are read: 4,096 entries.
const folderBytesMax = 4096 * entryBytes

// ErrDamaged is what every error about the content of a file system wraps.
var ErrDamaged = errors.New("the file system is damaged")

func damaged(format string, args ...any) error {
	return fmt.Errorf("fat: "+format+": %w", append(args, ErrDamaged)...)
}

// Open reads the boot sector of a file system at the beginning of r.
func Open(r io.ReaderAt) (Volume, error) {
	b := make([]byte, 512)
	if _, err := r.ReadAt(b, 0); err != nil {
		return Volume{}, fmt.Errorf("fat: boot sector: %w", err)
	}
	le := binary.LittleEndian
	sector, perCluster := int64(le.Uint16(b[11:])), int64(b[13])
	reserved, copies, total, perFAT := int64(le.Uint16(b[14:])), int64(b[16]), int64(le.Uint32(b[32:])), int64(le.Uint32(b[36:]))
	if b[510] != 0x55 || b[511] != 0xaa || sector < 512 || sector > 4096 || sector&(sector-1) != 0 ||
		perCluster == 0 || perCluster&(perCluster-1) != 0 || reserved == 0 || copies == 0 || perFAT == 0 {
		return Volume{}, damaged("this is no FAT32's boot sector")
	}
	data := reserved + copies*perFAT
	clusters := (total - data) / perCluster
	v := Volume{r: r, clusterBytes: sector * perCluster, fatAt: reserved * sector, dataAt: data * sector, root: le.Uint32(b[44:]),
		fatBytes: perFAT * sector, copies: copies, backupAt: int64(le.Uint16(b[50:])) * sector}
	if clusters < 1 || clusters > clustersMax || perFAT*sector/4 < clusters+rootCluster {
		return Volume{}, damaged("%d clusters and a FAT of %d sectors", clusters, perFAT)
	}
	v.clusters = uint32(clusters)
	return v, nil
}

// Check compares what a FAT32 has twice: the boot sector, but for the mark that it is
// mounted, and the FAT. It tells what differs.
func (v Volume) Check() (list []string) {
	const dirtyAt = 65 // BS_Reserved1, where Linux marks a volume that is in use
	first, second := make([]byte, 512), make([]byte, 512)
	_, err := v.r.ReadAt(first, 0)
	if _, err2 := v.r.ReadAt(second, v.backupAt); err != nil || err2 != nil || v.backupAt == 0 {
		list = append(list, "the boot sector's copy can't be read")
	}
	first[dirtyAt], second[dirtyAt] = 0, 0
	if !bytes.Equal(first, second) {
		list = append(list, "the boot sector differs from its copy")
	}
	const piece = 64 << 10
	for n := int64(1); n < v.copies; n++ {
		for at := int64(0); at < v.fatBytes; at += piece {
			a, b := make([]byte, min(piece, v.fatBytes-at)), make([]byte, min(piece, v.fatBytes-at))
			_, err := v.r.ReadAt(a, v.fatAt+at)
			_, err2 := v.r.ReadAt(b, v.fatAt+n*v.fatBytes+at)
			if err != nil || err2 != nil || !bytes.Equal(a, b) {
				list = append(list, fmt.Sprintf("the FAT differs from its copy within %d bytes from byte %d", piece, at))
				break
			}
		}
	}
	return list
}

// Find gives the file or folder of an absolute path. An error that is no ErrDamaged
// and no disk's means that there is none.
func (v Volume) Find(path string) (Found, error) {
	at := Found{Folder: true, first: v.root}
	for _, word := range strings.Split(strings.Trim(path, "/"), "/") {
		if word == "" {
			continue
		}
		list, err := v.List(at)
		if err != nil {
			return Found{}, err
		}
		found := false
		for _, f := range list {
			if strings.EqualFold(f.Name, word) {
				at, found = f, true
				break
			}
		}
		if !found {
			return Found{}, fmt.Errorf("fat: there is no %s", path)
		}
	}
	return at, nil
}

// List gives what is in a folder, in its order, without its two own entries.
func (v Volume) List(folder Found) ([]Found, error) {
	if !folder.Folder {
		return nil, fmt.Errorf("fat: %s is no folder", folder.Name)
	}
	b, err := v.chain(folder.first, -1)
	if err != nil {
		return nil, err
	}
	var list []Found
	var long longName
	for ; len(b) >= entryBytes && b[0] != 0; b = b[entryBytes:] {
		e := b[:entryBytes]
		switch {
		case e[0] == 0xe5: // deleted
			long = longName{}
			continue
		case e[11]&attrLong == attrLong:
			long.take(e)
			continue
		case e[11]&attrLabel != 0 || e[0] == '.':
			long = longName{}
			continue
		}
		le := binary.LittleEndian
		f := Found{Name: long.name(e), Folder: e[11]&attrFolder != 0, Bytes: int64(le.Uint32(e[28:])),
			first: uint32(le.Uint16(e[20:]))<<16 | uint32(le.Uint16(e[26:]))}
		long = longName{}
		list = append(list, f)
	}
	return list, nil
}

// Read gives a file's content; one of more than maxBytes is refused.
func (v Volume) Read(f Found, maxBytes int64) ([]byte, error) {
	if f.Folder || f.Bytes > maxBytes {
		return nil, fmt.Errorf("fat: %s: a folder, or %d bytes, which are more than %d", f.Name, f.Bytes, maxBytes)
	}
	if f.Bytes == 0 {
		return nil, nil
	}
	b, err := v.chain(f.first, f.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	return b, nil
}

// chain reads the clusters that follow each other: size bytes of them, or for −1 a
// whole folder.
func (v Volume) chain(cluster uint32, size int64) ([]byte, error) {
	var all []byte
	piece := make([]byte, v.clusterBytes)
	for range v.clusters {
		if cluster < rootCluster || cluster >= v.clusters+rootCluster {
			return nil, damaged("cluster %d of %d", cluster, v.clusters)
		}
		if _, err := v.r.ReadAt(piece, v.dataAt+int64(cluster-rootCluster)*v.clusterBytes); err != nil {
			return nil, fmt.Errorf("fat: read cluster %d: %w", cluster, err)
		}
		all = append(all, piece...)
		if size >= 0 && int64(len(all)) >= size {
			return all[:size], nil
		}
		if size < 0 && len(all) > folderBytesMax {
			return nil, damaged("a folder of more than %d bytes", folderBytesMax)
		}
		var next [4]byte
		if _, err := v.r.ReadAt(next[:], v.fatAt+4*int64(cluster)); err != nil {
			return nil, fmt.Errorf("fat: read the FAT: %w", err)
		}
		// The upper four bits are nobody's.
		cluster = binary.LittleEndian.Uint32(next[:]) & 0x0fff_ffff
		if cluster >= 0x0fff_fff8 {
			if size >= 0 {
				return nil, damaged("a chain of %d bytes for a file of %d", len(all), size)
			}
			return all, nil
		}
	}
	return nil, damaged("a chain without an end")
}

// longName gathers the entries that stand before a short one, the last piece first.
type longName struct {
	text []uint16
	next byte // the number that must follow; 0: none
	sum  byte
	ok   bool
}

func (n *longName) take(e []byte) {
	number := e[0] & 0x3f
	if e[0]&0x40 != 0 {
		*n = longName{next: number, sum: e[13], ok: number > 0 && number <= (nameMax+longLetters-1)/longLetters}
	}
	if !n.ok || number != n.next || e[13] != n.sum {
		n.ok = false
		return
	}
	var piece []uint16
	for j := range longLetters {
		piece = append(piece, binary.LittleEndian.Uint16(e[longPlace(j):]))
	}
	n.text, n.next = append(piece, n.text...), number-1
}

// name is the long name if all of it is there and it belongs to the short entry,
// else the short one.
func (n *longName) name(e []byte) string {
	if n.ok && n.next == 0 && n.sum == shortSum(e[:11]) {
		for i, c := range n.text {
			if c == 0 {
				n.text = n.text[:i]
				break
			}
		}
		return string(utf16.Decode(n.text))
	}
	base, ext := strings.TrimRight(string(e[:8]), " "), strings.TrimRight(string(e[8:11]), " ")
	if ext != "" {
		base += "." + ext
	}
	return base
}

// shortSum is what a long name's pieces have of the short name that they belong to.
func shortSum(short []byte) (sum byte) {
	for _, c := range short {
		sum = sum>>1 | sum<<7
		sum += c
	}
	return sum
}
