package goobj

// ID is a symbol among all the objects of a program: one number for all its
// definitions.
type ID int32

// None is no symbol.
const None ID = -1

// Set is the objects of one program, and which of their symbols are one.
type Set struct {
	objects []*Object
	// defs are the definitions, by ID.
	defs []def
	// first is the ID of an object's first symbol; ids are of each object's
	// symbols in order.
	ids [][]ID
	// own is the object that other packages number a package's symbols by.
	own    map[string]int
	byName map[nameABI]ID
	byHash map[string]ID
	// index is the number of an object.
	index map[*Object]int
}

type def struct {
	object *Object
	n      int
}

type nameABI struct {
	name string
	abi  uint16
}

// NewSet joins objects. Of a symbol that several define, the one with the most
// bytes counts: the others are the same or only reserve room. Source:
// cmd/link/internal/loader/loader.go, addSym.
func NewSet(objects []*Object) *Set {
	s := &Set{
		objects: objects, ids: make([][]ID, len(objects)), own: map[string]int{},
		byName: map[nameABI]ID{}, byHash: map[string]ID{}, index: map[*Object]int{},
	}
	for i, o := range objects {
		s.index[o] = i
		// The compiled object stands first in its archive, before the assembled.
		if _, known := s.own[o.Package]; !known {
			s.own[o.Package] = i
		}
		for n := range o.Symbols {
			s.ids[i] = append(s.ids[i], s.add(o, n))
		}
	}
	return s
}

func (s *Set) add(o *Object, n int) ID {
	symbol := &o.Symbols[n]
	id, known := None, false
	named := uint32(n) >= o.defCount[0]+o.defCount[1]+o.defCount[2]
	key := nameABI{symbol.Name, symbol.ABI}
	switch {
	case symbol.Hash != "":
		id, known = s.byHash[symbol.Hash]
	case named && symbol.ABI != Static:
		id, known = s.byName[key]
	}
	if known {
		had := s.defs[id]
		if old := had.object.Symbols[had.n]; symbol.Size > old.Size || len(o.Data(n)) > len(had.object.Data(had.n)) {
			s.defs[id] = def{o, n}
		}
		return id
	}
	id = ID(len(s.defs))
	s.defs = append(s.defs, def{o, n})
	if symbol.Hash != "" {
		s.byHash[symbol.Hash] = id
	} else if symbol.ABI != Static && symbol.Name != "" {
		// Also the package's own: a linkname reaches them by name.
		if _, taken := s.byName[key]; !taken {
			s.byName[key] = id
		}
	}
	return id
}

// Len is one more than the largest ID.
func (s *Set) Len() int { return len(s.defs) }

// Symbol is a symbol's definition, and the package that holds it.
func (s *Set) Symbol(id ID) (*Symbol, string) {
	d := s.defs[id]
	return &d.object.Symbols[d.n], d.object.Package
}

// Data is a symbol's bytes; the rest of its size is zero.
func (s *Set) Data(id ID) string {
	d := s.defs[id]
	return d.object.Data(d.n)
}

// Edge is a reference whose target is known among all objects.
type Edge struct {
	Reloc
	// ID is None where no object defines the target, or where it is one of the
	// runtime's that the compiler knows by number.
	ID ID
}

// Edges are the references of a symbol.
func (s *Set) Edges(id ID) []Edge {
	d := s.defs[id]
	relocs := d.object.Relocs(d.n)
	out := make([]Edge, len(relocs))
	for i, r := range relocs {
		out[i] = Edge{r, s.target(d.object, r.To)}
	}
	return out
}

// Funcdata are what the runtime keeps of a function, which goes where it goes.
func (s *Set) Funcdata(id ID) []ID {
	d := s.defs[id]
	var out []ID
	for _, to := range d.object.funcdata(d.n) {
		if found := s.target(d.object, to); found != None {
			out = append(out, found)
		}
	}
	return out
}

// Lookup finds symbols by name, for each way to call them.
func (s *Set) Lookup(name string) []ID {
	var out []ID
	for abi := range uint16(2) {
		if id, is := s.byName[nameABI{name, abi}]; is {
			out = append(out, id)
		}
	}
	return out
}

// target finds what an object's numbers name.
func (s *Set) target(o *Object, to Ref) ID {
	n, object := uint64(to.Symbol), s.index[o]
	d := o.defCount
	switch to.Package {
	case 0, pkgBuiltin:
		return None
	case pkgSelf:
	case pkgHash64:
		n += uint64(d[0])
	case pkgHash:
		n += uint64(d[0]) + uint64(d[1])
	case pkgNone:
		n += uint64(d[0]) + uint64(d[1]) + uint64(d[2])
		if over := n - uint64(len(o.Symbols)); n >= uint64(len(o.Symbols)) {
			if over >= uint64(len(o.Named)) {
				return None
			}
			name := o.Named[over]
			if id, is := s.byName[nameABI{name.Name, name.ABI}]; is {
				return id
			}
			return None
		}
	default:
		if uint64(to.Package) >= uint64(len(o.packages)) {
			return None
		}
		var known bool
		if object, known = s.own[o.packages[to.Package]]; !known {
			return None
		}
	}
	if n >= uint64(len(s.ids[object])) {
		return None
	}
	return s.ids[object][n]
}
