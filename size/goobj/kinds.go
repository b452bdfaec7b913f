package goobj

// Kind is the memory that a symbol takes. Source: cmd/internal/objabi/symkind.go.
type Kind uint8

// The kinds up to KindThreadZero are loaded; what follows is for debuggers.
const (
	KindText       Kind = 1
	KindTextFIPS   Kind = 2
	KindRodata     Kind = 3
	KindZero       Kind = 9
	KindThreadZero Kind = 11
)

// Text says whether it is instructions.
func (k Kind) Text() bool { return k == KindText || k == KindTextFIPS }

// Loaded says whether it is in memory when the program runs.
func (k Kind) Loaded() bool { return k >= KindText && k <= KindThreadZero }

// Zeroed says whether it takes memory and no bytes of the file.
func (k Kind) Zeroed() bool { return k >= KindZero }

// RelocType is the way of a reference. Source: cmd/internal/objabi/reloctype.go
// of Go 1.26.
type RelocType uint16

// The references of amd64, and those that only tell the linker something.
const (
	Addr           RelocType = 1  // the address, 8 or 4 bytes
	AddrOff        RelocType = 5  // from the section's start, 4 bytes
	Call           RelocType = 7  // from the end of the reference, 4 bytes
	PCRel          RelocType = 14 // likewise
	UseType        RelocType = 22 // for debuggers
	UseIface       RelocType = 23 // this type becomes an interface's value here
	UseIfaceMethod RelocType = 24 // this method of an interface is called here
	UseNamedMethod RelocType = 25 // methods of this name are looked for here
	MethodOff      RelocType = 26 // as AddrOff; -1 of a method that was dropped
	Keep           RelocType = 27 // no bytes: who has this has that
	InitOrder      RelocType = 99 // the other package's start runs before
	// Weak is added to a way that keeps nothing alive.
	Weak RelocType = 1 << 15
)
