//go:build qemu

package kconfig

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

// bootLimitSec ends a machine that hangs. An idle one needs three seconds.
const bootLimitSec = 180

// facts are what the probe said, each "kind what".
type facts map[string]bool

// built is a file of build/, which "go run ./kconfig/kbuild" makes.
func built(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "build", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v; build the kernel first: go run ./kconfig/kbuild", err)
	}
	return path
}

// compileProbe makes the probe, static, for the machine.
func compileProbe(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "init")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s", "-o", out, "./testdata/probe")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOARCH=amd64")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	return out
}

// squashRoot packs the probe as /init with the folders that it mounts on.
func squashRoot(t *testing.T) string {
	t.Helper()
	dir, out := t.TempDir(), filepath.Join(t.TempDir(), "root.squashfs")
	for _, name := range []string{"proc", "sys", "dev", "run"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(compileProbe(t), filepath.Join(dir, "init")); err != nil {
		t.Fatal(err)
	}
	installed.Run(t, "mksquashfs", dir, out, "-comp", "zstd", "-all-root", "-quiet", "-no-progress",
		"-p", "dev/console c 600 0 0 5 1", "-p", "dev/null c 666 0 0 1 3")
	return out
}

// machine runs until it reboots and returns its console. The processor has
// RDRAND: without it each early random number costs a hash, and a boot a third
// of a second more.
func machine(t *testing.T, kernel, words string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), bootLimitSec*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, installed.Program(t, "qemu-system-x86_64"), append([]string{
		"-accel", "tcg", "-cpu", "qemu64,+rdrand", "-nodefaults", "-no-user-config", "-nographic",
		"-serial", "stdio", "-no-reboot", "-kernel", built(t, kernel),
		"-append", "console=ttyS0 panic=-1 init=/init " + words,
	}, args...)...)
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("qemu: %v; its end:\n%s", err, tail(text))
	}
	return bytes.ReplaceAll(text, []byte("\r"), nil)
}

// boot runs a machine and returns what the probe said, all of it.
func boot(t *testing.T, kernel, words string, args ...string) facts {
	t.Helper()
	text := machine(t, kernel, words, args...)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the whole console:\n%s", text)
		}
	})
	said := facts{}
	for _, line := range strings.Split(string(text), "\n") {
		if _, fact, ok := strings.Cut(line, "probe: "); ok {
			said[strings.TrimSpace(fact)] = true
		}
	}
	if !said["end"] {
		t.Fatalf("the probe didn't come to its end; the machine's last words:\n%s", tail(text))
	}
	return said
}

// need fails for each line of wants that was not said.
func (f facts) need(t *testing.T, wants ...string) {
	t.Helper()
	for _, w := range wants {
		if !f[w] {
			t.Errorf("missing: %s", w)
		}
	}
	for fact := range f {
		if strings.Contains(fact, "-failed") {
			t.Errorf("the probe met: %s", fact)
		}
	}
}

// wanted is the list that holds on every machine.
func wanted(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("testdata/wanted.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, line := range strings.Split(string(text), "\n") {
		if line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, line)
		}
	}
	return out
}
