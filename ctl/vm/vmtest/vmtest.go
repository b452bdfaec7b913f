// Package vmtest runs machines in tests.
package vmtest

import (
	"context"
	"testing"
	"time"

	"mote/ctl/vm"
	"mote/size/installed"
)

// Limit bounds one wait in a test. It is no measure of anything: a machine
// under TCG on a host that builds a kernel meanwhile is slow, a hang is for ever.
const Limit = 3 * time.Minute

// Start starts a machine that ends with the test. A test that fails shows the
// console's last lines and a command line to try by hand.
func Start(t testing.TB, c vm.Config) *vm.VM {
	t.Helper()
	installed.Program(t, "qemu-system-x86_64")
	v, err := vm.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := v.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			line, err := vm.CommandLine(c)
			t.Logf("console, last lines:\n%s\nby hand (%v): %s", v.Tail(), err, line)
		}
	})
	return v
}

// WaitLine waits up to Limit for a console line with text, and fails the test
// if there is none.
func WaitLine(t testing.TB, v *vm.VM, text string) vm.Line {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Limit)
	defer cancel()
	line, err := v.WaitLine(ctx, text)
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// Wait waits up to Limit for the machine's own end, and fails the test if it
// doesn't come or is a bad one.
func Wait(t testing.TB, v *vm.VM) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), Limit)
	defer cancel()
	if err := v.Wait(ctx); err != nil {
		t.Fatal(err)
	}
}
