package smbios

import "fmt"

// add takes what a structure tells. Of BIOS, system, board and chassis the first
// one counts: blades list their neighbours after it.
func (t *Table) add(s structure) {
	switch s.kind {
	case typeBIOS:
		if t.BIOS == (BIOS{}) {
			t.BIOS = BIOS{s.text(4), s.text(5), s.text(8)}
		}
	case typeSystem:
		if t.System == (System{}) {
			t.System = System{s.text(4), s.text(5), s.text(6), s.text(7), s.uuid(8), s.text(0x19), s.text(0x1a)}
		}
	case typeBoard:
		if t.Board == (Board{}) {
			t.Board = Board{s.text(4), s.text(5), s.text(6), s.text(7), s.text(8)}
		}
	case typeChassis:
		if t.Chassis == (Chassis{}) {
			t.Chassis = Chassis{s.text(4), s.text(6), s.text(7), s.text(8)}
		}
	case typeCPU:
		t.CPUs = append(t.CPUs, s.cpu())
	case typeOEM:
		t.OEMStrings = append(t.OEMStrings, s.strings...)
	case typeMemory:
		t.DIMMs = append(t.DIMMs, s.dimm())
	}
}

// uuid is a UUID in its usual form: the first three fields are little endian
// since 2.6 (7.2.1). All zeros and all ones mean that there is none.
func (s structure) uuid(at int) string {
	if at+16 > len(s.fixed) {
		return ""
	}
	b := s.fixed[at : at+16]
	zeros, ones := true, true
	for _, c := range b {
		zeros, ones = zeros && c == 0, ones && c == 0xff
	}
	if zeros || ones {
		return ""
	}
	return fmt.Sprintf("%08x-%04x-%04x-%x-%x", s.dword(at), s.word(at+4), s.word(at+6), b[8:10], b[10:])
}

// populated is the bit of a processor's status (7.5, offset 18h).
const populated = 1 << 6

// unknownCount is what a byte of a count says when the word behind has it.
const unknownCount = 0xff

func (s structure) cpu() CPU {
	c := CPU{Socket: s.text(4), Manufacturer: s.text(7), Version: s.text(0x10), MaxMHz: s.word(0x14), CurrentMHz: s.word(0x16),
		Populated: s.byte(0x18)&populated != 0, Cores: uint16(s.byte(0x23)), Threads: uint16(s.byte(0x25))}
	if c.Cores == unknownCount {
		c.Cores = s.word(0x2a)
	}
	if c.Threads == unknownCount {
		c.Threads = s.word(0x2e)
	}
	return c
}

// memoryKinds are the technologies of 7.18.2 that machines of this century have.
var memoryKinds = map[byte]string{
	0x12: "DDR", 0x13: "DDR2", 0x18: "DDR3", 0x1a: "DDR4", 0x1b: "LPDDR", 0x1c: "LPDDR2", 0x1d: "LPDDR3",
	0x1e: "LPDDR4", 0x20: "HBM", 0x21: "HBM2", 0x22: "DDR5", 0x23: "LPDDR5", 0x24: "HBM3", 0x07: "RAM",
}

const (
	sizeUnknown  = 0xffff
	sizeExtended = 0x7fff
	sizeInKiB    = 1 << 15
	unknownWord  = 0xffff
)

func (s structure) dimm() DIMM {
	d := DIMM{Locator: s.text(0x10), Bank: s.text(0x11), Manufacturer: s.text(0x17), Serial: s.text(0x18), Part: s.text(0x1a),
		Kind: memoryKinds[s.byte(0x12)], TotalBits: s.bits(0x08), DataBits: s.bits(0x0a),
		SpeedMTps: s.speed(0x15, 0x54), ConfiguredMTps: s.speed(0x20, 0x58),
		Rank: s.byte(0x1b) & 0xf, Millivolts: s.word(0x26)}
	switch size := s.word(0x0c); {
	case size == sizeUnknown:
	case size == sizeExtended:
		d.SizeBytes, d.SizeKnown = uint64(s.dword(0x1c)&0x7fffffff)<<20, true
	case size&sizeInKiB != 0:
		d.SizeBytes, d.SizeKnown = uint64(size&^sizeInKiB)<<10, true
	default:
		d.SizeBytes, d.SizeKnown = uint64(size)<<20, true
	}
	return d
}

// bits is a width; FFFFh is unknown.
func (s structure) bits(at int) uint16 {
	if w := s.word(at); w != unknownWord {
		return w
	}
	return 0
}

// speed is a word, or where that is full the double word behind.
func (s structure) speed(at, extended int) uint32 {
	if w := s.word(at); w != unknownWord {
		return uint32(w)
	}
	return s.dword(extended) & 0x7fffffff
}
