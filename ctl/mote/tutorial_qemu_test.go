//go:build qemu

package main

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"mote/size/installed"
)

// shell finds the commands of a page, block by block.
var shell = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// TestQEMUTutorial runs what the page tells to run, and looks for what it
// promises.
func TestQEMUTutorial(t *testing.T) {
	for _, program := range []string{"qemu-system-x86_64", "busybox"} {
		installed.Program(t, program)
	}
	page, err := os.ReadFile("BUSYBOX.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := shell.FindAllStringSubmatch(string(page), -1)
	if len(blocks) != 7 {
		t.Fatalf("%d blocks of commands; this test knows of 7", len(blocks))
	}
	out := make([]string, len(blocks))
	for i, block := range blocks {
		cmd := exec.CommandContext(t.Context(), "sh", "-eu", "-c", block[1])
		cmd.Dir = "../.."
		said, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("block %d: %v\n%s\n%s", i+1, err, block[1], said)
		}
		out[i] = string(said)
		t.Logf("block %d:\n%s", i+1, said)
	}
	const clock, exact, sum = 3, 4, 5
	for i, want := range map[int][]string{
		clock: {"▸ httpd", "after the kernel started PID 1", "each mark in 5 runs", "before the kernel's clock began"},
		exact: {"▸ httpd", "2 exact runs: no mark is more than 0 ns apart", "by the clock, from the beginning of the scale"},
		sum:   {"verdict: slower; the first difference is +", "in network", "too few pairs to say"},
	} {
		for _, text := range want {
			if !strings.Contains(out[i], text) {
				t.Errorf("block %d printed no %q", i+1, text)
			}
		}
	}
	if strings.Contains(out[exact], "timed by the host") {
		t.Error("a mark came without the guest's time")
	}
	for _, file := range []string{"../../build/busybox.trace.json", "../../build/busybox.svg"} {
		if info, err := os.Stat(file); err != nil || info.Size() < 500 {
			t.Errorf("%s: %v", file, err)
		}
	}
}
