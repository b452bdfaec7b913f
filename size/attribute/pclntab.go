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
	// funcdataCountAt is a byte, the last of the record's fixed part.
	funcdataCountAt = 43
)

// pcln is the table's bytes and its parts.
type pcln struct {
	raw                                []byte
	names, units, files, tables, funcs int
	count                              int
	owner                              func(symbol string) owner
}

// functions covers the table of functions: what is known of a function counts
// for it, a table of lines that several share counts for the first of them. The
// masks of pointers and what else the runtime keeps of a function stand behind
// it; those that several share are of all of them. The end is the address where
// other symbols begin.
func (f *sheet) functions(s *elf.Section, inside []elf.Symbol) ([]span, uint64, error) {
	raw, err := s.Data()
	if err != nil {
		return nil, 0, err
	}
	end, masks := s.Addr+s.Size, uint64(0)
	for _, symbol := range inside {
		switch {
		case symbol.Name == "runtime.epclntab":
			end = min(end, symbol.Value)
		case symbol.Name == "go:func.*":
			masks = symbol.Value
			end = min(end, masks)
		}
	}
	p, err := parse(raw[:end-s.Addr])
	if err != nil {
		return nil, 0, err
	}
	p.owner = f.byName
	spans := []span{
		{0, headerBytes, shared("(table header)"), Pclntab},
		{int64(headerBytes), int64(p.names), shared("(alignment)"), Pclntab},
		{int64(p.units), int64(p.files), shared("(file numbers)"), Pclntab},
	}
	spans = append(spans, p.strings(p.names, p.units, func(name string) string { return name })...)
	spans = append(spans, p.strings(p.files, p.tables, fileSymbol)...)
	own, err := p.own()
	if err != nil {
		return nil, 0, err
	}
	spans = append(spans, own...)
	if masks == end {
		kept := p.kept(int64(masks-s.Addr), int64(f.maskEnd(s, inside, masks)-s.Addr))
		spans = append(spans, kept...)
		end = f.maskEnd(s, inside, masks)
	}
	for i := range spans {
		spans[i].from += int64(s.Offset)
		spans[i].to += int64(s.Offset)
	}
	return spans, end, nil
}

// maskEnd is where the first symbol with a size follows what the runtime keeps of
// functions.
func (f *sheet) maskEnd(s *elf.Section, inside []elf.Symbol, masks uint64) uint64 {
	for _, symbol := range inside {
		if symbol.Value > masks {
			return symbol.Value
		}
	}
	return s.Addr + s.Size
}

// byName is the owner that a name tells.
func (f *sheet) byName(symbol string) owner {
	who, _ := f.names.named(symbol)
	return who
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
		spans = append(spans, span{int64(from), int64(from + n + 1), p.owner(name), Pclntab})
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

// record is where the table keeps a function, and its name.
type record struct {
	at, next int
	name     string
}

// record reads where the i-th stands.
func (p pcln) record(i int) record {
	at, next := p.funcs+p.u32(p.funcs+i*functabEntry+4), len(p.raw)
	if i+1 < p.count {
		next = p.funcs + p.u32(p.funcs+(i+1)*functabEntry+4)
	}
	if at < p.funcs+p.count*functabEntry+4 || at+funcBytesMin > next || next > len(p.raw) {
		return record{at, next, ""}
	}
	return record{at, next, p.name(p.u32(at + 4))}
}

func (p pcln) u32(at int) int { return int(binary.LittleEndian.Uint32(p.raw[at:])) }

// own covers the index, the record of each function, and the tables that it
// points to.
func (p pcln) own() ([]span, error) {
	var spans []span
	owners := map[int]owner{p.tables: shared("(alignment)")}
	starts := []int{p.tables}
	begin := p.funcs + p.count*functabEntry + 4
	spans = append(spans, span{int64(begin - 4), int64(begin), shared("(function index)"), Pclntab})
	for i := range p.count {
		r := p.record(i)
		if r.name == "" {
			return nil, fmt.Errorf("attribute: function %d has its record at %d to %d of %d", i, r.at, r.next, len(p.raw))
		}
		if i == 0 && r.at > begin {
			spans = append(spans, span{int64(begin), int64(r.at), shared("(alignment)"), Pclntab})
		}
		who, entry := p.owner(r.name), int64(p.funcs+i*functabEntry)
		spans = append(spans, span{entry, entry + functabEntry, who, Pclntab}, span{int64(r.at), int64(r.next), who, Pclntab})
		points := []int{r.at + firstPcTableAt, r.at + firstPcTableAt + 4, r.at + firstPcTableAt + 8}
		for k := range min(p.u32(r.at+pcdataCountAt), (r.next-r.at-funcBytesMin)/4) {
			points = append(points, r.at+funcBytesMin+4*k)
		}
		for _, point := range points {
			table := p.tables + p.u32(point)
			if _, taken := owners[table]; !taken && table < p.funcs {
				owners[table] = who
				starts = append(starts, table)
			}
		}
	}
	return append(spans, runs(starts, owners, p.funcs)...), nil
}

// kept covers from masks to end: what each function's record points to there, up
// to the next that one points to.
func (p pcln) kept(masks, end int64) []span {
	owners := map[int]owner{int(masks): {}}
	starts := []int{int(masks)}
	for i := range p.count {
		r := p.record(i)
		first := r.at + funcBytesMin + 4*p.u32(r.at+pcdataCountAt)
		for k := range int(p.raw[r.at+funcdataCountAt]) {
			if first+4*k+4 > r.next {
				break
			}
			at := int(masks) + p.u32(first+4*k)
			if int64(at) >= end {
				continue // none of this kind
			}
			had, known := owners[at]
			if !known {
				starts = append(starts, at)
			}
			owners[at] = join(had, p.owner(r.name))
		}
	}
	if owners[int(masks)] == (owner{}) {
		owners[int(masks)] = shared(Unattributed)
	}
	return runs(starts, owners, int(end))
}

// runs covers from each start to the next.
func runs(starts []int, owners map[int]owner, end int) []span {
	slices.Sort(starts)
	var spans []span
	for i, from := range starts {
		to := end
		if i+1 < len(starts) {
			to = starts[i+1]
		}
		spans = append(spans, span{int64(from), int64(to), owners[from], Pclntab})
	}
	return spans
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
