// Package verity makes the hash tree by which the kernel's dm-verity checks
// each block of a root as it is read.
//
// Always true here: format version 1, SHA-256, blocks of 4 KiB for data and for
// hashes, no superblock: what it would say stands in the signed command line.
// The same data and salt give the same tree, on however many processors.
//
// Source: the kernel's Documentation/admin-guide/device-mapper/verity.rst, and
// drivers/md/dm-verity-target.c for the order of the levels.
package verity

import (
	"bytes"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/google/uuid"

	"mote/fs"
)

const (
	// BlockBytes is the size of a data block and of a hash block.
	BlockBytes = 4096
	// hashesPerBlock digests stand in a hash block.
	hashesPerBlock = BlockBytes / sha256.Size
	// sectorBytes is the unit of a device-mapper table, whatever the disk's is.
	sectorBytes = 512
	// blocksMax bounds a root at 16 GiB, far beyond what fits a small machine's
	// memory here: the builder holds it whole.
	blocksMax = 1 << 22
)

// Root is all that must be known to check a tree, and so all that must be
// signed.
type Root struct {
	// Hash is the digest of the topmost block.
	Hash [sha256.Size]byte
	// Salt stands before each block when it is hashed.
	Salt [sha256.Size]byte
	// DataBlocks are the blocks of data, of BlockBytes each; the tree follows
	// them on the same partition.
	DataBlocks int64
}

// Pad returns data with zeros up to a whole block. It may share memory with
// data.
func Pad(data []byte) []byte {
	return append(data[:len(data):len(data)], make([]byte, -len(data)&(BlockBytes-1))...)
}

// Tree returns the hash tree of data, and its root. The data must be whole
// blocks, at least one.
func Tree(data []byte, salt [sha256.Size]byte) ([]byte, Root, error) {
	blocks := len(data) / BlockBytes
	switch {
	case len(data)%BlockBytes != 0:
		return nil, Root{}, fmt.Errorf("verity: %d bytes are not whole blocks of %d; pad them first", len(data), BlockBytes)
	case blocks == 0:
		return nil, Root{}, errors.New("verity: no data; a tree is over one block at least")
	case blocks > blocksMax:
		return nil, Root{}, fmt.Errorf("verity: %d blocks; at most %d", blocks, blocksMax)
	}
	root := Root{Salt: salt, DataBlocks: int64(blocks)}
	// Each level holds the digests of the one below it, until one block is left.
	// A single block of data has no level at all: its digest is the root's.
	var levels [][]byte
	top := data
	for len(top) > BlockBytes {
		level := Pad(digests(top, salt))
		levels = append(levels, level)
		top = level
	}
	root.Hash = [sha256.Size]byte(digests(top, salt))
	var tree []byte
	for i := len(levels) - 1; i >= 0; i-- { // the topmost stands first
		tree = append(tree, levels[i]...)
	}
	return tree, root, nil
}

// digests returns the digest of each block, one after the other.
func digests(blocks []byte, salt [sha256.Size]byte) []byte {
	count := len(blocks) / BlockBytes
	out := make([]byte, count*sha256.Size)
	workers := min(runtime.GOMAXPROCS(0), count)
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			// Salted once, and taken up again for each block.
			h := sha256.New()
			h.Write(salt[:])
			salted, _ := h.(encoding.BinaryMarshaler).MarshalBinary() // never fails, crypto/sha256
			for i := count * w / workers; i < count*(w+1)/workers; i++ {
				_ = h.(encoding.BinaryUnmarshaler).UnmarshalBinary(salted)
				h.Write(blocks[i*BlockBytes : (i+1)*BlockBytes])
				h.Sum(out[i*sha256.Size : i*sha256.Size])
			}
		})
	}
	all.Wait()
	return out
}

// TreeBytes returns how long the tree over a number of data blocks is.
func TreeBytes(dataBlocks int64) int64 {
	total := int64(0)
	for level := dataBlocks; level > 1; {
		level = (level + hashesPerBlock - 1) / hashesPerBlock
		total += level
	}
	return total * BlockBytes
}

// Check reads a whole slot, data and tree, and returns the number of the first
// block that is not what root says, counted from the slot's beginning, or -1.
// It is how a slot is examined that the kernel has not read yet.
func Check(slot []byte, root Root) (int64, error) {
	if root.DataBlocks < 1 || root.DataBlocks > blocksMax {
		return 0, fmt.Errorf("verity: %d data blocks; 1 to %d are possible", root.DataBlocks, blocksMax)
	}
	data := root.DataBlocks * BlockBytes
	want := data + TreeBytes(root.DataBlocks)
	if int64(len(slot)) != want {
		return 0, fmt.Errorf("verity: the slot has %d bytes, data and tree have %d", len(slot), want)
	}
	// From the top down: a block counts as good only by what a good one says.
	below := levelsOf(slot, root.DataBlocks)
	expected := root.Hash[:]
	for _, level := range below {
		got := digests(level.blocks, root.Salt)
		if at := firstDifference(got, expected); at >= 0 {
			return level.first + int64(at/sha256.Size), nil
		}
		expected = level.blocks
	}
	return -1, nil
}

// level is one row of the tree, or the data.
type level struct {
	first  int64 // its first block, counted from the slot's beginning
	blocks []byte
}

// levelsOf cuts a slot into its levels, the topmost first, the data last.
func levelsOf(slot []byte, dataBlocks int64) []level {
	data := level{0, slot[:dataBlocks*BlockBytes]}
	counts := levelCounts(dataBlocks)
	var all []level
	at := dataBlocks
	for i := len(counts) - 1; i >= 0; i-- {
		all = append(all, level{at, slot[at*BlockBytes : (at+counts[i])*BlockBytes]})
		at += counts[i]
	}
	return append(all, data)
}

// firstDifference returns where got first differs from the beginning of want,
// or -1.
func firstDifference(got, want []byte) int {
	if bytes.HasPrefix(want, got) {
		return -1
	}
	for i := range got {
		if i >= len(want) || got[i] != want[i] {
			return i
		}
	}
	return -1
}

// UUID returns the partition's name that is derived from the root hash: its
// first half, in the text form of a GPT's GUID. So a signed command line finds
// the slot that it belongs to, wherever that was written.
func (r Root) UUID() string {
	return uuid.UUID(r.Hash[:16]).String()
}

// Words returns the kernel words that make the slot on device the root, without
// an initramfs. The device is a path or PARTUUID=…; both are looked up by
// early_lookup_bdev (block/early-lookup.c).
func (r Root) Words(device string) []string {
	table := fmt.Sprintf("0 %d verity 1 %s %s %d %d %d %d sha256 %s %s",
		r.DataBlocks*(BlockBytes/sectorBytes), device, device, BlockBytes, BlockBytes,
		r.DataBlocks, r.DataBlocks, hex.EncodeToString(r.Hash[:]), hex.EncodeToString(r.Salt[:]))
	return []string{
		`dm-mod.create="root,,,ro,` + table + `"`,
		"root=/dev/" + fs.RootBlock, "rootfstype=squashfs", "init=/init",
		// The kernel allows writes to a mounted disk by default, for the sake of a
		// root on /dev/ram0 only.
		"bdev_allow_write_mounted=0",
	}
}
