package wire

import (
	"math"
	"unicode/utf8"
)

// The CBOR subset of SPEC.md, read. The first thing that is wrong is kept with
// its offset, and from then on every call returns zero and moves nothing: so a
// decoder of a message is a plain list of its fields, asked once at its end. What stands
// at each of these places stays out of line, or it would cost PID 1 kilobytes.
//
// Always true here: no byte past the input is looked at; a length is believed
// only after the input was seen to be as long; nothing is allocated but the
// copies that Text returns, which the input's length bounds.

// Decoder reads items from a slice that it does not change. Set the zero value
// with NewDecoder.
type Decoder struct {
	in      []byte
	at      int
	keyAt   int // of the key that Next read last
	refusal Refusal
}

// DecoderMap is a map being read; see Decoder.Map.
type DecoderMap struct {
	left int
	// Key is the present entry's, or -1 before the first.
	Key int
}

// NewDecoder reads in. What names the message in refusals.
func NewDecoder(in []byte, what string) Decoder {
	return Decoder{in: in, refusal: Refusal{What: what}}
}

// Refused tells whether something was wrong.
func (d *Decoder) Refused() bool { return d.refusal.Reason != Accepted }

// Refusal is the first thing that was wrong; its Reason is Accepted if nothing.
func (d *Decoder) Refusal() Refusal { return d.refusal }

// Offset is the place of the next item.
func (d *Decoder) Offset() int { return d.at }

// End demands that nothing follows, and returns the first Refusal as an error,
// or nil.
func (d *Decoder) End() error {
	if !d.Refused() && d.at != len(d.in) {
		d.part("", 0)
		d.refuse(RefusedTrailing, d.at)
	}
	if d.Refused() {
		return d.refusal
	}
	return nil
}

// refuse keeps the first reason only: the others follow from it.
//
//go:noinline
func (d *Decoder) refuse(r Reason, offset int) {
	if !d.Refused() {
		d.refusal.Reason, d.refusal.Offset = r, offset
	}
}

// part says where in the message the next items stand; both may be empty.
//
//go:noinline
func (d *Decoder) part(part string, index int) {
	if !d.Refused() {
		d.refusal.Part, d.refusal.Index, d.refusal.Field = part, index, ""
	}
}

// field names the field that is read next.
//
//go:noinline
func (d *Decoder) field(name string) {
	if !d.Refused() {
		d.refusal.Field = name
	}
}

// head reads a head, RFC 8949 section 3: major type in the upper three bits of
// the first byte; the argument in the lower five, or in 1, 2, 4 or 8 bytes.
func (d *Decoder) head() (major byte, n uint64, ok bool) {
	if d.Refused() {
		return 0, 0, false
	}
	start := d.at
	if start >= len(d.in) {
		d.refuse(RefusedTruncated, start)
		return 0, 0, false
	}
	major, info := d.in[start]>>5, d.in[start]&31
	if r := headReason(major, info); r != Accepted {
		d.refuse(r, start)
		return 0, 0, false
	}
	d.at++
	if info < 24 {
		return major, uint64(info), true
	}
	width := 1 << (info - 24)
	if len(d.in)-d.at < width {
		d.refuse(RefusedTruncated, start)
		return 0, 0, false
	}
	for _, b := range d.in[d.at : d.at+width] {
		n = n<<8 | uint64(b)
	}
	d.at += width
	// The least argument that needs each width: 24, 2^8, 2^16, 2^32.
	least := uint64(24)
	if width > 1 {
		least = 1 << (4 * width)
	}
	if n < least {
		d.refuse(RefusedNotShortest, start)
		return 0, 0, false
	}
	return major, n, true
}

// headReason refuses what no item of SPEC.md begins with.
func headReason(major, info byte) Reason {
	switch {
	case info == 31:
		return RefusedIndefinite
	case info >= 28:
		return RefusedReserved
	case major == majorTag:
		return RefusedTag
	case major != majorSimple:
		return Accepted
	case info >= 25:
		return RefusedFloat
	case info < byteFalse&31 || info > byteNull&31:
		return RefusedSimple
	}
	return Accepted
}

// take reads a head of the given major type.
func (d *Decoder) take(want byte) (n uint64, ok bool) {
	start := d.at
	major, n, ok := d.head()
	if ok && major != want {
		d.refuse(RefusedType, start)
		return 0, false
	}
	return n, ok
}

// Uint reads an unsigned integer of at most max.
func (d *Decoder) Uint(max uint64) uint64 {
	start := d.at
	n, ok := d.take(majorUint)
	if ok && n > max {
		d.refuse(RefusedRange, start)
		return 0
	}
	return n
}

// Int reads an integer of either sign that fits 64 bits.
func (d *Decoder) Int() int64 {
	start := d.at
	major, n, ok := d.head()
	switch {
	case !ok:
		return 0
	case major != majorUint && major != majorNegInt:
		d.refuse(RefusedType, start)
		return 0
	case n > math.MaxInt64:
		d.refuse(RefusedRange, start)
		return 0
	case major == majorNegInt:
		return ^int64(n)
	}
	return int64(n)
}

// Bool reads true or false.
func (d *Decoder) Bool() bool {
	start := d.at
	n, ok := d.take(majorSimple)
	if ok && n != byteTrue&31 && n != byteFalse&31 {
		d.refuse(RefusedType, start)
		return false
	}
	return n == byteTrue&31
}

// Null reads null.
func (d *Decoder) Null() {
	start := d.at
	if n, ok := d.take(majorSimple); ok && n != byteNull&31 {
		d.refuse(RefusedType, start)
	}
}

// Bytes reads a byte string of at most sizeMax bytes. The result is a part of
// the input.
func (d *Decoder) Bytes(sizeMax int) []byte { return d.str(majorBytes, sizeMax) }

// TextBytes reads a text string of at most sizeMax bytes, and checks that it is
// UTF-8. The result is a part of the input.
func (d *Decoder) TextBytes(sizeMax int) []byte {
	start := d.at
	b := d.str(majorText, sizeMax)
	if !utf8.Valid(b) {
		d.refuse(RefusedUTF8, start)
		return nil
	}
	return b
}

// Text is TextBytes, copied.
func (d *Decoder) Text(sizeMax int) string { return string(d.TextBytes(sizeMax)) }

func (d *Decoder) str(major byte, sizeMax int) []byte {
	start := d.at
	n, ok := d.take(major)
	switch {
	case !ok:
		return nil
	case n > uint64(len(d.in)-d.at):
		d.refuse(RefusedTruncated, start)
		return nil
	case n > uint64(sizeMax):
		d.refuse(RefusedTooLong, start)
		return nil
	}
	b := d.in[d.at : d.at+int(n) : d.at+int(n)]
	d.at += int(n)
	return b
}

// Array reads the head of an array of at most countMax items, and returns their
// count. Every item is a byte at least, so no count is believed that the rest of
// the input could not hold.
func (d *Decoder) Array(countMax int) int {
	return d.count(majorArray, 1, countMax)
}

// Map begins a map; call Next until it returns false.
//
//go:noinline
func (d *Decoder) Map() DecoderMap {
	return DecoderMap{left: d.count(majorMap, 2, mapKeyMax+1), Key: -1}
}

func (d *Decoder) count(major byte, itemSizeMin, countMax int) int {
	start := d.at
	n, ok := d.take(major)
	switch {
	case !ok:
		return 0
	case n > uint64(len(d.in)-d.at)/uint64(itemSizeMin):
		d.refuse(RefusedTruncated, start)
		return 0
	case n > uint64(countMax):
		d.refuse(RefusedTooMany, start)
		return 0
	}
	return int(n)
}

// Next reads the next key into m.Key, and tells whether there was one. Keys
// ascend; the caller reads one item after each, or calls Unknown.
func (d *Decoder) Next(m *DecoderMap) bool {
	if m.left == 0 || d.Refused() {
		return false
	}
	d.field("") // what comes is not the field before it
	start := d.at
	key := int(d.Uint(mapKeyMax))
	switch {
	case d.Refused():
		return false
	case key == m.Key:
		d.refuse(RefusedKeyTwice, start)
		return false
	case key < m.Key:
		d.refuse(RefusedKeyOrder, start)
		return false
	}
	m.left--
	m.Key = key
	d.keyAt = start
	return true
}

// Unknown refuses the key that Next has just read.
//
//go:noinline
func (d *Decoder) Unknown() { d.refuse(RefusedKeyUnknown, d.keyAt) }

// Skip passes over one item of any kind, and holds it to every rule on the way.
func (d *Decoder) Skip() { d.skip(skipDepthMax) }

func (d *Decoder) skip(depth int) {
	start := d.at
	if start >= len(d.in) {
		d.refuse(RefusedTruncated, start)
		return
	}
	if depth == 0 {
		d.refuse(RefusedDepth, start)
		return
	}
	switch d.in[start] >> 5 {
	case majorBytes:
		d.Bytes(len(d.in))
	case majorText:
		d.TextBytes(len(d.in))
	case majorArray:
		for range d.Array(len(d.in)) {
			d.skip(depth - 1)
			if d.Refused() {
				return
			}
		}
	case majorMap:
		for m := d.Map(); d.Next(&m); {
			d.skip(depth - 1)
		}
	default:
		d.head()
	}
}
