//go:build qemu && long

package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mote/ctl/mote/imagecmd"
	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
)

// TestLongSoftLockup: a processor that gets nowhere for twice watchdog_thresh, here
// as the host stops the machine, ends in a panic by the words of a release; the next
// boot says why.
func TestLongSoftLockup(t *testing.T) {
	store := filepath.Join(t.TempDir(), "erst")
	if err := os.WriteFile(store, make([]byte, 1<<16), 0o600); err != nil {
		t.Fatal(err)
	}
	c := vm.Config{Machine: vm.Q35, Kernel: "../build/bzImage", Devices: []string{"acpi-erst,memdev=erst"},
		Args: []string{"-object", "memory-backend-file,id=erst,share=on,size=65536,mem-path=" + store}}
	first := c
	first.Append = append(imagecmd.Words(), "watchdog_thresh=2")
	g := boot(t, first, nil)
	for name, want := range map[string]string{"softlockup_panic": "1", "hardlockup_panic": "1", "hung_task_panic": "0",
		"ctrl-alt-del": "0", "panic": "1", "panic_on_oops": "1", "watchdog_thresh": "2"} {
		if got := strings.TrimSpace(g.ask("cat /proc/sys/kernel/%s", name)); got != want {
			t.Errorf("kernel.%s is %q, not %q", name, got, want)
		}
	}
	from := time.Now()
	if err := g.Stall(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	vmtest.Wait(t, g.VM)
	t.Logf("restarted %.1f s after the machine was stopped", time.Since(from).Seconds())
	inOrder(t, g.console(), "watchdog: BUG: soft lockup", "Kernel panic - not syncing: softlockup: hung tasks")
	boot(t, c, nil).says("the boot before ended in a panic of the kernel: softlockup: hung tasks")
}

// TestLongStallUnharmed: without these words, as on a host that has no time, a
// machine that was stopped goes on.
func TestLongStallUnharmed(t *testing.T) {
	g := boot(t, vm.Config{Append: []string{"watchdog_thresh=2"}}, nil)
	before := g.service("relay")
	if err := g.Stall(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	if after := g.service("relay"); after.PID != before.PID || after.State != "up" {
		t.Errorf("the service was %+v and is %+v", before, after)
	}
}

// TestLongWatchdogInShutdown: a loop that hangs on the way down is restarted by the
// hardware, too.
func TestLongWatchdogInShutdown(t *testing.T) {
	g := boot(t, vm.Config{Machine: vm.Q35, Kernel: "../build/bzImage", Devices: []string{"i6300esb"}}, nil, crashInit(t))
	g.says("watchdog: i6300ESB timer, 30 s")
	if said := g.ask("touch %shang-worker", crashWord); said != "" {
		t.Fatal(said)
	}
	from := time.Now()
	g.dial("kill 1 2") // the worker that writes file systems is the last one
	vmtest.Wait(t, g.VM)
	t.Logf("restarted %.1f s after the order", time.Since(from).Seconds())
	if said := g.console(); !strings.Contains(said, "reboot: stopping services") || strings.Contains(said, "] reboot\n") {
		t.Errorf("it was not the watchdog:\n%s", g.Tail())
	}
}

// TestLongWatchdogNoWayOut: a watchdog that can't be stopped any more is opened, fed
// and left behind; the machine is turned off all the same.
func TestLongWatchdogNoWayOut(t *testing.T) {
	g := boot(t, vm.Config{Machine: vm.Q35, Kernel: "../build/bzImage", Devices: []string{"i6300esb"},
		Append: []string{"i6300esb.nowayout=1"}}, nil)
	g.says("watchdog: i6300ESB timer, 30 s")
	if got := strings.TrimSpace(g.ask("cat /sys/class/watchdog/watchdog0/nowayout")); got != "1" {
		t.Errorf("nowayout is %q", got)
	}
	g.dial("kill 1 15")
	vmtest.Wait(t, g.VM)
	inOrder(t, g.console(), "power off: stopping services", "] power off")
}
