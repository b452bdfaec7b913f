//go:build qemu

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mote/fs/image"
)

// TestQEMUEntry builds PID 1 for each architecture as the image does, with its
// first instruction in our assembly, and runs it as an ordinary process, which
// it refuses to be.
func TestQEMUEntry(t *testing.T) {
	for goarch, emulator := range map[string]string{"amd64": "qemu-x86_64", "arm64": "qemu-aarch64"} {
		t.Run(goarch, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "init")
			build := exec.Command("go", append(append([]string{"build"}, image.InitFlags(goarch).Args()...), "-o", out, ".")...)
			build.Env = append(os.Environ(), image.BuildEnv(goarch)...)
			if said, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, said)
			}
			run := exec.Command(emulator, out)
			said, err := run.CombinedOutput()
			if run.ProcessState.ExitCode() != 2 || !strings.Contains(string(said), "this is Mote's PID 1") {
				t.Errorf("%v: %s", err, said)
			}
		})
	}
}
