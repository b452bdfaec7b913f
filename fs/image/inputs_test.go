package image

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// keyOf returns the key of the stand-in service in a module.
func keyOf(t *testing.T, module, goarch string, flags BuildFlags) string {
	t.Helper()
	p := standinService(module)
	p.Flags = flags
	keys, err := programKeys(t.Context(), goarch, []Program{standinInit(module), p})
	if err != nil {
		t.Fatal(err)
	}
	if keys[0] == keys[1] {
		t.Fatal("two programs have one key")
	}
	return keys[1]
}

func TestKeyFollowsWhatTheBinaryIsMadeFrom(t *testing.T) {
	module := standinCopy(t)
	flags := ProgramFlags()
	was := keyOf(t, module, "amd64", flags)

	for _, c := range []struct {
		name   string
		file   string
		change string
		same   bool
	}{
		{"own source", "service/main.go", "\n// changed\n", false},
		{"imported source", "service/text/text.go", "\n// changed\n", false},
		{"embedded file", "service/greeting.txt", "more\n", false},
		{"a new file", "service/more.go", "package main\n", false},
		{"another program's source", "init/main.go", "\n// changed\n", true},
		{"a test", "service/main_test.go", "package main\n", true},
		{"a file for another system", "service/main_windows.go", "package main\n", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(module, c.file)
			before, err := os.ReadFile(file)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			mustWrite(t, file, string(before)+c.change)
			if same := keyOf(t, module, "amd64", flags) == was; same != c.same {
				t.Errorf("key is the same: %t, want %t", same, c.same)
			}
			if before == nil {
				err = os.Remove(file)
			} else {
				err = os.WriteFile(file, before, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
			if keyOf(t, module, "amd64", flags) != was {
				t.Error("the key didn't come back with the content")
			}
		})
	}
	t.Run("another time", func(t *testing.T) {
		long := time.Unix(1, 0)
		if err := os.Chtimes(filepath.Join(module, "service/main.go"), long, long); err != nil {
			t.Fatal(err)
		}
		if keyOf(t, module, "amd64", flags) != was {
			t.Error("a file's time changed the key")
		}
	})
	t.Run("another folder", func(t *testing.T) {
		if keyOf(t, standinCopy(t), "amd64", flags) != was {
			t.Error("the folder changed the key")
		}
	})
	t.Run("architecture", func(t *testing.T) {
		if keyOf(t, module, "arm64", flags) == was {
			t.Error("another architecture has the same key")
		}
	})
	t.Run("flags", func(t *testing.T) {
		other := flags
		other.Entry = "main.entry"
		if keyOf(t, module, "amd64", other) == was {
			t.Error("other flags have the same key")
		}
	})
	t.Run("language version", func(t *testing.T) {
		mustWrite(t, filepath.Join(module, "go.mod"), "module standin\n\ngo 1.21\n")
		if keyOf(t, module, "amd64", flags) == was {
			t.Error("another go line, and with it other runtime defaults, has the same key")
		}
	})
}

func TestKeyOfPinnedModule(t *testing.T) {
	// What lies in the module cache is in the key by version and checksum.
	var key strings.Builder
	p := &listedPackage{ImportPath: "example.org/x", Dir: "/nowhere",
		Module: &listedModule{Path: "example.org/x", Version: "v1.2.3", Sum: "h1:abc="}, GoFiles: []string{"x.go"}}
	if err := addPackage(&key, p, map[string]string{}); err != nil {
		t.Fatal(err)
	}
	if key.String() != "example.org/x v1.2.3 h1:abc=\n" {
		t.Errorf("key is %q", key.String())
	}
	// A replacement by a folder has no checksum: its files are read.
	p.Module.Replace = &listedModule{Path: "../x"}
	if err := addPackage(&key, p, map[string]string{}); err == nil {
		t.Error("a replaced package was not read")
	}
	if err := addPackage(&key, nil, nil); err != nil {
		t.Errorf("package unsafe: %v", err)
	}
}

func TestKeyErrors(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(p *Program)
		want  string
	}{
		{"no such package", func(p *Program) { p.Package = "./nothing" }, "nothing"},
		{"no such module", func(p *Program) { p.Module = filepath.Join(p.Module, "nowhere") }, "nowhere"},
		{"more than one package", func(p *Program) { p.Package = "./..." }, "is not in the module"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := standinService(standin(t))
			c.spoil(&p)
			_, err := programKeys(t.Context(), "amd64", []Program{p})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
}
