// The order of a build. Cheap refusals come first: fragments, source, compiler,
// then the solver's answer, and only then a quarter of an hour of compiling.
//
// What is always true: a cache entry is whole or absent; build/ links to an
// entry or is left as it was; two builds never write to the same objects.

package kconfig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// bzImageBytesMax is the budget of the product's kernel. It is a third of the
// edge release's 10 MB with room for the root; past it the build fails.
const bzImageBytesMax = 5_600_000

// missedMax of the 259 recommendations for x86-64 the product's kernel may miss.
const missedMax = 259 - 240

// Build says what to build and where to put it.
type Build struct {
	// Arch is the kernel's name of the architecture, as in ARCH=.
	Arch string
	// Fragments is the fragments folder.
	Fragments fs.FS
	// Checks is the folder of hardening lists, ARCH.checks.
	Checks fs.FS
	// With names optional fragments. Their kernels have keys of their own and no
	// budget.
	With []string
	// SourceDir is a kernel tree, or empty for the distribution's.
	SourceDir string
	// CacheRoot is the folder of kernels, see CacheRoot.
	CacheRoot string
	// OutDir gets links to bzImage, vmlinux and kernel.config.
	OutDir string
	// Clean drops the objects of earlier builds first, and the cached kernel.
	Clean bool
	// CheckOnly ends after the comparison of wishes and .config.
	CheckOnly bool
	// Out gets progress and results; Terminal says that a person watches.
	Out      io.Writer
	Terminal bool
}

// Run makes the kernel, or finds it in the cache, links it and prints its
// figures. Errors name fragment and line, or the log of make; what was built is
// kept also when it is over the budget, so that it can be looked at.
func (b Build) Run(ctx context.Context) error {
	fragments, err := List(b.Fragments, b.Arch, b.With)
	if err != nil {
		return err
	}
	wants, problems := Join(fragments)
	if len(problems) > 0 {
		return listed("the fragments don't fit together", problems)
	}
	source, err := FindSource(b.SourceDir)
	if err != nil {
		return err
	}
	compiler, err := Compiler(ctx)
	if err != nil {
		return err
	}
	// The key needs nothing unpacked, so that a hit is a matter of a second.
	key := Key(b.Arch, fragments, source, compiler)
	if b.CheckOnly || b.Clean || !Cached(b.CacheRoot, key) {
		if err := b.make(ctx, key, wants, source); err != nil || b.CheckOnly {
			return err
		}
	} else {
		fmt.Fprintf(b.Out, "kernel: unchanged, from the cache (%s)\n", key[:12])
		if err := b.tree(source).again(ctx, b.CacheRoot, key); err != nil {
			return err
		}
	}
	// Also on a hit: build/ may be new, or link to the kernel of another branch.
	if err := Link(b.CacheRoot, key, b.OutDir); err != nil {
		return err
	}
	return b.report()
}

// make builds under the object tree's lock and puts the result into the cache.
func (b Build) make(ctx context.Context, key string, wants []Want, source Source) error {
	if err := os.MkdirAll(b.CacheRoot, 0o755); err != nil {
		return fmt.Errorf("kconfig: %w; set MOTE_CACHE to a folder that can be written", err)
	}
	// Kernels with optional fragments share the objects: going from one to
	// another compiles what differs, and both stay in the cache.
	objects := b.tree(source).objects
	release, err := lock(ctx, objects+".lock", func() error {
		_, err := fmt.Fprintln(b.Out, "kernel: another build is running; waiting for it")
		return err
	})
	if err != nil {
		return err
	}
	// Closing a lock's file has nothing to lose; the kernel drops the lock anyway.
	defer func() { _ = release() }()
	if !b.CheckOnly && !b.Clean && Cached(b.CacheRoot, key) {
		return nil // the other build made it
	}
	if b.Clean {
		if err := os.RemoveAll(objects); err != nil {
			return err
		}
	}
	if err := b.unpack(ctx, &source); err != nil {
		return err
	}
	t := b.tree(source)
	got, err := t.configure(ctx, wants)
	if err != nil {
		return err
	}
	// Before compiling: a lost option would show as a device that isn't found,
	// on some machine, later.
	if findings := Compare(wants, got); len(findings) > 0 {
		if err := Advise(findings, os.DirFS(source.Dir), got); err != nil {
			return err
		}
		return listed("the solver dropped or changed wishes", findings)
	}
	fmt.Fprintf(b.Out, "kernel: all %d lines of the fragments hold, %d options on\n", len(wants), got.On())
	if b.CheckOnly {
		return nil
	}
	if err := t.compile(ctx, b.Out, b.Terminal); err != nil {
		return err
	}
	if err := t.weigh(ctx); err != nil {
		return err
	}
	return Keep(b.CacheRoot, key, t.results())
}

// tree is the folder of objects for a source.
func (b Build) tree(source Source) tree {
	return tree{source.Dir, filepath.Join(b.CacheRoot, "objects-"+source.Tag()+"-"+b.Arch), b.Arch}
}

// unpack sets the source's folder under a lock that all architectures share.
func (b Build) unpack(ctx context.Context, source *Source) error {
	release, err := lock(ctx, filepath.Join(b.CacheRoot, "source-"+source.Tag()+".lock"), func() error {
		_, err := fmt.Fprintln(b.Out, "kernel: another build is unpacking the source; waiting for it")
		return err
	})
	if err != nil {
		return err
	}
	return errors.Join(source.Unpack(ctx, b.CacheRoot), release())
}

// results are where the kernel's makefiles leave what a cache entry holds. The
// bzImage's folder is the same for all sub-architectures of x86.
func (t tree) results() map[string]string {
	boot := strings.TrimSuffix(t.arch, "_64")
	return map[string]string{
		"bzImage":       filepath.Join(t.objects, "arch", boot, "boot", "bzImage"),
		"vmlinux":       filepath.Join(t.objects, "vmlinux"),
		"kernel.config": filepath.Join(t.objects, ".config"),
		ObjectsFile:     filepath.Join(t.objects, ObjectsFile),
	}
}

// report prints the figures of the linked kernel and holds it to its budget.
func (b Build) report() error {
	text, err := os.ReadFile(filepath.Join(b.OutDir, "kernel.config"))
	if err != nil {
		return err
	}
	info, err := os.Stat(filepath.Join(b.OutDir, "bzImage"))
	if err != nil {
		return err
	}
	got := ParseConfig(text)
	fmt.Fprintf(b.Out, "kernel: %s is %d bytes, %d options on\n", filepath.Join(b.OutDir, "bzImage"), info.Size(), got.On())
	// An architecture may have no list yet; then there is no score to print.
	name := b.Arch + ".checks"
	if list, err := fs.ReadFile(b.Checks, name); err == nil {
		checks, err := ParseChecks(name, list)
		if err != nil {
			return err
		}
		s := Rate(checks, got)
		fmt.Fprintf(b.Out, "kernel: %d of %d hardening checks met (%d by the very option)\n", s.Met, s.Total, s.Plain)
		if len(s.Missed) > missedMax && len(b.With) == 0 {
			return fmt.Errorf("kconfig: %d hardening checks are not met, at most %d may be:\n%s", len(s.Missed), missedMax, s.missed())
		}
	}
	if len(b.With) > 0 {
		// Optional parts are weighed against the product, not against its budget.
		return nil
	}
	if info.Size() > bzImageBytesMax {
		return fmt.Errorf("kconfig: bzImage is %d bytes, %d over its budget of %d; turn off what nobody needs, or change the budget with its reason",
			info.Size(), info.Size()-bzImageBytesMax, bzImageBytesMax)
	}
	fmt.Fprintf(b.Out, "kernel: budget %d bytes, %d left\n", bzImageBytesMax, bzImageBytesMax-info.Size())
	return nil
}

// listed makes one error of many lines.
func listed[T fmt.Stringer](what string, items []T) error {
	lines := make([]string, len(items))
	for i, it := range items {
		lines[i] = "  " + it.String()
	}
	return fmt.Errorf("kconfig: %s, %d lines:\n%s", what, len(items), strings.Join(lines, "\n"))
}
