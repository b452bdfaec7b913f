package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// unhex reads hex with spaces.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The vectors of RFC 8949 appendix A that are within the subset.
func TestEncoderWritesTheVectorsOfRFC8949(t *testing.T) {
	for _, c := range []struct {
		hex   string
		write func(*Encoder)
	}{
		{"00", func(e *Encoder) { e.Uint(0) }},
		{"17", func(e *Encoder) { e.Uint(23) }},
		{"1818", func(e *Encoder) { e.Uint(24) }},
		{"1864", func(e *Encoder) { e.Uint(100) }},
		{"18ff", func(e *Encoder) { e.Uint(255) }},
		{"190100", func(e *Encoder) { e.Uint(256) }},
		{"1903e8", func(e *Encoder) { e.Uint(1000) }},
		{"1a00010000", func(e *Encoder) { e.Uint(65536) }},
		{"1a000f4240", func(e *Encoder) { e.Uint(1000000) }},
		{"1b0000000100000000", func(e *Encoder) { e.Uint(1 << 32) }},
		{"1b000000e8d4a51000", func(e *Encoder) { e.Uint(1000000000000) }},
		{"1bffffffffffffffff", func(e *Encoder) { e.Uint(math.MaxUint64) }},
		{"20", func(e *Encoder) { e.Int(-1) }},
		{"29", func(e *Encoder) { e.Int(-10) }},
		{"3863", func(e *Encoder) { e.Int(-100) }},
		{"3903e7", func(e *Encoder) { e.Int(-1000) }},
		{"3b7fffffffffffffff", func(e *Encoder) { e.Int(math.MinInt64) }},
		{"0a", func(e *Encoder) { e.Int(10) }},
		{"f4", func(e *Encoder) { e.Bool(false) }},
		{"f5", func(e *Encoder) { e.Bool(true) }},
		{"f6", func(e *Encoder) { e.Null() }},
		{"40", func(e *Encoder) { e.Bytes(nil) }},
		{"4401020304", func(e *Encoder) { e.Bytes([]byte{1, 2, 3, 4}) }},
		{"60", func(e *Encoder) { e.Text("") }},
		{"6449455446", func(e *Encoder) { e.Text("IETF") }},
		{"62225c", func(e *Encoder) { e.Text("\"\\") }},
		{"62c3bc", func(e *Encoder) { e.Text("ü") }},
		{"63e6b0b4", func(e *Encoder) { e.Text("水") }},
		{"64f0908591", func(e *Encoder) { e.Text("𐅑") }},
		{"80", func(e *Encoder) { e.Array(0) }},
		{"83010203", func(e *Encoder) { e.Array(3); e.Uint(1); e.Uint(2); e.Uint(3) }},
		{"a0", func(e *Encoder) { e.End(e.Map()) }},
		{"a201020304", func(e *Encoder) {
			m := e.Map()
			e.Key(&m, 1)
			e.Uint(2)
			e.Key(&m, 3)
			e.Uint(4)
			e.End(m)
		}},
	} {
		var e Encoder
		c.write(&e)
		if got := hex.EncodeToString(e.Out); got != c.hex {
			t.Errorf("wrote %s, want %s", got, c.hex)
		}
		d := NewDecoder(e.Out, "cbor")
		d.Skip()
		if err := d.End(); err != nil {
			t.Errorf("%s: own decoder: %v", c.hex, err)
		}
	}
}

// Each class of refusal, with the offset at which it must be seen.
func TestDecoderRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		hex    string
		reason Reason
		offset int
	}{
		{"nothing", "", RefusedTruncated, 0},
		{"uint8 cut", "18", RefusedTruncated, 0},
		{"uint64 cut", "1b00000001000000", RefusedTruncated, 0},
		{"bytes cut", "4401 0203", RefusedTruncated, 0},
		{"text cut", "6449 4554", RefusedTruncated, 0},
		{"array cut", "83 01 02", RefusedTruncated, 0},
		{"map cut", "a2 01 02 03", RefusedTruncated, 0},
		{"map without value", "a1 01", RefusedTruncated, 0},
		{"text of 2^64-1", "7bffffffffffffffff", RefusedTruncated, 0},
		{"array of 2^64-1", "9bffffffffffffffff", RefusedTruncated, 0},
		{"map of 2^64-1", "bbffffffffffffffff", RefusedTruncated, 0},
		{"two items", "00 00", RefusedTrailing, 1},
		{"23 in two bytes", "1817", RefusedNotShortest, 0},
		{"255 in three bytes", "1900ff", RefusedNotShortest, 0},
		{"65535 in five bytes", "1a0000ffff", RefusedNotShortest, 0},
		{"2^32-1 in nine bytes", "1b00000000ffffffff", RefusedNotShortest, 0},
		{"length not shortest", "5801 00", RefusedNotShortest, 0},
		{"negative not shortest", "3800", RefusedNotShortest, 0},
		{"inner not shortest", "82 00 1800", RefusedNotShortest, 2},
		{"indefinite bytes", "5f 41 00 ff", RefusedIndefinite, 0},
		{"indefinite text", "7f 61 61 ff", RefusedIndefinite, 0},
		{"indefinite array", "9f ff", RefusedIndefinite, 0},
		{"indefinite map", "bf ff", RefusedIndefinite, 0},
		{"lone break", "ff", RefusedIndefinite, 0},
		{"reserved 28", "1c", RefusedReserved, 0},
		{"reserved 30", "fe", RefusedReserved, 0},
		{"tag", "c0 60", RefusedTag, 0},
		{"self-described", "d9d9f7 00", RefusedTag, 0},
		{"half", "f97e00", RefusedFloat, 0},
		{"single", "fa47c35000", RefusedFloat, 0},
		{"double", "fb3ff199999999999a", RefusedFloat, 0},
		{"undefined", "f7", RefusedSimple, 0},
		{"simple 0", "e0", RefusedSimple, 0},
		{"simple 255", "f8ff", RefusedSimple, 0},
		{"not UTF-8", "61 ff", RefusedUTF8, 0},
		{"surrogate", "63 eda080", RefusedUTF8, 0},
		{"overlong", "62 c080", RefusedUTF8, 0},
		{"keys descend", "a2 02 00 01 00", RefusedKeyOrder, 3},
		{"key twice", "a2 01 00 01 00", RefusedKeyTwice, 3},
		{"text key", "a1 61 61 00", RefusedType, 1},
		{"negative key", "a1 20 00", RefusedType, 1},
		{"key past its bound", "a1 18ff 00", RefusedRange, 1},
		{"9 deep", "81 81 81 81 81 81 81 81 00", RefusedDepth, 8},
		{"maps 9 deep", "a100 a100 a100 a100 a100 a100 a100 a100 00", RefusedDepth, 16},
	} {
		d := NewDecoder(unhex(t, c.hex), "cbor")
		d.Skip()
		err := d.End()
		var r Refusal
		if !errors.As(err, &r) {
			t.Errorf("%s: accepted", c.name)
			continue
		}
		if r.Reason != c.reason || r.Offset != c.offset {
			t.Errorf("%s: %v, want %q at %d", c.name, err, c.reason, c.offset)
		}
	}
	deep := bytes.Repeat([]byte{0x81}, 1_000_000)
	d := NewDecoder(deep, "cbor")
	if d.Skip(); d.Refusal().Reason != RefusedDepth {
		t.Errorf("depth 10^6: %v", d.Refusal())
	}
}

func TestDecoderRefusesByTypeAndBound(t *testing.T) {
	for _, c := range []struct {
		name   string
		hex    string
		read   func(*Decoder)
		reason Reason
	}{
		{"int past int64", "1b8000000000000000", func(d *Decoder) { d.Int() }, RefusedRange},
		{"negative past int64", "3b8000000000000000", func(d *Decoder) { d.Int() }, RefusedRange},
		{"int of text", "60", func(d *Decoder) { d.Int() }, RefusedType},
		{"uint of negative", "20", func(d *Decoder) { d.Uint(9) }, RefusedType},
		{"uint past max", "0a", func(d *Decoder) { d.Uint(9) }, RefusedRange},
		{"bool of null", "f6", func(d *Decoder) { d.Bool() }, RefusedType},
		{"bool of uint", "01", func(d *Decoder) { d.Bool() }, RefusedType},
		{"null of false", "f4", func(d *Decoder) { d.Null() }, RefusedType},
		{"text of bytes", "4161", func(d *Decoder) { d.Text(9) }, RefusedType},
		{"bytes of text", "6161", func(d *Decoder) { d.Bytes(9) }, RefusedType},
		{"text too long", "626161", func(d *Decoder) { d.Text(1) }, RefusedTooLong},
		{"array too long", "820000", func(d *Decoder) { d.Array(1) }, RefusedTooMany},
		{"array of map", "a0", func(d *Decoder) { d.Array(1) }, RefusedType},
		{"map of array", "80", func(d *Decoder) { d.Map() }, RefusedType},
		{"zero uint", "00", func(d *Decoder) { d.uintField(9) }, RefusedZero},
		{"zero int", "00", func(d *Decoder) { d.intField() }, RefusedZero},
		{"false", "f4", func(d *Decoder) { d.boolField() }, RefusedZero},
		{"empty text", "60", func(d *Decoder) { d.textField(9) }, RefusedZero},
		{"empty bytes", "40", func(d *Decoder) { d.bytesField(9) }, RefusedZero},
		{"empty array", "80", func(d *Decoder) { d.arrayField(9) }, RefusedZero},
		{"empty texts", "80", func(d *Decoder) { d.textsField(9, 9) }, RefusedZero},
		{"texts too long together", "8262616161 61", func(d *Decoder) { d.textsField(9, 2) }, RefusedTooLong},
		{"texts of ints", "8100", func(d *Decoder) { d.textsField(9, 9) }, RefusedType},
	} {
		d := NewDecoder(unhex(t, c.hex), "cbor")
		if c.read(&d); d.Refusal().Reason != c.reason {
			t.Errorf("%s: %v, want %q", c.name, d.Refusal(), c.reason)
		}
	}
}

func TestDecoderKeepsItsFirstRefusalAndStaysThere(t *testing.T) {
	d := NewDecoder(unhex(t, "01 60 02"), "cbor")
	d.Text(9)
	at := d.Offset()
	if d.Uint(9) != 0 || d.Int() != 0 || d.Bool() || d.Bytes(9) != nil || d.Array(9) != 0 || d.Offset() != at {
		t.Error("a refused decoder still reads")
	}
	if r := d.Refusal(); r.Reason != RefusedType || r.Offset != 0 {
		t.Errorf("kept %v", r)
	}
}

func TestMapOf24KeysGrowsItsHead(t *testing.T) {
	for count := range mapKeyMax + 1 {
		e := Encoder{Out: []byte{0x81}} // something stands before it
		m := e.Map()
		for k := range count {
			e.Key(&m, uint8(k))
			e.Uint(uint64(k))
		}
		e.End(m)
		d := NewDecoder(e.Out, "cbor")
		d.Array(1)
		got := 0
		for m := d.Map(); d.Next(&m); got++ {
			if m.Key != got || d.Uint(255) != uint64(got) {
				t.Fatalf("%d keys: key %d at %d", count, m.Key, got)
			}
		}
		if err := d.End(); err != nil || got != count {
			t.Fatalf("%d keys: read %d, %v", count, got, err)
		}
	}
}

func TestEncoderMendsTextThatIsNotUTF8(t *testing.T) {
	var e Encoder
	e.Text("a\xffb\xc3")
	if got := string(e.Out[1:]); got != "a?b?" || !e.replaced {
		t.Errorf("wrote %q", got)
	}
}

// strictest is what the library refuses by itself; see oracle.
func strictest(t testing.TB) (cbor.DecMode, cbor.EncMode) {
	dec, err := cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, IndefLength: cbor.IndefLengthForbidden,
		TagsMd: cbor.TagsForbidden, MaxNestedLevels: 16, UTF8: cbor.UTF8RejectInvalid,
	}.DecMode()
	if err != nil {
		t.Fatal(err)
	}
	enc, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		t.Fatal(err)
	}
	return dec, enc
}

// oracle says whether b is deterministic CBOR: the library reads it, writes it
// deterministically, and the bytes are the same.
func oracle(dec cbor.DecMode, enc cbor.EncMode, b []byte) bool {
	var v any
	if dec.Unmarshal(b, &v) != nil {
		return false
	}
	again, err := enc.Marshal(v)
	return err == nil && bytes.Equal(again, b)
}

// FuzzSkip holds the walker to the oracle: what it accepts is deterministic CBOR.
// The other way round the subset is smaller: what it refuses for another reason
// than being outside the subset, the oracle refuses too.
func FuzzSkip(f *testing.F) {
	for _, s := range []string{"00", "a201020304", "8301820203820405", "62c3bc", "1817", "9fff", "fb3ff199999999999a"} {
		f.Add(unhex(f, s))
	}
	dec, enc := strictest(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		d := NewDecoder(b, "cbor")
		d.Skip()
		err := d.End()
		good := oracle(dec, enc, b)
		if err == nil && !good {
			t.Fatalf("accepted %x, the oracle does not", b)
		}
		if err == nil || !good {
			return
		}
		switch d.Refusal().Reason {
		case RefusedFloat, RefusedSimple, RefusedTag, RefusedType, RefusedRange, RefusedDepth, RefusedTooMany:
		default:
			t.Fatalf("refused %x (%v), the oracle does not", b, err)
		}
	})
}

func TestTextOfNumbers(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 7: "7", -1: "-1", 1234567890: "1234567890",
		math.MaxInt64: "9223372036854775807", math.MinInt64: "-9223372036854775808"} {
		if got := string(AppendInt(nil, n)); got != want {
			t.Errorf("AppendInt(%d) = %s", n, got)
		}
	}
	if got := Decimal(math.MaxUint64); got != "18446744073709551615" {
		t.Errorf("Decimal(2^64-1) = %s", got)
	}
	for _, c := range []struct {
		s    string
		max  uint64
		want uint64
		ok   bool
	}{
		{"0", 9, 0, true}, {"9", 9, 9, true}, {"10", 9, 0, false}, {"", 9, 0, false},
		{"01", 9, 0, false}, {"-1", 9, 0, false}, {"1a", 99, 0, false}, {" 1", 9, 0, false},
		{"51", 3, 0, false}, {"7", 3, 0, false}, {"255", 255, 255, true}, {"256", 255, 0, false},
		{"18446744073709551615", math.MaxUint64, math.MaxUint64, true},
		{"18446744073709551616", math.MaxUint64, 0, false},
		{"99999999999999999999", math.MaxUint64, 0, false},
		{"100000000000000000000", math.MaxUint64, 0, false},
	} {
		if n, ok := ParseUint(c.s, c.max); ok != c.ok || ok && n != c.want {
			t.Errorf("ParseUint(%q, %d) = %d, %v", c.s, c.max, n, ok)
		}
	}
}

func TestSteadyCodingAllocatesNothing(t *testing.T) {
	out := make([]byte, 0, 256)
	if n := testing.AllocsPerRun(100, func() {
		e := Encoder{Out: out[:0]}
		m := e.Map()
		e.textField(&m, 0, "name")
		e.uintField(&m, 1, 70000)
		e.intField(&m, 2, -5)
		e.bytesField(&m, 3, out[:3])
		e.End(m)
		d := NewDecoder(e.Out, "cbor")
		for m := d.Map(); d.Next(&m); {
			d.Skip()
		}
		if d.End() != nil {
			t.Fatal("refused")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
