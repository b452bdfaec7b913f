//go:build qemu && long

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestLongQEMUMemoryIsTold weighs a machine as `make memory` does, with the
// kernel that is there.
func TestLongQEMUMemoryIsTold(t *testing.T) {
	top, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "run", "./fs/image/mkimage", "memory")
	build.Dir = top
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	t.Chdir(top)
	var out bytes.Buffer
	folder := t.TempDir()
	if err := run(t.Context(), []string{"-out", folder}, &out); err != nil {
		t.Fatal(err)
	}
	t.Log(out.String())
	if _, err := os.Stat(filepath.Join(folder, "memory.json")); err != nil {
		t.Error(err)
	}
}
