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

// TestLongFaults takes the handling of each fault away, by its patch in a copy of
// the source, and wants the named test to fail; a copy without a patch passes.
func TestLongFaults(t *testing.T) {
	for _, row := range faultRows(t) {
		if row.patch == "" {
			continue
		}
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
