package goobj

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// source is a package with one of everything that is read.
const source = `package small

type Thing struct{ A, B int }

func (Thing) String() string { return "a thing of the test" }

type speaker interface{ String() string }

var Kept any = Thing{1, 2}

func Speak(s speaker) string { return s.String() + "and more" }

func Answer() int
`

const assembly = "#include \"textflag.h\"\nTEXT ·Answer(SB),NOSPLIT,$0-8\n\tMOVQ $42, ret+0(FP)\n\tRET\n"

// compiled is the archive of that package.
func compiled(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module small\ngo 1.26\n", "a.go": source, "a_amd64.s": assembly} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "list", "-export", "-f", "{{.Export}}", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "GOFLAGS=", "GOWORK=off")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestArchive(t *testing.T) {
	objects, err := Archive("small", compiled(t))
	if err != nil || len(objects) != 2 {
		t.Fatalf("%d objects, want the compiled and the assembled one: %v", len(objects), err)
	}
	set := NewSet(objects)
	byName := map[string]ID{}
	for id := range ID(set.Len()) {
		s, pkg := set.Symbol(id)
		byName[s.Name] = id
		if pkg != "small" {
			t.Errorf("%s is of %s", s.Name, pkg)
		}
	}
	thing, known := byName["type:small.Thing"]
	if !known {
		t.Fatalf("no type among %d symbols", set.Len())
	}
	if s, _ := set.Symbol(thing); !s.Type || !s.Kind.Loaded() || s.Kind.Text() || s.Size < 80 {
		t.Errorf("the type is %+v", s)
	}
	if s, _ := set.Symbol(byName["small.Answer"]); !s.Kind.Text() || s.Size == 0 {
		t.Errorf("the assembled function is %+v", s)
	}
	if got := set.Data(byName[`go:string."and more"`]); got != "and more" {
		t.Errorf("the string is %q", got)
	}
	edge(t, set, byName["small.Speak"], UseIfaceMethod, "type:small.speaker")
	edge(t, set, byName["small.Speak"], PCRel, `go:string."and more"`)
	edge(t, set, thing, MethodOff, "small.Thing.String")
}

// edge wants a reference of a way from one symbol to another.
func edge(t *testing.T, set *Set, from ID, way RelocType, to string) {
	t.Helper()
	var seen []string
	for _, e := range set.Edges(from) {
		if e.ID == None {
			continue
		}
		s, _ := set.Symbol(e.ID)
		if e.Type == way && s.Name == to {
			return
		}
		seen = append(seen, s.Name)
	}
	s, _ := set.Symbol(from)
	t.Errorf("%s refers to %q, and by %d not to %s", s.Name, seen, way, to)
}

// TestLargestDefinitionCounts joins two objects that define one name.
func TestLargestDefinitionCounts(t *testing.T) {
	object := func(size uint32) *Object {
		return &Object{Package: "p", raw: "x", Symbols: []Symbol{{Name: "p.v", Size: size}, {Name: "p.own", ABI: Static, Size: size}}}
	}
	set := NewSet([]*Object{object(8), object(24), object(16)})
	if set.Len() != 4 {
		t.Fatalf("%d symbols, want one and the three of the files", set.Len())
	}
	if s, _ := set.Symbol(0); s.Size != 24 {
		t.Errorf("the one is of %d bytes", s.Size)
	}
}

func TestBrokenIsRefused(t *testing.T) {
	good := compiled(t)
	for name, raw := range map[string]string{
		"nothing": "", "no archive": "!<thin>\n", "cut": good[:len(good)-100],
		"another form": strings.ReplaceAll(good, magic, "\x00go999ld"),
	} {
		if _, err := Archive("p", raw); err == nil {
			t.Errorf("%s: taken for an archive", name)
		}
	}
}

// FuzzParse reads any bytes to the end of what they say, within them.
func FuzzParse(f *testing.F) {
	objects, err := Archive("p", compiled(f))
	if err != nil {
		f.Fatal(err)
	}
	// The assembled one is 30 times smaller, so more is tried of it.
	f.Add(objects[1].raw)
	f.Add(magic + strings.Repeat("\x00", headerBytes))
	f.Fuzz(func(t *testing.T, raw string) {
		o, err := Parse("p", raw)
		if err != nil {
			return
		}
		set := NewSet([]*Object{o})
		for id := range ID(set.Len()) {
			set.Edges(id)
			if len(set.Data(id)) > len(raw) {
				t.Fatal("data out of nothing")
			}
		}
	})
}
