//go:build qemu && long

package main_test

import (
	"context"
	"os/exec"
	"testing"

	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
)

// TestLongCtrlAltDel presses Ctrl-Alt-Del at the keyboard of a machine whose kernel
// has a screen; that kernel is built if the cache has none. Services are stopped
// in order, then the machine restarts.
func TestLongCtrlAltDel(t *testing.T) {
	build := exec.CommandContext(t.Context(), "go", "run", "./kconfig/kbuild", "-with", "screen")
	build.Dir = ".."
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	g := boot(t, vm.Config{Machine: vm.Q35, Kernel: "../build/screen/bzImage"}, chain())
	ctx, cancel := context.WithTimeout(t.Context(), vmtest.Limit)
	defer cancel()
	if err := g.Monitor.SendKey(ctx, "ctrl", "alt", "delete"); err != nil {
		t.Fatal(err)
	}
	vmtest.Wait(t, g.VM)
	inOrder(t, g.console(), "reboot: stopping services", "third: killed by SIGKILL; stopped", "second: ", "; stopped", "first: ", "; stopped", "] reboot")
}
