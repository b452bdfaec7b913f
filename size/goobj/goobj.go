// Package goobj reads the objects that the Go compiler and assembler write: the
// symbols before the linker merges them, with their bytes and references. The
// linked file has no name for two thirds of what it holds of types and strings;
// the objects have.
//
// A codec: pure, bounded, fuzzed. The form is not promised by Go; another
// release's is refused, and the numbers of relocations are those of Go 1.26.
// Source: cmd/internal/goobj/objfile.go and cmd/internal/objabi.
package goobj

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// magic begins an object; Go changes it with the form.
const magic = "\x00go120ld"

// The blocks of an object, by their place in the header's offsets.
const (
	blockPackages   = 1
	blockDefs       = 3 // and the three other kinds of definition after it
	blockRefs       = 7
	blockHash64     = 9
	blockHash       = 10
	blockRelocIndex = 11
	blockAuxIndex   = 12
	blockDataIndex  = 13
	blockRelocs     = 14
	blockAux        = 15
	blockData       = 16
	blocksCount     = 19
)

// Sizes of records in bytes.
const (
	headerBytes  = len(magic) + 8 + 4 + 4*blocksCount
	stringBytes  = 8
	symbolBytes  = 21
	relocBytes   = 23
	auxBytes     = 9
	hash64Bytes  = 8
	hashBytes    = 16
	defKindCount = 4
)

// The package numbers that name no package.
const (
	pkgNone    = 1<<31 - 1
	pkgHash64  = pkgNone - 1
	pkgHash    = pkgNone - 2
	pkgBuiltin = pkgNone - 3
	pkgSelf    = pkgNone - 4
)

// Static is the ABI of a symbol that only its own object can name.
const Static = 0xffff

// Symbol is one that an object defines.
type Symbol struct {
	Name string
	ABI  uint16
	Kind Kind
	Size uint32
	// Hash is the content's, of a symbol that is one with all of the same
	// content; else empty.
	Hash string
	// Type says that it describes a type, Itab that it is an interface's table,
	// Reflects that it looks for methods by a name that only its run knows.
	Type, Itab, Reflects bool

	relocs, data, aux [2]uint32
}

// Ref names a symbol out of an object, by numbers of that object.
type Ref struct{ Package, Symbol uint32 }

// Builtin says whether it is one of the runtime's that the compiler knows by
// number; the number is Symbol.
func (r Ref) Builtin() bool { return r.Package == pkgBuiltin }

// Reloc is a reference of a symbol to another, at an offset of its bytes.
type Reloc struct {
	Offset int32
	Bytes  uint8
	Type   RelocType
	Add    int64
	To     Ref
}

// Object is one compiled or assembled file of a package.
type Object struct {
	// Package is the import path, as the caller gave it.
	Package  string
	packages []string
	// Symbols stand in the order of their numbers: the package's own, those by
	// short and by long hash, and those known by name.
	Symbols []Symbol
	// Named are names that others define.
	Named []Symbol

	raw      string
	offsets  [blocksCount]uint32
	defCount [defKindCount]uint32
}

// errBroken says that the offsets of an object lead out of it.
var errBroken = errors.New("goobj: an object's tables lead out of it")

// Parse reads one object, without what stands around it in an archive. The
// bytes are kept. An error says that it is another release's, or broken.
func Parse(pkg, raw string) (*Object, error) {
	if !strings.HasPrefix(raw, magic) || len(raw) < headerBytes {
		return nil, fmt.Errorf("goobj: %s: no object of the form %q; teach this package the Go release", pkg, magic[1:])
	}
	o := &Object{Package: pkg, raw: raw}
	at := uint32(headerBytes)
	for i := range o.offsets {
		o.offsets[i] = o.u32(uint32(len(magic) + 12 + 4*i))
		if o.offsets[i] < at || int(o.offsets[i]) > len(raw) {
			return nil, errBroken
		}
		at = o.offsets[i]
	}
	for at := o.offsets[blockPackages]; at+stringBytes <= o.offsets[blockPackages+1]; at += stringBytes {
		name, ok := o.text(at)
		if !ok {
			return nil, errBroken
		}
		o.packages = append(o.packages, name)
	}
	if err := o.definitions(); err != nil {
		return nil, err
	}
	for at := o.offsets[blockRefs]; at+symbolBytes <= o.offsets[blockRefs+1]; at += symbolBytes {
		s, ok := o.symbol(at)
		if !ok {
			return nil, errBroken
		}
		o.Named = append(o.Named, s)
	}
	return o, nil
}

// definitions reads the four kinds of symbol that are defined here.
func (o *Object) definitions() error {
	for kind := range uint32(defKindCount) {
		block := blockDefs + kind
		for at := o.offsets[block]; at+symbolBytes <= o.offsets[block+1]; at += symbolBytes {
			s, ok := o.symbol(at)
			if !ok {
				return errBroken
			}
			if s.Hash, ok = o.hash(kind, o.defCount[kind]); !ok {
				return errBroken
			}
			o.defCount[kind]++
			n := uint32(len(o.Symbols))
			if s.relocs, ok = o.run(blockRelocIndex, blockRelocs, relocBytes, n); !ok {
				return errBroken
			}
			if s.aux, ok = o.run(blockAuxIndex, blockAux, auxBytes, n); !ok {
				return errBroken
			}
			if s.data, ok = o.run(blockDataIndex, blockData, 1, n); !ok {
				return errBroken
			}
			o.Symbols = append(o.Symbols, s)
		}
	}
	return nil
}

// symbol reads a definition or a name.
func (o *Object) symbol(at uint32) (Symbol, bool) {
	name, ok := o.text(at)
	flag, flag2 := o.raw[at+11], o.raw[at+12]
	return Symbol{
		Name: name, ABI: binary.LittleEndian.Uint16([]byte(o.raw[at+8 : at+10])), Kind: Kind(o.raw[at+10]),
		Size: o.u32(at + 13),
		Type: flag&(1<<6) != 0, Reflects: flag&(1<<5) != 0, Itab: flag2&(1<<1) != 0,
	}, ok
}

// hash is the n-th hash of a kind of definition; the two hashes have no values
// in common, as they are of different lengths.
func (o *Object) hash(kind, n uint32) (string, bool) {
	at, size := uint64(0), uint64(0)
	switch kind {
	case 1:
		at, size = uint64(o.offsets[blockHash64])+uint64(n)*hash64Bytes, hash64Bytes
	case 2:
		at, size = uint64(o.offsets[blockHash])+uint64(n)*hashBytes, hashBytes
	default:
		return "", true
	}
	if at+size > uint64(len(o.raw)) {
		return "", false
	}
	return o.raw[at : at+size], true
}

// run is the part of a block that belongs to the n-th symbol, by its index.
func (o *Object) run(index, block int, size, n uint32) ([2]uint32, bool) {
	at := uint64(o.offsets[index]) + 4*uint64(n)
	if at+8 > uint64(o.offsets[index+1]) {
		return [2]uint32{}, false
	}
	from, to := uint64(o.u32(uint32(at))), uint64(o.u32(uint32(at)+4))
	base := uint64(o.offsets[block])
	from, to = base+from*uint64(size), base+to*uint64(size)
	if from > to || to > uint64(o.offsets[block+1]) {
		return [2]uint32{}, false
	}
	return [2]uint32{uint32(from), uint32(to)}, true
}

// text is the string whose length and place stand at an offset.
func (o *Object) text(at uint32) (string, bool) {
	n, from := uint64(o.u32(at)), uint64(o.u32(at+4))
	if from+n > uint64(len(o.raw)) {
		return "", false
	}
	return o.raw[from : from+n], true
}

func (o *Object) u32(at uint32) uint32 {
	return binary.LittleEndian.Uint32([]byte(o.raw[at : at+4]))
}

// Data is the bytes of the n-th symbol; the rest of its size is zero.
func (o *Object) Data(n int) string {
	part := o.Symbols[n].data
	return o.raw[part[0]:part[1]]
}

// Relocs are the references of the n-th symbol, in order.
func (o *Object) Relocs(n int) []Reloc {
	part := o.Symbols[n].relocs
	out := make([]Reloc, 0, (part[1]-part[0])/relocBytes)
	for at := part[0]; at < part[1]; at += relocBytes {
		low, high := uint64(o.u32(at+7)), uint64(o.u32(at+11))
		out = append(out, Reloc{
			Offset: int32(o.u32(at)), Bytes: o.raw[at+4],
			Type: RelocType(uint16(o.raw[at+5]) | uint16(o.raw[at+6])<<8), Add: int64(low | high<<32),
			To: Ref{o.u32(at + 15), o.u32(at + 19)},
		})
	}
	return out
}

// auxFuncdata is the kind of what the runtime keeps of a function. Source:
// cmd/internal/goobj/objfile.go, AuxFuncdata.
const auxFuncdata = 2

// funcdata are what the runtime keeps of the n-th symbol, a function.
func (o *Object) funcdata(n int) []Ref {
	part := o.Symbols[n].aux
	var out []Ref
	for at := part[0]; at < part[1]; at += auxBytes {
		if o.raw[at] == auxFuncdata {
			out = append(out, Ref{o.u32(at + 1), o.u32(at + 5)})
		}
	}
	return out
}
