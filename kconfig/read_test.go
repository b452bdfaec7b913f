package kconfig

import (
	"os"
	"testing"
)

// readFragments reads the *.config of a test's folder in name order.
func readFragments(t *testing.T, dir string) []Fragment {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []Fragment
	for _, e := range entries {
		if len(e.Name()) < 8 || e.Name()[len(e.Name())-7:] != ".config" {
			continue
		}
		text, err := os.ReadFile(dir + "/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, Fragment{e.Name(), text})
	}
	return out
}
