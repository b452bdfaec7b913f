// A file without a symbol table and without its objects, as anybody ships it:
// what the program's own runtime must know is still there.

package attribute

import (
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
)

// functionSymbols are the functions of a file without a symbol table, as its
// runtime knows them: each reaches to the next.
func functionSymbols(f *elf.File) ([]elf.Symbol, error) {
	s, text := f.Section(".gopclntab"), f.Section(".text")
	if s == nil || text == nil {
		return nil, errors.New("no table of functions; it is no Go program, or linked in another way")
	}
	raw, err := s.Data()
	if err != nil {
		return nil, err
	}
	p, err := parse(raw)
	if err != nil {
		return nil, err
	}
	var out []elf.Symbol
	for i := range p.count {
		r := p.record(i)
		if r.next > len(raw) || r.name == "" {
			return nil, fmt.Errorf("function %d of %d has no record", i, p.count)
		}
		from, to := p.u32(p.funcs+i*functabEntry), p.u32(p.funcs+(i+1)*functabEntry)
		out = append(out, elf.Symbol{Name: r.name, Value: text.Addr + uint64(from), Size: uint64(to - from)})
	}
	return append(out, moduleSymbols(f)...), nil
}

// Where a Go program's own account of itself names what has no symbol. Source:
// runtime/symtab.go, moduledata, of Go 1.26.
const (
	moduleFunctionsFoundAt = 152
	moduleTypesAt          = 296
	moduleTypesEndAt       = 304
	moduleMasksAt          = 320
)

// moduleSymbols are the tables of the runtime in a file without a symbol table.
func moduleSymbols(f *elf.File) []elf.Symbol {
	s, table := f.Section(".go.module"), f.Section(".gopclntab")
	if s == nil || s.Size < moduleMasksAt+8 {
		return nil
	}
	raw, err := s.Data()
	if err != nil {
		return nil
	}
	word := func(at int) uint64 { return binary.LittleEndian.Uint64(raw[at:]) }
	found, end := word(moduleFunctionsFoundAt), table.Addr+table.Size
	if found < table.Addr || found > end {
		found = end
	}
	return []elf.Symbol{
		{Name: "go:func.*", Value: word(moduleMasksAt)},
		{Name: "runtime.findfunctab", Value: found, Size: end - found},
		{Name: "type:*", Value: word(moduleTypesAt), Size: word(moduleTypesEndAt) - word(moduleTypesAt)},
	}
}
