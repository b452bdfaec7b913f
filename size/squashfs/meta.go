// Tables are chains of small compressed blocks; a place in one is the block and
// the offset in what it unpacks to.

package squashfs

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
)

// The compressors that are read. Source: squashfs_fs.h, ZLIB_COMPRESSION and on.
const (
	compressorZlib = 1
	compressorZstd = 6
)

// unzipper is how a block is unpacked, to at most max bytes.
func unzipper(compressor uint16) (func(part []byte, max int) ([]byte, error), error) {
	switch compressor {
	case compressorZlib:
		return func(part []byte, max int) ([]byte, error) {
			r, err := zlib.NewReader(bytes.NewReader(part))
			if err != nil {
				return nil, err
			}
			return io.ReadAll(io.LimitReader(r, int64(max)))
		}, nil
	case compressorZstd:
		d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(blockBytesMax))
		if err != nil {
			return nil, err
		}
		return func(part []byte, max int) ([]byte, error) {
			out, err := d.DecodeAll(part, make([]byte, 0, max))
			if len(out) > max {
				return nil, fmt.Errorf("%d bytes where %d are the most", len(out), max)
			}
			return out, err
		}, nil
	}
	return nil, fmt.Errorf("squashfs: compressor %d; zlib (1) and zstd (6) are read", compressor)
}

// metaBlock is an unpacked block, and where the next one stands.
type metaBlock struct {
	bytes []byte
	next  uint64
}

// block reads the table block at a place.
func (f *image) block(at uint64) (metaBlock, error) {
	if b, known := f.blocks[at]; known {
		return b, nil
	}
	if at < superBytes || at > f.used-2 {
		return metaBlock{}, errCut
	}
	head := binary.LittleEndian.Uint16(f.raw[at:])
	size := uint64(head &^ metaStored)
	if size == 0 || size > metaBytes || at+2+size > f.used {
		return metaBlock{}, fmt.Errorf("squashfs: a table block of %d bytes at %d", size, at)
	}
	b := metaBlock{f.raw[at+2 : at+2+size], at + 2 + size}
	if head&metaStored == 0 {
		var err error
		if b.bytes, err = f.unzip(b.bytes, metaBytes); err != nil {
			return metaBlock{}, fmt.Errorf("squashfs: the table block at %d: %w", at, err)
		}
	}
	f.blocks[at] = b
	return b, nil
}

// cursor reads a table on, from block to block. After an error all it reads is
// zero, and err stays.
type cursor struct {
	f    *image
	rest []byte
	next uint64
	err  error
}

// meta is a cursor at an offset of what the block at a place unpacks to.
func (f *image) meta(at uint64, offset int) *cursor {
	b, err := f.block(at)
	if err == nil && offset > len(b.bytes) {
		err = errCut
	}
	if err != nil {
		return &cursor{f: f, err: err}
	}
	return &cursor{f: f, rest: b.bytes[offset:], next: b.next}
}

// take reads the next n bytes, n being at most a block's.
func (c *cursor) take(n int) []byte {
	out := make([]byte, 0, n)
	for len(out) < n && c.err == nil {
		if len(c.rest) == 0 {
			var b metaBlock
			b, c.err = c.f.block(c.next)
			c.rest, c.next = b.bytes, b.next
			if c.err == nil && len(c.rest) == 0 {
				c.err = errCut
			}
			continue
		}
		part := c.rest[:min(n-len(out), len(c.rest))]
		out, c.rest = append(out, part...), c.rest[len(part):]
	}
	return append(out, make([]byte, n-len(out))...)
}

func (c *cursor) u16() uint16 { return binary.LittleEndian.Uint16(c.take(2)) }
func (c *cursor) u32() uint32 { return binary.LittleEndian.Uint32(c.take(4)) }
func (c *cursor) u64() uint64 { return binary.LittleEndian.Uint64(c.take(8)) }
