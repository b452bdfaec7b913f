// Package pe reads and extends EFI programs: files of Microsoft's Portable
// Executable form, 64 bits (PE32+).
//
// Always true here: a file is checked whole when it is parsed, and what would
// be ambiguous (overlapping sections, bytes that no signature would cover) is
// refused; after that, no access is out of bounds. Nothing is written in place.
//
// Source: the PE Format specification of Microsoft, and its Authenticode
// addendum for what a signature covers.
package pe

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// Places in the headers, in bytes. "Optional" is the name of the header that
// every program has.
const (
	dosBytes        = 0x40 // ends with the offset of the PE header
	dosNewHeader    = 0x3c
	coffBytes       = 4 + 20 // "PE\0\0", then the COFF header
	coffSections    = 4 + 2
	coffSymbols     = 4 + 8
	coffSymbolCount = 4 + 12
	coffOptional    = 4 + 16

	optMagic           = 0
	optInitialised     = 8
	optSectionAlign    = 32
	optFileAlign       = 36
	optImageBytes      = 56
	optHeaderBytes     = 60
	optChecksum        = 64
	optDirectoryCount  = 108
	optSecurity        = 112 + 4*8 // the fifth directory: the signatures
	optBytesMin        = optSecurity + 8
	magic64            = 0x20b
	sectionHeaderBytes = 40

	// sectionsMax bounds the table; firmware takes no more either.
	sectionsMax = 96
	// alignMax bounds what a section is aligned to: the specification's 64 KiB.
	alignMax = 64 << 10
	// certificateAlign is what a signature begins at.
	certificateAlign = 8
	// dataSection: initialised data, readable.
	dataSection = 0x40000040
	// pageBytes: what a new section begins at in memory, for the stub hands the
	// kernel's on as it lies there.
	pageBytes = 4096
)

// Section is a named part of a program.
type Section struct {
	// Name has at most eight letters.
	Name string
	// Address is where it stands in memory, relative to the program.
	Address uint32
	Data    []byte
}

// File is a parsed program.
type File struct {
	raw      []byte
	optional int // offset of the optional header
	table    int // offset of the section table
	sections []header
	// end is behind the last section's bytes.
	end int
	// signature are the bytes of the attribute certificate table.
	signature []byte
}

// header is a row of the section table.
type header struct {
	name           string
	size, address  uint32 // in memory
	fileSize, file uint32
}

// Parse checks a program. The bytes stay the caller's and must not change.
func Parse(b []byte) (*File, error) {
	f := &File{raw: b}
	if len(b) < dosBytes || b[0] != 'M' || b[1] != 'Z' {
		return nil, errors.New("pe: no program: it doesn't begin with MZ")
	}
	at := int64(f.u32(dosNewHeader))
	if at < dosBytes || at+coffBytes+optBytesMin > int64(len(b)) || string(b[at:at+4]) != "PE\x00\x00" {
		return nil, errors.New("pe: no program: there is no PE header")
	}
	f.optional = int(at) + coffBytes
	optionalBytes := int(f.u16(int(at) + coffOptional))
	count := int(f.u16(int(at) + coffSections))
	f.table = f.optional + optionalBytes
	switch {
	case optionalBytes < optBytesMin || f.u16(f.optional+optMagic) != magic64:
		return nil, errors.New("pe: no 64-bit program with a place for signatures")
	case f.u32(f.optional+optDirectoryCount) < 5:
		return nil, errors.New("pe: no directory for signatures")
	case count < 1 || count > sectionsMax:
		return nil, fmt.Errorf("pe: %d sections; 1 to %d are possible", count, sectionsMax)
	case f.table+count*sectionHeaderBytes > f.headerBytes() || f.headerBytes() > len(b):
		return nil, errors.New("pe: the headers are longer than they say, or than the file")
	}
	for i := range count {
		f.sections = append(f.sections, f.header(f.table+i*sectionHeaderBytes))
	}
	if err := f.checkSections(); err != nil {
		return nil, err
	}
	return f, f.checkSignature()
}

// header reads a row of the section table.
func (f *File) header(at int) header {
	name, _, _ := bytes.Cut(f.raw[at:at+8], []byte{0})
	return header{name: string(name), size: f.u32(at + 8), address: f.u32(at + 12),
		fileSize: f.u32(at + 16), file: f.u32(at + 20)}
}

// checkSections holds the sections to the file: behind the headers, without a
// gap and without overlap, so that a signature covers every byte once.
func (f *File) checkSections() error {
	order := slices.Clone(f.sections)
	slices.SortStableFunc(order, func(a, b header) int { return int(int64(a.file) - int64(b.file)) })
	f.end = f.headerBytes()
	for _, s := range order {
		if s.fileSize == 0 {
			continue
		}
		if int64(s.file) != int64(f.end) || int64(s.file)+int64(s.fileSize) > int64(len(f.raw)) {
			return fmt.Errorf("pe: section %s at byte %d of %d: it overlaps, leaves a gap, or ends behind the file", s.name, s.file, f.end)
		}
		f.end += int(s.fileSize)
	}
	return nil
}

// checkSignature finds the signatures, which may only be the file's end.
func (f *File) checkSignature() error {
	at, size := int64(f.u32(f.optional+optSecurity)), int64(f.u32(f.optional+optSecurity+4))
	if at == 0 && size == 0 {
		return nil
	}
	if at < int64(f.end) || size < certificateAlign || at+size != int64(len(f.raw)) {
		return fmt.Errorf("pe: signatures at byte %d, %d bytes: not the end of a file of %d", at, size, len(f.raw))
	}
	f.signature = f.raw[at:]
	return nil
}

// Sections returns the sections in the order of the table. Their data is cut to
// what counts in memory, and is the file's.
func (f *File) Sections() []Section {
	var all []Section
	for _, s := range f.sections {
		var data []byte
		if n := min(s.size, s.fileSize); n > 0 { // or its place in the file may be anything
			data = f.raw[s.file : s.file+n]
		}
		all = append(all, Section{Name: s.name, Address: s.address, Data: data})
	}
	return all
}

// Section returns a section's data, nil if there is none of the name.
func (f *File) Section(name string) []byte {
	for _, s := range f.Sections() {
		if s.Name == name {
			return s.Data
		}
	}
	return nil
}

// Signature returns the attribute certificate table, empty if it isn't signed.
func (f *File) Signature() []byte { return f.signature }

// Sum returns the SHA-256 that a signature is over: all of the file but the
// checksum, the place of the signature, and the signature itself. A file that
// isn't signed is taken as it will be when it is: padded to 8 bytes.
func (f *File) Sum() [sha256.Size]byte {
	h := sha256.New()
	checksum, security := f.optional+optChecksum, f.optional+optSecurity
	body := f.raw[:len(f.raw)-len(f.signature)]
	h.Write(body[:checksum])
	h.Write(body[checksum+4 : security])
	h.Write(body[security+8:])
	h.Write(make([]byte, -len(body)&(certificateAlign-1)))
	return [sha256.Size]byte(h.Sum(nil))
}

// WithSignature returns the program with an attribute certificate table in
// place of any that it had.
func (f *File) WithSignature(table []byte) []byte {
	body := f.raw[:len(f.raw)-len(f.signature)]
	out := append(slices.Clone(body), make([]byte, -len(body)&(certificateAlign-1))...)
	binary.LittleEndian.PutUint32(out[f.optional+optSecurity:], uint32(len(out)))
	binary.LittleEndian.PutUint32(out[f.optional+optSecurity+4:], uint32(len(table)))
	return append(out, table...)
}

// WithSections returns the program with further sections behind its own, each
// at the next free page of memory. Symbols, which only debuggers read, and
// signatures, which would not hold any more, are left out.
func (f *File) WithSections(add []Section) ([]byte, error) {
	count := len(f.sections) + len(add)
	if f.table+count*sectionHeaderBytes > f.headerBytes() {
		return nil, fmt.Errorf("pe: the headers have room for %d sections, %d are wanted",
			(f.headerBytes()-f.table)/sectionHeaderBytes, count)
	}
	fileAlign := f.u32(f.optional + optFileAlign)
	memoryAlign := max(f.u32(f.optional+optSectionAlign), pageBytes)
	if fileAlign == 0 || fileAlign&(fileAlign-1) != 0 || fileAlign > alignMax ||
		memoryAlign&(memoryAlign-1) != 0 || memoryAlign > alignMax {
		return nil, fmt.Errorf("pe: alignments of %d and %d bytes are no powers of two up to %d", fileAlign, memoryAlign, alignMax)
	}
	out := slices.Clone(f.raw[:f.end])
	address := uint64(f.u32(f.optional + optImageBytes))
	for i, s := range add {
		if s.Name == "" || len(s.Name) > 8 || len(s.Data) == 0 {
			return nil, fmt.Errorf("pe: section %q of %d bytes: a name has 1 to 8 letters, and there is something in it", s.Name, len(s.Data))
		}
		address = alignUp(address, memoryAlign)
		out = append(out, make([]byte, alignUp(uint64(len(out)), fileAlign)-uint64(len(out)))...)
		at := f.table + (len(f.sections)+i)*sectionHeaderBytes
		clear(out[at : at+sectionHeaderBytes])
		copy(out[at:], s.Name)
		stored := alignUp(uint64(len(s.Data)), fileAlign)
		for place, value := range map[int]uint64{8: uint64(len(s.Data)), 12: address, 16: stored, 20: uint64(len(out)), 36: dataSection} {
			binary.LittleEndian.PutUint32(out[at+place:], uint32(value))
		}
		out = append(append(out, s.Data...), make([]byte, stored-uint64(len(s.Data)))...)
		address += uint64(len(s.Data))
	}
	if address > 1<<31 || len(out) > 1<<31 {
		return nil, fmt.Errorf("pe: %d bytes are more than a program may have", len(out))
	}
	f.finish(out, uint16(count), uint32(alignUp(address, memoryAlign)))
	return out, nil
}

// finish brings the headers up to date.
func (f *File) finish(out []byte, sections uint16, imageBytes uint32) {
	le := binary.LittleEndian
	coff := f.optional - coffBytes
	le.PutUint16(out[coff+coffSections:], sections)
	le.PutUint32(out[coff+coffSymbols:], 0)
	le.PutUint32(out[coff+coffSymbolCount:], 0)
	// How much initialised data there is: informative, but kept true.
	grown := le.Uint32(out[f.optional+optInitialised:]) + uint32(len(out)-f.end)
	le.PutUint32(out[f.optional+optInitialised:], grown)
	le.PutUint32(out[f.optional+optImageBytes:], imageBytes)
	// Firmware doesn't look at the checksum, and a signature leaves it out.
	le.PutUint32(out[f.optional+optChecksum:], 0)
	clear(out[f.optional+optSecurity : f.optional+optSecurity+8])
}

func (f *File) headerBytes() int { return int(f.u32(f.optional + optHeaderBytes)) }

func (f *File) u16(at int) uint16 { return binary.LittleEndian.Uint16(f.raw[at:]) }

func (f *File) u32(at int) uint32 { return binary.LittleEndian.Uint32(f.raw[at:]) }

// alignUp rounds up to a power of two.
func alignUp(n uint64, to uint32) uint64 { return (n + uint64(to) - 1) &^ (uint64(to) - 1) }
