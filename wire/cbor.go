package wire

import "unicode/utf8"

// The CBOR subset of SPEC.md, written. RFC 8949 section 4.2.1 (core
// deterministic encoding): shortest heads, definite lengths, ascending keys.
//
// Always true here: what an Encoder wrote, a Decoder accepts.

// The major types of RFC 8949 section 3.1, in a head's upper three bits.
const (
	majorUint   = 0
	majorNegInt = 1
	majorBytes  = 2
	majorText   = 3
	majorArray  = 4
	majorMap    = 5
	majorTag    = 6
	majorSimple = 7
)

// The whole bytes of the three simple values, RFC 8949 section 3.3.
const (
	byteFalse = 0xf4
	byteTrue  = 0xf5
	byteNull  = 0xf6
)

// Encoder appends items to Out, which the caller owns and may reuse. It
// allocates only where Out must grow.
type Encoder struct {
	Out []byte
	// replaced tells that a text was not UTF-8, and that its bad bytes are now
	// question marks.
	replaced bool
}

// EncoderMap is a map being written; see Encoder.Map.
type EncoderMap struct {
	at    int // of the head in Out
	count int
}

// head writes a major type and its argument in the shortest form. Out of line:
// every field of every message ends here.
//
//go:noinline
func (e *Encoder) head(major byte, n uint64) {
	m := major << 5
	switch {
	case n < 24:
		e.Out = append(e.Out, m|byte(n))
	case n <= 0xff:
		e.Out = append(e.Out, m|24, byte(n))
	case n <= 0xffff:
		e.Out = append(e.Out, m|25, byte(n>>8), byte(n))
	case n <= 0xffff_ffff:
		e.Out = append(e.Out, m|26, byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	default:
		e.Out = append(e.Out, m|27, byte(n>>56), byte(n>>48), byte(n>>40), byte(n>>32),
			byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	}
}

// Uint writes an unsigned integer.
func (e *Encoder) Uint(n uint64) { e.head(majorUint, n) }

// Int writes an integer of either sign.
func (e *Encoder) Int(n int64) {
	if n < 0 {
		e.head(majorNegInt, uint64(^n)) // -1-n, RFC 8949 section 3.1
		return
	}
	e.head(majorUint, uint64(n))
}

// Bool writes true or false.
func (e *Encoder) Bool(v bool) {
	if v {
		e.Out = append(e.Out, byteTrue)
		return
	}
	e.Out = append(e.Out, byteFalse)
}

// Null writes null.
func (e *Encoder) Null() { e.Out = append(e.Out, byteNull) }

// Bytes writes a byte string.
func (e *Encoder) Bytes(b []byte) {
	e.head(majorBytes, uint64(len(b)))
	e.Out = append(e.Out, b...)
}

// Text writes a text string. Bytes that are not UTF-8 become '?': a name out of
// a hostile place must not make a whole reply unreadable.
func (e *Encoder) Text(s string) {
	e.head(majorText, uint64(len(s)))
	start := len(e.Out)
	e.Out = append(e.Out, s...)
	text := e.Out[start:]
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size == 1 {
			text[0] = '?'
			e.replaced = true
		}
		text = text[size:]
	}
}

// Array begins an array; the caller writes exactly count items after it.
func (e *Encoder) Array(count int) { e.head(majorArray, uint64(count)) }

// Map begins a map whose entries are counted as they come; see End.
// It stays out of line: inlined at each of its places, it would cost PID 1 kilobytes.
//
//go:noinline
func (e *Encoder) Map() EncoderMap {
	m := EncoderMap{at: len(e.Out)}
	e.Out = append(e.Out, majorMap<<5)
	return m
}

// Key writes a key; the caller writes one item after it, and calls with
// ascending keys of 0 to 254.
//
//go:noinline
func (e *Encoder) Key(m *EncoderMap, key uint8) {
	m.count++
	e.head(majorUint, uint64(key))
}

// End closes a map: its head is set to the count of its keys. A head of two
// bytes (24 keys or more) moves the entries by one byte.
// It stays out of line: inlined at each of its places, it would cost PID 1 kilobytes.
//
//go:noinline
func (e *Encoder) End(m EncoderMap) {
	if m.count < 24 {
		e.Out[m.at] = majorMap<<5 | byte(m.count)
		return
	}
	e.Out = append(e.Out, 0)
	copy(e.Out[m.at+2:], e.Out[m.at+1:])
	e.Out[m.at], e.Out[m.at+1] = majorMap<<5|24, byte(m.count)
}

// The fields below are left out where their value is zero; see SPEC.md.

// uintField writes an unsigned integer under key.
func (e *Encoder) uintField(m *EncoderMap, key uint8, n uint64) {
	if n != 0 {
		e.Key(m, key)
		e.Uint(n)
	}
}

// intField writes an integer of either sign under key.
func (e *Encoder) intField(m *EncoderMap, key uint8, n int64) {
	if n != 0 {
		e.Key(m, key)
		e.Int(n)
	}
}

// boolField writes true under key; false is the key's absence.
func (e *Encoder) boolField(m *EncoderMap, key uint8, v bool) {
	if v {
		e.Key(m, key)
		e.Bool(v)
	}
}

// textField writes a text string under key.
func (e *Encoder) textField(m *EncoderMap, key uint8, s string) {
	if s != "" {
		e.Key(m, key)
		e.Text(s)
	}
}

// bytesField writes a byte string under key.
func (e *Encoder) bytesField(m *EncoderMap, key uint8, b []byte) {
	if len(b) > 0 {
		e.Key(m, key)
		e.Bytes(b)
	}
}

// arrayField begins an array under key, unless it is empty.
func (e *Encoder) arrayField(m *EncoderMap, key uint8, count int) {
	if count > 0 {
		e.Key(m, key)
		e.Array(count)
	}
}

// textsField writes an array of text strings under key; single ones may be
// empty, as an argument may.
func (e *Encoder) textsField(m *EncoderMap, key uint8, texts []string) {
	e.arrayField(m, key, len(texts))
	for _, s := range texts {
		e.Text(s)
	}
}
