package attribute

import (
	"debug/elf"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mote/size/goobj"
)

// TestPlacesAgreeWithTheSymbolTable holds what following references found
// against every name that the linker did write down, and against each other.
func TestPlacesAgreeWithTheSymbolTable(t *testing.T) {
	target, twin := Init("../.."), filepath.Join(t.TempDir(), "twin")
	if err := target.Twin(t.Context(), twin); err != nil {
		t.Fatal(err)
	}
	set, err := target.Objects(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	named, err := elf.Open(twin)
	if err != nil {
		t.Fatal(err)
	}
	defer named.Close()
	symbols, err := named.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	p, err := Place(named, symbols, set)
	if err != nil {
		t.Fatal(err)
	}
	size := map[uint64]uint64{}
	for _, s := range symbols {
		size[s.Value] = max(size[s.Value], s.Size)
	}
	types, texts := 0, 0
	for addr, id := range p.byAddr {
		symbol, _ := set.Symbol(id)
		if want := size[addr]; want != 0 && want != uint64(symbol.Size) {
			t.Errorf("%s: %d bytes at %#x, the symbol table says %d", symbol.Name, symbol.Size, addr, want)
		}
		switch {
		case size[addr] != 0:
		case symbol.Type:
			types++
		case strings.HasPrefix(symbol.Name, "go:string."):
			texts++
		}
	}
	missing := 0
	for addr, bytes := range size {
		if _, is := p.byAddr[addr]; !is && bytes > 0 {
			missing++
		}
	}
	t.Logf("%d placed, %d types and %d strings among them; %d of %d of the symbol table were not found", len(p.byAddr), types, texts, missing, len(size))
	if types < 500 || texts < 1000 || missing*50 > len(size) {
		t.Error("that is too few")
	}
	overlap(t, p)
}

// overlap refuses two symbols that share a byte.
func overlap(t *testing.T, p *Places) {
	t.Helper()
	for addr, id := range p.byAddr {
		symbol, _ := p.Set.Symbol(id)
		for at := addr + 1; at < addr+uint64(symbol.Size); at++ {
			if other, is := p.byAddr[at]; is {
				second, _ := p.Set.Symbol(other)
				t.Errorf("%s and %s overlap", symbol.Name, second.Name)
			}
		}
	}
}

// TestBytesDecide compares a symbol's bytes with what might be its place.
func TestBytesDecide(t *testing.T) {
	hole := []goobj.Edge{{Reloc: goobj.Reloc{Offset: 2, Bytes: 4}}, {Reloc: goobj.Reloc{Offset: -1, Bytes: 4}}, {Reloc: goobj.Reloc{Offset: 0}}}
	for _, c := range []struct {
		linked, data string
		want         bool
	}{
		{"ab1234cd", "ab\x00\x00\x00\x00cd", true},
		{"ab1234ce", "ab\x00\x00\x00\x00cd", false},
		{"xb1234cd", "ab\x00\x00\x00\x00cd", false},
		{"ab1234cd\x00\x00", "ab\x00\x00\x00\x00cd", true},
		{"ab1234cd\x00\x01", "ab\x00\x00\x00\x00cd", false},
		{"ab", "ab\x00", false},
		{"ab12", "ab\x00\x00", true},
	} {
		if got := equal([]byte(c.linked), c.data, hole); got != c.want {
			t.Errorf("%q at the place of %q: %v", c.linked, c.data, got)
		}
	}
}

func TestJoin(t *testing.T) {
	a := owner{"m", "m/p", "m/p.A"}
	for _, c := range []struct{ a, b, want owner }{
		{owner{}, a, a}, {a, owner{}, a}, {a, a, a},
		{a, owner{"m", "m/p", "m/p.B"}, owner{"m", "m/p", severalSymbols}},
		{a, owner{"m", "m/q", "m/q.B"}, owner{"m", SeveralPackages, severalSymbols}},
		{a, owner{"n", "n/q", "n/q.B"}, shared(severalSymbols)},
	} {
		if got := join(c.a, c.b); got != c.want {
			t.Errorf("%v and %v: %v", c.a, c.b, got)
		}
	}
}

// TestStrippedFileIsAttributed asks a finished file, as anybody ships it, and
// holds its functions against those of the same program with a symbol table.
func TestStrippedFileIsAttributed(t *testing.T) {
	dir := t.TempDir()
	target := Program("../..", "./size/mksize")
	stripped, twin := filepath.Join(dir, "stripped"), filepath.Join(dir, "twin")
	if _, err := target.link(t.Context(), stripped, target.Flags.LinkerFlags); err != nil {
		t.Fatal(err)
	}
	if err := target.Twin(t.Context(), twin); err != nil {
		t.Fatal(err)
	}
	bare, err := Read(stripped, stripped, nil)
	if err != nil {
		t.Fatal(err)
	}
	named, err := Read(stripped, twin, nil)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(stripped)
	if err != nil {
		t.Fatal(err)
	}
	if got := Sum(bare, all)[""]; got != info.Size() {
		t.Errorf("%d bytes have owners, the file is %d", got, info.Size())
	}
	// A function reaches to the next one here, so alignment counts for it.
	own := func(pieces []Piece) int64 { return Sum(of(pieces, "mote/size"), ByKind)[Text] }
	if a, b := own(bare), own(named); a < b || a > b+b/10 || b == 0 {
		t.Errorf("mote/size has %d bytes of text without a symbol table and %d with one", a, b)
	}
	if a, b := Sum(bare, ByKind)[Pclntab], Sum(named, ByKind)[Pclntab]; a != b {
		t.Errorf("the table of functions is of %d and %d bytes", a, b)
	}
	other := filepath.Join(dir, "x")
	if err := os.WriteFile(other, []byte("no program"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(other, other, nil); err == nil {
		t.Error("a text was attributed")
	}
}
