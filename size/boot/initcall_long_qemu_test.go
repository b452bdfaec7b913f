//go:build qemu && long

package main

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// TestLongQEMUInitcallsByName boots the measuring kernel, which is built if the
// cache has none: the product's has no names to tell.
func TestLongQEMUInitcallsByName(t *testing.T) {
	buildBench(t)
	t.Chdir(filepath.Join("..", ".."))
	if said, err := exec.CommandContext(t.Context(), "go", "run", "./kconfig/kbuild", "-with", "measure").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-initcalls", "-exact", "-out", t.TempDir()}, &out); err != nil {
		t.Fatal(err)
	}
	t.Log(out.String())
	for _, want := range []string{`(?m)^\d{3,} initcalls took [1-9]\d*\.\d ms; the slowest$`, `(?m)^ +\d+\.\d ms  [a-z]\w+_init$`} {
		if !regexp.MustCompile(want).Match(out.Bytes()) {
			t.Errorf("nothing matches %s", want)
		}
	}
}
