//go:build qemu && long

package main

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// TestLongQEMUExactFindsWhatIsPlanted plants one regression after the other.
func TestLongQEMUExactFindsWhatIsPlanted(t *testing.T) {
	buildBench(t)
	const nap = `package core

import "golang.org/x/sys/unix"

func nap() {
	span := unix.Timespec{Nsec: 5_000_000}
	unix.Nanosleep(&span, nil)
}
`
	for _, c := range []struct {
		name, statement, source string
		lowNsec, highNsec       int64
	}{
		{"0.1 %", "burn(4500)", burnSource, 20_000, 40_000},
		{"1 %", "burn(45000)", burnSource, 200_000, 400_000},
		{"5 %", "burn(225000)", burnSource, 1_000_000, 2_000_000},
		{"a sleep of 5 ms", "nap()", nap, 5_000_000, 9_000_000},
		{"a file that is read", `l.readFile("/etc/hosts")`, "package core\n", 50_000, 500_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			found(t, exactly(t.Context(), t, planted(t, c.statement, c.source), 2), plantPhase, c.lowNsec, c.highNsec)
		})
	}
	t.Run("a larger binary", func(t *testing.T) {
		var b bytes.Buffer
		b.WriteString("package core\n\nconst ballast = \"")
		for i := range 300_000 {
			fmt.Fprintf(&b, "\\x%02x", byte(i*7919>>3))
		}
		b.WriteString("\"\n")
		e := exactly(t.Context(), t, planted(t, "if len(l.problems) > 1000 {\n\t\tl.console.say(l.now, ballast)\n\t}", b.String()), 2)
		// More bytes are read before PID 1's first instruction, and at it.
		if e.First < 0 || e.Phases[e.First].Name != "kernel" && e.Phases[e.First].Name != "exec" {
			t.Errorf("first difference %d of %+v", e.First, e.Phases)
		}
	})
}

// TestLongQEMUNoFalseAlarm compares what does the same 20 times: each built anew
// in a folder of its own, every second one with code that stands elsewhere, and
// the second half on a busy host.
func TestLongQEMUNoFalseAlarm(t *testing.T) {
	buildBench(t)
	stop := make(chan struct{})
	var load sync.WaitGroup
	defer load.Wait()
	defer close(stop)
	for n := range 20 {
		if n == 10 {
			for range 2 {
				load.Go(func() { spin(stop) })
			}
		}
		var head string
		if n%2 == 0 {
			head = variant(t, func(string) {})
		} else {
			head = permuted(t, uint64(n))
		}
		if e := exactly(t.Context(), t, head, 0); e.Verdict() != "same" {
			t.Errorf("comparison %d: a false alarm", n)
		}
	}
}

// spin keeps a processor busy until stop is closed.
func spin(stop <-chan struct{}) {
	for x := uint64(1); ; x *= 3 {
		select {
		case <-stop:
			return
		default:
		}
	}
}

// TestLongQEMUClockTellsASleep plants half a second, which the clock must see too:
// as much as a busy host may add by itself, in every pair.
func TestLongQEMUClockTellsASleep(t *testing.T) {
	buildBench(t)
	base, err := filepath.Abs(filepath.Join("..", "..", "build", "bench.squashfs"))
	if err != nil {
		t.Fatal(err)
	}
	kernel := filepath.Join(filepath.Dir(base), "vmlinux")
	slow := planted(t, "nap()", `package core

import "golang.org/x/sys/unix"

func nap() {
	span := unix.Timespec{Nsec: 500_000_000}
	unix.Nanosleep(&span, nil)
}
`)
	var out strings.Builder
	if err := compare(t.Context(), []string{"-pairs", "8", "-offsets", "0", "-kernel", kernel, base, slow}, &out); err != nil {
		t.Fatal(err)
	}
	t.Log(out.String())
	if !strings.HasSuffix(out.String(), "verdict: slower\n") {
		t.Error("the clock did not see half a second")
	}
}
