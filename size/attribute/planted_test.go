package attribute

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mote/fs/image"
	"mote/size/golden"
)

// planted is a program whose code is known: part's Speak is called through an
// interface only, Unheard by nobody, and the texts weigh.
var planted = map[string]string{
	"go.mod": "module planted\n\ngo 1.26\n",
	"main.go": `package main

import "planted/part"

type speaker interface{ Speak() string }

var said speaker = part.New()

func main() { println(said.Speak()) }
`,
	"part/part.go": `package part

import "planted/under"

type Loud struct{ n int }

func New() Loud { return Loud{1} }

func (l Loud) Speak() string { return under.Text(l.n) }

func (l Loud) Unheard() string { return "nobody calls this" }
`,
	"under/under.go": "package under\n\n//go:noinline\nfunc Text(n int) string { return text[n:] }\n\nconst text = \"" + strings.Repeat("a heavy text ", 8000) + "\"\n",
}

// plant writes a program and is its target.
func plant(t *testing.T, files map[string]string) Target {
	t.Helper()
	top := t.TempDir()
	for name, text := range files {
		path := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Target{Top: top, Package: ".", Flags: image.ProgramFlags()}
}

// textBytes is the planted text's.
const textBytes = 13 * 8000

func TestWhyGolden(t *testing.T) {
	g, err := plant(t, planted).Graph(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var got string
	for _, name := range []string{"planted/part.Loud.Speak", "planted/under", "planted/part.Loud.Unheard", "net/http"} {
		text, err := g.Why(name)
		if err != nil {
			text = err.Error() + "\n"
		}
		got += text
	}
	golden.Check(t, filepath.Join("testdata", "why.txt"), got)
}

func TestCostOfAPlantedPackage(t *testing.T) {
	target := plant(t, planted)
	g, err := target.Graph(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	is := func(name string) func(string) bool { return func(pkg string) bool { return pkg == name } }
	// The text is a string that only under refers to, and only part needs under.
	for _, name := range []string{"planted/under", "planted/part"} {
		c, err := g.Cost(name, is(name))
		if err != nil || c.Alone < textBytes || c.Alone > textBytes+5000 || c.Own > 5000 {
			t.Errorf("%s: %+v %v; want the text's %d bytes and little more", name, c, err, textBytes)
		}
		with, without, err := target.Emptied(t.Context(), t.TempDir(), []string{name})
		if less := with - without; err != nil || less < textBytes-8192 || less > textBytes+8192 {
			t.Errorf("%s emptied: %d less, %v", name, less, err)
		}
	}
	if _, err := g.Cost("net/http", is("net/http")); err == nil {
		t.Error("what isn't there has a cost")
	}
	if _, _, err := target.Emptied(t.Context(), t.TempDir(), []string{"runtime"}); err == nil {
		t.Error("a program was built without a runtime")
	}
	if c := g.Costs(); len(c) < 5 || c[0].Alone < c[1].Alone {
		t.Errorf("costs: %+v", c)
	}
}

// TestAnotherModuleIsEmptied does the same to a module outside of the checkout.
func TestAnotherModuleIsEmptied(t *testing.T) {
	target := Program("../..", "./ctl/vm/run")
	with, without, err := target.Emptied(t.Context(), t.TempDir(), []string{"golang.org/x/sys/unix"})
	if err != nil || without > with || with < 1<<20 {
		t.Errorf("%d bytes with, %d without: %v", with, without, err)
	}
}

func TestInterfaceKeepsMethods(t *testing.T) {
	g, err := plant(t, planted).Graph(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, k := range g.Kept() {
		if k.Call == "reflection on methods" {
			t.Errorf("reflection in a program without: %+v", k)
		}
		if k.Call != "method Speak func() string" {
			continue
		}
		found = true
		if k.Bytes < textBytes || k.Methods == 0 || k.Callers != 1 || !strings.HasSuffix(k.Chain, "main.main") || !strings.Contains(k.Largest, "Loud") {
			t.Errorf("%+v", k)
		}
	}
	if !found {
		t.Error("the interface keeps nothing")
	}

	// The same with a search for methods by a name that only the run knows.
	files := map[string]string{}
	for name, text := range planted {
		files[name] = text
	}
	files["main.go"] = `package main

import (
	"os"
	"reflect"

	"planted/part"
)

func main() { reflect.ValueOf(part.New()).MethodByName(os.Args[0]).Call(nil) }
`
	if g, err = plant(t, files).Graph(t.Context(), t.TempDir()); err != nil {
		t.Fatal(err)
	}
	text, err := g.Why("planted/part.Loud.Unheard")
	if err != nil || !strings.Contains(text, "by reflection, and keeps every exported one") || !strings.Contains(text, "main.main makes") {
		t.Errorf("%v; got:\n%s", err, text)
	}
	report := KeptReport(g.Kept(), 5)
	if !strings.Contains(report, "reflection on methods") || strings.Contains(report, "nothing in the program") {
		t.Errorf("got:\n%s", report)
	}
}

func TestCostReportsGolden(t *testing.T) {
	golden.Check(t, filepath.Join("testdata", "cost.txt"), CostReport([]Cost{
		{"module big", 5000, 9000, []Loss{{"sort", 3000}, {Shared, 1000}}}, {"fmt", 100, 100, nil}, {"x", 1, 1, nil},
	}, 2)+KeptReport([]Kept{
		{"method Error func() string", 900, 3, 2, "main.main → a.b", "a.T.Error", "a.New"},
		{"method Close func() error", 90, 1, 1, "main.main", "a.T.Close", ""}, {"method x func()", 9, 0, 1, "main.main", "", ""},
	}, 2))
}
