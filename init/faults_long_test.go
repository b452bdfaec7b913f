//go:build long

package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// faultRow is a row of FAULTS.md.
type faultRow struct{ number, test, pkg, patch string }

func faultRows(t *testing.T) []faultRow {
	t.Helper()
	text, err := os.ReadFile("FAULTS.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []faultRow
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 8 {
			continue
		}
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if cells[1] != "#" && !strings.HasPrefix(cells[1], "-") {
			rows = append(rows, faultRow{cells[1], cells[4], cells[5], cells[6]})
		}
	}
	return rows
}

// TestLongFaults takes the handling of each fault away, by its patch in a copy of
// the source, and wants the named test to fail; a copy without a patch passes.
func TestLongFaults(t *testing.T) {
	used := map[string]bool{}
	for _, row := range faultRows(t) {
		if row.patch == "" {
			continue
		}
		used[row.patch] = true
		t.Run(row.number, func(t *testing.T) {
			copied := copySource(t)
			if said, err := testIn(t, copied, row); err != nil {
				t.Fatalf("%s fails without the patch: %v\n%s", row.test, err, said)
			}
			patch, err := filepath.Abs(filepath.Join("testdata", "faults", row.patch))
			if err != nil {
				t.Fatal(err)
			}
			apply := exec.CommandContext(t.Context(), "git", "apply", "--unsafe-paths", "--directory="+copied, patch)
			apply.Dir = "/"
			if said, err := apply.CombinedOutput(); err != nil {
				t.Fatalf("%s does not apply any more: %v\n%s", row.patch, err, said)
			}
			said, err := testIn(t, copied, row)
			if err == nil {
				t.Errorf("%s passes without the handling of fault %s", row.test, row.number)
			} else if !bytes.Contains(said, []byte("--- FAIL: "+row.test)) {
				t.Errorf("%s does not fail, but: %v\n%.2000s", row.test, err, said)
			}
		})
	}
	patches, err := filepath.Glob("testdata/faults/*.patch")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range patches {
		if !used[filepath.Base(p)] {
			t.Errorf("no row of FAULTS.md names %s", p)
		}
	}
}

// testIn runs a row's test in a copy of the source.
func testIn(t *testing.T, dir string, row faultRow) ([]byte, error) {
	t.Helper()
	run := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-run", "^"+row.test+"$", row.pkg)
	run.Dir = dir
	return run.CombinedOutput()
}

// copySource copies what git knows of, as it is in the working tree.
func copySource(t *testing.T) string {
	t.Helper()
	list := exec.Command("git", "ls-files", "-z")
	list.Dir = ".."
	names, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name := range strings.SplitSeq(strings.TrimRight(string(names), "\x00"), "\x00") {
		b, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			continue // removed, and not yet told to git
		}
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
