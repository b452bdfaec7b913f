package fs

import "math/bits"

// A record of the state area is one value of one key, in one block of its own;
// README.md has the bytes. Always true here: a block is either a whole record
// for the very place that it was read from, or nothing. Pure and bounded.

// Sizes of the state area, in bytes unless said otherwise.
const (
	// StateBlockBytes is the unit of reading and writing: the largest sector of
	// disks, so that no write touches a neighbour.
	StateBlockBytes = 4096
	// StateContentMax is the longest value: with it a record fills one sector of
	// 512 bytes, so most disks write it whole or not at all.
	StateContentMax = 512 - stateHeadBytes - stateSumBytes

	stateHeadBytes = 24
	stateSumBytes  = 8
	// stateFormat is what this release writes; it reads every format whose own
	// word says that a reader of stateFormat may.
	stateFormat = 1
	stateMagic  = 0x74536f4d // "MoSt", little endian
)

// record is a decoded block; content points into it.
type record struct {
	key      int
	sequence uint64
	content  []byte
	// newer: whole, but of a format that this release must not read.
	newer bool
}

// appendRecord writes a record for a place, padded to a whole block. b must be
// empty, and content at most StateContentMax long.
func appendRecord(b []byte, place, key int, sequence uint64, content []byte) []byte {
	b = append(b, make([]byte, StateBlockBytes)...)
	putLE(b[:4], stateMagic)
	b[4], b[5] = stateFormat, stateFormat
	putLE(b[6:8], uint64(key))
	putLE(b[8:16], sequence)
	putLE(b[16:20], uint64(len(content)))
	end := stateHeadBytes + copy(b[stateHeadBytes:], content)
	putLE(b[end:end+stateSumBytes], stateSum(place, b[:end]))
	return b
}

// decodeRecord reads a block from a place; false means that no whole record for
// that place stands in it.
func decodeRecord(place int, b []byte) (record, bool) {
	if len(b) != StateBlockBytes || le(b[:4]) != stateMagic {
		return record{}, false
	}
	length := le(b[16:20])
	if length > StateBlockBytes-stateHeadBytes-stateSumBytes {
		return record{}, false
	}
	end := stateHeadBytes + int(length)
	if le(b[end:end+stateSumBytes]) != stateSum(place, b[:end]) {
		return record{}, false
	}
	r := record{key: int(le(b[6:8])), sequence: le(b[8:16]), content: b[stateHeadBytes:end]}
	r.newer = b[5] > stateFormat || length > StateContentMax
	return r, r.sequence != 0
}

// origin is where a block that is no whole record comes from.
type origin uint8

const (
	originNone origin = iota // zeros, or what a first write that was cut in its magic leaves
	originArea               // it has the magic, or all of that but one bit
	originElse
)

func originOf(b []byte) origin {
	var magic [4]byte
	if len(b) <= len(magic) {
		return originNone
	}
	if bits.OnesCount32(uint32(le(b[:4]))^stateMagic) <= 1 {
		return originArea
	}
	putLE(magic[:], stateMagic)
	n := 0
	for n < len(magic) && b[n] == magic[n] {
		n++
	}
	// All are zero where the first is, and each is as the one before it: compared in
	// one piece, as a boot has dozens of empty blocks.
	if rest := b[n:]; rest[0] == 0 && string(rest[1:]) == string(rest[:len(rest)-1]) {
		return originNone
	}
	return originElse
}

// stateSum is CRC-64 (ECMA-182, reflected, as in xz) over the place and the
// record. It finds every error of up to 64 bits in a row, and others but for one
// in 2^64; it is no defence against somebody who means to deceive. Bit by bit: a
// record is short, and a table would be 2 KiB.
func stateSum(place int, b []byte) uint64 {
	sum := ^uint64(0)
	var at [8]byte
	putLE(at[:], uint64(place))
	for _, part := range [2][]byte{at[:], b} {
		for _, c := range part {
			sum ^= uint64(c)
			for range 8 {
				sum = sum>>1 ^ 0xc96c5795d7870f42&-(sum&1)
			}
		}
	}
	return ^sum
}

func putLE(b []byte, v uint64) {
	for n := range b {
		b[n] = byte(v >> (8 * n))
	}
}

//go:noinline
func le(b []byte) (v uint64) {
	for n, c := range b {
		v |= uint64(c) << (8 * n)
	}
	return v
}
