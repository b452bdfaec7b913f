package kconfig

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mote/size/installed"
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
	text := ".text\n.fill 32\n.data\n.fill 40\n.bss\n.skip 48\n.section .note.x\n.fill 100\n.section .discard.x,\"a\"\n.fill 7\n.section .modinfo,\"a\"\n.fill 9\n"
	if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"gcc", "-c", "a.s", "-o", "a.o"}, {"gcc", "-c", "a.s", "-o", "b.o"}, {"ar", "cDPrST", "vmlinux.a", "a.o", "b.o"}} {
		cmd := exec.Command(installed.Program(t, args[0]), args[1:]...)
		cmd.Dir = dir
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, said)
		}
	}
	if err := tr.weigh(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != objectsForm+"\n32 40 48 a.o\n32 40 48 b.o\n" {
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

// TestWeighedAgain adds the weights to an entry that was kept without them, but
// not from the objects of another kernel.
func TestWeighedAgain(t *testing.T) {
	root, objects := t.TempDir(), t.TempDir()
	tr := tree{objects: objects}
	write := func(path, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	entry := filepath.Join(root, "key")
	weighed := func() string {
		t.Helper()
		if err := tr.again(t.Context(), root, "key"); err != nil {
			t.Fatal(err)
		}
		text, _ := os.ReadFile(filepath.Join(entry, ObjectsFile))
		return string(text)
	}
	write(filepath.Join(entry, "kernel.config"), "c")
	write(filepath.Join(entry, "vmlinux"), "v")
	write(filepath.Join(entry, ObjectsFile), "1 2 3 old.o\n")
	if got := weighed(); got != "1 2 3 old.o\n" {
		t.Errorf("no objects are there, and it says %q", got)
	}
	write(filepath.Join(objects, "a.s"), ".text\n.fill 32\n")
	for _, args := range [][]string{{"gcc", "-c", "a.s", "-o", "a.o"}, {"ar", "cDPrST", "vmlinux.a", "a.o"}} {
		cmd := exec.Command(installed.Program(t, args[0]), args[1:]...)
		cmd.Dir = objects
		if said, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, said)
		}
	}
	write(filepath.Join(objects, "vmlinux"), "v")
	write(filepath.Join(objects, ".config"), "another")
	if got := weighed(); got != "1 2 3 old.o\n" {
		t.Errorf("another kernel's objects say %q", got)
	}
	write(filepath.Join(objects, ".config"), "c")
	if got := weighed(); got != objectsForm+"\n32 0 0 a.o\n" {
		t.Errorf("it says %q", got)
	}
}
