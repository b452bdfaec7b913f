// Package nvme makes NVMe admin commands and reads the pages that controllers
// answer with: bytes to values, no system call. hw/job sends them.
//
// Sources are sections of the NVM Express Base Specification 2.0 and the NVM
// Command Set Specification 1.0, named with each page. All numbers on the wire
// are little endian.
package nvme

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// Lengths of the pages, in bytes.
const (
	IdentifyBytes   = 4096
	HealthBytes     = 512
	FirmwareBytes   = 512
	SelfTestBytes   = 564
	ErrorEntryBytes = 64
)

// kelvinZero is 0 °C; the specification's temperatures are whole kelvins.
const kelvinZero = 273

// short is the error of a page with too few bytes.
func short(page string, got, want int) error {
	return fmt.Errorf("nvme: the %s page has %d bytes, want %d; the controller or its driver cut it", page, got, want)
}

func u16(b []byte, at int) uint16 { return binary.LittleEndian.Uint16(b[at:]) }
func u32(b []byte, at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
func u64(b []byte, at int) uint64 { return binary.LittleEndian.Uint64(b[at:]) }

// u128 is a counter of 16 bytes. Past 2^64-1, which no device lives to see, it
// stays there.
func u128(b []byte, at int) uint64 {
	if u64(b, at+8) != 0 {
		return math.MaxUint64
	}
	return u64(b, at)
}

// text is a field of ASCII, padded with blanks. What a device has no business to
// say there becomes "?", so that it can be printed.
func text(b []byte) string {
	clean := func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}
	return strings.Map(clean, strings.TrimRight(string(b), " \x00"))
}

// celsius turns kelvins into °C; 0 K says that there is no such sensor.
func celsius(kelvin uint16) (degrees int, is bool) {
	return int(kelvin) - kelvinZero, kelvin != 0
}
