//go:build qemu

package main

import (
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mote/ctl/bench"
	"mote/ctl/vm"
	"mote/size"
)

// Regressions are planted into a copy of the sources, before the call that ends
// the phase "sources" of PID 1's boot, and looked for by counting.

const (
	plantFile   = "init/core/boot.go"
	plantBefore = "\tl.startNet(words)\n"
	plantPhase  = "sources"
	// burnSource takes about 6 ns a round when instructions are counted.
	burnSource = `package core

//go:noinline
func burn(rounds int) (x uint64) {
	for range rounds {
		x = x*6364136223846793005 + 1
	}
	return x
}
`
)

// variant builds the bench image of a changed copy of the sources; edit gets
// the copy's folder.
func variant(t *testing.T, edit func(folder string)) (image string) {
	t.Helper()
	folder := t.TempDir()
	top, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(top, path)
		switch {
		case err != nil:
			return err
		case name == ".git" || name == "build":
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil // of a linked work tree
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(folder, name), 0o755)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(folder, name), text, 0o644)
	})
	if err != nil {
		t.Fatal(err)
	}
	edit(folder)
	build := exec.CommandContext(t.Context(), "go", "run", "./fs/image/mkimage", "bench")
	build.Dir = folder
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the variant: %v\n%s", err, said)
	}
	return filepath.Join(folder, "build", "bench.squashfs")
}

// rewrite changes one place of a file, which must be there once.
func rewrite(t *testing.T, folder, file, old, with string) {
	t.Helper()
	path := filepath.Join(folder, file)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), old); n != 1 {
		t.Fatalf("%s has %q %d times, want once: plant elsewhere", file, old, n)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(text), old, with, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// planted is a variant with a statement more, and what else it needs.
func planted(t *testing.T, statement, source string) string {
	t.Helper()
	return variant(t, func(folder string) {
		rewrite(t, folder, plantFile, plantBefore, "\t"+statement+"\n"+plantBefore)
		if err := os.WriteFile(filepath.Join(folder, "init/core/planted.go"), []byte(source), 0o644); err != nil {
			t.Fatal(err)
		}
	})
}

// permuted is a variant that does the same: two functions of init/core that
// follow each other have changed places, which ones by seed. Nothing is added, as
// a program of a page more takes longer to read; and not all are moved, as that
// is a change: other pages are read at other times, which is worth 0.3 ms.
func permuted(t *testing.T, seed uint64) string {
	t.Helper()
	return variant(t, func(folder string) {
		sources, err := filepath.Glob(filepath.Join(folder, "init/core/[a-k]*.go"))
		if err != nil {
			t.Fatal(err)
		}
		sources = slices.DeleteFunc(sources, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
		random := rand.New(rand.NewPCG(seed, 0))
		for {
			path := sources[random.IntN(len(sources))]
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if swapped := swapFunctions(t, text, random.IntN); swapped != nil {
				t.Logf("seed %d: two functions of %s", seed, filepath.Base(path))
				if err := os.WriteFile(path, swapped, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
		}
	})
}

// swapFunctions gives a source in which one of its functions, as pick says, and
// the next have changed places; nil where there are no two.
func swapFunctions(t *testing.T, text []byte, pick func(n int) int) []byte {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "", text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	var ends [][2]int // of each function with its comment, in bytes
	for _, d := range file.Decls {
		if f, is := d.(*ast.FuncDecl); is {
			from := f.Pos()
			if f.Doc != nil {
				from = f.Doc.Pos()
			}
			ends = append(ends, [2]int{int(from) - 1, int(f.End()) - 1})
		}
	}
	if len(ends) < 2 {
		return nil
	}
	n := pick(len(ends) - 1)
	a, b := ends[n], ends[n+1]
	return slices.Concat(text[:a[0]], text[b[0]:b[1]], text[a[1]:b[0]], text[a[0]:a[1]], text[b[1]:])
}

// exactly compares an image with the one of build/.
func exactly(ctx context.Context, t *testing.T, head string, offsets int) bench.Exact {
	t.Helper()
	build := filepath.Join("..", "..", "build")
	e, err := bench.CompareExact(ctx, [2]string{filepath.Join(build, "bench.squashfs"), head},
		func(_ int, image string) vm.Config {
			return options{image: image, kernel: filepath.Join(build, "vmlinux"), machine: vm.MicroVM, exact: true}.config()
		}, bench.Options{}, offsets)
	if err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + e.Text())
	return e
}

// found checks that the first difference is in the phase, and how large it is.
func found(t *testing.T, e bench.Exact, phase string, lowNsec, highNsec int64) {
	t.Helper()
	if e.First < 0 {
		t.Fatalf("nothing was found, want %d to %d ns in %s", lowNsec, highNsec, phase)
	}
	p := e.Phases[e.First]
	if change := p.HeadNsec - p.BaseNsec; p.Name != phase || change < lowNsec || change > highNsec {
		t.Errorf("first difference is %d ns in %s, want %d to %d in %s", change, p.Name, lowNsec, highNsec, phase)
	}
	if got := e.Verdict(); got != "slower" {
		t.Errorf("verdict %q", got)
	}
}

// buildBench makes build/bench.squashfs, as make test-qemu does not.
func buildBench(t *testing.T) {
	t.Helper()
	build := exec.CommandContext(t.Context(), "go", "run", "./fs/image/mkimage", "bench")
	build.Dir = filepath.Join("..", "..")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
}

// withinBudget holds the base's marks against marks.txt.
func withinBudget(e bench.Exact) error {
	all, err := size.MarkBudgets()
	if err != nil {
		return err
	}
	return size.CheckMarks(e.Base.Usec(), all)
}

// TestQEMUExactFindsAThousandth plants 0.1 % of PID 1's own work, and then
// something that does nothing.
func TestQEMUExactFindsAThousandth(t *testing.T) {
	buildBench(t)
	e := exactly(t.Context(), t, planted(t, "burn(4500)", burnSource), 0)
	if err := withinBudget(e); err != nil {
		t.Error(err)
	}
	found(t, e, plantPhase, 20_000, 40_000)
	if share := float64(e.Phases[e.First].HeadNsec-e.Phases[e.First].BaseNsec) / float64(e.OwnNsec); share > 0.002 {
		t.Errorf("planted %.2f %%, more than two thousandths: plant less", 100*share)
	}
	if e := exactly(t.Context(), t, permuted(t, 1), 0); e.Verdict() != "same" {
		t.Error("an alarm for a change that does nothing")
	}
}

// TestQEMUCompareRevisions compares the present commit with itself, as a person
// would.
func TestQEMUCompareRevisions(t *testing.T) {
	if _, err := git(t.Context(), "rev-parse", "HEAD"); err != nil {
		t.Skipf("no repository: %v", err)
	}
	t.Chdir(filepath.Join("..", ".."))
	var out bytes.Buffer
	if err := compare(t.Context(), []string{"-pairs", "1", "-kernel", "build/vmlinux", "HEAD", "HEAD"}, &out); err != nil {
		t.Fatal(err)
	}
	t.Log(out.String())
	for _, want := range []string{"base HEAD (", "verdict: same", "too few pairs"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in what is printed", want)
		}
	}
}
