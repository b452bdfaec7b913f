//go:build long

package main_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mote/size/installed"
)

const (
	// runLimit bounds one run of a row's test, build included.
	runLimit = 5 * time.Minute
	// simSeeds of a campaign show that it is red.
	simSeeds = "1000"
)

// TestLongFaults takes the handling of each fault away, by its patch in a copy of
// the source, and wants the named test, which passes without, to fail. There is one
// copy, to which the patches are applied in turn: so what a patch leaves as it was
// need not be built again.
func TestLongFaults(t *testing.T) {
	dir := copySource(t)
	for _, row := range faultRows(t) {
		if row.patch == "" {
			continue
		}
		t.Run(row.number, func(t *testing.T) {
			patch, err := filepath.Abs(filepath.Join("testdata", "faults", row.patch))
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			if said, err := testIn(t, dir, row); err != nil {
				t.Fatalf("%s fails without the patch: %v\n%.4000s", row.test, err, said)
			}
			apply(t, dir, patch)
			defer apply(t, dir, patch, "--reverse")
			said, err := testIn(t, dir, row)
			if err == nil {
				t.Errorf("%s passes without the handling of fault %s", row.test, row.number)
			} else if !bytes.Contains(said, []byte("--- FAIL: "+row.test)) {
				t.Errorf("%s does not fail, but: %v\n%.2000s", row.test, err, said)
			}
			t.Logf("%s is red without the handling; %d s", row.test, int(time.Since(began).Seconds()))
		})
	}
}

// apply applies a patch to the copy, or takes it back.
func apply(t *testing.T, dir, patch string, more ...string) {
	t.Helper()
	args := append([]string{"apply", "--unsafe-paths", "--directory=" + dir}, more...)
	cmd := exec.CommandContext(t.Context(), installed.Program(t, "git"), append(args, patch)...)
	cmd.Dir = "/"
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", patch, err, said)
	}
}

// testIn runs a row's test in the copy.
func testIn(t *testing.T, dir string, row faultRow) ([]byte, error) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), runLimit)
	defer stop()
	args := []string{"test", "-count=1", "-vet=off", "-timeout", runLimit.String(), "-run", "^" + row.test + "$"}
	if strings.Contains(row.test, "QEMU") {
		args = append(args, "-tags", "qemu")
	}
	args = append(args, row.pkg)
	if row.pkg == "./init/sim" {
		args = append(args, "-seeds", simSeeds)
	}
	run := exec.CommandContext(ctx, "go", args...)
	run.Dir = dir
	return run.CombinedOutput()
}

// copySource copies what git knows of, as it is in the working tree.
func copySource(t *testing.T) string {
	t.Helper()
	list := exec.CommandContext(t.Context(), installed.Program(t, "git"), "ls-files", "-z")
	list.Dir = ".."
	names, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name := range strings.SplitSeq(strings.TrimRight(string(names), "\x00"), "\x00") {
		b, err := os.ReadFile(filepath.Join("..", name))
		if err != nil {
			continue // removed, and not yet told to git
		}
		to := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	linkKernel(t, dir)
	return dir
}

// linkKernel lets the copy have the kernel that was built here, for tests in a machine.
func linkKernel(t *testing.T, dir string) {
	t.Helper()
	built, err := filepath.Abs(filepath.Join("..", "build"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "build"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"vmlinux", "bzImage"} {
		if err := os.Symlink(filepath.Join(built, name), filepath.Join(dir, "build", name)); err != nil {
			t.Fatal(err)
		}
	}
}
