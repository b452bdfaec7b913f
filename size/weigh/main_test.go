package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mote/size/installed"
)

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"x"}, {"why"}, {"diff", "a"}, {"reflect", "x"}, {"-binary", "x", "why", "y"}, {"-binary", "x", "-package", "y", "attribute"}, {"-x", "attribute"}} {
		if err := run(t.Context(), t.TempDir(), args, new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), "weigh: want") {
			t.Errorf("%q: %v", args, err)
		}
	}
	if err := run(t.Context(), t.TempDir(), []string{"squashfs", "main.go"}, new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), "main.go: squashfs: this is no SquashFS image") {
		t.Errorf("a text as an image: %v", err)
	}
	if err := run(t.Context(), t.TempDir(), []string{"attribute", "x"}, new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), `"x"`) {
		t.Errorf("rows: %v", err)
	}
}

// TestRevisionLeavesNoWorktree compares with a revision that can't be built.
func TestRevisionLeavesNoWorktree(t *testing.T) {
	top := t.TempDir()
	for _, args := range [][]string{{"init", "-q"}, {"-c", "user.name=t", "-c", "user.email=t@t", "commit", "-q", "--allow-empty", "-m", "x"}} {
		cmd := exec.Command(installed.Program(t, "git"), append([]string{"-C", top}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	for rev, want := range map[string]string{"HEAD": "go build ./init", "no-such": "git worktree"} {
		err := run(t.Context(), top, []string{"diff", rev, rev}, new(bytes.Buffer))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", rev, err, want)
		}
	}
	left, err := os.ReadDir(filepath.Join(top, ".git", "worktrees"))
	if err == nil && len(left) > 0 {
		t.Errorf("%d worktrees are left", len(left))
	}
}

func TestKernelByFolder(t *testing.T) {
	top := t.TempDir()
	ask := func() string {
		t.Helper()
		var out bytes.Buffer
		if err := run(t.Context(), top, []string{"kernel"}, &out); err != nil {
			return err.Error()
		}
		return out.String()
	}
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(top, "build", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := func(word string) {
		t.Helper()
		if got := ask(); !strings.Contains(got, word) {
			t.Errorf("no %q in:\n%s", word, got)
		}
	}
	want("make kernel builds it")
	write("vmlinux", "")
	want("kbuild -clean")
	write("objects.txt", "1 x 3 mm/a.o\n")
	want("mm/a.o")
	own, err := os.ReadFile("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	write("vmlinux", string(own)) // any ELF file has sections to add up
	write("kernel.config", "")
	write("objects.txt", "100 20 3 drivers/nvme/host/core.o\n10 2 1 drivers/nvme/host/pci.o\n7 0 0 mm/slub.o\n")
	t.Setenv("KERNEL_SRC", filepath.Join(top, "nowhere"))
	want("       132        110         22          4        2  drivers/nvme\n         7          7          0          0        1  mm\n")
	want("       139        117         22          4        3  all\n")
	want("not led to the lines of fragments")
	want("\n       139 bytes of objects are linked")
	want("older objects.txt")

	// With a source and fragments, the line that asked.
	source := filepath.Join(top, "build", "source")
	write("source/Makefile", "VERSION = 6\nPATCHLEVEL = 12\nSUBLEVEL = 1\nEXTRAVERSION =\n")
	write("source/Kbuild", "obj-$(CONFIG_NVME) += drivers/\nobj-y += mm/\n")
	write("../kconfig/fragments/a.config", "# disks\nCONFIG_NVME=y\n")
	write("../kconfig/fragments/x86_64/b.config", "")
	write("kernel.config", "CONFIG_NVME=y\n")
	t.Setenv("KERNEL_SRC", source)
	want("       132        110         22          4        2  a.config:2: CONFIG_NVME\n         7          7          0          0        1  every kernel has it\n")
}
