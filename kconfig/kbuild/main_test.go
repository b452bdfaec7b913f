package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mote/size/installed"
)

// call runs the command on the toy tree with a cache of its own.
func call(t *testing.T, args ...string) (string, error) {
	t.Helper()
	for _, tool := range []string{"make", "gcc"} {
		installed.Program(t, tool)
	}
	room := t.TempDir()
	for name, text := range map[string]string{
		"fragments/base.config":       "CONFIG_A=y\n",
		"fragments/x86_64/pc.config":  "CONFIG_B=y\n",
		"fragments/with/extra.config": "CONFIG_C=y\n",
	} {
		path := filepath.Join(room, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := filepath.Abs("../testdata/tree")
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"MOTE_CACHE": filepath.Join(room, "cache"), "KERNEL_SRC": tree}
	t.Chdir(room)
	var out bytes.Buffer
	err = run(t.Context(), append([]string{"-room", room}, args...), func(n string) string { return env[n] }, &out)
	return out.String(), err
}

func TestLinksGoToBuild(t *testing.T) {
	for _, c := range []struct {
		args []string
		dir  string
	}{
		{nil, "build"},
		{[]string{"-with", "extra"}, "build/extra"},
		{[]string{"-with", "extra", "-out", "here"}, "here"},
	} {
		t.Run(c.dir, func(t *testing.T) {
			out, err := call(t, c.args...)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"bzImage", "vmlinux", "kernel.config"} {
				if _, err := os.Stat(filepath.Join(c.dir, name)); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
			}
		})
	}
}

func TestCheckFlagLeavesNothing(t *testing.T) {
	out, err := call(t, "-check")
	if err != nil || !strings.Contains(out, "all 2 lines of the fragments hold") {
		t.Errorf("got %v:\n%s", err, out)
	}
	if _, err := os.Stat("build"); err == nil {
		t.Error("a check made build/")
	}
}

func TestFlagsRefused(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"screen", `unexpected "screen"`},
		{"-nosuch", "flag provided but not defined"},
		{"-with nosuch", "known are: extra"},
		{"-arch riscv", `is the architecture "riscv" laid out?`},
	} {
		t.Run(c.args, func(t *testing.T) {
			if _, err := call(t, strings.Fields(c.args)...); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestHelpIsNoError(t *testing.T) {
	out, err := call(t, "-h")
	if err != nil || !strings.Contains(out, "-with") {
		t.Errorf("-h: %v\n%s", err, out)
	}
}

func TestABufferIsNoTerminal(t *testing.T) {
	if isTerminal(&bytes.Buffer{}) {
		t.Error("a buffer has no window")
	}
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if isTerminal(f) {
		t.Error("a file has no window")
	}
}
