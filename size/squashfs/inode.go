package squashfs

import (
	"fmt"
	"path"
)

// The kinds of inode; the long form of each is seven more. Source:
// squashfs_fs.h, SQUASHFS_DIR_TYPE and on.
const (
	kindFolder     = 1
	kindFile       = 2
	kindFolderLong = 8
	kindFileLong   = 9
	kindMax        = 14
)

// inodeHeadBytes are mode, owner, group, time and number, behind the kind.
const inodeHeadBytes = 14

// folder goes through a folder, by the place of its inode, and all below it.
func (f *image) folder(name string, inode uint64, depth int) error {
	if depth > depthMax || f.seen[inode] {
		return fmt.Errorf("squashfs: the folder %s is in itself, or deeper than %d", name, depthMax)
	}
	f.seen[inode] = true
	r := f.inode(inode)
	kind := r.u16()
	r.take(inodeHeadBytes)
	var block uint32
	var size uint32
	var offset uint16
	switch kind {
	case kindFolder:
		block = r.u32()
		r.u32() // links
		size, offset = uint32(r.u16()), r.u16()
	case kindFolderLong:
		r.u32() // links
		size, block = r.u32(), r.u32()
		r.u32() // parent
		r.u16() // indexes
		offset = r.u16()
	default:
		return fmt.Errorf("squashfs: %s/ has an inode of kind %d", name, kind)
	}
	if r.err != nil {
		return r.err
	}
	// Three bytes are counted for the entries "." and "..", which aren't stored.
	if size <= 3 {
		return nil
	}
	return f.entries(name, f.meta(f.folderTable+uint64(block), int(offset)), int(size)-3, depth)
}

// inode is a cursor at one: the block's place in the table, and the offset.
func (f *image) inode(at uint64) *cursor {
	if at>>16 > f.used {
		return &cursor{f: f, err: errCut}
	}
	return f.meta(f.inodeTable+at>>16, int(at&0xffff))
}

// entries reads a folder's list: heads that name a block of inodes, each with up
// to 256 entries.
func (f *image) entries(name string, r *cursor, left, depth int) error {
	for left > 0 && r.err == nil {
		count, block := r.u32()+1, r.u32()
		r.u32() // the number that entries count from
		left -= 12
		if count > 256 {
			return fmt.Errorf("squashfs: %s/ has %d entries under one head", name, count)
		}
		for range count {
			offset := r.u16()
			r.u16() // its number
			kind, length := r.u16(), int(r.u16())+1
			if length > 256 {
				return fmt.Errorf("squashfs: a name of %d bytes in %s/", length, name)
			}
			entry := name + "/" + string(r.take(length))
			left -= 8 + length
			if f.names++; f.names > namesMax {
				return fmt.Errorf("squashfs: more than %d names", namesMax)
			}
			if r.err != nil {
				return r.err
			}
			at := uint64(block)<<16 | uint64(offset)
			if err := f.entry(entry, kind, at, depth); err != nil {
				return err
			}
		}
	}
	return r.err
}

// entry reads what a name stands for.
func (f *image) entry(name string, kind uint16, at uint64, depth int) error {
	switch kind {
	case kindFolder:
		return f.folder(name, at, depth+1)
	case kindFile:
		return f.file(name, at)
	}
	if kind == 0 || kind > kindMax {
		return fmt.Errorf("squashfs: %s is of kind %d", name, kind)
	}
	return nil
}

// file reads a regular file's inode: where its blocks begin, and the size of
// each as it is stored.
func (f *image) file(name string, at uint64) error {
	r := f.inode(at)
	kind := r.u16()
	r.take(inodeHeadBytes)
	n := node{path: path.Clean(name)}
	switch kind {
	case kindFile:
		n.at, n.fragment = uint64(r.u32()), r.u32()
		r.u32() // where in the fragment
		n.bytes = uint64(r.u32())
	case kindFileLong:
		n.at, n.bytes = r.u64(), r.u64()
		r.u64() // holes
		r.u32() // links
		n.fragment = r.u32()
		r.u32() // where in the fragment
		r.u32() // attributes
	default:
		return fmt.Errorf("squashfs: %s has an inode of kind %d", name, kind)
	}
	blocks := n.bytes / uint64(f.blockBytes)
	tail := n.bytes % uint64(f.blockBytes)
	switch {
	case n.fragment == noFragment && tail > 0:
		blocks++
	case n.fragment != noFragment:
		n.tailBytes = tail
		if int64(n.fragment) >= int64(len(f.fragments)) || tail == 0 {
			return fmt.Errorf("squashfs: %s has its tail of %d bytes in fragment %d of %d", name, tail, n.fragment, len(f.fragments))
		}
	}
	for range blocks {
		n.stored += uint64(r.u32() &^ stored)
		if r.err != nil || n.at > f.inodeTable || n.stored > f.inodeTable-n.at {
			return fmt.Errorf("squashfs: %s has %d blocks, and they end before: %w", name, blocks, errCut)
		}
	}
	f.files = append(f.files, n)
	return r.err
}
