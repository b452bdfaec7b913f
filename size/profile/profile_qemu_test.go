//go:build qemu

package main

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

const (
	// markNsecMax is what lies between a phase's first instruction, by the
	// plugin, and the clock's reading for its mark: main takes page faults to it.
	markNsecMax = 100_000
	// sleptPercentMax is how much of a boot waits for a timer.
	sleptPercentMax = 10
)

// TestQEMUProfileAddsUp holds the counts against the boot's own clock, on which
// an instruction is a nanosecond: what is missing was slept.
func TestQEMUProfileAddsUp(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	top := filepath.Join("..", "..")
	build := exec.CommandContext(ctx, "go", "run", "./fs/image/mkimage", "bench")
	build.Dir = top
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	phases, boot, err := take(ctx, top)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(text(phases, rowsDefault))
	var counted int64
	for i, p := range phases[1:] {
		counted += p.Instructions
		nsec := boot.Marks[i+2].Nsec - boot.Marks[i+1].Nsec
		if p.Instructions > nsec+markNsecMax {
			t.Errorf("up to %s: %d instructions in %d ns", p.Until, p.Instructions, nsec)
		}
	}
	nsec := boot.ReadyNsec - boot.InitNsec
	if counted < nsec/100*(100-sleptPercentMax) {
		t.Errorf("%d instructions counted in %d ns from PID 1's first to ready", counted, nsec)
	}
	for _, r := range together(phases[1:]).Rows {
		if r.Program == inKernel && r.Function == "(unnamed)" && r.Instructions > counted/100 {
			t.Errorf("%d instructions of the kernel have no name", r.Instructions)
		}
	}
}
