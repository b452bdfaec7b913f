package manifest

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"mote/size/golden"
	"mote/wire"
)

// structs lists the structs of wire with the table of each: its name in a
// sentence, and the field that a map's names are kept in.
func structs() []struct {
	of     any
	fields []Field
	key    string
} {
	return []struct {
		of     any
		fields []Field
		key    string
	}{
		{wire.Manifest{}, manifestFields(), ""},
		{wire.User{}, userFields(), "Name"},
		{wire.Operator{}, accessFields(), "Name"},
		{wire.Link{}, linkFields(), "Name"},
		{wire.LinkRule{}, linkRuleFields(), "Name"},
		{wire.Service{}, serviceFields(), "Name"},
		{wire.Limits{}, limitFields(), ""},
		{wire.IOLimit{}, ioFields(), "Disk"},
		{wire.Isolation{}, isolationFields(), ""},
		{wire.Writable{}, writableFields(), "Path"},
		{wire.File{}, fileFields(), "Path"},
	}
}

// Every field of wire's structs is set by exactly one field of the table, and
// every field of the table sets some; and no struct is left out.
func TestEveryWireFieldHasOneName(t *testing.T) {
	seen := map[reflect.Type]bool{reflect.TypeFor[wire.Rlimit](): true} // one scalar: see amounts
	for _, s := range structs() {
		of := reflect.TypeOf(s.of)
		seen[of] = true
		times := map[string]int{s.key: 1, "": 1}
		for i := range s.fields {
			if len(s.fields[i].wireNames()) == 0 {
				t.Errorf("%v: %s sets nothing", of, s.fields[i].Name)
			}
			for _, name := range s.fields[i].wireNames() {
				times[name]++
				if _, ok := of.FieldByName(name); !ok {
					t.Errorf("%s sets %s, which %v doesn't have", s.fields[i].Name, name, of)
				}
			}
		}
		for i := range of.NumField() {
			if name := of.Field(i).Name; times[name] != 1 {
				t.Errorf("%v.%s has %d names in table.go; a new field is a line there", of, name, times[name])
			}
		}
	}
	var look func(of reflect.Type)
	look = func(of reflect.Type) {
		for i := range of.NumField() {
			below := of.Field(i).Type
			if below.Kind() == reflect.Slice {
				below = below.Elem()
			}
			if below.Kind() == reflect.Struct {
				if !seen[below] {
					t.Errorf("%v has no table; add it to table.go, and here", below)
					continue
				}
				look(below)
			}
		}
	}
	look(reflect.TypeFor[wire.Manifest]())
}

// Names are told apart, in a form that YAML needs no quotes for; every field has
// its sentence and says what leaving it out means.
func TestFieldsAreDescribed(t *testing.T) {
	paths := map[string]bool{}
	for _, f := range all("", documentFields()) {
		if paths[f.path] {
			t.Errorf("%s stands twice", f.path)
		}
		paths[f.path] = true
		if strings.Trim(f.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			t.Errorf("%s: write names in lower case, with '-'", f.path)
		}
		if !strings.HasSuffix(f.Doc, ".") || f.Example == "" {
			t.Errorf("%s: doc %q, example %q", f.path, f.Doc, f.Example)
		}
		if said := f.Required || f.Default != "" || f.Unset != ""; !said || f.Default != "" && f.Unset != "" {
			t.Errorf("%s: say once what leaving it out means", f.path)
		}
	}
}

// Every default and example is read without a problem, and shown as it is written.
func TestExamplesAndDefaultsAreRead(t *testing.T) {
	for _, s := range structs() {
		for i := range s.fields {
			f := &s.fields[i]
			for _, text := range []string{f.Example, f.Default, f.OneShot} {
				if text == "" {
					continue
				}
				n, problems := Load("example", []byte(text))
				if problems != nil {
					t.Errorf("%s: %s: %v", f.Name, text, problems)
					continue
				}
				r := &reader{nodes: map[string]*Node{}, keys: map[string]Position{}}
				at := reflect.New(reflect.TypeOf(s.of)).Elem()
				f.Form.read(r, f, n, f.Name, at)
				if r.problems != nil {
					t.Errorf("%s: %s: %v", f.Name, text, r.problems)
				}
				if _, single := f.Form.(*scalar); !single || text == "false" {
					continue
				}
				if got := f.Form.show(f, at); got == nil || got.Text != text {
					t.Errorf("%s: %s is shown as %+v", f.Name, text, got)
				}
			}
		}
	}
}

// The table's defaults are PID 1's.
func TestDefaultsAreThoseOfPID1(t *testing.T) {
	numbers := constants(t, "../../init/core/limits.go")
	numbers["importance"] = wire.ImportanceDefault
	for name, constant := range map[string]string{"start-timeout": "startMsecDefault", "stop-timeout": "stopMsecDefault",
		"backoff": "backoffMsecDefault", "backoff-max": "backoffMaxMsecDefault", "restarts-max": "restartsMaxDefault",
		"restarts-window": "restartsWindowMsecDefault", "pids-max": "pidsMaxDefault", "importance": "importance"} {
		fields := slices.Concat(serviceFields(), limitFields(), isolationFields())
		f := find(fields, name)
		values, problem := f.Form.(*scalar).parse(f.Default)
		if problem != "" || values[0] != numbers[constant] {
			t.Errorf("%s: %v %s; PID 1 has %s = %d", name, values, problem, constant, numbers[constant])
		}
	}
	if numbers["cpuPeriodUsecDefault"] != cpuPeriodUsecDefault || numbers["backoffMaxMsecDefault"] != backoffMaxMsecDefault {
		t.Error("PID 1 has another period or longest wait")
	}
	if want := strings.Split(find(isolationFields(), "syscalls").Unset, ", "); len(want) != 7 {
		t.Errorf("%d sets by default", len(want))
	} else if bits, ok := wire.SyscallSets(want); !ok || bits != wire.SyscallsDefault {
		t.Errorf("sets %#x by default", bits)
	}
}

// constants reads the whole numbers that a file names.
func constants(t *testing.T, name string) map[string]uint64 {
	t.Helper()
	source, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
	if err != nil {
		t.Fatal(err)
	}
	numbers := map[string]uint64{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		text := string(source[spec.Values[0].Pos()-1 : spec.Values[0].End()-1])
		if v, err := types.Eval(token.NewFileSet(), nil, token.NoPos, text); err == nil && v.Value != nil {
			if n, exact := constant.Uint64Val(constant.ToInt(v.Value)); exact {
				numbers[spec.Names[0].Name] = n
			}
		}
		return true
	})
	return numbers
}

// REFERENCE.md and schema.json are what the table says.
func TestReferenceAndSchemaArePublished(t *testing.T) {
	golden.Check(t, "REFERENCE.md", Reference())
	golden.Check(t, "schema.json", string(Schema()))
}
