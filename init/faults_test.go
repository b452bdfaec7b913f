package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"mote/size/installed"
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

// TestFaultsAreHeld: each row of FAULTS.md names a test that exists, its patch
// still applies, and no patch is left over. That the test fails with the patch is
// shown by TestLongFaults.
func TestFaultsAreHeld(t *testing.T) {
	rows, before := faultRows(t), 0
	if len(rows) == 0 {
		t.Fatal("FAULTS.md has no rows")
	}
	used := map[string]bool{}
	for _, row := range rows {
		number, err := strconv.Atoi(row.number)
		if err != nil || number <= before {
			t.Errorf("row %q does not follow row %d", row.number, before)
		}
		before = number
		if !testExists(t, row) {
			t.Errorf("row %s: %s has no %s", row.number, row.pkg, row.test)
		}
		if row.patch == "" {
			continue
		}
		used[row.patch] = true
		apply := exec.CommandContext(t.Context(), installed.Program(t, "git"), "apply", "--check", filepath.Join("init", "testdata", "faults", row.patch))
		apply.Dir = ".."
		if said, err := apply.CombinedOutput(); err != nil {
			t.Errorf("row %s: %s does not apply any more: %v\n%s", row.number, row.patch, err, said)
		}
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
	t.Logf("%d faults, %d with a patch", len(rows), len(used))
}

// testExists looks for the row's test in the source of its package.
func testExists(t *testing.T, row faultRow) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", row.pkg, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`(?m)^func ` + regexp.QuoteMeta(row.test) + `\(t \*testing\.T\)`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if name.Match(text) {
			return true
		}
	}
	return false
}
