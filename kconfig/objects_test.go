package kconfig

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestObjectsAreWeighed compiles two objects into a thin archive, as the
// kernel's makefiles do.
func TestObjectsAreWeighed(t *testing.T) {
	dir := t.TempDir()
	tr := tree{objects: dir}
	path := filepath.Join(dir, ObjectsFile)
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := tr.weigh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the last configuration's objects are left")
	}
	source := filepath.Join(dir, "a.s")
	text := ".text\n.fill 32\n.data\n.fill 40\n.bss\n.skip 48\n.section .note.x\n.fill 100\n"
	if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"gcc", "-c", "a.s", "-o", "a.o"}, {"gcc", "-c", "a.s", "-o", "b.o"}, {"ar", "cDPrST", "vmlinux.a", "a.o", "b.o"}} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir = dir
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, said)
		}
	}
	if err := tr.weigh(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != "32 40 48 a.o\n32 40 48 b.o\n" {
		t.Errorf("%v: got\n%s", err, got)
	}
	if err := os.Remove(filepath.Join(dir, "b.o")); err != nil {
		t.Fatal(err)
	}
	if err := tr.weigh(t.Context()); err == nil || !strings.Contains(err.Error(), "listing the objects") {
		t.Errorf("a missing object: %v", err)
	}
}

// TestEntryHoldsObjects keeps a kernel with and without them.
func TestEntryHoldsObjects(t *testing.T) {
	root := t.TempDir()
	made := files(t, "x")
	if err := Keep(root, "without", made); err != nil {
		t.Fatal(err)
	}
	made[ObjectsFile] = filepath.Join(t.TempDir(), "o")
	if err := os.WriteFile(made[ObjectsFile], []byte("1 2 3 a.o\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := Keep(root, "with", made); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "with", ObjectsFile)); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(root, "without", ObjectsFile)); err == nil {
		t.Error("objects out of nothing")
	}
}
