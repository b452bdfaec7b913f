// Package smbios reads the table that firmware leaves about a machine: bytes to
// values, no system call. Linux has it in /sys/firmware/dmi/tables/DMI.
//
// Source: DMTF DSP0134 3.7, the sections named with each structure. Numbers are
// little endian, strings stand behind their structure and are counted from 1.
package smbios

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

const (
	// TableBytesMax bounds a table: 64 KiB are what version 2 can address, and
	// servers with many DIMMs pass it with version 3.
	TableBytesMax = 1 << 20
	// structuresMax bounds how many structures are read.
	structuresMax = 4096
	headerBytes   = 4
)

// The types of structure that are read.
const (
	typeBIOS     = 0
	typeSystem   = 1
	typeBoard    = 2
	typeChassis  = 3
	typeCPU      = 4
	typeOEM      = 11
	typeMemory   = 17
	typeEndTable = 127
)

// Table is what of it is of use. Strings that makers never filled in ("To be
// filled by O.E.M.") stay as they are.
type Table struct {
	BIOS    BIOS
	System  System
	Board   Board
	Chassis Chassis
	CPUs    []CPU
	DIMMs   []DIMM
	// OEMStrings are free text of the maker's, or of who started a virtual machine.
	OEMStrings []string
}

// BIOS is type 0 (7.1).
type BIOS struct{ Vendor, Version, ReleaseDate string }

// System is type 1 (7.2). UUID is empty where there is none.
type System struct{ Manufacturer, Product, Version, Serial, UUID, SKU, Family string }

// Board is type 2 (7.3), Chassis type 3 (7.4).
type (
	Board   struct{ Manufacturer, Product, Version, Serial, AssetTag string }
	Chassis struct{ Manufacturer, Version, Serial, AssetTag string }
)

// CPU is a processor's socket, type 4 (7.5).
type CPU struct {
	Socket, Manufacturer, Version string
	MaxMHz, CurrentMHz            uint16
	Cores, Threads                uint16 // 0 is unknown
	Populated                     bool
}

// DIMM is a memory device's place, type 17 (7.18).
type DIMM struct {
	Locator, Bank, Manufacturer, Serial, Part string
	// Kind is its technology: "DDR4".
	Kind string
	// SizeBytes is 0 for an empty place, if SizeKnown.
	SizeBytes uint64
	SizeKnown bool
	// SpeedMTps is what it can, ConfiguredMTps what it runs at, in megatransfers a
	// second; 0 is unknown.
	SpeedMTps, ConfiguredMTps uint32
	// TotalBits are its width; eight more than DataBits mean error correction.
	TotalBits, DataBits uint16
	// Millivolts is what it is configured for; 0 is unknown.
	Millivolts uint16
	Rank       uint8
}

// structure is one of the table, with its strings.
type structure struct {
	kind    byte
	fixed   []byte // header included
	strings []string
}

// Decode reads a table. What can't be walked is an error; a structure that is
// shorter than a field has none of it.
func Decode(b []byte) (Table, error) {
	var t Table
	if len(b) > TableBytesMax {
		return t, fmt.Errorf("smbios: the table has %d bytes, at most %d are read", len(b), TableBytesMax)
	}
	for count := 0; len(b) > 0; count++ {
		if count == structuresMax {
			return t, fmt.Errorf("smbios: more than %d structures", structuresMax)
		}
		s, rest, err := next(b)
		if err != nil {
			return t, fmt.Errorf("smbios: structure %d: %w", count, err)
		}
		if s.kind == typeEndTable {
			return t, nil
		}
		t.add(s)
		b = rest
	}
	return t, nil
}

// next cuts the first structure off: its fixed part, and behind it strings up to
// an empty one.
func next(b []byte) (s structure, rest []byte, err error) {
	if len(b) < headerBytes {
		return s, nil, errors.New("the header is cut")
	}
	length := int(b[1])
	if length < headerBytes || length > len(b) {
		return s, nil, fmt.Errorf("a length of %d bytes, with %d left", length, len(b))
	}
	s.kind, s.fixed = b[0], b[:length]
	b = b[length:]
	for {
		end := indexNUL(b)
		if end < 0 {
			return s, nil, errors.New("its strings have no end")
		}
		if end == 0 {
			break
		}
		s.strings = append(s.strings, printable(b[:end]))
		b = b[end+1:]
	}
	// A structure without strings ends with two NULs, one with them with one more.
	b = b[1:]
	if len(s.strings) == 0 {
		if len(b) == 0 || b[0] != 0 {
			return s, nil, errors.New("its strings have no end")
		}
		b = b[1:]
	}
	return s, b, nil
}

func indexNUL(b []byte) int {
	for i, c := range b {
		if c == 0 {
			return i
		}
	}
	return -1
}

// printable is a string without blanks around it; bytes that aren't ASCII text
// become "?".
func printable(b []byte) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, string(b)))
}

// text is the string whose number stands at an offset; empty if there is none.
func (s structure) text(at int) string {
	if at >= len(s.fixed) {
		return ""
	}
	n := int(s.fixed[at])
	if n == 0 || n > len(s.strings) {
		return ""
	}
	return s.strings[n-1]
}

func (s structure) byte(at int) uint8 {
	if at >= len(s.fixed) {
		return 0
	}
	return s.fixed[at]
}

func (s structure) word(at int) uint16 {
	if at+2 > len(s.fixed) {
		return 0
	}
	return binary.LittleEndian.Uint16(s.fixed[at:])
}

func (s structure) dword(at int) uint32 {
	if at+4 > len(s.fixed) {
		return 0
	}
	return binary.LittleEndian.Uint32(s.fixed[at:])
}
