package hw

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// event builds one with the kernel's own struct layout, as the compiler sees it.
func event(kind, code uint16, value int32) []byte {
	type inputEvent struct {
		Time       unix.Timeval
		Type, Code uint16
		Value      int32
	}
	e := inputEvent{unix.Timeval{Sec: 1, Usec: 2}, kind, code, value}
	return bytes.Clone(unsafe.Slice((*byte)(unsafe.Pointer(&e)), unsafe.Sizeof(e)))
}

func TestPowerPressed(t *testing.T) {
	press, sync := event(1, 116, 1), event(0, 0, 0)
	if len(press) != InputEventSize {
		t.Fatalf("an event has %d bytes", len(press))
	}
	for _, c := range []struct {
		name string
		b    []byte
		want bool
	}{
		{"nothing", nil, false}, {"press", press, true}, {"release", event(1, 116, 0), false},
		{"repeat", event(1, 116, 2), false}, {"sleep key", event(1, 142, 1), false},
		{"switch 116", event(5, 116, 1), false}, {"value 257", event(1, 116, 257), false},
		{"sync", sync, false}, {"press behind sync", append(bytes.Clone(sync), press...), true},
		{"press, then part", append(bytes.Clone(press), 1, 2), true}, {"cut", press[:InputEventSize-1], false},
	} {
		if got := PowerPressed(c.b); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// bitmap prints bits as the kernel's input_bits_to_string does.
func bitmap(bits ...int) string {
	var words [12]uint64
	for _, bit := range bits {
		words[bit/64] |= 1 << (bit % 64)
	}
	var parts []string
	for i := len(words) - 1; i >= 0; i-- {
		if words[i] != 0 || len(parts) > 0 {
			parts = append(parts, strconv.FormatUint(words[i], 16))
		}
	}
	return strings.Join(parts, " ") + "\n"
}

func TestHasPowerKey(t *testing.T) {
	for text, want := range map[string]bool{
		"10000000000000 0\n": true, // ACPI power button
		"10000000000000 0":   true,
		"4000 0 0\n":         false, // ACPI sleep button
		// A keyboard with the power key, as most have, and the same without.
		"402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe\n": true,
		"402000000 3803078f800d001 feefffdfffefffff fffffffffffffffe\n": false,
		bitmap(116): true, bitmap(115): false, bitmap(117): false, bitmap(116, 700): true, bitmap(52): false,
		"": false, "\n": false, "0\n": false, "1 \n": false, " 1\n": false, "x 0\n": false,
		"10000000000000  0\n": false, "00000000010000000 0\n": false, "1FF0000000000000 0\n": false,
	} {
		if got := HasPowerKey([]byte(text)); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	for bit := range 768 {
		if got := HasPowerKey([]byte(bitmap(bit))); got != (bit == 116) {
			t.Errorf("bit %d: %v", bit, got)
		}
	}
}

func FuzzHasPowerKey(f *testing.F) {
	f.Add([]byte("10000000000000 0\n"))
	f.Add([]byte(bitmap(1, 70, 116)))
	f.Fuzz(func(t *testing.T, b []byte) {
		words := strings.Split(strings.TrimSuffix(string(b), "\n"), " ")
		want := false
		if len(words) >= 2 {
			_, errLow := strconv.ParseUint(words[len(words)-1], 16, 64)
			high, errHigh := strconv.ParseUint(words[len(words)-2], 16, 64)
			want = errLow == nil && errHigh == nil && high>>52&1 == 1
		}
		if HasPowerKey(b) && !want {
			t.Fatalf("%q has a power key", b)
		}
	})
}

func FuzzPowerPressed(f *testing.F) {
	f.Add(event(1, 116, 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		want := false
		for at := 0; at+24 <= len(b); at += 24 {
			e := b[at:]
			if binary.NativeEndian.Uint16(e[16:]) == 1 && binary.NativeEndian.Uint16(e[18:]) == 116 && binary.NativeEndian.Uint32(e[20:]) == 1 {
				want = true
			}
		}
		if got := PowerPressed(b); got != want {
			t.Fatalf("%x: %v", b, got)
		}
	})
}

func FuzzDirent(f *testing.F) {
	f.Add(dirent("event0"))
	f.Add(append(dirent("."), dirent("event12")...))
	f.Fuzz(func(t *testing.T, b []byte) {
		for rest := b; ; {
			name, next, ok := nextDirent(rest)
			if !ok {
				return
			}
			if len(next) >= len(rest) || bytes.IndexByte(name, 0) >= 0 {
				t.Fatalf("%x: name %q, %d left of %d", b, name, len(next), len(rest))
			}
			rest = next
		}
	})
}

// dirent is a record as getdents64(2) gives it, padded to eight bytes.
func dirent(name string) []byte {
	b := make([]byte, (direntNameAt+len(name)+1+7)&^7)
	binary.LittleEndian.PutUint16(b[16:], uint16(len(b)))
	copy(b[direntNameAt:], name)
	return b
}
