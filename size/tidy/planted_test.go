package tidy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// plant writes a small house: a clean base and the files of a case over it.
func plant(t *testing.T, files map[string]string) string {
	t.Helper()
	top := t.TempDir()
	base := map[string]string{
		"README.md":         "Run `make run`, `make test-unit` or `make test`.\n",
		"Makefile":          "run: ## boot it\n\ttrue\ntest: run ## all\ntest-unit: ## quick\nhidden:\n",
		"ARCHITECTURE.md":   "`ctl/`, `fs`, `fs/job`, `hw`, `init/core`, `net`, `wire/`\n",
		"go.mod":            "module m\n",
		"init/core/loop.go": "package core\n\nimport \"x/unix\"\n\nfunc wait() { unix.EpollWait() }\n",
		"wire/table.go":     "package wire\n\nvar table = [2]int{1, 2}\n\nfunc at(i int) int { return table[i] }\n",
	}
	for name, text := range files {
		base[name] = text
	}
	for name, text := range base {
		full := filepath.Join(top, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return top
}

// clean is what the base may have: the loop's own EpollWait.
var clean = map[string]int{"epoll-wait": 1}

func judge(t *testing.T, files map[string]string) string {
	t.Helper()
	found, err := Check(plant(t, files))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(Judge(found, clean), "\n")
}

func TestCleanHouse(t *testing.T) {
	if got := judge(t, nil); got != "" {
		t.Errorf("findings in a clean house:\n%s", got)
	}
}

func TestPlantedBreachesAreFound(t *testing.T) {
	body := func(lines int) string {
		return "package wire\n\nfunc f() {\n" + strings.Repeat("\t_ = 0\n", lines-2) + "}\n"
	}
	cases := map[string]struct{ name, text, want string }{
		"long file":        {"fs/a.go", "package fs\n" + strings.Repeat("\n", 400), "fs/a.go: 401 lines"},
		"long function":    {"wire/a.go", body(71), "f has 71 lines, more than 70"},
		"nearly too long":  {"wire/a.go", body(61), "f has 61 lines; aim at 60"},
		"long test":        {"wire/a_test.go", body(101), "f has 101 lines, more than 100"},
		"unfinished":       {"ctl/a.txt", "x\nTO" + "DO later\n", "ctl/a.txt:2: TO" + "DO"},
		"unfinished in Go": {"ctl/a.go", "package a // FIX" + "ME\n", "[unfinished]"},
		"machine path":     {"kconfig/a", "see \"/ho" + "me/someone/x\"\n", "[machine-path]"},
		"large file":       {"fs/a.bin", "\x00" + strings.Repeat("x", fileBytesMax), "[large-file]"},
		"no comment":       {"wire/a.go", "package wire\n\nfunc Open() {}\n", "Open has no doc comment"},
		"bare type":        {"wire/a.go", "package wire\n\ntype T int\n", "T has no doc comment"},
		"bare constant":    {"wire/a.go", "package wire\n\nconst C = 1\n", "C has no doc comment"},
		"bare method":      {"ctl/a.go", "package a\n\n// T is.\ntype T int\n\nfunc (*T) Do() {}\n", "Do has no doc comment"},
		"init function":    {"net/a.go", "package netcfg\n\nfunc init() {}\n", "[init-func]"},
		"empty variable":   {"hw/a.go", "package hw\n\nvar seen int\n", "seen has no value"},
		"changed variable": {"hw/a.go", "package hw\n\nvar seen = 1\n\nfunc f() { seen++ }\n", "seen is changed here"},
		"changed cell":     {"wire/b.go", "package wire\n\nfunc g() { table[1] = 3 }\n", "wire/b.go:3: package variable table is changed"},
		"goroutine":        {"init/core/a.go", "package core\n\nfunc f() { go f() }\n", "PID 1 is one goroutine"},
		"second wait":      {"ctl/a.go", "package a\n\nfunc f() { unix.EpollWait() }\n", "2 findings, 1 allowed"},
		"vague function":   {"ctl/a.go", "package a\n\nfunc newBootManager() {}\n", `"manager" says nothing`},
		"vague variable":   {"ctl/a.go", "package a\n\nfunc f() { utils := 1; _ = utils }\n", `"util`},
		"vague parameter":  {"ctl/a.go", "package a\n\nfunc f(handlers int) {}\n", `"handler"`},
		"vague file":       {"ctl/disk_helper.go", "package a\n", `file name with "helper"`},
		"stranger":         {"attic/a.txt", "x", "attic has no place at the top"},
		"no README entry":  {"Makefile", "run: ## boot\ntest-long: ## all night\n", "no word of `make test-long`"},
		"no map entry":     {"fs/image/deep/er/a.go", "package er\n", "no word of `fs/image/deep` in ARCHITECTURE.md"},
		"prefix only":      {"README.md", "make test-unit, make run", "no word of `make test`"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := judge(t, map[string]string{tc.name: tc.text}); !strings.Contains(got, tc.want) {
				t.Errorf("no %q in:\n%s", tc.want, got)
			}
		})
	}
}

// What looks like a breach and is none.
func TestAllowed(t *testing.T) {
	cases := map[string]struct{ name, text string }{
		"local of the same name": {"wire/b.go", "package wire\n\nfunc g() { table := [2]int{}; table[1] = 3; _ = table }\n"},
		"goroutine of the CLI":   {"ctl/a.go", "package a\n\nfunc f() { go f() }\n"},
		"goroutine of a job":     {"fs/job/a.go", "package job\n\nvar n int\n\nfunc f() { go f() }\n"},
		"method of a hidden":     {"ctl/a.go", "package a\n\ntype t int\n\nfunc (t) Do() {}\n"},
		"group comment":          {"wire/a.go", "package wire\n\n// All of them.\nconst (\n\tA = 1\n\tB = 2\n)\n"},
		"address":                {"fs/a.txt", "https://example.org/ho" + "me/x\n"},
		"test data":              {"fs/testdata/a.go", "broken TO" + "DO"},
		"built":                  {"build/a.txt", "TO" + "DO"},
		"longer word":            {"ctl/a.go", "package a\n\nfunc utility() {}\n"},
		"interface's EpollWait":  {"init/core/a.go", "package core\n\nfunc f(l *loop) { l.sys.EpollWait() }\n"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := judge(t, map[string]string{tc.name: tc.text}); got != "" {
				t.Errorf("found:\n%s", got)
			}
		})
	}
}

func TestBrokenGoIsAnError(t *testing.T) {
	if _, err := Check(plant(t, map[string]string{"fs/a.go": "package"})); err == nil {
		t.Error("a file that can't be parsed was passed over")
	}
}

func TestRatchets(t *testing.T) {
	found := []Finding{{Rule: "a", Path: "x", Line: 3, Text: "one"}, {Rule: "a", Path: "y", Text: "two"}}
	cases := map[string]struct {
		ratchets map[string]int
		want     string
	}{
		"as many":    {map[string]int{"a": 2}, ""},
		"too many":   {map[string]int{"a": 1}, "x:3: one [a]\ny: two [a]\na: 2 findings, 1 allowed"},
		"fewer":      {map[string]int{"a": 3}, "a: 2 findings, 3 allowed: lower the ratchet to 2"},
		"not listed": {map[string]int{}, "rule a has no line in ratchets.txt\nx:3: one [a]\ny: two [a]\na: 2 findings, 0 allowed"},
		"gone":       {map[string]int{"a": 2, "b": 1}, "b: 0 findings, 1 allowed: lower the ratchet to 0"},
	}
	for name, tc := range cases {
		if got := strings.Join(Judge(found, tc.ratchets), "\n"); got != tc.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, tc.want)
		}
	}
	for _, bad := range []string{"rule", "rule x", "rule -1"} {
		if _, err := parseRatchets(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestWords(t *testing.T) {
	for name, want := range map[string]string{
		"newBootManager": "new boot manager", "HTTPHandler": "http handler", "readHTTP": "read http", "disk_helper": "disk helper", "x": "x",
	} {
		if got := strings.Join(words(name), " "); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}
