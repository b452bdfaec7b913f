package smbios

import (
	"encoding/binary"
	"os"
	"reflect"
	"testing"
)

// made is a structure of a type: its length, what put writes, and its strings.
func made(kind byte, length int, put func(b []byte), texts ...string) []byte {
	b := make([]byte, length)
	b[0], b[1] = kind, byte(length)
	if put != nil {
		put(b)
	}
	for _, s := range texts {
		b = append(append(b, s...), 0)
	}
	if len(texts) == 0 {
		b = append(b, 0)
	}
	return append(b, 0)
}

func table(parts ...[]byte) []byte {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return append(all, made(typeEndTable, 4, nil)...)
}

func TestDecode(t *testing.T) {
	le := binary.LittleEndian
	b := table(
		made(typeBIOS, 0x18, func(b []byte) { b[4], b[5], b[8] = 1, 2, 3 }, "Maker", "1.2", "01/02/2026"),
		made(typeSystem, 0x1b, func(b []byte) {
			b[4], b[5], b[7], b[0x19] = 1, 2, 3, 9 // the ninth string is not there
			for i := range 16 {
				b[8+i] = byte(i + 1)
			}
		}, "Maker ", "Box\xff", "SN-1"),
		made(typeSystem, 0x1b, func(b []byte) { b[4] = 1 }, "A neighbour"),
		made(typeBoard, 9, func(b []byte) { b[5] = 1 }, "Board"),
		made(typeCPU, 0x30, func(b []byte) {
			b[4], b[0x18] = 1, populated|1
			le.PutUint16(b[0x14:], 3000)
			b[0x23], b[0x25] = 0xff, 8
			le.PutUint16(b[0x2a:], 300)
		}, "CPU 0"),
		made(typeOEM, 5, func(b []byte) { b[4] = 2 }, "mote.manifest=x", "second"),
		made(typeMemory, 0x5c, func(b []byte) {
			b[0x10], b[0x12] = 1, 0x22
			le.PutUint16(b[0x08:], 72)
			le.PutUint16(b[0x0a:], 64)
			le.PutUint16(b[0x0c:], sizeExtended)
			le.PutUint32(b[0x1c:], 64<<10)
			le.PutUint16(b[0x15:], unknownWord)
			le.PutUint32(b[0x54:], 70000)
			le.PutUint16(b[0x20:], 4800)
			le.PutUint16(b[0x26:], 1100)
			b[0x1b] = 2
		}, "DIMM 0"),
		made(typeMemory, 0x15, func(b []byte) { le.PutUint16(b[0x0c:], sizeInKiB|512) }),
		made(typeMemory, 0x15, func(b []byte) { le.PutUint16(b[0x0c:], sizeUnknown) }),
	)
	got, err := Decode(b)
	want := Table{
		BIOS:       BIOS{"Maker", "1.2", "01/02/2026"},
		System:     System{Manufacturer: "Maker", Product: "Box?", Serial: "SN-1", UUID: "04030201-0605-0807-090a-0b0c0d0e0f10"},
		Board:      Board{Product: "Board"},
		CPUs:       []CPU{{Socket: "CPU 0", MaxMHz: 3000, Cores: 300, Threads: 8, Populated: true}},
		OEMStrings: []string{"mote.manifest=x", "second"},
		DIMMs: []DIMM{
			{Locator: "DIMM 0", Kind: "DDR5", SizeBytes: 64 << 30, SizeKnown: true, SpeedMTps: 70000, ConfiguredMTps: 4800,
				TotalBits: 72, DataBits: 64, Millivolts: 1100, Rank: 2},
			{SizeBytes: 512 << 10, SizeKnown: true},
			{},
		},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
}

func TestWhatCannotBeWalkedIsRefused(t *testing.T) {
	good := made(typeSystem, 0x1b, nil, "x")
	for what, bad := range map[string][]byte{
		"half a header":         good[:3],
		"a length below four":   {1, 3, 0, 0, 0, 0},
		"a length past the end": {1, 200, 0, 0, 0, 0},
		"strings without end":   good[:len(good)-1],
		"one NUL for none":      {1, 4, 0, 0, 0, 1, 4, 0, 0},
	} {
		if got, err := Decode(bad); err == nil {
			t.Errorf("%s: taken as %+v", what, got)
		}
	}
}

// TestThisMachine reads the table of the machine that tests, if it lets us.
func TestThisMachine(t *testing.T) {
	b, err := os.ReadFile("/sys/firmware/dmi/tables/DMI")
	if err != nil {
		t.Skip(err)
	}
	if _, err := Decode(b); err != nil {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(table(made(typeMemory, 0x5c, nil, "a", "b")))
	f.Add(table(made(typeSystem, 0x1b, nil)))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := Decode(b)
		if err == nil && len(got.DIMMs)+len(got.CPUs) > structuresMax {
			t.Error("more structures than the bound")
		}
	})
}
