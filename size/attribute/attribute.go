// Package attribute says whose the bytes of a Go binary are: module, package,
// symbol, and kind.
//
// Always true here: the shipped file has no symbol table, so names come from a
// twin, linked from the same objects with one, and from the objects; the twin is
// used only when every loaded section of the two is the same to the bit. Each
// byte of the shipped file has one owner, and what nobody owns is said so.
package attribute

import (
	"bytes"
	"cmp"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"mote/size/goobj"
)

// The kinds of byte, as reports print them.
const (
	Text     = "text"
	Rodata   = "rodata"
	Pclntab  = "pclntab"
	TypeData = "type data"
	Data     = "data"
	Headers  = "headers"
)

// Unattributed names bytes that no symbol covers.
const Unattributed = "(unattributed)"

// Shared is the package of what the linker merges from all packages.
const Shared = "(shared)"

// alignBytesMax is the widest alignment inside a section; a wider gap is not
// padding but something that has no name.
const alignBytesMax = 64

// Piece is the bytes of one kind of one symbol. Bytes are of the file as
// stored: what is only zeroed memory (bss) has none.
type Piece struct {
	Module, Package, Symbol, Kind string
	Bytes                         int64
}

// span is a run of bytes with an owner, by offset in the file.
type span struct {
	from, to int64
	owner
	kind string
}

// sheet is one linked file with all that is known of its bytes.
type sheet struct {
	file    *elf.File
	size    int64
	symbols []elf.Symbol
	names   names
	// places and owners are nil of a file whose objects aren't at hand.
	places *Places
	owners map[uint64]owner
}

// Read attributes every byte of the shipped binary by the symbols of its twin
// and by the objects of both; without objects, what the linker merged is shared.
// A file may be its own twin: without a symbol table, its functions are known.
// The pieces add up to the file's size and are sorted, the largest first.
func Read(shipped, twin string, objects *goobj.Set) ([]Piece, error) {
	info, err := os.Stat(shipped)
	if err != nil {
		return nil, err
	}
	ship, err := elf.Open(shipped)
	if err != nil {
		return nil, fmt.Errorf("attribute: %s: %w", shipped, err)
	}
	defer ship.Close()
	named, err := elf.Open(twin)
	if err != nil {
		return nil, fmt.Errorf("attribute: %s: %w", twin, err)
	}
	defer named.Close()
	if err := same(ship, named); err != nil {
		return nil, err
	}
	symbols, err := named.Symbols()
	if errors.Is(err, elf.ErrNoSymbols) {
		symbols, err = functionSymbols(named)
	}
	if err != nil {
		return nil, fmt.Errorf("attribute: %s: %w", twin, err)
	}
	f := sheet{file: ship, size: info.Size(), symbols: symbols, names: names{modules(shipped)}}
	if objects != nil {
		if f.places, err = Place(named, symbols, objects); err != nil {
			return nil, err
		}
		f.owners = f.places.owners(f.names)
		f.symbols = append(f.symbols, f.places.symbols(symbols)...)
	}
	spans, err := f.cover()
	if err != nil {
		return nil, err
	}
	return pieces(spans), nil
}

// same says whether the loaded sections of two binaries are equal in place and
// bytes. An error names the first that is not.
func same(ship, named *elf.File) error {
	for _, s := range ship.Sections {
		if s.Flags&elf.SHF_ALLOC == 0 {
			continue
		}
		other := named.Section(s.Name)
		if other == nil || other.Addr != s.Addr || other.Size != s.Size {
			return fmt.Errorf("attribute: section %s of the binary with symbols stands elsewhere; build both from the same sources", s.Name)
		}
		if s.Type == elf.SHT_NOBITS {
			continue
		}
		a, err := s.Data()
		if err != nil {
			return err
		}
		b, err := other.Data()
		if err != nil {
			return err
		}
		if !bytes.Equal(a, b) {
			return fmt.Errorf("attribute: section %s differs between the binary and the one with symbols; build both from the same sources", s.Name)
		}
	}
	return nil
}

// cover goes through the file: sections in order, and between them what holds
// them together.
func (f *sheet) cover() ([]span, error) {
	slices.SortStableFunc(f.symbols, func(a, b elf.Symbol) int {
		return cmp.Or(cmp.Compare(a.Value, b.Value), cmp.Compare(a.Size, b.Size))
	})
	sections := slices.Clone(f.file.Sections)
	slices.SortStableFunc(sections, func(a, b *elf.Section) int { return cmp.Compare(a.Offset, b.Offset) })
	var spans []span
	at := int64(0)
	for _, s := range sections {
		if s.Type == elf.SHT_NULL || s.Type == elf.SHT_NOBITS || s.Size == 0 {
			continue
		}
		if from := int64(s.Offset); from > at {
			spans = append(spans, span{at, from, shared(between(at)), Headers})
		}
		at = int64(s.Offset + s.Size)
		inside, err := f.section(s)
		if err != nil {
			return nil, err
		}
		spans = append(spans, inside...)
	}
	if f.size > at {
		spans = append(spans, span{at, f.size, shared("(section headers)"), Headers})
	}
	return spans, nil
}

// shared is the owner of what is everybody's.
func shared(symbol string) owner { return owner{Shared, Shared, symbol} }

// between names what stands outside of sections: the headers are the first.
func between(at int64) string {
	if at == 0 {
		return "(ELF headers)"
	}
	return "(page alignment)"
}

// section covers one section.
func (f *sheet) section(s *elf.Section) ([]span, error) {
	offset, kind := int64(s.Offset), kindOf(s)
	if kind == Headers {
		return []span{{offset, offset + int64(s.Size), shared(s.Name), kind}}, nil
	}
	if f.places != nil && (s.Name == ".typelink" || s.Name == ".itablink") {
		return f.places.links(s, f.owners)
	}
	inside := within(f.symbols, s)
	from := s.Addr
	var spans []span
	if kind == Pclntab {
		tables, end, err := f.functions(s, inside)
		if err != nil {
			return nil, err
		}
		spans, from = tables, end
	}
	shift := offset - int64(s.Addr)
	last := shared("")
	for i, symbol := range inside {
		if symbol.Value < from && symbol.Value+symbol.Size <= from {
			continue
		}
		next := s.Addr + s.Size
		if i+1 < len(inside) {
			next = inside[i+1].Value
		}
		start, end := max(symbol.Value, from), min(symbol.Value+symbol.Size, s.Addr+s.Size)
		if symbol.Size == 0 && f.places == nil && carrier(symbol.Name) {
			end = next
		}
		if end <= start {
			continue
		}
		if start > from {
			spans = append(spans, gap(int64(from)+shift, int64(start)+shift, kind, last))
		}
		last = f.owner(symbol, kind)
		spans = append(spans, span{int64(start) + shift, int64(end) + shift, last, kindIn(kind, symbol.Name)})
		from = end
	}
	if end := s.Addr + s.Size; end > from {
		spans = append(spans, gap(int64(from)+shift, int64(end)+shift, kind, last))
	}
	return spans, nil
}

// owner is whose a symbol's bytes are. Functions keep the name of the table, in
// which one name may be two, for the two ways to call.
func (f *sheet) owner(symbol elf.Symbol, kind string) owner {
	if who, is := f.owners[symbol.Value]; is && who != (owner{}) {
		if kind == Text {
			who.symbol = symbol.Name
		}
		return who
	}
	who, _ := f.names.named(symbol.Name)
	return who
}

// within are the symbols of a section, in order of address.
func within(symbols []elf.Symbol, s *elf.Section) []elf.Symbol {
	var inside []elf.Symbol
	for _, symbol := range symbols {
		if symbol.Value >= s.Addr && symbol.Value < s.Addr+s.Size {
			inside = append(inside, symbol)
		}
	}
	return inside
}

// carrier says whether a symbol without a size stands for all up to the next:
// the linker merges the strings, types and masks of all packages under one.
func carrier(name string) bool {
	return strings.HasPrefix(name, "go:") || strings.HasSuffix(name, ".*") || strings.HasSuffix(name, ":*")
}

// gap is what stands between two symbols: alignment belongs to the package of
// the one before it.
func gap(from, to int64, kind string, before owner) span {
	if to-from < alignBytesMax {
		return span{from, to, owner{before.module, before.pkg, "(alignment)"}, kind}
	}
	return span{from, to, shared(Unattributed), kind}
}

// kindOf is the kind of a section's bytes; what isn't loaded is of the file's form.
func kindOf(s *elf.Section) string {
	switch {
	case s.Name == ".gopclntab":
		return Pclntab
	case s.Name == ".typelink" || s.Name == ".itablink":
		return TypeData
	case s.Flags&elf.SHF_ALLOC == 0:
		return Headers
	case s.Flags&elf.SHF_EXECINSTR != 0:
		return Text
	case s.Flags&elf.SHF_WRITE != 0:
		return Data
	}
	return Rodata
}

// kindIn refines a section's kind: types stand among the constants.
func kindIn(kind, symbol string) string {
	if kind == Rodata && (strings.HasPrefix(symbol, "type:") || strings.HasPrefix(symbol, "go:itab.")) {
		return TypeData
	}
	return kind
}

// pieces adds up the spans of each owner and kind.
func pieces(spans []span) []Piece {
	type key struct {
		owner
		kind string
	}
	sums := map[key]int64{}
	for _, s := range spans {
		sums[key{s.owner, s.kind}] += s.to - s.from
	}
	out := make([]Piece, 0, len(sums))
	for k, n := range sums {
		if n > 0 {
			out = append(out, Piece{Module: k.module, Package: k.pkg, Symbol: k.symbol, Kind: k.kind, Bytes: n})
		}
	}
	slices.SortFunc(out, func(a, b Piece) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Symbol, b.Symbol), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Package, b.Package))
	})
	return out
}
