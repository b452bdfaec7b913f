package installed

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDecide: what is there, what is missing, and what nobody declared.
func TestDecide(t *testing.T) {
	const table = "kernel|flex|flex|reads\nunit|mtype|mtools|reads the boot partition\nunit|/x/stub.efi|boot-stub|signs\n"
	for _, c := range []struct {
		thing           string
		missing, strict bool
		end             ending
		said            string
	}{
		{"mtype", false, false, goesOn, ""},
		{"mtype", false, true, goesOn, ""},
		{"mtype", true, false, skips, "the package mtools brings it (.ci/needs unit)"},
		{"mtype", true, true, ends, "install the package mtools (.ci/needs unit)"},
		{"/x/stub.efi", true, false, skips, "the package boot-stub"},
		{"mdir", false, false, ends, "no row for mdir under unit, image"},
		{"flex", false, true, ends, "no row for flex"}, // of a task that is not done before
	} {
		end, said := decide(table, c.thing, c.missing, c.strict)
		if end != c.end || !strings.Contains(said, c.said) || (said == "") != (c.said == "") {
			t.Errorf("%+v: %d, %q", c, end, said)
		}
	}
}

// TestMissingEndsTheTest asks for a program that is nowhere on PATH, both ways.
func TestMissingEndsTheTest(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	for value, want := range map[string]string{"": "skipped", "1": "failed"} {
		t.Setenv(Strict, value)
		seen := &witness{TB: t}
		func() {
			defer func() { _ = recover() }() // ended below
			Program(seen, "mksquashfs")
		}()
		if seen.end != want || !strings.Contains(seen.said, "squashfs-tools") {
			t.Errorf("%s=%q: %s: %s", Strict, value, seen.end, seen.said)
		}
	}
}

// witness notes how a test would have ended.
type witness struct {
	testing.TB
	end, said string
}

func (w *witness) Skip(args ...any)  { w.note("skipped", args) }
func (w *witness) Fatal(args ...any) { w.note("failed", args) }

func (w *witness) note(end string, args []any) {
	w.end, w.said = end, args[0].(string)
	panic(end) // as runtime.Goexit would, but for this goroutine's own use
}

// starts finds the programs that a test looks for, or starts, by a name.
var starts = regexp.MustCompile(`exec\.(?:LookPath|Command|CommandContext)\((?:[a-z.T()]+, )?"([^"/]+)"`)

// TestTestsAskHere looks for tests that start a program of .ci/needs in a file
// that asks nowhere whether it is there.
func TestTestsAskHere(t *testing.T) {
	table, err := readTable()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	err = filepath.WalkDir(filepath.Join("..", ".."), func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "build":
			return filepath.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		count++
		text, err := os.ReadFile(path)
		for _, found := range starts.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(table, "|"+found[1]+"|") && !strings.Contains(string(text), "installed.") {
				t.Errorf("%s starts %s, and never asks package installed", path, found[1])
			}
		}
		return err
	})
	if err != nil || count < 100 {
		t.Errorf("%d tests, %v", count, err)
	}
}
