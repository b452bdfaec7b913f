package kconfig

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/fstest"

	"mote/size/installed"
)

// toy is a build of the tree in testdata/tree, which compiles nothing: it begins
// with an empty cache and three lines of fragments.
func toy(t *testing.T) (Build, *bytes.Buffer) {
	t.Helper()
	for _, tool := range []string{"make", "gcc"} {
		installed.Program(t, tool)
	}
	for _, name := range []string{"FAKE_DROP", "FAKE_STOP", "FAKE_FAIL", "FAKE_BYTES"} {
		t.Setenv(name, os.Getenv(name)) // restored at the end, whatever the test sets
	}
	out := &bytes.Buffer{}
	dir := t.TempDir()
	return Build{
		Arch: "x86_64",
		Fragments: fstest.MapFS{
			"base.config":        {Data: []byte("CONFIG_A=y\nCONFIG_SIZE=16\n")},
			"x86_64/pc.config":   {Data: []byte("CONFIG_B=y\n")},
			"with/screen.config": {Data: []byte("# replaces: CONFIG_A of base.config\n# CONFIG_A is not set\n")},
			"with/wrong.config":  {Data: []byte("CONFIG_A=y\n")},
			"arm64/empty.config": {Data: []byte("# nothing yet\n")},
		},
		Checks:    fstest.MapFS{"x86_64.checks": {Data: []byte("A y\nB n\nC n\n")}},
		SourceDir: "testdata/tree",
		CacheRoot: filepath.Join(dir, "cache"),
		OutDir:    filepath.Join(dir, "build"),
		Out:       out,
	}, out
}

// runs counts how often make was asked for a kernel.
func runs(t *testing.T, b Build) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(b.CacheRoot, "objects-*", "runs"))
	if err != nil || len(found) == 0 {
		return 0
	}
	text, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(text), "x\n")
}

func TestBuildThenCacheThenLink(t *testing.T) {
	b, out := toy(t)
	if err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"all 3 lines of the fragments hold, 2 options on",
		"bzImage is 1000 bytes, 2 options on",
		"2 of 3 hardening checks met",
		"budget 5600000 bytes, 5599000 left",
		"2 of about 2000 objects",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("output lacks %q:\n%s", want, out)
		}
	}
	vmlinux, err := os.ReadFile(filepath.Join(b.OutDir, "vmlinux"))
	if err != nil || string(vmlinux) != "mote@mote 1970-01-01 00:00:00 UTC\n" {
		t.Errorf("vmlinux is %q, %v: what names builder and time must be constant", vmlinux, err)
	}
	out.Reset()
	if err := os.RemoveAll(b.OutDir); err != nil {
		t.Fatal(err)
	}
	if err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := runs(t, b); n != 1 {
		t.Errorf("make ran %d times, want once", n)
	}
	if !strings.Contains(out.String(), "unchanged, from the cache") {
		t.Errorf("a hit should say so:\n%s", out)
	}
	if _, err := os.Stat(filepath.Join(b.OutDir, "bzImage")); err != nil {
		t.Errorf("a hit must link: %v", err)
	}
}

func TestCleanBuildsAgain(t *testing.T) {
	b, _ := toy(t)
	for range 2 {
		if err := b.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.Clean = true
	}
	// The count went with the objects of the first build.
	if n := runs(t, b); n != 1 {
		t.Errorf("make ran %d times since the cleaning, want once", n)
	}
}

func TestOptionalFragmentsHaveTheirOwnKernel(t *testing.T) {
	b, out := toy(t)
	if err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.With, b.OutDir = []string{"screen"}, b.OutDir+"/screen"
	t.Setenv("FAKE_BYTES", "6000000")
	if err := b.Run(t.Context()); err != nil {
		t.Errorf("optional kernels have no budget, yet: %v", err)
	}
	if n := runs(t, b); n != 2 {
		t.Errorf("make ran %d times, want twice:\n%s", n, out)
	}
	text, err := os.ReadFile(filepath.Join(b.OutDir, "kernel.config"))
	if err != nil || strings.Contains(string(text), "CONFIG_A=y") {
		t.Errorf("the optional fragment didn't replace CONFIG_A: %s %v", text, err)
	}
}

func TestBuildRefusals(t *testing.T) {
	for _, c := range []struct {
		name  string
		set   func(*Build)
		env   [2]string
		want  []string
		built int // how often make compiled nevertheless
	}{
		{"solver", func(*Build) {}, [2]string{"FAKE_DROP", "CONFIG_B"}, []string{"x86_64/pc.config:1: CONFIG_B: wanted y, got n", "no such option"}, 0},
		{"fragments", func(b *Build) { b.With = []string{"wrong"} }, [2]string{}, []string{"with/wrong.config:1: CONFIG_A=y is asked for at base.config:1"}, 0},
		{"unknown", func(b *Build) { b.With = []string{"nosuch"} }, [2]string{}, []string{"no optional fragment"}, 0},
		{"source", func(b *Build) { b.SourceDir = "testdata/none" }, [2]string{}, []string{"KERNEL_SRC=testdata/none is not a kernel tree"}, 0},
		{"make", func(*Build) {}, [2]string{"FAKE_FAIL", "boom"}, []string{"kernel/exit.c:1: error: boom", "build.log"}, 1},
		{"budget", func(*Build) {}, [2]string{"FAKE_BYTES", "5600001"}, []string{"5600001 bytes, 1 over its budget of 5600000"}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, _ := toy(t)
			c.set(&b)
			if c.env[0] != "" {
				t.Setenv(c.env[0], c.env[1])
			}
			err := b.Run(t.Context())
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error lacks %q:\n%v", want, err)
				}
			}
			if n := runs(t, b); n != c.built {
				t.Errorf("make ran %d times, want %d", n, c.built)
			}
		})
	}
}

func TestOverBudgetIsKeptAndRefusedAgain(t *testing.T) {
	b, _ := toy(t)
	t.Setenv("FAKE_BYTES", "5600001")
	for range 2 {
		if err := b.Run(t.Context()); err == nil {
			t.Fatal("no error")
		}
	}
	if n := runs(t, b); n != 1 {
		t.Errorf("make ran %d times, want once", n)
	}
}

func TestFailedBuildIsNotCached(t *testing.T) {
	b, _ := toy(t)
	t.Setenv("FAKE_FAIL", "boom")
	if err := b.Run(t.Context()); err == nil {
		t.Fatal("no error")
	}
	t.Setenv("FAKE_FAIL", "")
	if err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := runs(t, b); n != 2 {
		t.Errorf("make ran %d times, want twice", n)
	}
}

// TestInterruptedBuildGoesOn stops make where it blocks for ever, sees that
// nothing of it is cached, and builds again in the same objects.
func TestInterruptedBuildGoesOn(t *testing.T) {
	b, _ := toy(t)
	fifo := filepath.Join(t.TempDir(), "ready")
	for _, name := range []string{fifo, fifo + ".never"} {
		if err := syscall.Mkfifo(name, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("FAKE_STOP", fifo)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	if _, err := os.ReadFile(fifo); err != nil { // returns when make is in the middle
		t.Fatal(err)
	}
	cancel()
	if err := <-done; err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Fatalf("got %v, want an interruption", err)
	}
	// With nobody left reading, a writer that doesn't wait gets ENXIO: fifo(7).
	if fd, err := syscall.Open(fifo+".never", syscall.O_WRONLY|syscall.O_NONBLOCK, 0); !errors.Is(err, syscall.ENXIO) {
		t.Errorf("a child of make outlived it (%d, %v)", fd, err)
	}
	if found, _ := filepath.Glob(filepath.Join(b.CacheRoot, "*", "bzImage")); len(found) > 0 {
		t.Errorf("an interrupted build is in the cache: %v", found)
	}
	t.Setenv("FAKE_STOP", "")
	if err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := runs(t, b); n != 2 {
		t.Errorf("make ran %d times in these objects, want twice", n)
	}
}

// TestConcurrentBuildsOfOneKey starts several at once: make runs once, and all
// of them end with the kernel linked.
func TestConcurrentBuildsOfOneKey(t *testing.T) {
	b, _ := toy(t)
	const buildsCount = 6
	var group sync.WaitGroup
	errs := make([]error, buildsCount)
	for i := range errs {
		mine := b
		mine.Out = &bytes.Buffer{}
		group.Go(func() { errs[i] = mine.Run(t.Context()) })
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if n := runs(t, b); n != 1 {
		t.Errorf("make ran %d times, want once", n)
	}
}

func TestCheckOnlyCompilesNothing(t *testing.T) {
	b, out := toy(t)
	b.CheckOnly = true
	if err := b.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := runs(t, b); n != 0 || !strings.Contains(out.String(), "3 lines") {
		t.Errorf("make ran %d times:\n%s", n, out)
	}
	if _, err := os.Stat(b.OutDir); err == nil {
		t.Error("a check leaves no links")
	}
}

func TestOuterMakeIsNotHeard(t *testing.T) {
	got := withoutMake([]string{"MAKEFLAGS=-n", "PATH=/bin", "KCFLAGS=-g", "LOCALVERSION=-x", "HOME=/h"})
	if strings.Join(got, " ") != "PATH=/bin HOME=/h" {
		t.Errorf("got %v", got)
	}
}

func TestTailKeepsTheEnd(t *testing.T) {
	var b strings.Builder
	for range 100 {
		b.WriteString("line\n")
	}
	b.WriteString("last\n")
	got := strings.Split(tail([]byte(b.String())), "\n")
	if len(got) != logTailLines || got[len(got)-1] != "last" {
		t.Errorf("%d lines, the last %q", len(got), got[len(got)-1])
	}
}
