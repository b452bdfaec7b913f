package pe

import (
	"bytes"
	debugpe "debug/pe"
	"encoding/binary"
	"testing"
)

// Program makes a small program with two sections of one file block each.
func program() []byte {
	le := binary.LittleEndian
	b := make([]byte, 0x600)
	b[0], b[1] = 'M', 'Z'
	const at = 0x40
	le.PutUint32(b[dosNewHeader:], at)
	copy(b[at:], "PE\x00\x00")
	le.PutUint16(b[at+4:], 0x8664)
	le.PutUint16(b[at+coffSections:], 2)
	le.PutUint16(b[at+coffOptional:], 240)
	le.PutUint32(b[at+coffSymbols:], 0x600)
	opt := at + coffBytes
	le.PutUint16(b[opt:], magic64)
	le.PutUint32(b[opt+optSectionAlign:], 0x200)
	le.PutUint32(b[opt+optFileAlign:], 0x200)
	le.PutUint32(b[opt+optImageBytes:], 0x2200)
	le.PutUint32(b[opt+optHeaderBytes:], 0x200)
	le.PutUint32(b[opt+optDirectoryCount:], 16)
	for i, name := range []string{".text", ".data"} {
		row := opt + 240 + i*sectionHeaderBytes
		copy(b[row:], name)
		le.PutUint32(b[row+8:], 0x150)
		le.PutUint32(b[row+12:], uint32(0x1000*(i+1)))
		le.PutUint32(b[row+16:], 0x200)
		le.PutUint32(b[row+20:], uint32(0x200*(i+1)))
		b[0x200*(i+1)] = byte(i + 1)
	}
	return b
}

func parse(t testing.TB, b []byte) *File {
	t.Helper()
	f, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestAddedSectionsAreFound reads them by the standard library too.
func TestAddedSectionsAreFound(t *testing.T) {
	plain := append(program(), "symbols"...)
	// What stands behind the sections of an unsigned file is no section.
	f := parse(t, plain)
	cmdline, linux := []byte("quiet"), bytes.Repeat([]byte{9}, 5000)
	out, err := f.WithSections([]Section{{Name: ".cmdline", Data: cmdline}, {Name: ".linux", Data: linux}})
	if err != nil {
		t.Fatal(err)
	}
	got := parse(t, out)
	if !bytes.Equal(got.Section(".cmdline"), cmdline) || !bytes.Equal(got.Section(".linux"), linux) || got.Section(".none") != nil {
		t.Error("sections are not as they were added")
	}
	if bytes.Contains(out, []byte("symbols")) {
		t.Error("the symbols are still there")
	}
	lib, err := debugpe.NewFile(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	if len(lib.Sections) != 4 {
		t.Fatalf("%d sections", len(lib.Sections))
	}
	end := uint32(0)
	for _, s := range lib.Sections {
		if s.VirtualAddress < end {
			t.Errorf("%s at %#x overlaps what ends at %#x", s.Name, s.VirtualAddress, end)
		}
		end = s.VirtualAddress + s.VirtualSize
	}
	opt := lib.OptionalHeader.(*debugpe.OptionalHeader64)
	if opt.SizeOfImage < end || opt.SizeOfImage%pageBytes != 0 {
		t.Errorf("image of %#x bytes, the last section ends at %#x", opt.SizeOfImage, end)
	}
	if data, err := lib.Sections[3].Data(); err != nil || !bytes.HasPrefix(data, linux) {
		t.Errorf("the standard library reads something else: %v", err)
	}
}

// TestSumCoversEveryByte flips each and looks whether the sum changes: it must,
// but for the checksum, and a signature's place and bytes.
func TestSumCoversEveryByte(t *testing.T) {
	signed := parse(t, append(program(), 1, 2, 3)).WithSignature([]byte("eight-by"))
	f := parse(t, signed)
	sum := f.Sum()
	if string(f.Signature()) != "eight-by" || len(signed)%8 != 0 {
		t.Errorf("signature %q in %d bytes", f.Signature(), len(signed))
	}
	if got := parse(t, append(program(), 1, 2, 3)).Sum(); got != sum {
		t.Error("signing changed what is signed")
	}
	loose := map[int]bool{}
	for i := range 4 {
		loose[f.optional+optChecksum+i] = true
	}
	for i := range 8 {
		loose[f.optional+optSecurity+i] = true
		loose[len(signed)-8+i] = true
	}
	for i := range signed {
		signed[i] ^= 0x10
		if changed, err := Parse(signed); err == nil && (changed.Sum() == sum) != loose[i] {
			t.Errorf("byte %#x: sum changes: %v", i, changed.Sum() != sum)
		}
		signed[i] ^= 0x10
	}
}

func TestBadProgramsAreRefused(t *testing.T) {
	le := binary.LittleEndian
	const opt, rows = 0x40 + coffBytes, 0x40 + coffBytes + 240
	for name, spoil := range map[string]func(b []byte) []byte{
		"empty":                     func(b []byte) []byte { return nil },
		"no MZ":                     func(b []byte) []byte { b[0] = 0; return b },
		"header past the end":       func(b []byte) []byte { le.PutUint32(b[dosNewHeader:], 0xfffffff0); return b },
		"32 bits":                   func(b []byte) []byte { le.PutUint16(b[opt:], 0x10b); return b },
		"no sections":               func(b []byte) []byte { le.PutUint16(b[0x40+coffSections:], 0); return b },
		"many sections":             func(b []byte) []byte { le.PutUint16(b[0x40+coffSections:], 0xffff); return b },
		"sections past the headers": func(b []byte) []byte { le.PutUint16(b[0x40+coffSections:], 5); return b },
		"overlap":                   func(b []byte) []byte { le.PutUint32(b[rows+40+20:], 0x200); return b },
		"gap":                       func(b []byte) []byte { le.PutUint32(b[rows+16:], 0x100); return b },
		"past the end":              func(b []byte) []byte { le.PutUint32(b[rows+40+16:], 0x201); return b },
		"huge":                      func(b []byte) []byte { le.PutUint32(b[rows+40+16:], 0xffffffff); return b },
		"signature past the end": func(b []byte) []byte {
			le.PutUint32(b[opt+optSecurity:], 0x600)
			le.PutUint32(b[opt+optSecurity+4:], 8)
			return b
		},
		"signature over a section": func(b []byte) []byte {
			le.PutUint32(b[opt+optSecurity:], 0x5f8)
			le.PutUint32(b[opt+optSecurity+4:], 8)
			return b
		},
		"bytes behind the signature": func(b []byte) []byte {
			f, _ := Parse(b)
			return append(f.WithSignature(make([]byte, 8)), 0)
		},
	} {
		if _, err := Parse(spoil(program())); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
}

func TestSectionsThatDoNotFit(t *testing.T) {
	f := parse(t, program())
	for name, add := range map[string][]Section{
		"a long name": {{Name: ".cmdline2", Data: []byte{1}}}, "nothing in it": {{Name: ".x"}}, "no name": {{Data: []byte{1}}},
		"more than the headers hold": make([]Section, 4),
	} {
		if _, err := f.WithSections(add); err == nil {
			t.Errorf("%s: was taken", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(program())
	file, _ := Parse(program())
	f.Add(file.WithSignature([]byte("eight-by")))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := Parse(b)
		if err != nil {
			return
		}
		file.Sum()
		file.Sections()
		out, err := file.WithSections([]Section{{Name: ".x", Data: []byte{1}}})
		if err != nil {
			return
		}
		again, err := Parse(out)
		if err != nil || !bytes.Equal(again.Sections()[len(again.Sections())-1].Data, []byte{1}) {
			t.Fatalf("what was added is not there: %v", err)
		}
	})
}
