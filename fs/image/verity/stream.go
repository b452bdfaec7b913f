package verity

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
)

// pieceBlocks are read at once: 256 KiB.
const pieceBlocks = 64

// BadBlock is a block of a slot that is not what its root says, or can't be read.
type BadBlock struct {
	// Number counts from the slot's beginning; Tree tells that it is the tree's.
	Number int64
	Tree   bool
	// Err is what reading it came to; nil: it has other bytes.
	Err error
}

// Error names the block, and what reading it came to.
func (b BadBlock) Error() string {
	where := "data"
	if b.Tree {
		where = "tree"
	}
	if b.Err != nil {
		return fmt.Sprintf("verity: %s block %d can't be read: %v", where, b.Number, b.Err)
	}
	return fmt.Sprintf("verity: %s block %d has other bytes than were signed", where, b.Number)
}

// CheckStream reads a slot, the tree first, and returns the first block that is not
// what root says as a BadBlock, or nil. It holds the tree in memory, a hundredth of
// the data, and calls pace after each piece with its bytes; an error of pace ends it.
func CheckStream(slot io.ReaderAt, root Root, pace func(bytes int) error) error {
	if root.DataBlocks < 1 || root.DataBlocks > blocksMax {
		return fmt.Errorf("verity: %d data blocks; 1 to %d are possible", root.DataBlocks, blocksMax)
	}
	tree := make([]byte, TreeBytes(root.DataBlocks))
	for at := 0; at < len(tree); at += pieceBlocks * BlockBytes {
		piece := tree[at:min(at+pieceBlocks*BlockBytes, len(tree))]
		if err := readBlocks(slot, piece, root.DataBlocks+int64(at/BlockBytes), true); err != nil {
			return err
		}
		if err := pace(len(piece)); err != nil {
			return err
		}
	}
	expected, err := checkTree(tree, root)
	if err != nil {
		return err
	}
	piece := make([]byte, pieceBlocks*BlockBytes)
	for block := int64(0); block < root.DataBlocks; block += pieceBlocks {
		piece = piece[:min(pieceBlocks, root.DataBlocks-block)*BlockBytes]
		if err := readBlocks(slot, piece, block, false); err != nil {
			return err
		}
		got := digests(piece, root.Salt)
		if at := firstDifference(got, expected[block*sha256.Size:]); at >= 0 {
			return BadBlock{Number: block + int64(at/sha256.Size)}
		}
		if err := pace(len(piece)); err != nil {
			return err
		}
	}
	return nil
}

// checkTree holds a tree against its root from the top down, and returns the digests
// of the data.
func checkTree(tree []byte, root Root) ([]byte, error) {
	counts := levelCounts(root.DataBlocks)
	expected := root.Hash[:]
	at := int64(0)
	for i := len(counts) - 1; i >= 0; i-- {
		level := tree[at*BlockBytes : (at+counts[i])*BlockBytes]
		if bad := firstDifference(digests(level, root.Salt), expected); bad >= 0 {
			return nil, BadBlock{Number: root.DataBlocks + at + int64(bad/sha256.Size), Tree: true}
		}
		expected, at = level, at+counts[i]
	}
	return bytes.Clone(expected), nil
}

// levelCounts are the blocks of each level of a tree, the lowest first.
func levelCounts(dataBlocks int64) (counts []int64) {
	for n := dataBlocks; n > 1; {
		n = (n + hashesPerBlock - 1) / hashesPerBlock
		counts = append(counts, n)
	}
	return counts
}

// readBlocks fills piece from a block on. Where that fails it reads one by one, and
// says which can't be read.
func readBlocks(slot io.ReaderAt, piece []byte, first int64, tree bool) error {
	if n, _ := slot.ReadAt(piece, first*BlockBytes); n == len(piece) {
		return nil
	}
	for i := int64(0); i < int64(len(piece)/BlockBytes); i++ {
		n, err := slot.ReadAt(piece[i*BlockBytes:(i+1)*BlockBytes], (first+i)*BlockBytes)
		if n < BlockBytes {
			if err == nil {
				err = io.ErrUnexpectedEOF
			}
			return BadBlock{Number: first + i, Tree: tree, Err: err}
		}
	}
	return nil
}
