package attribute

import (
	"debug/elf"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mote/size/golden"
)

// TestEveryByteOfPID1HasAnOwner holds the attribution against the file's own
// section table and symbol sizes, which it was not added up from.
func TestEveryByteOfPID1HasAnOwner(t *testing.T) {
	dir := t.TempDir()
	pieces, err := Init("../..").Attribute(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, "shipped"))
	if err != nil {
		t.Fatal(err)
	}
	total := int64(0)
	for _, p := range pieces {
		total += p.Bytes
		if p.Bytes <= 0 || p.Module == "" || p.Package == "" || p.Symbol == "" || p.Kind == "" {
			t.Errorf("half a piece: %+v", p)
		}
	}
	if total != info.Size() {
		t.Errorf("%d bytes have owners, the file is %d", total, info.Size())
	}
	if none := Sum(pieces, BySymbol)[Unattributed]; none*100 >= total {
		t.Errorf("%d of %d bytes have no name, 1 %% or more", none, total)
	}
	if everybodys := Sum(pieces, ByModule)[Shared]; everybodys*50 >= total {
		t.Errorf("%d of %d bytes are nobody's in particular, 2 %% or more", everybodys, total)
	}
	named, err := elf.Open(filepath.Join(dir, "twin"))
	if err != nil {
		t.Fatal(err)
	}
	defer named.Close()
	againstSections(t, named, pieces)
	againstSymbols(t, named, pieces)

	// A twin of other sources is refused.
	other := filepath.Join(dir, "other")
	raw, err := os.ReadFile(filepath.Join(dir, "twin"))
	if err != nil {
		t.Fatal(err)
	}
	raw[named.Section(".data").Offset] ^= 1
	if err := os.WriteFile(other, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(filepath.Join(dir, "shipped"), other, nil); err == nil || !strings.Contains(err.Error(), ".data differs") {
		t.Errorf("a changed twin: %v", err)
	}
}

func againstSections(t *testing.T, named *elf.File, pieces []Piece) {
	t.Helper()
	size := func(names ...string) (sum int64) {
		for _, name := range names {
			if s := named.Section(name); s != nil {
				sum += int64(s.Size)
			}
		}
		return sum
	}
	got := Sum(pieces, ByKind)
	for kind, want := range map[string]int64{
		Text:    size(".text"),
		Pclntab: size(".gopclntab"),
		Data:    size(".data", ".noptrdata", ".go.buildinfo", ".go.fipsinfo", ".go.module"),
	} {
		if got[kind] != want {
			t.Errorf("%s: %d bytes, its sections have %d", kind, got[kind], want)
		}
	}
	if sum, want := got[Rodata]+got[TypeData], size(".rodata", ".typelink", ".itablink"); sum != want {
		t.Errorf("constants and types: %d bytes, their sections have %d", sum, want)
	}
}

// againstSymbols is what nm -S says of each function.
func againstSymbols(t *testing.T, named *elf.File, pieces []Piece) {
	t.Helper()
	text := map[string]int64{}
	for _, p := range pieces {
		if p.Kind == Text {
			text[p.Symbol] += p.Bytes
		}
	}
	symbols, err := named.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{}
	for _, s := range symbols {
		if elf.ST_TYPE(s.Info) == elf.STT_FUNC {
			want[s.Name] += int64(s.Size)
		}
	}
	wrong := 0
	for name, size := range want {
		if size > 0 && text[name] != size {
			wrong++
			t.Logf("%s: %d bytes of text, its symbol says %d", name, text[name], size)
		}
	}
	if wrong > 0 || len(want) < 1000 {
		t.Errorf("%d of %d functions have another size than their symbols", wrong, len(want))
	}
}

func TestPackageOf(t *testing.T) {
	for symbol, want := range map[string]string{
		"mote/init/core.(*Loop).Run":                       "mote/init/core",
		"main.main":                                        "main",
		"golang.org/x/sys/unix.errorList":                  "golang.org/x/sys/unix",
		"gopkg.in/yaml%2ev3.Node":                          "gopkg.in/yaml.v3",
		"slices.Sort[go.shape.[]mote/hw.NIC]":              "slices",
		"type:.eq.mote/wire.Limits":                        "mote/wire",
		"type:*":                                           Shared,
		"type:*[]mote/hw.NIC":                              "mote/hw",
		"type:[4]*[2]mote/hw.NIC":                          "mote/hw",
		"type:.eq.[64]mote/init/core.timer":                "mote/init/core",
		"type:string":                                      "runtime",
		"type:map.group[string]mote/hw.NIC":                Shared,
		"type:func(mote/hw.NIC) error":                     Shared,
		"type:*struct { F uintptr }":                       Shared,
		"type:.namedata.Name.":                             Shared,
		"go:string.*":                                      Shared,
		"go:itab.*mote/init/core.linux,mote/init/core.Sys": "mote/init/core",
		"(alignment)":                                      Shared,
		"$f64.3eb0000000000000":                            Shared,
		"_rt0_amd64_linux":                                 "runtime",
		"mote/hw.(file uevent.go)":                         "mote/hw",
	} {
		if got := packageOf(symbol); got != want {
			t.Errorf("%s: got %s, want %s", symbol, got, want)
		}
	}
	if got := fileSymbol("golang.org/x/sys@v0.1.0/unix/a.go"); got != "golang.org/x/sys/unix.(file a.go)" {
		t.Errorf("got %s", got)
	}
}

func TestReportGolden(t *testing.T) {
	pieces := []Piece{
		{"mote", "mote/fs", "mote/fs.Mount", Text, 700}, {"mote", "mote/fs", "mote/fs.Mount", Pclntab, 300},
		{"std", "runtime", "runtime.mallocgc", Text, 2000}, {Shared, Shared, severalSymbols, TypeData, 500},
		{Shared, Shared, Unattributed, Data, 10}, {Shared, Shared, "(ELF headers)", Headers, 490},
	}
	golden.Check(t, filepath.Join("testdata", "report.txt"), Report(pieces, 3))
}

func TestDiffGolden(t *testing.T) {
	before := []Piece{
		{"mote", "mote/fs", "mote/fs.Mount", Text, 700}, {"mote", "mote/fs", "mote/fs.a", Text, 5},
		{"mote", "mote/fs", "mote/fs.b", Text, 5}, {"mote", "mote/fs", "mote/fs.gone", Text, 30},
		{"std", "sort", "sort.Sort", Text, 400}, {Shared, Shared, severalSymbols, TypeData, 500},
		{Shared, Shared, "(page alignment)", Headers, 100}, {"mote", "mote/hw", "mote/hw.x", Text, 10},
	}
	after := []Piece{
		{"mote", "mote/fs", "mote/fs.Mount", Text, 900}, {"mote", "mote/fs", "mote/fs.Mount", Pclntab, 50},
		{"mote", "mote/fs", "mote/fs.a", Text, 6}, {"mote", "mote/fs", "mote/fs.b", Text, 6},
		{"mote", "mote/fs", "mote/fs.new", Text, 60}, {"std", "fmt", "fmt.Sprint", Text, 3000},
		{Shared, Shared, severalSymbols, TypeData, 620}, {Shared, Shared, "(page alignment)", Headers, 7},
		{"mote", "mote/hw", "mote/hw.x", Text, 11},
	}
	why := func(pkg string) string { return "main.main → fmt.Sprint" }
	golden.Check(t, filepath.Join("testdata", "diff.txt"), Diff(before, after, 3, why)+"\n"+Diff(before, before, 3, why))
}

// TestLayoutFillsItsBox holds areas to weights and the boxes within the whole.
func TestLayoutFillsItsBox(t *testing.T) {
	weights := []float64{50, 30, 10, 5, 3, 1, 1}
	sum := 0.0
	for i, b := range layout(box{0, 0, 40, 25}, weights) {
		area := b.w * b.h
		sum += area
		if want := 1000 * weights[i] / 100; area < want-0.001 || area > want+0.001 || b.x < 0 || b.y < 0 || b.x+b.w > 40.001 || b.y+b.h > 25.001 {
			t.Errorf("%d: %+v has the area %f, want %f", i, b, area, want)
		}
	}
	if sum < 999.99 || sum > 1000.01 || layout(box{}, nil) != nil {
		t.Errorf("the boxes are %f in all", sum)
	}
}

func TestTreemapGolden(t *testing.T) {
	golden.Check(t, filepath.Join("testdata", "treemap.svg"), Treemap([]Piece{
		{"mote", "mote/fs", "mote/fs.Mount", Text, 7000}, {"mote", "mote/hw", "mote/hw.x", Text, 3000},
		{"std", "runtime", "runtime.mallocgc", Text, 20000}, {Shared, Shared, "type:<*>", TypeData, 5000},
	}))
}

func TestBrokenTableIsRefused(t *testing.T) {
	for _, raw := range [][]byte{nil, make([]byte, 200), {0xf1, 0xff, 0xff, 0xff, 0, 0, 1, 8}} {
		if _, err := parse(raw); err == nil {
			t.Errorf("%x was taken for a table of functions", raw)
		}
	}
}
