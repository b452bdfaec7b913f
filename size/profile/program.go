package main

import (
	"cmp"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
)

// function is a named run of code, up to the next one.
type function struct {
	address uint64
	name    string
}

// section is code as it stands in memory.
type section struct {
	address uint64
	code    []byte
}

// program is a static ELF file with its symbols.
type program struct {
	functions []function // by address
	sections  []section
}

// openProgram reads a program's code and the names of its functions.
func openProgram(path string) (p program, err error) {
	f, err := elf.Open(path)
	if err != nil {
		return p, fmt.Errorf("profile: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	symbols, err := f.Symbols()
	if err != nil {
		return p, fmt.Errorf("profile: %s: %w; it needs its symbol table", path, err)
	}
	for _, s := range f.Sections {
		if s.Flags&elf.SHF_EXECINSTR == 0 || s.Type == elf.SHT_NOBITS {
			continue
		}
		code, err := s.Data()
		if err != nil {
			return p, fmt.Errorf("profile: %s: %w", path, err)
		}
		p.sections = append(p.sections, section{s.Addr, code})
	}
	for _, s := range symbols {
		if kind := elf.ST_TYPE(s.Info); (kind == elf.STT_FUNC || kind == elf.STT_NOTYPE) && p.at(s.Value, 1) != nil {
			p.functions = append(p.functions, function{s.Value, base(s.Name)})
		}
	}
	// Of several names at one address the shortest: aliases of the kernel's begin
	// with underlines or a prefix.
	slices.SortFunc(p.functions, func(a, b function) int {
		return cmp.Or(cmp.Compare(a.address, b.address), cmp.Compare(len(a.name), len(b.name)), cmp.Compare(a.name, b.name))
	})
	p.functions = slices.CompactFunc(p.functions, func(a, b function) bool { return a.address == b.address })
	return p, nil
}

// base takes away what gcc adds to the name of a function's copy or part.
func base(name string) string {
	for _, mark := range []string{".constprop.", ".isra.", ".part.", ".cold"} {
		name, _, _ = strings.Cut(name, mark)
	}
	return name
}

// at returns count bytes of code at an address, nil if they are not there.
func (p program) at(address uint64, count int) []byte {
	for _, s := range p.sections {
		if address >= s.address && address-s.address+uint64(count) <= uint64(len(s.code)) {
			return s.code[address-s.address:][:count]
		}
	}
	return nil
}

// name is the function that holds an address, empty if none does.
func (p program) name(address uint64) string {
	i, found := slices.BinarySearchFunc(p.functions, address, func(f function, a uint64) int { return cmp.Compare(f.address, a) })
	if !found {
		i--
	}
	if i < 0 || p.at(address, 1) == nil {
		return ""
	}
	return p.functions[i].name
}

// holds says whether a block is this program's code, and not another program's
// at the same address.
func (p program) holds(c count) bool {
	code := p.at(c.address, c.bytes)
	if code == nil {
		return false
	}
	h := fnv.New64a()
	h.Write(code) // a hash takes all
	return h.Sum64() == c.hash
}

// trigger is the plugin's argument for the beginning of a function.
func (p program) trigger(word, name string) (string, error) {
	for _, f := range p.functions {
		if f.name != name {
			continue
		}
		if head := p.at(f.address, 8); head != nil {
			return fmt.Sprintf("%s=%x:%x", word, f.address, binary.LittleEndian.Uint64(head)), nil
		}
	}
	return "", fmt.Errorf("profile: PID 1 has no function %s; was it inlined or renamed?", name)
}
