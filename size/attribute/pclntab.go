package attribute

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// The table of functions, 40 % of a Go binary. Source: runtime/symtab.go,
// pcHeader, and runtime/runtime2.go, _func, of Go 1.20 and later.
const (
	pclnMagic      = 0xfffffff1
	headerBytes    = 8 + 8*8
	functabEntry   = 8 // two uint32: where the code is, where the _func
	funcBytesMin   = 11 * 4
	pcdataCountAt  = 7 * 4
	firstPcTableAt = 4 * 4 // pcsp, pcfile, pcln
)

// pcln is the table's bytes and its parts.
type pcln struct {
	raw                                []byte
	names, units, files, tables, funcs int
	count                              int
}

// functions covers the table of functions: what is known of a function counts
// for it, a table of lines that several share counts for the first of them.
// The end is the address where the table ends and other symbols begin.
func functions(s *elf.Section, inside []elf.Symbol) ([]span, uint64, error) {
	raw, err := s.Data()
	if err != nil {
		return nil, 0, err
	}
	end := s.Addr + s.Size
	for _, symbol := range inside {
		if symbol.Name == "runtime.epclntab" || symbol.Name == "go:func.*" {
			end = min(end, symbol.Value)
		}
	}
	p, err := parse(raw[:end-s.Addr])
	if err != nil {
		return nil, 0, err
	}
	spans := []span{
		{0, headerBytes, "(table header)", Pclntab},
		{int64(headerBytes), int64(p.names), "(alignment)", Pclntab},
		{int64(p.units), int64(p.files), "(file numbers)", Pclntab},
		{int64(p.funcs), int64(p.funcs + p.count*functabEntry + 4), "(function index)", Pclntab},
	}
	spans = append(spans, p.strings(p.names, p.units, func(name string) string { return name })...)
	spans = append(spans, p.strings(p.files, p.tables, fileSymbol)...)
	own, err := p.own()
	if err != nil {
		return nil, 0, err
	}
	spans = append(spans, own...)
	for i := range spans {
		spans[i].from += int64(s.Offset)
		spans[i].to += int64(s.Offset)
	}
	return spans, end, nil
}

// parse reads the header. An error says that this Go writes another table.
func parse(raw []byte) (pcln, error) {
	if len(raw) < headerBytes || binary.LittleEndian.Uint32(raw) != pclnMagic || raw[7] != 8 {
		return pcln{}, errors.New("attribute: the table of functions has an unknown form; teach pclntab.go this Go release")
	}
	word := func(i int) int { return int(binary.LittleEndian.Uint64(raw[8+8*i:])) }
	p := pcln{raw: raw, count: word(0), names: word(3), units: word(4), files: word(5), tables: word(6), funcs: word(7)}
	order := []int{headerBytes, p.names, p.units, p.files, p.tables, p.funcs, len(raw)}
	if !slices.IsSorted(order) || p.count < 0 || p.funcs+p.count*functabEntry+4 > len(raw) {
		return pcln{}, fmt.Errorf("attribute: the table of functions has its parts at %v", order)
	}
	return p, nil
}

// strings covers a run of zero-terminated strings, each owned by what it names.
func (p pcln) strings(from, to int, owner func(string) string) []span {
	var spans []span
	for from < to {
		n := bytes.IndexByte(p.raw[from:to], 0)
		if n < 0 {
			n = to - from - 1
		}
		name := "(alignment)"
		if n > 0 {
			name = owner(string(p.raw[from : from+n]))
		}
		spans = append(spans, span{int64(from), int64(from + n + 1), name, Pclntab})
		from += n + 1
	}
	return spans
}

// fileSymbol names a source file as a symbol of its package.
func fileSymbol(file string) string {
	dir, name := path.Split(file)
	if at := strings.IndexByte(dir, '@'); at >= 0 {
		rest := dir[at:]
		if slash := strings.IndexByte(rest, '/'); slash >= 0 {
			dir = dir[:at] + rest[slash:]
		}
	}
	return strings.TrimSuffix(dir, "/") + ".(file " + name + ")"
}

// own covers the record of each function and the tables that it points to.
func (p pcln) own() ([]span, error) {
	var spans []span
	owner := map[int]string{p.tables: "(alignment)"}
	starts := []int{p.tables}
	u32 := func(at int) int { return int(binary.LittleEndian.Uint32(p.raw[at:])) }
	begin := p.funcs + p.count*functabEntry + 4
	for i := range p.count {
		at, next := p.funcs+u32(p.funcs+i*functabEntry+4), len(p.raw)
		if i+1 < p.count {
			next = p.funcs + u32(p.funcs+(i+1)*functabEntry+4)
		}
		if at < begin || at+funcBytesMin > next || next > len(p.raw) {
			return nil, fmt.Errorf("attribute: function %d has its record at %d to %d of %d", i, at, next, len(p.raw))
		}
		if i == 0 && at > begin {
			spans = append(spans, span{int64(begin), int64(at), "(alignment)", Pclntab})
		}
		name := p.name(u32(at + 4))
		spans = append(spans, span{int64(at), int64(next), name, Pclntab})
		points := []int{at + firstPcTableAt, at + firstPcTableAt + 4, at + firstPcTableAt + 8}
		for k := range min(u32(at+pcdataCountAt), (next-at-funcBytesMin)/4) {
			points = append(points, at+funcBytesMin+4*k)
		}
		for _, point := range points {
			table := p.tables + u32(point)
			if _, taken := owner[table]; !taken && table < p.funcs {
				owner[table] = name
				starts = append(starts, table)
			}
		}
	}
	slices.Sort(starts)
	for i, from := range starts {
		to := p.funcs
		if i+1 < len(starts) {
			to = starts[i+1]
		}
		spans = append(spans, span{int64(from), int64(to), owner[from], Pclntab})
	}
	return spans, nil
}

// name is the function name at an offset of the names.
func (p pcln) name(at int) string {
	from := p.names + at
	if from < p.names || from >= p.units {
		return Unattributed
	}
	text := p.raw[from:p.units]
	if end := bytes.IndexByte(text, 0); end >= 0 {
		text = text[:end]
	}
	return string(text)
}
