// Where each symbol of the objects stands in the linked file. The linker keeps
// no list of it for types, strings and constants, but each reference that it
// filled in tells the place of what is referred to; so the symbols are found by
// following references, from the ones whose names the file has.
//
// Always true here: a symbol is placed only where its own bytes stand.

package attribute

import (
	"debug/elf"
	"encoding/binary"
	"fmt"

	"mote/size/goobj"
)

// Placed is a symbol at its place.
type Placed struct {
	ID   goobj.ID
	Addr uint64
}

// Places is a linked program beside the objects that it was made from.
type Places struct {
	Set *goobj.Set
	// at is the address of a symbol, 0 for one that was dropped.
	at []uint64
	// byAddr is the symbol that stands at an address.
	byAddr   map[uint64]goobj.ID
	sections []loaded
	// textStart and rodataStart are what offsets count from.
	textStart, rodataStart uint64
}

// loaded is a section in memory; of a zeroed one there are no bytes.
type loaded struct {
	from, to uint64
	bytes    []byte
}

// Place finds the symbols of the objects in a linked file with a symbol table.
func Place(named *elf.File, symbols []elf.Symbol, set *goobj.Set) (*Places, error) {
	p := &Places{Set: set, at: make([]uint64, set.Len()), byAddr: map[uint64]goobj.ID{}}
	for _, s := range named.Sections {
		if s.Flags&elf.SHF_ALLOC == 0 {
			continue
		}
		l := loaded{from: s.Addr, to: s.Addr + s.Size}
		if s.Type != elf.SHT_NOBITS {
			var err error
			if l.bytes, err = s.Data(); err != nil {
				return nil, fmt.Errorf("attribute: section %s: %w", s.Name, err)
			}
		}
		switch s.Name {
		case ".text":
			p.textStart = s.Addr
		case ".rodata":
			p.rodataStart = s.Addr
		}
		p.sections = append(p.sections, l)
	}
	var next []goobj.ID
	for _, root := range p.roots(symbols) {
		if p.put(root.ID, root.Addr) {
			next = append(next, root.ID)
		}
	}
	for len(next) > 0 {
		id := next[len(next)-1]
		next = next[:len(next)-1]
		for _, e := range set.Edges(id) {
			if addr, is := p.target(p.at[id], e); is && p.put(e.ID, addr) {
				next = append(next, e.ID)
			}
		}
	}
	return p, nil
}

// roots are the symbols that the file names and the objects too. A name may be
// that of several: its bytes decide.
func (p *Places) roots(symbols []elf.Symbol) []Placed {
	byName := map[string][]uint64{}
	for _, s := range symbols {
		byName[s.Name] = append(byName[s.Name], s.Value)
	}
	var out []Placed
	for id := range goobj.ID(p.Set.Len()) {
		symbol, _ := p.Set.Symbol(id)
		if !symbol.Kind.Loaded() || symbol.Name == "" {
			continue
		}
		for _, addr := range byName[symbol.Name] {
			out = append(out, Placed{id, addr})
		}
	}
	return out
}

// put places a symbol, unless it has a place or its bytes stand elsewhere.
func (p *Places) put(id goobj.ID, addr uint64) bool {
	if id == goobj.None || p.at[id] != 0 {
		return false
	}
	symbol, _ := p.Set.Symbol(id)
	if !symbol.Kind.Loaded() {
		return false
	}
	if _, taken := p.byAddr[addr]; taken && symbol.Size > 0 {
		return false
	}
	bytes, is := p.bytes(addr, uint64(symbol.Size))
	if !is || bytes == nil != symbol.Kind.Zeroed() && symbol.Size > 0 {
		return false
	}
	if bytes != nil && !equal(bytes, p.Set.Data(id), p.Set.Edges(id)) {
		return false
	}
	p.at[id] = addr
	if symbol.Size > 0 {
		p.byAddr[addr] = id
	}
	return true
}

// bytes are the loaded ones of a range; nil for zeroed memory.
func (p *Places) bytes(addr, size uint64) (part []byte, is bool) {
	for _, s := range p.sections {
		if addr < s.from || addr+size > s.to || addr+size < addr {
			continue
		}
		if s.bytes == nil {
			return nil, true
		}
		return s.bytes[addr-s.from : addr-s.from+size], true
	}
	return nil, false
}

// equal compares what the linker left alone: all but the references.
func equal(linked []byte, data string, edges []goobj.Edge) bool {
	if len(data) > len(linked) {
		return false
	}
	at := 0
	same := func(to int) bool {
		for ; at < min(to, len(linked)); at++ {
			var want byte
			if at < len(data) {
				want = data[at]
			}
			if linked[at] != want {
				return false
			}
		}
		return true
	}
	for _, e := range edges {
		if e.Bytes == 0 || e.Offset < 0 {
			continue
		}
		if !same(int(e.Offset)) {
			return false
		}
		at = max(at, int(e.Offset)+int(e.Bytes))
	}
	return same(len(linked))
}

// target is the address that the linker filled in for a reference of a symbol
// that stands at an address. Source: cmd/link/internal/ld/data.go, relocsym.
func (p *Places) target(addr uint64, e goobj.Edge) (uint64, bool) {
	if e.Bytes == 0 || e.Offset < 0 {
		return 0, false
	}
	raw, is := p.bytes(addr+uint64(e.Offset), uint64(e.Bytes))
	if !is || raw == nil {
		return 0, false
	}
	var value int64
	switch e.Bytes {
	case 4:
		value = int64(int32(binary.LittleEndian.Uint32(raw)))
	case 8:
		value = int64(binary.LittleEndian.Uint64(raw))
	default:
		return 0, false
	}
	value -= e.Add
	text := false
	if e.ID != goobj.None {
		symbol, _ := p.Set.Symbol(e.ID)
		text = symbol.Kind.Text()
	}
	switch e.Type &^ goobj.Weak {
	case goobj.Addr:
		return uint64(value), true
	case goobj.Call, goobj.PCRel:
		return uint64(value + int64(addr) + int64(e.Offset) + int64(e.Bytes)), true
	case goobj.AddrOff, goobj.MethodOff:
		if text {
			return uint64(value) + p.textStart, true
		}
		return uint64(value) + p.rodataStart, true
	}
	return 0, false
}

// builtins are the runtime's symbols that the compiler knows by number: the
// linked file tells which they are.
func (p *Places) builtins() map[uint32]goobj.ID {
	out := map[uint32]goobj.ID{}
	for _, id := range p.byAddr {
		for _, e := range p.Set.Edges(id) {
			if !e.To.Builtin() {
				continue
			}
			if addr, is := p.target(p.at[id], e); is {
				if to, is := p.byAddr[addr]; is {
					out[e.To.Symbol] = to
				}
			}
		}
	}
	return out
}
