package image

import (
	"debug/elf"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// keyFor is a key for tests of the builder, which only takes it as a name.
func keyFor(n int) string { return strings.Repeat(strconv.Itoa(n), 64) }

func TestBinaryIsStatic(t *testing.T) {
	for goarch, machine := range map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64} {
		t.Run(goarch, func(t *testing.T) {
			b := builder{goarch: goarch, keep: t.TempDir()}
			file, err := b.binary(t.Context(), standinService(standin(t)), keyFor(1))
			if err != nil {
				t.Fatal(err)
			}
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if what := notStatic(Found{Kind: KindFile, Mode: 0o755, Content: content}, machine); what != "" {
				t.Error(what)
			}
			program, err := elf.NewFile(strings.NewReader(string(content)))
			if err != nil {
				t.Fatal(err)
			}
			for _, section := range []string{".symtab", ".debug_info", ".zdebug_info"} {
				if program.Section(section) != nil {
					t.Errorf("%s is still in the binary", section)
				}
			}
			if strings.Contains(string(content), standin(t)) {
				t.Error("this machine's path is in the binary")
			}
		})
	}
}

func TestBinaryIsKept(t *testing.T) {
	b := builder{goarch: "amd64", keep: t.TempDir()}
	p := standinService(standin(t))
	first, err := b.binary(t.Context(), p, keyFor(1))
	if err != nil {
		t.Fatal(err)
	}
	mark := time.Unix(1_000_000_000, 0)
	if err := os.Chtimes(first, mark, mark); err != nil {
		t.Fatal(err)
	}
	p.Package = "./does-not-build"
	again, err := b.binary(t.Context(), p, keyFor(1))
	if err != nil || again != first {
		t.Fatalf("built again: %s, %v", again, err)
	}
	info, err := os.Stat(again)
	if err != nil || !info.ModTime().Equal(mark) {
		t.Errorf("the kept binary was touched: %v, %v", info, err)
	}
	if _, err := b.binary(t.Context(), p, keyFor(2)); err == nil {
		t.Error("another key was answered with the kept binary")
	}
	left, err := os.ReadDir(b.keep)
	if err != nil || len(left) != 1 {
		t.Errorf("a failed build left something behind: %v, %v", left, err)
	}
}

func TestOldBinariesAreForgotten(t *testing.T) {
	b := builder{goarch: "amd64", keep: t.TempDir()}
	name := func(n int) string { return filepath.Join(b.keep, "service-amd64-"+keyFor(n)[:keyCharsMin]) }
	other := filepath.Join(b.keep, "servant-amd64-"+keyFor(1)[:keyCharsMin])
	mustWrite(t, other, "another program's")
	for n := range binariesKeptMax + 3 {
		mustWrite(t, name(n), "old")
		made := time.Unix(int64(1_000_000+n), 0)
		if err := os.Chtimes(name(n), made, made); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.forget("service-amd64"); err != nil {
		t.Fatal(err)
	}
	for n := range binariesKeptMax + 3 {
		_, err := os.Stat(name(n))
		if kept := err == nil; kept != (n >= 2) {
			t.Errorf("binary %d is kept: %t", n, kept)
		}
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("another program's binary is gone: %v", err)
	}
}

func TestBinaryErrorSaysWhatTheCompilerSaid(t *testing.T) {
	module := standinCopy(t)
	mustWrite(t, filepath.Join(module, "service/main.go"), "package main\n\nfunc main() { undefinedThing() }\n")
	b := builder{goarch: "amd64", keep: t.TempDir()}
	_, err := b.binary(t.Context(), standinService(module), keyFor(1))
	if err == nil || !strings.Contains(err.Error(), "undefinedThing") || !strings.Contains(err.Error(), "/bin/service") {
		t.Errorf("got %v, want the path and what the compiler said", err)
	}
}

func TestFlags(t *testing.T) {
	has := func(f BuildFlags, words ...string) {
		t.Helper()
		line := " " + strings.Join(f.Args(), " ") + " "
		for _, w := range words {
			if !strings.Contains(line, " "+w+" ") {
				t.Errorf("%q is not in%s", w, line)
			}
		}
	}
	always := []string{"-trimpath", "-buildvcs=false", "-s", "-w", "-buildid="}
	has(ProgramFlags(), always...)
	for _, goarch := range []string{"amd64", "arm64"} {
		has(InitFlags(goarch), append(always, "runtime.godebugDefault=asyncpreemptoff=1,containermaxprocs=0,updatemaxprocs=0")...)
	}
	has(BuildFlags{LinkerFlags: []string{"-s"}, Entry: "main.entry"}, "-s -E main.entry")
	if line := strings.Join(ProgramFlags().Args(), " "); strings.Contains(line, "-E") || strings.Contains(line, "godebug") {
		t.Errorf("what only PID 1 needs is in every program's flags: %s", line)
	}
}
