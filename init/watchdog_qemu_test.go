//go:build qemu

package main_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mote/ctl/vm"
	"mote/ctl/vm/vmtest"
	"mote/fs/image"
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

// TestQEMUWatchdogHeld: somebody else holds the only watchdog before PID 1 comes. It
// says so, and the node lives on without: it gets ready, answers, and ends in order.
func TestQEMUWatchdogHeld(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	holder := image.Program{Path: "/bin/holder", Package: "./init/testdata/holder", Module: root,
		Flags: image.ProgramFlags(), Reason: "holds the watchdog of the machine under test"}
	g := boot(t, vm.Config{Append: []string{"init=/bin/holder"}}, nil, holder)
	g.says("trouble: open /dev/watchdog0 (Software Watchdog): EBUSY")
	if s := g.service("relay"); s.State != "up" || s.Restarts != 0 {
		t.Errorf("%+v", s)
	}
	g.dial("kill 1 15")
	vmtest.Wait(t, g.VM)
	if text := g.console(); strings.Contains(text, "watchdog: Software") {
		t.Errorf("it was opened all the same:\n%s", text)
	}
	inOrder(t, g.console(), "power off: stopping services", "] power off")
}
