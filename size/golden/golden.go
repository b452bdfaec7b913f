// Package golden holds what programs print against files that were looked at:
// every test of this repository that has such a file asks here. `go test PACKAGE
// -update` writes the files anew.
package golden

import (
	"flag"
	"os"
	"testing"
)

// update is of tests only: no program imports this package.
var update = flag.Bool("update", false, "write the golden files anew")

// Check compares got with the file at path, which is relative to the package
// under test, and fails the test where they differ.
func Check(t testing.TB, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; go test -update writes it", err)
	}
	if got != string(want) {
		t.Errorf("%s differs; go test -update writes it anew, if it should\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}
