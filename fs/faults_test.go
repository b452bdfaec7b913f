package fs

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestFaultsAreHeld: each row of FAULTS.md names a test that exists.
func TestFaultsAreHeld(t *testing.T) {
	text, err := os.ReadFile("FAULTS.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 7 || !regexp.MustCompile(`^ \d+ $`).MatchString(cells[1]) {
			continue
		}
		rows++
		name, pkg := strings.TrimSpace(cells[4]), strings.TrimSpace(cells[5])
		files, err := filepath.Glob(filepath.Join("..", pkg, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found = found || strings.Contains(string(source), "\nfunc "+name+"(t *testing.T)")
		}
		if !found {
			t.Errorf("row%s: %s has no %s", cells[1], pkg, name)
		}
	}
	if rows == 0 {
		t.Error("FAULTS.md has no rows")
	}
}
