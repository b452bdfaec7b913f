package image

import (
	"strings"
	"testing"
)

// ok is an entry that is refused for nothing.
func ok() Entry {
	return Entry{Path: "/etc/x", Kind: KindFile, Mode: 0o644, Content: []byte("x"), Reason: "a test"}
}

func TestTableRefuses(t *testing.T) {
	etc := Entry{Path: "/etc", Kind: KindFolder, Mode: 0o755, Reason: "a test"}
	for _, c := range []struct {
		name  string
		spoil func(e *Entry)
		want  string
	}{
		{"nothing", func(*Entry) {}, ""},
		{"no reason", func(e *Entry) { e.Reason = "" }, "/etc/x: reason"},
		{"blank reason", func(e *Entry) { e.Reason = " \n" }, "/etc/x: reason"},
		{"relative", func(e *Entry) { e.Path = "etc/x" }, "etc/x: path"},
		{"dots", func(e *Entry) { e.Path = "/etc/../x" }, "path: must be absolute, clean"},
		{"slash at the end", func(e *Entry) { e.Path = "/etc/x/" }, "path: must be absolute, clean"},
		{"root", func(e *Entry) { e.Path = "/" }, "/: path"},
		{"blank in path", func(e *Entry) { e.Path = "/etc/a b" }, "path: must be absolute, clean"},
		{"newline in path", func(e *Entry) { e.Path = "/etc/a\nb" }, "path: must be absolute, clean"},
		{"wildcard in path", func(e *Entry) { e.Path = "/etc/*" }, "path: must be absolute, clean"},
		{"comma in path", func(e *Entry) { e.Path = "/etc/a,b" }, "path: must be absolute, clean"},
		{"long path", func(e *Entry) { e.Path = "/etc/" + strings.Repeat("a", 251) }, "path: must be absolute, clean"},
		{"longest path", func(e *Entry) { e.Path = "/etc/" + strings.Repeat("a", 250) }, ""},
		{"setuid", func(e *Entry) { e.Mode = 0o4755 }, "/etc/x: mode: only the nine"},
		{"setgid", func(e *Entry) { e.Mode = 0o2755 }, "/etc/x: mode: only the nine"},
		{"sticky", func(e *Entry) { e.Mode = 0o1755 }, "/etc/x: mode: only the nine"},
		{"everybody's", func(e *Entry) { e.Mode = 0o666 }, "/etc/x: mode: is writable for everybody"},
		{"everybody's folder", func(e *Entry) { *e = Entry{Path: "/etc/x", Kind: KindFolder, Mode: 0o777, Reason: "r"} },
			"/etc/x: mode: is writable for everybody"},
		{"everybody's device", func(e *Entry) { *e = Entry{Path: "/etc/x", Kind: KindChar, Mode: 0o666, Reason: "r"} }, ""},
		{"two contents", func(e *Entry) { e.Source = "x" }, "/etc/x: source: and content"},
		{"folder with content", func(e *Entry) { e.Kind = KindFolder }, "/etc/x: kind: only a file"},
		{"raw link", func(e *Entry) { *e = Entry{Path: "/etc/x", Kind: KindLink, Target: "y", Raw: true, Reason: "r"} },
			"/etc/x: kind: only a file"},
		{"link to nowhere", func(e *Entry) { *e = Entry{Path: "/etc/x", Kind: KindLink, Reason: "r"} }, "/etc/x: target"},
		{"link to odd", func(e *Entry) { *e = Entry{Path: "/etc/x", Kind: KindLink, Target: "a b", Reason: "r"} },
			"/etc/x: target: must be a plain path"},
		{"file with target", func(e *Entry) { e.Target = "y" }, "/etc/x: target: belongs to a link"},
		{"no kind", func(e *Entry) { *e = Entry{Path: "/etc/x", Reason: "r"} }, "/etc/x: kind: is not one of"},
		{"unknown kind", func(e *Entry) { *e = Entry{Path: "/etc/x", Kind: 9, Reason: "r"} }, "/etc/x: kind: is not one of"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := ok()
			c.spoil(&e)
			err := Table{e, etc}.Check()
			if c.want == "" && err != nil {
				t.Fatalf("refused: %v", err)
			}
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Fatalf("got %v, want %q in it", err, c.want)
			}
		})
	}
}

func TestTableRefusesAsAWhole(t *testing.T) {
	folder := Entry{Path: "/etc", Kind: KindFolder, Mode: 0o755, Reason: "a test"}
	file := Entry{Path: "/etc", Kind: KindFile, Mode: 0o644, Reason: "a test"}
	for _, c := range []struct {
		name  string
		table Table
		want  []string
	}{
		{"twice", Table{folder, ok(), ok()}, []string{"/etc/x: declared twice"}},
		{"no parent", Table{ok()}, []string{"/etc/x: its folder /etc is not declared"}},
		{"below a file", Table{file, ok()}, []string{"/etc/x: its folder /etc is not declared"}},
		{"two at once", Table{ok(), {Path: "/b", Kind: KindFolder}}, []string{"/etc/x: its folder", "/b: reason"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.table.Check()
			for _, want := range c.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q in it", err, want)
				}
			}
		})
	}
}

func TestBaseTable(t *testing.T) {
	base := baseTable()
	if err := base.Check(); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]Kind{}
	for _, e := range base {
		kinds[e.Path] = e.Kind
	}
	for path, kind := range map[string]Kind{
		"/dev/console": KindChar, "/dev/null": KindChar, "/proc": KindFolder, "/sys": KindFolder, "/run": KindFolder,
		"/tmp": KindFolder, "/var": KindFolder, "/dev": KindFolder, "/etc/hosts": KindFile, "/etc/resolv.conf": KindLink,
	} {
		if kinds[path] != kind {
			t.Errorf("%s is %s, want %s", path, kinds[path], kind)
		}
		delete(kinds, path)
	}
	delete(kinds, "/bin")
	delete(kinds, "/etc")
	if len(kinds) != 0 {
		t.Errorf("the base has more than it should: %v", kinds)
	}
}

func TestSortedPutsParentsFirstAndCopies(t *testing.T) {
	table := Table{{Path: "/b/c"}, {Path: "/a"}, {Path: "/b"}, {Path: "/b-c"}}
	at := map[string]int{}
	for i, e := range table.sorted() {
		at[e.Path] = i
	}
	if at["/b"] > at["/b/c"] || at["/a"] != 0 {
		t.Errorf("order is %v", at)
	}
	if table[0].Path != "/b/c" {
		t.Error("sorting changed the table that was given")
	}
}

func TestKindNames(t *testing.T) {
	seen := map[string]bool{}
	for k := KindFolder; k <= KindChar+1; k++ {
		if seen[k.String()] {
			t.Errorf("two kinds are called %q", k)
		}
		seen[k.String()] = true
	}
	if !seen["unknown kind"] || len(seen) != 5 {
		t.Errorf("the kinds are %v", seen)
	}
}
