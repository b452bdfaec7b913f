// Package squashfs tells what each file of a SquashFS image takes of it, as it
// is stored: compressed.
//
// Always true here: every byte of the image is counted once; what is no file's
// is a table's, and what is neither is said so. A codec: pure, bounded, fuzzed.
// Source: fs/squashfs/squashfs_fs.h of Linux, version 4.0 of the form.
package squashfs

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Limits of an image that is read; past one it is refused.
const (
	// inodesMax, namesMax and depthMax are far above any root of ours.
	inodesMax = 1 << 20
	namesMax  = 1 << 20
	depthMax  = 64
	// blockBytesMax is the form's largest block.
	blockBytesMax = 1 << 20
	// metaBytes is the form's block of tables, before compression.
	metaBytes = 8192
)

// Sizes and marks of the form.
const (
	magic           = 0x73717368
	superBytes      = 96
	noFragment      = 0xffffffff
	noTable         = 0xffffffffffffffff
	stored          = 1 << 24 // of a data block's size: it is not compressed
	metaStored      = 1 << 15 // of a table block's size, likewise
	fragmentBytes   = 16
	fragmentsInMeta = metaBytes / fragmentBytes
)

// File is one path and what it takes.
type File struct {
	// Path begins with a slash.
	Path string
	// Bytes are the content's, before compression.
	Bytes uint64
	// Stored are the bytes of the image that hold it: its blocks, and of the
	// block that its tail shares with others' its part, by the tails' lengths.
	Stored uint64
	// Tail is that part.
	Tail uint64
	// SameAs is a file that holds the same blocks, or the first of them; they are
	// counted there. Empty for most.
	SameAs string
}

// Part is what belongs to no file.
type Part struct {
	Name   string
	Stored uint64
}

// Image is all of an image.
type Image struct {
	// Files are sorted by path: regular files only, the others have no content.
	Files []File
	// Parts are in the order of the image.
	Parts []Part
	// Inodes are all paths' nodes, as the image itself says.
	Inodes uint32
	Bytes  uint64
}

// errCut says that a table leads out of the image.
var errCut = errors.New("squashfs: a table leads out of the image")

// image is what is read of one.
type image struct {
	raw   []byte
	unzip func(part []byte, max int) ([]byte, error)
	super
	fragments []fragment
	// blocks are metadata blocks that were read, by place.
	blocks map[uint64]metaBlock
	files  []node
	// seen are folders that were gone through, by inode: a circle is refused.
	seen  map[uint64]bool
	names int
}

// super is the superblock. Source: struct squashfs_super_block.
type super struct {
	inodes, blockBytes, fragmentCount uint32
	compressor, flags                 uint16
	root                              uint64
	used                              uint64
	ids, xattrs, inodeTable           uint64
	folderTable, fragmentTable        uint64
	exports                           uint64
}

// fragment is a block of several files' tails.
type fragment struct {
	at     uint64
	stored uint64
	tails  []*node
}

// node is a regular file.
type node struct {
	path      string
	bytes     uint64
	at        uint64
	stored    uint64
	tailBytes uint64
	fragment  uint32
}

// Read goes through an image. Errors name what doesn't fit.
func Read(raw []byte) (Image, error) {
	f := &image{raw: raw, blocks: map[uint64]metaBlock{}, seen: map[uint64]bool{}}
	if err := f.readSuper(); err != nil {
		return Image{}, err
	}
	if err := f.readFragments(); err != nil {
		return Image{}, err
	}
	if err := f.folder("", f.root, 0); err != nil {
		return Image{}, err
	}
	return f.count()
}

func (f *image) readSuper() error {
	if len(f.raw) < superBytes || binary.LittleEndian.Uint32(f.raw) != magic {
		return errors.New("squashfs: this is no SquashFS image")
	}
	u16 := func(at int) uint16 { return binary.LittleEndian.Uint16(f.raw[at:]) }
	u32 := func(at int) uint32 { return binary.LittleEndian.Uint32(f.raw[at:]) }
	u64 := func(at int) uint64 { return binary.LittleEndian.Uint64(f.raw[at:]) }
	f.super = super{
		inodes: u32(4), blockBytes: u32(12), fragmentCount: u32(16), compressor: u16(20), flags: u16(24),
		root: u64(32), used: u64(40), ids: u64(48), xattrs: u64(56), inodeTable: u64(64),
		folderTable: u64(72), fragmentTable: u64(80), exports: u64(88),
	}
	if u16(28) != 4 || u16(30) != 0 {
		return fmt.Errorf("squashfs: version %d.%d; 4.0 is read", u16(28), u16(30))
	}
	if f.inodes > inodesMax || f.fragmentCount > inodesMax || f.blockBytes == 0 || f.blockBytes > blockBytesMax {
		return fmt.Errorf("squashfs: %d inodes, %d fragments, blocks of %d bytes: more than is read", f.inodes, f.fragmentCount, f.blockBytes)
	}
	if f.used > uint64(len(f.raw)) || f.inodeTable < superBytes || f.inodeTable > f.folderTable || f.folderTable > f.used {
		return errCut
	}
	var err error
	f.unzip, err = unzipper(f.compressor)
	return err
}

// readFragments reads the table of shared blocks, which is reached by a list of
// its own blocks' places.
func (f *image) readFragments() error {
	for i := range f.fragmentCount {
		list := f.fragmentTable + 8*uint64(i/fragmentsInMeta)
		if list < superBytes || list > f.used-8 {
			return errCut
		}
		r := f.meta(binary.LittleEndian.Uint64(f.raw[list:]), int(i%fragmentsInMeta)*fragmentBytes)
		at, size := r.u64(), r.u32()
		if r.err != nil {
			return r.err
		}
		if at < superBytes || at > f.inodeTable || f.inodeTable-at < uint64(size&^stored) {
			return errCut
		}
		f.fragments = append(f.fragments, fragment{at: at, stored: uint64(size &^ stored)})
	}
	return nil
}

// count shares the blocks out and adds up what is left.
func (f *image) count() (Image, error) {
	out := Image{Inodes: f.inodes, Bytes: uint64(len(f.raw))}
	slices.SortFunc(f.files, func(a, b node) int { return cmp.Compare(a.path, b.path) })
	for i := range f.files {
		n := &f.files[i]
		if n.fragment != noFragment {
			tails := &f.fragments[n.fragment].tails
			*tails = append(*tails, n)
		}
	}
	tails, blocks := f.shares(), f.blocksOnce()
	files := uint64(0)
	for i := range f.files {
		n := &f.files[i]
		own := blocks[n]
		file := File{Path: n.path, Bytes: n.bytes, Stored: own.bytes + tails[n], Tail: tails[n], SameAs: own.sameAs}
		files += file.Stored
		out.Files = append(out.Files, file)
	}
	var err error
	out.Parts, err = f.parts(files)
	return out, err
}

// once is what a file's blocks take, of which others' before it are not counted
// again.
type once struct {
	bytes  uint64
	sameAs string
}

// blocksOnce counts each block for the first file, by place and then by path,
// that holds it: equal files are stored once.
func (f *image) blocksOnce() map[*node]once {
	order := make([]*node, 0, len(f.files))
	for i := range f.files {
		if f.files[i].stored > 0 {
			order = append(order, &f.files[i])
		}
	}
	slices.SortStableFunc(order, func(a, b *node) int { return cmp.Compare(a.at, b.at) })
	out := map[*node]once{}
	end, last := uint64(0), ""
	for _, n := range order {
		to := n.at + n.stored
		own := once{bytes: n.stored}
		if n.at < end {
			own = once{bytes: to - min(to, end), sameAs: last}
		}
		if to > end {
			end, last = to, n.path
		}
		out[n] = own
	}
	return out
}

// shares cuts each fragment block by the lengths of the tails in it. Tails that
// are the same bytes are one: they share its part.
func (f *image) shares() map[*node]uint64 {
	out := map[*node]uint64{}
	for _, block := range f.fragments {
		whole := uint64(0)
		for _, n := range block.tails {
			whole += n.tailBytes
		}
		done, given := uint64(0), uint64(0)
		for _, n := range block.tails {
			// Rounded by the running sum, so that the parts add up.
			done += n.tailBytes
			upTo := block.stored * done / whole
			out[n] = upTo - given
			given = upTo
		}
	}
	return out
}

// parts are the tables, each up to the next, and what stands before and behind.
func (f *image) parts(files uint64) ([]Part, error) {
	type start struct {
		at   uint64
		name string
	}
	starts := []start{{f.inodeTable, "(table of inodes)"}, {f.folderTable, "(table of folders)"}}
	for _, list := range []start{{f.fragmentTable, "(table of fragments)"}, {f.exports, "(table of exports)"}, {f.ids, "(table of owners)"}, {f.xattrs, "(table of attributes)"}} {
		if list.at == noTable || list.name == "(table of fragments)" && f.fragmentCount == 0 {
			continue
		}
		if list.at < f.folderTable || list.at > f.used {
			return nil, errCut
		}
		// The list stands behind the blocks that it names.
		if list.at <= f.used-8 {
			if block := binary.LittleEndian.Uint64(f.raw[list.at:]); block >= f.folderTable && block < list.at {
				list.at = block
			}
		}
		starts = append(starts, list)
	}
	slices.SortStableFunc(starts, func(a, b start) int { return cmp.Compare(a.at, b.at) })
	before := starts[0].at - superBytes
	if files > before {
		return nil, fmt.Errorf("squashfs: files take %d bytes of the %d before the tables", files, before)
	}
	out := []Part{{"(superblock)", superBytes}}
	if before > files {
		out = append(out, Part{"(compressor's options, and what no file refers to)", before - files})
	}
	for i, s := range starts {
		to := f.used
		if i+1 < len(starts) {
			to = starts[i+1].at
		}
		if to > s.at {
			out = append(out, Part{s.name, to - s.at})
		}
	}
	if pad := uint64(len(f.raw)) - f.used; pad > 0 {
		out = append(out, Part{"(padding)", pad})
	}
	return out, nil
}
