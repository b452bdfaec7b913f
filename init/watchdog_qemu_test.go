//go:build qemu

package main_test

import (
	"strings"
	"testing"
	"time"

	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
)

// TestQEMUWatchdog: a loop that never ends its turn is restarted by the hardware;
// one that turns is not, and its memory is locked.
func TestQEMUWatchdog(t *testing.T) {
	g := boot(t, vm.Config{Machine: vm.Q35, Kernel: "../build/bzImage", Devices: []string{"i6300esb"}}, nil, crashInit(t))
	g.says("watchdog: i6300ESB timer, 30 s")
	for _, word := range []string{"VmLck", "VmRSS", "RssAnon", "RssFile"} {
		for line := range strings.Lines(g.ask("cat /proc/1/status")) {
			if strings.HasPrefix(line, word) {
				t.Log(strings.TrimSpace(line))
			}
		}
	}
	if said := g.ask("touch %shang-take", crashWord); said != "" {
		t.Fatal(said)
	}
	from := time.Now()
	g.dial("control") // wakes the loop, which takes it and hangs
	vmtest.Wait(t, g.VM)
	t.Logf("restarted %.1f s after the hang", time.Since(from).Seconds())
}

// TestQEMUNoWatchdog: where the hardware has none the kernel's own timer is used.
func TestQEMUNoWatchdog(t *testing.T) {
	g := boot(t, vm.Config{}, nil)
	g.says("watchdog: Software Watchdog, 30 s")
}
